package nodeipam

import (
	"math"
	"slices"
	"time"
)

// A Forecast says when the cluster ranges end, at the growth of the past. It is counted from the newest node, since
// this package knows no clock: what happened after that node joined is not known. The zero value is one of no nodes.
type Forecast struct {
	// From is when the newest node joined; the zero Time where sources tell ages alone. Days below are counted from it.
	From time.Time
	// Known is how many nodes have a time, Founders how many of them joined on the first day: they are the
	// installation, no growth.
	Known, Founders int
	// Over is how many days lie between the first node and the newest.
	Over float64
	// PerMonth is how many nodes joined in 30 days since the first day, Grown in all; PerMonthLately and Lately are the
	// same for the later half of the time. Nodes that have left are not seen, so that all of them count what stayed.
	PerMonth, PerMonthLately float64
	Grown, Lately            int

	Full Span // when the first node gets no subnet
}

// A Span is a number of days with its spread: in eight of ten cases it is Early to Late. Growth is taken for nodes that
// join independently of each other, at the one rate and the other, and the rates for as uncertain as the number of
// nodes makes them. The zero value is that of a range that is full.
type Span struct {
	Nodes               uint64 // how many nodes have to join until then
	Early, Likely, Late float64
}

// Date returns the day that is as many days after From; ok is false where sources tell ages alone, and beyond the year
// 9999.
func (f *Forecast) Date(days float64) (date time.Time, ok bool) {
	if f.From.IsZero() || math.IsNaN(days) || days < 0 || days > 8000*365 {
		return time.Time{}, false
	}
	t := f.From.UTC().AddDate(0, 0, int(math.Floor(days)))
	return t, t.Year() <= 9999
}

// day is a day in seconds.
const day = 86400

// forecast says when the cluster of inv has no subnet for another node, of which more get one; nil where too little is
// known: fewer than two nodes have a time, or all of them joined on one day.
//
// Times are those of creation where all nodes that have one have that, else ages, which are rounded as kubectl shows
// them.
func (inv Inventory) forecast(more uint64) *Forecast {
	seconds, from := inv.joined()
	if len(seconds) < 2 {
		return nil
	}
	slices.Sort(seconds)
	first, last := seconds[0], seconds[len(seconds)-1]
	f := &Forecast{Known: len(seconds), From: from, Over: float64(last-first) / day}
	for _, s := range seconds {
		switch {
		case s-first < day:
			f.Founders++
		case s > first+(last-first)/2:
			f.Lately++
		}
	}
	if f.Grown = f.Known - f.Founders; f.Grown == 0 {
		return nil
	}
	f.PerMonth = float64(f.Grown) / f.Over * 30
	f.PerMonthLately = float64(f.Lately) / (f.Over / 2) * 30
	f.Full = f.After(more + 1)
	return f
}

// After says when n more nodes have joined.
func (f *Forecast) After(n uint64) Span {
	return spanOf(n, []rate{{f.PerMonth / 30, f.Grown}, {f.PerMonthLately / 30, f.Lately}})
}

// joined returns when nodes joined, in seconds on one scale, and the time of the newest where the scale has one.
func (inv Inventory) joined() (seconds []int64, newest time.Time) {
	var ages []int64
	for _, n := range inv.Nodes {
		if !n.Created.IsZero() {
			seconds = append(seconds, n.Created.Unix())
			if n.Created.After(newest) {
				newest = n.Created
			}
		}
		if n.Age > 0 {
			ages = append(ages, -int64(n.Age/time.Second))
		}
	}
	if len(ages) > len(seconds) {
		return ages, time.Time{}
	}
	return seconds, newest.UTC()
}

// A rate is how many nodes join in a day, told from a number of them.
type rate struct {
	perDay float64
	from   int
}

// tenth is how many standard deviations a tenth of the cases lies beyond, on each side.
const tenth = 1.2816

// spanOf returns when n nodes have joined: the first rate is the likely one, and the spread is that of all of them
// together. The time until the n-th of independent arrivals has a relative deviation of 1/sqrt(n), a rate that is told
// from m of them 1/sqrt(m); both are taken for small enough that their squares add up, and the logarithm for normal, so
// that no bound is negative.
func spanOf(n uint64, rates []rate) Span {
	s := Span{Nodes: n}
	if n == 0 {
		return s
	}
	for i, r := range rates {
		if r.from == 0 || r.perDay <= 0 {
			continue
		}
		likely := float64(n) / r.perDay
		spread := math.Exp(tenth * math.Sqrt(1/float64(n)+1/float64(r.from)))
		if i == 0 {
			s.Likely, s.Early, s.Late = likely, likely/spread, likely*spread
			continue
		}
		s.Early, s.Late = min(s.Early, likely/spread), max(s.Late, likely*spread)
	}
	return s
}
