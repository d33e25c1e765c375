package draw_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/golden"
	"github.com/kubecidr/kubecidr/internal/textwidth"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/draw"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/plangen"
)

// A label is a text of a picture with the rectangle that it takes at most.
type label struct {
	text           string
	x0, y0, x1, y1 float64
}

// readLabels returns the size of an SVG picture and its labels, and fails if the picture is no well-formed XML.
func readLabels(t interface{ Fatalf(string, ...any) }, svg []byte) (width, height float64, labels []label) {
	num := func(attrs []xml.Attr, name string) float64 {
		for _, a := range attrs {
			if a.Name.Local == name {
				f, err := strconv.ParseFloat(a.Value, 64)
				if err != nil {
					t.Fatalf("attribute %s=%q: %v", name, a.Value, err)
				}
				return f
			}
		}
		return 0
	}
	dec := xml.NewDecoder(bytes.NewReader(svg))
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return width, height, labels
		}
		if err != nil {
			t.Fatalf("not well-formed: %v", err)
		}
		start, ok := tok.(xml.StartElement)
		switch {
		case ok && start.Name.Local == "svg":
			width, height = num(start.Attr, "width"), num(start.Attr, "height")
		case ok && start.Name.Local == "text":
			var content string
			if err := dec.DecodeElement(&content, &start); err != nil {
				t.Fatalf("text: %v", err)
			}
			var classes []string
			for _, a := range start.Attr {
				if a.Name.Local == "class" {
					classes = strings.Fields(a.Value)
				}
			}
			// 0.602 em is the width of a letter in the monospaced fonts that the picture asks for.
			size, at := 12.0, 0.0
			for _, c := range classes {
				switch c {
				case "h":
					size = 15
				case "r":
					at = 1
				case "c":
					at = .5
				}
			}
			w := 0.602 * size * float64(textwidth.Of(content))
			x, y := num(start.Attr, "x")-at*w, num(start.Attr, "y")
			labels = append(labels, label{content, x, y - 0.8*size, x + w, y + 0.2*size})
		}
	}
}

// checkLabels fails if two labels of a picture touch, or one leaves it.
func checkLabels(t interface{ Fatalf(string, ...any) }, svg []byte) {
	width, height, labels := readLabels(t, svg)
	for i, a := range labels {
		if a.x0 < 0 || a.y0 < 0 || a.x1 > width || a.y1 > height {
			t.Fatalf("label %q (%.0f,%.0f to %.0f,%.0f) leaves the picture of %.0f x %.0f", a.text, a.x0, a.y0, a.x1, a.y1, width, height)
		}
		for _, b := range labels[:i] {
			if a.x0 < b.x1 && b.x0 < a.x1 && a.y0 < b.y1 && b.y0 < a.y1 {
				t.Fatalf("labels %q and %q collide", a.text, b.text)
			}
		}
	}
	if len(labels) < 10 {
		t.Fatalf("%d labels only", len(labels))
	}
}

// TestSVGGolden draws every kind of cell, a block of one cell, and a block that is not used. Look at the file in a browser when it changes.
func TestSVGGolden(t *testing.T) {
	const file = "testdata/picture.svg"
	p := &plan.Plan{Families: []fact.Family{fact.IPv4}, NodeMaskIPv4: 30, Request: plan.Request{
		Name: "lab <&>", Nodes: 2, PodsPerNode: 1, Services: 4, Kubernetes: fact.Version{Major: 1, Minor: 37, Patch: 2}, Grow: 1,
		Within: []netip.Prefix{cidr.MustParse("10.20.0.0/22"), cidr.MustParse("10.30.0.0/24")},
	}}
	for _, r := range []struct {
		role         fact.Role
		prefix, grow string
	}{
		{fact.RoleHosts, "10.20.2.0/26", "10.20.2.0/26"},       // 16 cells with the name of the role
		{fact.RoleHosts, "10.20.3.0/31", "10.20.3.0/31"},       // a part of a cell
		{fact.RoleHosts, "10.20.3.32/31", "10.20.3.32/31"},     // a cell shared with a reservation
		{fact.RoleHosts, "198.51.100.7/32", "198.51.100.7/32"}, // outside, one cell
		{fact.RoleServices, "10.20.0.16/28", "10.20.0.0/27"},   // four cells with a letter, and room to grow
		{fact.RolePods, "10.20.1.0/29", "10.20.1.0/29"},        // two cells
	} {
		p.Ranges = append(p.Ranges, plan.Range{Role: r.role, Prefix: cidr.MustParse(r.prefix), Grow: cidr.MustParse(r.grow)})
	}
	for i, a := range []string{
		"10.20.1.8/29",                     // two whole cells
		"10.20.1.64/32",                    // a part of a cell
		"10.20.1.128/32", "10.20.1.130/32", // two in one cell
		"10.20.3.34/32", // beside hosts
	} {
		p.Request.Avoid = append(p.Request.Avoid, fact.Reservation{Prefix: cidr.MustParse(a), Name: fmt.Sprintf("vpn%d", i)})
	}
	var b bytes.Buffer
	if err := draw.SVG(&b, p, draw.Options{}); err != nil {
		t.Fatal(err)
	}
	checkLabels(t, b.Bytes())
	if *golden.Update {
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), b.String()); d != "" {
		t.Errorf("picture (-want +got):\n%s", d)
	}
	// A block that is not used takes a line and a blank one.
	_, with, _ := readLabels(t, b.Bytes())
	p.Request.Within = p.Request.Within[:1]
	b.Reset()
	if err := draw.SVG(&b, p, draw.Options{}); err != nil {
		t.Fatal(err)
	}
	if _, without, _ := readLabels(t, b.Bytes()); with-without != 40 {
		t.Errorf("heights %v and %v: a block that is not used takes a line and a blank one, 40 in all", with, without)
	}
	// The picture is as wide as its widest line: 7.5 for each letter at 12 pixels, and the margins.
	p = &plan.Plan{Request: plan.Request{Name: strings.Repeat("n", 200)}}
	b.Reset()
	if err := draw.SVG(&b, p, draw.Options{}); err != nil {
		t.Fatal(err)
	}
	width, _, labels := readLabels(t, b.Bytes())
	if want := 24 + 7.5*15/12*float64(len(labels[0].text)) + 24; math.Abs(width-want) > 1 {
		t.Errorf("width %v, want %v for %q", width, want, labels[0].text)
	}
}

