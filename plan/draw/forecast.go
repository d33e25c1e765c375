package draw

import (
	"fmt"
	"math"
	"time"

	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// A forecastDocument says when the ranges are full. Days are counted from the newest node, whose date is there where
// sources tell times.
type forecastDocument struct {
	From           string        `json:"from,omitempty"` // RFC 3339, of the newest node
	NodesKnown     int           `json:"nodesKnown"`
	Founders       int           `json:"founders"`
	OverDays       float64       `json:"overDays"`
	PerMonth       float64       `json:"perMonth"`
	PerMonthLately float64       `json:"perMonthLately"`
	Full           spanDocument  `json:"full"`
	Surge          *spanDocument `json:"surge,omitempty"` // from when on the surge has no room
}

type spanDocument struct {
	Nodes  uint64      `json:"nodes"`
	Early  dayDocument `json:"early"`
	Likely dayDocument `json:"likely"`
	Late   dayDocument `json:"late"`
}

type dayDocument struct {
	Days int64  `json:"days"`
	Date string `json:"date,omitempty"`
}

// surgeEnd returns how many more nodes can join until a surge has no room, plus one; 0 where it has none now.
func surgeEnd(p nodeipam.Prediction, surge int) uint64 {
	if surge < 0 || p.More < uint64(surge) {
		return 0
	}
	return p.More - uint64(surge) + 1
}

func forecastOf(p nodeipam.Prediction, surge *nodeipam.SurgeNeed) *forecastDocument {
	f := p.Forecast
	if f == nil {
		return nil
	}
	d := &forecastDocument{NodesKnown: f.Known, Founders: f.Founders, OverDays: tenths(f.Over), PerMonth: tenths(f.PerMonth), PerMonthLately: tenths(f.PerMonthLately), Full: spanOf(f, f.Full)}
	if !f.From.IsZero() {
		d.From = f.From.UTC().Format(time.RFC3339)
	}
	if surge != nil {
		s := spanOf(f, f.After(surgeEnd(p, surge.Surge)))
		d.Surge = &s
	}
	return d
}

// tenths rounds x, so that what is printed does not depend on the last bits of a division.
func tenths(x float64) float64 { return math.Round(x*10) / 10 }

func spanOf(f *nodeipam.Forecast, s nodeipam.Span) spanDocument {
	return spanDocument{s.Nodes, dayOf(f, s.Early), dayOf(f, s.Likely), dayOf(f, s.Late)}
}

// dayOf returns a day in whole days, at most 2^40.
func dayOf(f *nodeipam.Forecast, days float64) dayDocument {
	d := dayDocument{Days: int64(min(math.Floor(days), 1<<40))}
	if t, ok := f.Date(days); ok {
		d.Date = t.Format(time.DateOnly)
	}
	return d
}

// textForecast says when the ranges are full.
func textForecast(b *printer, p nodeipam.Prediction, surge *nodeipam.SurgeNeed) {
	f := p.Forecast
	if f == nil {
		return
	}
	b.printf("\n%s\n", b.paint(headStyle, "When"))
	since := "the newest node"
	if !f.From.IsZero() {
		since += " of " + f.From.UTC().Format(time.DateOnly)
	}
	b.wrap("  ", textWidth, fmt.Sprintf("%s of the %s came after the first day, %.1f a month over %.0f days, %.1f a month in the later half; nodes that left are not seen.",
		words.Commas(f.Grown), words.Plural(f.Known, "node"), f.PerMonth, f.Over, f.PerMonthLately))
	b.wrap("  ", textWidth, "At this growth the first node without a subnet comes "+spanText(f, f.Full)+", counted from "+since+".")
	if surge == nil || surge.Surge == 0 {
		return
	}
	n := surgeEnd(p, surge.Surge)
	if n == 0 {
		b.wrap("  ", textWidth, fmt.Sprintf("A rolling replacement with %s more has no room now.", words.Plural(surge.Surge, "node")))
		return
	}
	b.wrap("  ", textWidth, fmt.Sprintf("A rolling replacement with %s more has room until then: ", words.Plural(surge.Surge, "node"))+spanText(f, f.After(n))+".")
}

// spanText says when, with the spread.
func spanText(f *nodeipam.Forecast, s nodeipam.Span) string {
	early, likely, late := dayOf(f, s.Early), dayOf(f, s.Likely), dayOf(f, s.Late)
	if likely.Date != "" && late.Date != "" {
		return fmt.Sprintf("about %s, in eight of ten cases from %s to %s", likely.Date, early.Date, late.Date)
	}
	return fmt.Sprintf("after about %s, in eight of ten cases %s to %s", words.Plural(int(min(likely.Days, math.MaxInt32)), "day"), words.Commas(int(min(early.Days, math.MaxInt32))),
		words.Commas(int(min(late.Days, math.MaxInt32))))
}
