package main

import "strings"

// helper returns the file that the overlay adds to a package: what the mutated code calls, each with the number of its
// first mutant. MUTANT chooses one. MUTANT_HITS names a file of a byte for each mutant, in which the places that are reached are
// noted; it is mapped into memory, so that it is complete however the process ends. MUTANT_CPU limits processor time, in seconds.
func helper(pkg string) string { return strings.Replace(helperText, "PACKAGE", pkg, 1) }

const helperText = `package PACKAGE

import (
	"cmp"
	"os"
	"strconv"
	"syscall"
)

var mutantNow, mutantHits = mutantStart()

func mutantStart() (int, []byte) {
	now := -1
	if n, err := strconv.Atoi(os.Getenv("MUTANT")); err == nil {
		now = n
	}
	if n, err := strconv.Atoi(os.Getenv("MUTANT_CPU")); err == nil {
		syscall.Setrlimit(syscall.RLIMIT_CPU, &syscall.Rlimit{Cur: uint64(n), Max: uint64(n)})
		syscall.Setrlimit(syscall.RLIMIT_AS, &syscall.Rlimit{Cur: 4 << 30, Max: 4 << 30})
	}
	path := os.Getenv("MUTANT_HITS")
	if path == "" {
		return now, nil
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		panic(err)
	}
	info, err := f.Stat()
	if err != nil {
		panic(err)
	}
	hits, err := syscall.Mmap(int(f.Fd()), 0, int(info.Size()), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		panic(err)
	}
	return now, hits
}

// mutantAt notes that a place was reached, and returns which of its mutants is on: 0, 1, or something else for none.
func mutantAt(id int) int {
	if mutantHits != nil {
		mutantHits[id] = 1
	}
	return mutantNow - id
}

func mutantOn(id int) bool          { return mutantAt(id) == 0 }
func mutantNot(id int, b bool) bool { return b != mutantOn(id) }

func mutantAndAlso(id int, a bool, b func() bool) bool {
	if mutantOn(id) {
		return a || b()
	}
	return a && b()
}

func mutantOrElse(id int, a bool, b func() bool) bool {
	if mutantOn(id) {
		return a && b()
	}
	return a || b()
}

func mutantLT[T cmp.Ordered](id int, a, b T) bool {
	switch mutantAt(id) {
	case 0:
		return a <= b
	case 1:
		return a >= b
	}
	return a < b
}

func mutantLE[T cmp.Ordered](id int, a, b T) bool {
	switch mutantAt(id) {
	case 0:
		return a < b
	case 1:
		return a > b
	}
	return a <= b
}

func mutantGT[T cmp.Ordered](id int, a, b T) bool {
	switch mutantAt(id) {
	case 0:
		return a >= b
	case 1:
		return a <= b
	}
	return a > b
}

func mutantGE[T cmp.Ordered](id int, a, b T) bool {
	switch mutantAt(id) {
	case 0:
		return a > b
	case 1:
		return a < b
	}
	return a >= b
}

type mutantInteger interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr
}

type mutantNumber interface {
	mutantInteger | ~float32 | ~float64
}

func mutantAdd[T mutantNumber](id int, a, b T) T {
	if mutantOn(id) {
		return a - b
	}
	return a + b
}

func mutantSub[T mutantNumber](id int, a, b T) T {
	if mutantOn(id) {
		return a + b
	}
	return a - b
}

func mutantMul[T mutantNumber](id int, a, b T) T {
	if mutantOn(id) {
		return a / b
	}
	return a * b
}

func mutantQuo[T mutantNumber](id int, a, b T) T {
	if mutantOn(id) {
		return a * b
	}
	return a / b
}

func mutantRem[T mutantInteger](id int, a, b T) T {
	if mutantOn(id) {
		return a * b
	}
	return a % b
}

func mutantAnd[T mutantInteger](id int, a, b T) T {
	if mutantOn(id) {
		return a | b
	}
	return a & b
}

func mutantOr[T mutantInteger](id int, a, b T) T {
	if mutantOn(id) {
		return a & b
	}
	return a | b
}

func mutantXor[T mutantInteger](id int, a, b T) T {
	if mutantOn(id) {
		return a & b
	}
	return a ^ b
}

func mutantAndNot[T mutantInteger](id int, a, b T) T {
	if mutantOn(id) {
		return a & b
	}
	return a &^ b
}

func mutantShl[T, U mutantInteger](id int, a T, b U) T {
	if mutantOn(id) {
		return a >> b
	}
	return a << b
}

func mutantShr[T, U mutantInteger](id int, a T, b U) T {
	if mutantOn(id) {
		return a << b
	}
	return a >> b
}

func mutantNeg[T mutantNumber](id int, a T) T {
	if mutantOn(id) {
		return a
	}
	return -a
}

func mutantSign[T mutantNumber](id int, a T) T {
	if mutantOn(id) {
		return -a
	}
	return a
}
`
