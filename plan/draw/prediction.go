package draw

import (
	"fmt"
	"io"
	"net/netip"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/gate"
	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

type predictionDocument struct {
	Nodes        int                 `json:"nodes"`
	Holding      int                 `json:"holding"`
	Next         [][]string          `json:"next"`
	NextOpen     bool                `json:"nextOpen,omitempty"`
	NoCursor     bool                `json:"cursorUnknown,omitempty"`
	AfterRestart [][]string          `json:"afterRestart"`
	Served       []servedDocument    `json:"restartServes"`
	RestartError string              `json:"restartError,omitempty"`
	More         uint64              `json:"more"`
	Ends         uint64              `json:"ends"`
	RestartMore  uint64              `json:"restartMore"`
	Limits       []int               `json:"limits"`
	Ranges       []nodeipam.RangeUse `json:"ranges"`
	Surge        *surgeDocument      `json:"surge,omitempty"`
	Forecast     *forecastDocument   `json:"forecast,omitempty"`
}

type surgeDocument struct {
	Nodes   int      `json:"nodes"`
	Fits    uint64   `json:"fits"`
	Missing []uint64 `json:"missing"`
	Bits    []int    `json:"bits"`
	Leaks   bool     `json:"leaks"`

	Replacement *replacementDocument `json:"replacement,omitempty"`
}

// A replacementDocument is what replacing every node takes on the way.
type replacementDocument struct {
	Nodes  int      `json:"nodes"`
	Surge  int      `json:"surge"` // at a time: fewer than asked for where fewer get subnets
	Rounds int      `json:"rounds"`
	Peaks  []uint64 `json:"peaks"`
	Free   []uint64 `json:"free"`
	Stuck  int      `json:"stuckInRound,omitempty"`
}

// PredictionJSON writes p as one JSON object. surge may be nil.
func PredictionJSON(w io.Writer, p nodeipam.Prediction, surge *nodeipam.SurgeNeed) error {
	d := predictionDocument{Nodes: p.Nodes, Holding: p.Holding, Next: nodeTexts(p.Next), NextOpen: p.NextOpen, NoCursor: p.CursorUnknown, AfterRestart: nodeTexts(p.AfterRestart),
		Served: []servedDocument{}, More: p.More, Ends: p.Ends, RestartMore: p.RestartMore, Limits: list(p.Limits), Ranges: list(p.Ranges)}
	for _, n := range p.RestartServes {
		d.Served = append(d.Served, servedDocument(n))
	}
	if p.RestartErr != nil {
		d.RestartError = p.RestartErr.Error()
	}
	if surge != nil {
		d.Surge = &surgeDocument{Nodes: surge.Surge, Fits: surge.Fits, Missing: list(surge.Missing), Bits: list(surge.Bits), Leaks: surge.Leaks}
		if r := surge.Replacement; r != nil {
			d.Surge.Replacement = &replacementDocument{r.Nodes, r.Surge, r.Rounds, list(r.Peaks), list(r.Free), r.Stuck}
		}
	}
	d.Forecast = forecastOf(p, surge)
	return encodeJSON(w, d)
}

func nodeTexts(nodes [][]netip.Prefix) [][]string {
	out := [][]string{}
	for _, n := range nodes {
		out = append(out, words.Texts(n))
	}
	return out
}

// PredictionText writes p for people. surge may be nil.
func PredictionText(w io.Writer, p nodeipam.Prediction, surge *nodeipam.SurgeNeed, o Options) error {
	b := &printer{color: o.Color}
	switch {
	case p.RestartErr != nil:
		b.wrap("", textWidth, b.paint(errorStyle, "kube-controller-manager does not come back from a restart: ")+gate.Printable(p.RestartErr.Error()))
	case len(p.Ranges) == 0:
		b.printf("kube-controller-manager hands out nothing.\n")
	}
	if len(p.Ranges) > 0 {
		b.printf("%s, %d with a subnet of each range. %s\n", words.Plural(p.Nodes, "node"), p.Holding, b.paint(headStyle, endOf(p)))
		b.printf("\n%s\n", b.paint(headStyle, "Node subnets"))
		rows := [][]string{{"RANGE", "SUBNETS", "NODES", "SERVICES", "OTHER SIZES", "LEAKED", "FREE", "TWICE", "ENDS AT"}}
		for _, u := range p.Ranges {
			ends := cidr.FormatCount(u.Ends) + " nodes"
			if u.Ends == 1 {
				ends = "1 node"
			}
			rows = append(rows, []string{
				fmt.Sprintf("%s in /%d", u.Range, u.NodeMask), cidr.FormatCount(u.Subnets), cidr.FormatCount(u.Nodes), cidr.FormatCount(u.Services),
				cidr.FormatCount(u.Foreign), cidr.FormatCount(u.Leaked), cidr.FormatCount(u.Free), cidr.FormatCount(u.Reused), ends,
			})
		}
		b.table("  ", "lrrrrrrrr", rows, nil)
	}
	for _, n := range p.RestartServes {
		b.printf("\nA restart serves %s, which waits: %s\n", gate.Printable(n.Node), strings.Join(n.PodCIDRs, ", "))
	}
	if len(p.Next)+len(p.AfterRestart) > 0 {
		b.printf("\n%s\n", b.paint(headStyle, "Next nodes"))
		rows := [][]string{{"", "WITHOUT A RESTART", "AFTER A RESTART"}}
		for i := range max(len(p.Next), len(p.AfterRestart)) {
			row := []string{fmt.Sprint(i + 1), "none", "none"}
			for k, nodes := range [][][]netip.Prefix{p.Next, p.AfterRestart} {
				if i < len(nodes) {
					row[k+1] = strings.Join(words.Texts(nodes[i]), ", ")
				}
			}
			rows = append(rows, row)
		}
		b.table("  ", "r", rows, nil)
		if p.CursorUnknown {
			b.wrap("  ", textWidth, "Without a restart this is what comes if the highest subnet that is held was handed out last; the files do not say.")
		}
		if p.NextOpen {
			b.wrap("  ", textWidth, "Without a restart this is what comes if retries have used up every subnet of the first range that they can.")
		}
	}
	textForecast(b, p, surge)
	if surge != nil {
		b.WriteByte('\n')
		b.wrap("", textWidth, surgeText(*surge, p))
		if r := surge.Replacement; r != nil && surge.Surge > 0 && len(p.Ranges) > 0 {
			b.wrap("", textWidth, replacementText(*r, p))
		}
	}
	return b.flushTo(w)
}

// endOf says when the ranges end.
func endOf(p nodeipam.Prediction) string {
	if p.More == 0 {
		return "The next node gets no subnet."
	}
	return fmt.Sprintf("%s more get one, node %s gets none.", cidr.FormatCount(p.More), cidr.FormatCount(p.Ends+1))
}

// surgeText says what a surge needs.
func surgeText(n nodeipam.SurgeNeed, p nodeipam.Prediction) string {
	if n.OK() {
		return fmt.Sprintf("A surge of %s fits.", words.Plural(n.Surge, "node"))
	}
	s := fmt.Sprintf("A surge of %s does not fit: %d get subnets.", words.Plural(n.Surge, "node"), n.Fits)
	lacks := false
	for i, m := range n.Missing {
		if m > 0 && i < len(p.Ranges) && i < len(n.Bits) {
			lacks = true
			s += fmt.Sprintf(" %s lacks %d", p.Ranges[i].Range, m)
			if m > uint64(n.Surge) {
				s += ", those that wait already counted"
			}
			if n.Bits[i] < 0 {
				s += "; no shorter prefix there would do."
				continue
			}
			s += fmt.Sprintf("; a /%d would do.", n.Bits[i])
		}
	}
	if !lacks {
		s += " Failed allocations have used up the rest: restart kube-controller-manager, and it fits."
	}
	if n.Leaks {
		s += " Each node that gets none uses up subnets of the ranges before, until kube-controller-manager restarts."
	}
	return s
}

// replacementText says what replacing every node takes on the way.
func replacementText(r nodeipam.Replacement, p nodeipam.Prediction) string {
	if r.Nodes == 0 {
		return "There is no node to replace."
	}
	if r.Surge == 0 {
		return "A rolling replacement has to delete each node before the one in its place is registered: no node more gets a subnet."
	}
	s := fmt.Sprintf("A rolling replacement of %s with %d more at a time takes %s", words.Plural(r.Nodes, "node"), r.Surge, words.Plural(r.Rounds, "round"))
	if r.Stuck > 0 {
		s = fmt.Sprintf("A rolling replacement of %s with %d more at a time gets stuck in round %d, in which a new node gets no subnet", words.Plural(r.Nodes, "node"), r.Surge, r.Stuck)
	}
	for i, peak := range r.Peaks {
		if i < len(p.Ranges) && i < len(r.Free) {
			u := p.Ranges[i]
			s += fmt.Sprintf("; of %s it holds at most %s of %s subnets at a time, %s free", u.Range, cidr.FormatCount(peak), cidr.FormatCount(u.Subnets), cidr.FormatCount(r.Free[i]))
		}
	}
	return s + ". A new node never gets the subnet of the one that it replaces: routes and rules that name subnets of nodes change with them."
}

type servedDocument struct {
	Node     string   `json:"node"`
	PodCIDRs []string `json:"podCIDRs"`
}
