// Package cases is the small case runner of the Go clients: compare, count, print failures and the closing line.
// Needs HOST and PORT in the environment.
package cases

import (
	"fmt"
	"os"
	"sync"
)

// Tally counts the cases of one program.
type Tally struct {
	library        string
	passed, failed int
}

// New starts the count of a library's program.
func New(library string) *Tally {
	return &Tally{library: library}
}

// Address is where the server under test listens.
func Address() string {
	return os.Getenv("HOST") + ":" + os.Getenv("PORT")
}

// Same is nil where both print alike.
func Same(what string, got, want interface{}) error {
	if fmt.Sprint(got) != fmt.Sprint(want) {
		return fmt.Errorf("%s: got %v, want %v", what, got, want)
	}
	return nil
}

// First is the first fault of a list.
func First(faults ...error) error {
	for _, fault := range faults {
		if fault != nil {
			return fault
		}
	}
	return nil
}

// Parallel runs n goroutines, each with its number, and returns one of their faults.
func Parallel(n int, work func(i int) error) error {
	faults := make([]error, n)
	var group sync.WaitGroup
	for i := 0; i < n; i++ {
		group.Add(1)
		go func(i int) {
			defer group.Done()
			faults[i] = work(i)
		}(i)
	}
	group.Wait()
	return First(faults...)
}

// Run counts a case; one that panics has failed, and the others still run.
func (t *Tally) Run(name string, body func() error) {
	fault := caught(body)
	if fault == nil {
		t.passed++
		return
	}
	t.failed++
	fmt.Printf("FAIL  %s: %s\n      %v\n", t.library, name, fault)
}

func caught(body func() error) (fault error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			fault = fmt.Errorf("panic: %v", panicked)
		}
	}()
	return body()
}

// Close prints the closing line and ends the program.
func (t *Tally) Close() {
	fmt.Printf("%d passed, %d failed\n", t.passed, t.failed)
	if t.failed > 0 {
		os.Exit(1)
	}
}