func TestSVGLabels(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, err := plan.New(plangen.Draw(t))
		if err != nil {
			t.Skip("no plan:", err)
		}
		var b bytes.Buffer
		if err := draw.SVG(&b, p, draw.Options{}); err != nil {
			t.Fatalf("WriteSVG: %v", err)
		}
		checkLabels(t, b.Bytes())
	})
}

// A drawing is a shape of a map: its title, and the classes and fills of its rectangles.
type drawing struct {
	title, classes string
}

// readDrawings returns the shapes of the maps of a picture.
func readDrawings(t *rapid.T, svg []byte) []drawing {
	var doc struct {
		Groups []struct {
			Title string `xml:"title"`
			Rects []struct {
				Class string `xml:"class,attr"`
				Fill  string `xml:"fill,attr"`
			} `xml:"rect"`
		} `xml:"g"`
	}
	if err := xml.Unmarshal(svg, &doc); err != nil {
		t.Fatalf("not well-formed: %v", err)
	}
	var out []drawing
	for _, g := range doc.Groups {
		d := drawing{title: g.Title}
		for _, r := range g.Rects {
			d.classes += r.Class + " " + r.Fill + " "
		}
		out = append(out, d)
	}
	return out
}

// addresses returns what a shape stands for, which begins its title: "10.0.0.0/16: " or "10.0.0.0-10.1.255.255: ".
func (d drawing) addresses(t *rapid.T) (first, last netip.Addr) {
	where, _, _ := strings.Cut(d.title, ": ")
	if p, err := netip.ParsePrefix(where); err == nil {
		return p.Addr(), cidr.Last(p)
	}
	from, to, _ := strings.Cut(where, "-")
	first, err1 := netip.ParseAddr(from)
	last, err2 := netip.ParseAddr(to)
	if err1 != nil || err2 != nil {
		t.Fatalf("title %q does not begin with addresses", d.title)
	}
	return first, last
}

// TestSVGRanges: each range of a plan is named, and drawn in the colour of its role by a shape that shows nothing else.
func TestSVGRanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, err := plan.New(plangen.Draw(t))
		if err != nil {
			t.Skip("no plan:", err)
		}
		var b bytes.Buffer
		if err := draw.SVG(&b, p, draw.Options{}); err != nil {
			t.Fatalf("SVG: %v", err)
		}
		_, _, labels := readLabels(t, b.Bytes())
		shapes := readDrawings(t, b.Bytes())
		for _, r := range p.Ranges {
			class := string(r.Role)
			if slices.Contains(p.Named(), r) {
				class = "named"
			}
			named, drawn := false, false
			for _, l := range labels {
				named = named || l.text == r.Prefix.String()
			}
			for _, d := range shapes {
				first, last := d.addresses(t)
				alone := strings.Contains(d.classes, class) && !strings.Contains(d.title, "several uses")
				drawn = drawn || alone && !last.Less(r.Prefix.Addr()) && !cidr.Last(r.Prefix).Less(first)
			}
			if !named || !drawn {
				t.Fatalf("%s %v: named %v, drawn alone %v", r.Role, r.Prefix, named, drawn)
			}
		}
	})
}
