package kubecidr_test

import (
	"bytes"
	"go/ast"
	"io"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/kubecidr/kubecidr"
	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/cidr/cidrtest"
	"github.com/kubecidr/kubecidr/flannel"
	"github.com/kubecidr/kubecidr/kubeadm"
	"github.com/kubecidr/kubecidr/kubeadm/kubectl"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/draw"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
	"github.com/kubecidr/kubecidr/plan/repair"
)

// changing are the methods that change their value: the documentation of each type says that it must not be read meanwhile.
// All other methods of all exported types may be called by several goroutines at once.
var changing = map[string][]string{
	"cidr.Pool":           {"Next", "Occupy", "Release", "Rewind", "SetCursor"},
	"cidr.Space":          {"Alloc", "Exclude", "Occupy", "Release"},
	"nodeipam.Controller": {"Burst", "Create", "Delete", "Patch", "Resolve", "Restart", "Start", "Stop", "Terminate", "Update", "Wait"},
	"plan.Request":        {"Set"},
}

// TestReaders calls every method that only reads, of a value of every exported type that has methods, from several goroutines at once. The race
// detector judges, and what was read is the same as what nobody has touched.
func TestReaders(t *testing.T) {
	shared, untouched := things(t), things(t)
	found := map[string]reflect.Value{} // by type, a pointer to the first value that is not zero, or to a zero one
	for _, v := range shared {
		collect(reflect.ValueOf(v), found, map[reflect.Type]int{})
	}
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for name, v := range found {
				read(t, name, v)
			}
		})
	}
	wg.Wait()
	for i, v := range shared {
		if !reflect.DeepEqual(v, untouched[i]) {
			t.Errorf("a reader changed a %T", v)
		}
	}

	receiver := regexp.MustCompile(`(?m)^func \(\w+ \*?(\w+)(?:\[\w+\])?\)`)
	listings, err := filepath.Glob(filepath.Join("testdata", "api", "*.txt"))
	if err != nil || len(listings) == 0 {
		t.Fatal(listings, err)
	}
	for _, file := range listings {
		pkg := strings.TrimSuffix(filepath.Base(file), ".txt")
		pkg = pkg[strings.LastIndexByte(pkg, '-')+1:]
		api, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range receiver.FindAllStringSubmatch(string(api), -1) {
			name := pkg + "." + m[1]
			_, ok := found[name]
			if !ok && m[1] == "Value" {
				_, ok = found[name+"[string]"]
			}
			if !ok && ast.IsExported(m[1]) {
				t.Errorf("no value of type %s was read; things should return one", name)
			}
		}
	}
}

var podRange = nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/16"}

