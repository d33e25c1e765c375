package plan_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/textwidth"
	"github.com/kubecidr/kubecidr/plan"
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

// drawRequest draws a request with up to 60 reservations, any family and names of any letters.
func drawRequest(t *rapid.T) plan.Request {
	r := plan.Request{
		Name:     rapid.String().Draw(t, "name"),
		Nodes:    rapid.IntRange(1, 3000).Draw(t, "nodes"),
		Grow:     rapid.IntRange(0, 3).Draw(t, "grow"),
		Families: rapid.SampledFrom([][]plan.Family{nil, {plan.IPv6}, {plan.IPv4, plan.IPv6}, {plan.IPv6, plan.IPv4}}).Draw(t, "families"),
	}
	if rapid.Bool().Draw(t, "hosts") {
		r.Hosts = []netip.Prefix{cidr.MustParse("198.51.100.0/26"), cidr.MustParse("2001:db8::/64")}
	}
	for i := range rapid.IntRange(0, 60).Draw(t, "avoid") {
		bits := rapid.IntRange(14, 32).Draw(t, "bits")
		a := rapid.SliceOfN(rapid.Byte(), 3, 3).Draw(t, "address")
		p := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, a[0], a[1], a[2]}), bits).Masked()
		r.Avoid = append(r.Avoid, plan.Reservation{Prefix: p, Name: fmt.Sprint(i, rapid.String().Draw(t, "who"))})
	}
	return r
}

func TestSVGLabels(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, err := plan.New(drawRequest(t))
		if err != nil {
			t.Skip("no plan:", err)
		}
		var b bytes.Buffer
		if err := p.WriteSVG(&b, plan.RenderOptions{}); err != nil {
			t.Fatalf("WriteSVG: %v", err)
		}
		checkLabels(t, b.Bytes())
	})
}
