package plan_test

import (
	"errors"
	"fmt"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/plan"
)

// A field of a request that makes no sense, whatever space there is.
func ExampleRequestError() {
	_, err := plan.New(plan.Request{Nodes: -3})
	var e *plan.RequestError
	if errors.As(err, &e) {
		fmt.Printf("%s = %s\n", e.Field, e.Value)
	}
	fmt.Println(err)
	// Output:
	// nodes = -3
	// nodes -3: must be 1 or more; 0 stands for the default
}

// A key or a value that a request does not take: cause and place are data.
func ExampleSetError() {
	var r plan.Request
	err := r.Set("within", "10.0.0.0/8", "10.1.2.0/8")
	var e *plan.SetError
	if errors.As(err, &e) {
		fmt.Println(e.Key, e.Index, e.Value, errors.Is(err, cidr.ErrHostBits))
	}
	fmt.Println(errors.Is(r.Set("colour", "blue"), plan.ErrUnknownKey))
	// Output:
	// within 1 10.1.2.0/8 true
	// true
}