// things returns values from which others of all exported types with methods can be reached, made anew.
func things(t *testing.T) []any {
	t.Helper()
	var out []any
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	fails := func(err error) {
		t.Helper()
		if err == nil {
			t.Fatal("no error")
		}
		out = append(out, err)
	}

	// Rows of tables hold functions, which are equal to nothing: rows without.
	out = append(out, repair.Installer{Name: "k3s"}, repair.Network{Name: "calico"}, &nodeipam.Forecast{Known: 2, Grown: 1, PerMonth: 1},
		kubeadm.Problem{}, &repair.WayError{Want: "7", Ways: []repair.WayKind{repair.WayNodes}}, &repair.UnreachableError{})

	// cidr
	p := cidr.MustParse("10.0.0.0/8")
	split, err := cidr.NewSplit(p, 12)
	must(err)
	pool := cidr.NewPool(split)
	space, err := cidr.NewSpace(p)
	must(err)
	for range 3 {
		_, err = pool.Next()
		must(err)
		_, err = space.Alloc(24)
		must(err)
	}
	out = append(out, split, pool, space)
	_, err = cidr.NewSplit(p, 4)
	fails(err)
	_, err = cidr.Parse("10.0.0.1/8")
	fails(err)
	_, err = space.Alloc(33)
	fails(err)
	_, err = space.Alloc(8)
	fails(err)
	fails(space.Occupy(cidr.MustParse("fd00::/8")))
	fails(pool.SetCursor(pool.Len()))
	out = append(out, slices.Collect(cidr.Atlas()), cidr.Answer(0))

	// cidr/cidrtest
	fails(cidrtest.CheckValidator(func(cidrtest.Case) error { return nil }, cidrtest.Generated(0)))
	out = append(out, slices.Collect(cidrtest.Cases()), slices.Collect(cidrtest.AllocatorCases()))

	// kubeadm
	problems, err := kubeadm.Validate("kubeadm.yaml", []byte("apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nnetworking: {podSubnets: x}\n"), fact.Version{})
	must(err)
	out = append(out, problems)

	// plan
	request := plan.Request{Nodes: 40, Name: "north", Pins: []plan.Pin{{Role: fact.RolePods, Prefix: cidr.MustParse("10.244.0.0/16")}}}
	pl, err := plan.New(request)
	must(err)
	attachments, err := kubecidr.Attachments(pl)
	must(err)
	out = append(out, request, pl, attachments, pl.Capacity(), pl.Permanence(), draw.Map(pl, fact.IPv4), pl.Statements())
	request.Nodes = 400
	_, err = plan.New(request)
	fails(err)
	fails(request.Set("nodes", "many"))
	_, err = plan.New(plan.Request{Nodes: -1})
	fails(err)
	_, err = plan.New(plan.Request{Nodes: 3, Pins: []plan.Pin{{Role: fact.RolePods, Prefix: p}, {Role: fact.RoleServices, Prefix: cidr.MustParse("10.96.0.0/16")}}})
	fails(err)
	_, err = plan.ParseWaiver("x")
	fails(err)
	c, err := nodeipam.NewController(podRange, fact.NewestKubernetes())
	must(err)
	_, err = nodeipam.NewController(nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "x"}, fact.NewestKubernetes())
	fails(err)
	out = append(out, c, c.Burst("w1", "w2", "w3"), c.Predict(3), c.Surge(2), c.Replace(1), plan.Rules(), plan.RequestKeys())
	inv := nodeipam.Inventory{Managers: []nodeipam.HostFlags{{Host: "cp1", Flags: podRange}}, Nodes: []nodeipam.InventoryNode{{Name: "w1", PodCIDRs: []string{"10.244.0.0/24"}},
		{Name: "w2", PodCIDRs: []string{"10.244.0.0/24"}}, {Name: "w3"}}}
	r, err := repair.New(inv)
	must(err)
	faults, err := repair.FaultsOf(inv)
	must(err)
	out = append(out, inv, r, faults, plan.Ranges{}, nodeipam.APIServerFlags{}, nodeipam.KubeadmNetworking{}, nodeipam.SurgeNeed{}, fact.Waiver{Rule: "x"}, fact.Reservation{}, plan.Named{Name: "lb", Addresses: 50}, &plan.Shortage{},
		&nodeipam.APIError{Code: 422}, &nodeipam.ExitError{}, &plan.LimitError{Prefix: p}, &plan.UnsoundError{Prefix: p}, &nodeipam.RefusedError{}, &repair.IncompleteError{})

	// the readers
	for i, b := range bundles(t) {
		if i%8 != 0 {
			continue
		}
		files, err := kubecidr.Read(b.files, kubecidr.Options{})
		must(err)
		out = append(out, files, files.Check(), files.Check().Err())
		for _, name := range slices.Sorted(maps.Keys(b.files)) {
			data := b.files[name].Data
			add := func(v any, err error) {
				if out = append(out, v); err != nil {
					out = append(out, err)
				}
			}
			add(any1(flannel.Read(data, flannel.Options{})))
			add(any1(flannel.ReadNetConf(data, flannel.Options{})))
			add(any1(flannel.ReadSubnetEnv(data, flannel.Options{})))
			add(any1(flannel.ReadLog(data, flannel.Options{})))
			add(any1(kubeadm.Read(name, data)))
			add(any1(kubectl.ReadLog(name, bytes.NewReader(data))))
			add(any1(kubectl.ReadText(name, bytes.NewReader(data))))
		}
	}
	conf, err := flannel.NetConfFor(pl)
	must(err)
	backend, err := conf.ParseBackend(fact.NewestFlannel())
	must(err)
	lease, err := flannel.AcquireLease(conf, flannel.NodeSpec{Name: "w1", PodCIDR: "10.244.1.0/24"}, fact.NewestFlannel())
	must(err)
	_, err = flannel.AcquireLease(conf, flannel.NodeSpec{Name: "w1"}, fact.NewestFlannel())
	fails(err)
	out = append(out, backend, lease, flannel.Mode(0), flannel.Level(0), &flannel.BackendError{})
	config, err := kubeadm.ParseConfig("kubeadm.yaml", []byte("apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nnetworking: {podSubnet: 10.244.0.0/16}\n"))
	must(err)
	generated, err := config.Generate(fact.NewestKubernetes())
	must(err)
	patch, err := kubectl.NewNodePatch(kubectl.Node{Name: fact.Value[string]{V: "w1"}}, cidr.MustParse("10.244.1.0/24"))
	must(err)
	_, err = kubectl.NewNodePatch(kubectl.Node{Name: fact.Value[string]{V: "w1"}})
	fails(err)
	_, err = kubecidr.ReadRequest("request.yaml", strings.NewReader("nodes: many"))
	fails(err)
	return append(out, config, generated, patch, &kubectl.TooLargeError{}, kubeadm.FlagError{}, kubectl.IPAddress{}, kubectl.ServiceCIDR{}, kubectl.Event{},
		kubectl.Node{}, kubeadm.Problem{}, kubectl.Pod{}, kubectl.Service{}, kubectl.Text{}, kubectl.LogEntry{}, flannel.LogLine{}, kubeadm.CommandLine{}.Parse(), kubeadm.Flag{}, flannel.Values{})
}

