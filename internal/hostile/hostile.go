// Package hostile holds readers to their promise that no text keeps them busy beyond its size. Cost is told in bytes
// allocated, which a busy machine does not change; how long it takes is measured by the benchmarks of the same name.
package hostile

import (
	"runtime"
	"strings"
	"testing"
)

// A Text is a text of any size that somebody could have made to keep a reader busy.
type Text struct {
	Name string
	Make func(size int) string
}

// Fill returns the text that begins with head, repeats unit and ends with tail.
func Fill(name, head, unit, tail string) Text {
	return Text{name, func(size int) string {
		return head + strings.Repeat(unit, max(0, size-len(head)-len(tail))/len(unit)) + tail
	}}
}

// A Reader is what is held to the promise.
type Reader struct {
	Name string
	Read func(data []byte)
}

const (
	testSize  = 512 << 10 // bytes
	benchSize = 10 << 20  // bytes
	slack     = 8 << 20   // bytes that may be allocated whatever the size, for tables that are made once
)

// Test lets every reader read every text, and fails where one allocates more than eight times as much as for a quarter
// of the text. A reader that never ends is ended by go test's own limit.
func Test(t *testing.T, readers []Reader, texts []Text) {
	for _, text := range texts {
		quarter, whole := []byte(text.Make(testSize/4)), []byte(text.Make(testSize))
		for _, r := range readers {
			little := allocated(func() { r.Read(quarter) })
			if much := allocated(func() { r.Read(whole) }); much > 8*little+slack {
				t.Errorf("%s of %s: %d bytes allocated for %d bytes of text, %d for a quarter of it", r.Name, text.Name, much, len(whole), little)
			}
		}
	}
}

// Bench measures every reader on 10 MB of every text.
func Bench(b *testing.B, readers []Reader, texts []Text) {
	for _, text := range texts {
		data := []byte(text.Make(benchSize))
		for _, r := range readers {
			b.Run(text.Name+"/"+r.Name, func(b *testing.B) {
				b.SetBytes(int64(len(data)))
				b.ReportAllocs()
				for b.Loop() {
					r.Read(data)
				}
			})
		}
	}
}

func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