func any1[T any](v T, err error) (any, error) { return v, err }

// collect notes a pointer to a value of each type that can be reached from v.
func collect(v reflect.Value, found map[string]reflect.Value, depth map[reflect.Type]int) {
	if !v.IsValid() {
		return
	}
	if t := v.Type(); t.PkgPath() != "" && strings.HasPrefix(t.PkgPath(), "github.com/kubecidr/kubecidr") && v.Kind() != reflect.Interface {
		if old, ok := found[t.String()]; !ok || old.Elem().IsZero() {
			p := reflect.New(t)
			if v.CanAddr() {
				p = v.Addr()
			} else {
				p.Elem().Set(v)
			}
			found[t.String()] = p
		}
		if depth[t]++; depth[t] > 20 {
			return
		}
		defer func() { depth[t]-- }()
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		collect(v.Elem(), found, depth)
	case reflect.Slice, reflect.Array:
		for i := range min(v.Len(), 200) {
			collect(v.Index(i), found, depth)
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			collect(v.MapIndex(k), found, depth)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				collect(v.Field(i), found, depth)
			}
		}
	}
}

// read calls the methods of *v that do not change it, and ranges over the sequences that they return.
func read(t *testing.T, name string, v reflect.Value) {
	defer func() {
		if e := recover(); e != nil {
			t.Errorf("%s: panic: %v", name, e)
		}
	}()
	for i := range v.NumMethod() {
		m := v.Type().Method(i)
		if slices.Contains(changing[name], m.Name) {
			continue
		}
		f := v.Method(i)
		var args []reflect.Value
		for j := range f.Type().NumIn() {
			if f.Type().IsVariadic() && j == f.Type().NumIn()-1 {
				break
			}
			args = append(args, argument(f.Type().In(j), v))
		}
		for _, r := range f.Call(args) {
			switch {
			case r.Kind() == reflect.Func && r.Type().CanSeq():
				for range r.Seq() {
				}
			case r.Kind() == reflect.Func && r.Type().CanSeq2():
				for range r.Seq2() {
				}
			}
		}
	}
}

// argument returns something of type t with which a method of self can be called.
func argument(t reflect.Type, self reflect.Value) reflect.Value {
	switch t {
	case self.Type():
		return self
	case reflect.TypeFor[io.Writer]():
		return reflect.ValueOf(io.Discard)
	case reflect.TypeFor[error]():
		return reflect.ValueOf(io.EOF)
	case reflect.TypeFor[netip.Prefix]():
		return reflect.ValueOf(cidr.MustParse("10.244.1.0/24"))
	case reflect.TypeFor[fact.Version]():
		return reflect.ValueOf(fact.NewestKubernetes())
	case reflect.TypeFor[fact.Family]():
		return reflect.ValueOf(fact.IPv4)
	case reflect.TypeFor[fact.Role]():
		return reflect.ValueOf(fact.RolePods)
	case reflect.TypeFor[*nodeipam.Controller]():
		c, err := nodeipam.NewController(podRange, fact.NewestKubernetes())
		if err != nil {
			panic(err)
		}
		return reflect.ValueOf(c)
	}
	if t.Kind() == reflect.Int || t.Kind() == reflect.Uint64 {
		return reflect.ValueOf(1).Convert(t)
	}
	return reflect.Zero(t)
}
