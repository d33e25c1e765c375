package kubectl

import (
	"bytes"
	"cmp"
	"io"
	"net/netip"
	"strings"

	"github.com/kubecidr/kubecidr/internal/jsonscan"
	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/kubeadm/internal/scalar"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// An object is what was read of one object of any kind that this package knows.
type object struct {
	apiVersion, kind, namespace string
	name                        fact.Value[string]
	pos                         fact.Position
	created                     fact.Value[string]
	annotations                 []Annotation

	node    Node
	service Service
	cidrs   []fact.Value[netip.Prefix] // spec.cidrs of a ServiceCIDR
	ready   Condition                  // of a ServiceCIDR
	parent  string                     // of an IPAddress
	event   Event
	pod     Pod
	page    page // of the list, for an object of kind pageKind
	// early reports that values which only make sense with the kind known came before it, and were passed over.
	early bool
}

// maxItem is how much of one item of a JSON list is kept, in bytes, for reading it again once its kind is known.
const maxItem = 4 << 20

// A decoder reads objects, from lists or alone.
type decoder struct {
	emit   func(*object) error
	intern map[string]string
	obj    object // the object that is read, reused for the next
	// items is the kind of items that have none, where what stands behind them says it: "Node" of a NodeList.
	items string
	nodes int // read so far
}

// begin returns a new object that stands at pos.
func (d *decoder) begin(pos fact.Position, kind string) *object {
	d.obj = object{pos: pos, kind: kind}
	return &d.obj
}

// readObjects calls emit for each object in r. The object is valid during the call.
// An error of emit ends the reading and is returned.
func readObjects(name string, r io.Reader, emit func(*object) error) error {
	s, data, list, err := open(name, r)
	if err != nil {
		return err
	}
	d := newDecoder(emit)
	switch {
	case s != nil:
		return d.stream(s)
	case list != nil:
		return d.readYAMLList(name, list, groupYAML)
	}
	f, err := source.New(name, data, source.Limits{Bytes: maxYAML})
	if err != nil {
		return err
	}
	return d.file(f)
}

func newDecoder(emit func(*object) error) *decoder {
	return &decoder{emit: emit, intern: map[string]string{}}
}

// file reads the objects of the documents of f.
func (d *decoder) file(f *source.File) error {
	docs, err := f.YAML()
	for _, n := range docs {
		if n == nil {
			continue
		}
		if err := d.document(n); err != nil {
			return err
		}
	}
	return err
}

// stream reads the objects of JSON text.
func (d *decoder) stream(s *jsonscan.Scanner) error {
	for first := true; first || s.Kind() == jsonscan.Object; first = false {
		if err := d.documentJSON(s); err != nil {
			return err
		}
	}
	return s.End()
}

// document reads the objects of one YAML document, which is not nil.
func (d *decoder) document(n *source.Node) error {
	kind := n.Get("kind").Str()
	items := n.Get("items")
	if n.Kind == source.Sequence { // of a jq or yq that took the items alone
		items = n
	}
	if items == nil || items.Kind != source.Sequence {
		return d.tree(n, kind)
	}
	before := d.nodes
	var last *source.Node // a Node, in a list that does not say its kind
	for _, it := range items.Items {
		if it.Kind != source.Mapping {
			continue
		}
		k := it.Get("kind").Str()
		if k == "" {
			k = strings.TrimSuffix(kind, "List")
		}
		if err := d.tree(it, k); err != nil {
			return err
		}
		if k == "Node" && kind == "" && n.Kind == source.Mapping && n.Get("apiVersion") != nil {
			last = it
		}
	}
	if last != nil {
		return cutOff(last.Pos)
	}
	return d.endList(pageOf(n.Get("metadata")), kind, before)
}

// cutOff is the error for a list of nodes that ends without its kind. kubectl writes keys in the order of the alphabet,
// so that the kind stands behind the items: there is more to the list than what is there.
func cutOff(pos fact.Position) error {
	return &source.Error{Pos: pos, Msg: "the list of nodes ends here, without its kind: it is cut off"}
}

// tree reads one object of that kind.
func (d *decoder) tree(n *source.Node, kind string) error {
	o := d.begin(n.Pos, kind)
	if err := d.decode(&tree{n}, o); err != nil {
		return err
	}
	return d.done(o)
}

// done gives an object away that has been read.
func (d *decoder) done(o *object) error {
	switch o.kind {
	case "Node":
		n := &o.node
		d.nodes++
		n.Name, n.Created, n.Annotations = o.name, o.created, o.annotations
		if !n.Spec.IsValid() && !o.early {
			n.Spec = o.pos
		}
	case "Service":
		o.service.Namespace, o.service.Name = o.namespace, o.name
	case "Event":
		o.event.Pos = o.pos
	case "Pod":
		o.pod.Namespace, o.pod.Name = o.namespace, o.name
	}
	return d.emit(o)
}

// documentJSON reads the objects of one JSON value.
func (d *decoder) documentJSON(s *jsonscan.Scanner) error {
	c := stream{s}
	if s.Kind() == jsonscan.Array {
		return s.Array(func() error { return d.item(s, "") })
	}
	// A list is told by its items: every other key of it is read as of an object, which it may turn out to be.
	o := d.begin(c.pos(), "")
	list, kind, before := false, "", d.nodes
	s.Mark(maxItem)
	err := s.Object(func(key []byte) error {
		if string(key) == "items" && s.Kind() == jsonscan.Array {
			list = true
			s.Marked()
			kind = cmp.Or(strings.TrimSuffix(o.kind, "List"), d.items) // items reuse o
			head := o.page
			err := s.Array(func() error { return d.item(s, kind) })
			o.page = head
			return err
		}
		return d.field(c, o, key)
	})
	switch {
	case err != nil:
		return err
	case list:
		return d.endList(o.page, kind+"List", before)
	}
	return d.finish(s, o)
}

// item reads one item of a JSON list. kind is what the list is of, "" where it does not say.
func (d *decoder) item(s *jsonscan.Scanner, kind string) error {
	if s.Kind() != jsonscan.Object {
		return nil
	}
	c := stream{s}
	o := d.begin(c.pos(), "")
	s.Mark(maxItem)
	if err := d.decode(c, o); err != nil {
		return err
	}
	if o.kind == "" {
		o.kind = kind
	}
	return d.finish(s, o)
}

// finish emits an object of which all has been read, once more if its kind came too late.
func (d *decoder) finish(s *jsonscan.Scanner, o *object) error {
	raw, ok := s.Marked()
	if !o.early || !ok || o.kind == "" {
		return d.done(o)
	}
	again := jsonscan.NewAt(o.pos, bytes.NewReader(raw))
	p := d.begin(o.pos, o.kind)
	if err := d.decode(stream{again}, p); err != nil {
		return err
	}
	return d.done(p)
}

func (d *decoder) decode(c cursor, o *object) error {
	return c.object(func(key []byte) error { return d.field(c, o, key) })
}

// field reads one of the top-level fields of an object.
func (d *decoder) field(c cursor, o *object, key []byte) error {
	switch string(key) {
	case "apiVersion":
		return d.text(c, &o.apiVersion)
	case "kind":
		return d.text(c, &o.kind)
	case "metadata":
		return d.metadata(c, o)
	case "involvedObject", "regarding", "source", "deprecatedSource", "count", "deprecatedCount", "reason", "message", "note", "type", "reportingComponent", "series":
		switch o.kind {
		case "Event", "": // these come before the kind where keys are sorted, and Events alone have them
			return d.eventField(c, o, key)
		}
	case "spec", "status":
		switch o.kind {
		case "Node":
			return d.nodeField(c, o, key)
		case "Service":
			return d.serviceField(c, o, key)
		case "ServiceCIDR":
			return d.serviceCIDRField(c, o, key)
		case "IPAddress":
			return d.ipAddressField(c, o, key)
		case "Pod":
			return d.podField(c, o, key)
		case "":
			o.early = true
		}
	}
	return nil
}

// text reads a scalar to *dst, as one string for all that are equal.
func (d *decoder) text(c cursor, dst *string) error {
	v, ok, err := c.scalar()
	if ok {
		*dst = d.share(v.V)
	}
	return err
}

// share returns s, and for equal texts the same string, so that 15,000 nodes hold their version once.
func (d *decoder) share(s string) string {
	if t, ok := d.intern[s]; ok {
		return t
	}
	if len(d.intern) < 1000 && len(s) < 200 {
		d.intern[s] = s
	}
	return s
}

// shared reads a scalar to *dst, its text shared with equal ones.
func (d *decoder) shared(c cursor, dst *fact.Value[string]) error {
	v, ok, err := c.scalar()
	if ok {
		v.Text = d.share(v.Text)
		v.V = v.Text
		*dst = v
	}
	return err
}

// value reads a scalar to *dst.
func value(c cursor, dst *fact.Value[string]) error {
	v, ok, err := c.scalar()
	if ok {
		*dst = v
	}
	return err
}

func (d *decoder) metadata(c cursor, o *object) error {
	return c.object(func(key []byte) error {
		switch string(key) {
		case "name":
			return value(c, &o.name)
		case "namespace":
			return d.text(c, &o.namespace)
		case "creationTimestamp":
			return value(c, &o.created)
		case "continue":
			return value(c, &o.page.more)
		case "remainingItemCount":
			return value(c, &o.page.left)
		case "labels":
			return c.object(func(key []byte) error {
				switch string(key) {
				case "node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master":
					o.node.ControlPlane = true
				}
				return nil
			})
		case "annotations":
			return c.object(func(key []byte) error {
				if !keepsAnnotation(key) {
					return nil
				}
				a := Annotation{Key: d.share(string(key))}
				if err := d.shared(c, &a.Value); err != nil {
					return err
				}
				if a.Value.IsSet() && len(o.annotations) < 64 {
					o.annotations = append(o.annotations, a)
				}
				return nil
			})
		}
		return nil
	})
}

// serviceField reads spec of a Service.
func (d *decoder) serviceField(c cursor, o *object, key []byte) error {
	if string(key) != "spec" {
		return nil
	}
	add := func() error {
		var v fact.Value[string]
		err := value(c, &v)
		if v.V != "" && v.V != "None" && len(o.service.ClusterIPs) < 8 {
			for _, a := range o.service.ClusterIPs {
				if a.Text == v.Text { // clusterIP is the first of clusterIPs
					return err
				}
			}
			o.service.ClusterIPs = append(o.service.ClusterIPs, scalar.Addr(v))
		}
		return err
	}
	return c.object(func(key []byte) error {
		switch string(key) {
		case "clusterIP":
			return add()
		case "clusterIPs":
			return c.array(add)
		}
		return nil
	})
}

// serviceCIDRField reads spec or status of a ServiceCIDR.
func (d *decoder) serviceCIDRField(c cursor, o *object, key []byte) error {
	return c.object(func(key []byte) error {
		switch string(key) {
		case "cidrs":
			return c.array(func() error {
				var v fact.Value[string]
				err := value(c, &v)
				if v.V != "" && len(o.cidrs) < 8 {
					o.cidrs = append(o.cidrs, scalar.Prefix(v))
				}
				return err
			})
		case "conditions":
			return c.array(func() error {
				typ, cond, err := d.condition(c)
				if typ == "Ready" {
					o.ready = cond
				}
				return err
			})
		}
		return nil
	})
}

// ipAddressField reads spec of an IPAddress.
func (d *decoder) ipAddressField(c cursor, o *object, key []byte) error {
	return c.object(func(key []byte) error {
		if string(key) != "parentRef" {
			return nil
		}
		var namespace, name string
		err := c.object(func(key []byte) error {
			switch string(key) {
			case "namespace":
				return d.text(c, &namespace)
			case "name":
				return d.text(c, &name)
			}
			return nil
		})
		if name != "" {
			o.parent = namespace + "/" + name
		}
		return err
	})
}

// condition reads one of status.conditions.
func (d *decoder) condition(c cursor) (typ string, cond Condition, err error) {
	cond.Pos = c.pos()
	err = c.object(func(key []byte) error {
		switch string(key) {
		case "type":
			return d.text(c, &typ)
		case "status":
			return d.text(c, &cond.Status)
		case "reason":
			return d.text(c, &cond.Reason)
		case "message":
			return d.text(c, &cond.Message)
		}
		return nil
	})
	return typ, cond, err
}

// eventField reads a field of an Event, of the core API or of events.k8s.io.
func (d *decoder) eventField(c cursor, o *object, key []byte) error {
	e := &o.event
	switch string(key) {
	case "reason":
		return d.text(c, &e.Reason)
	case "type":
		return d.text(c, &e.Type)
	case "message", "note":
		return value(c, &e.Message)
	case "reportingComponent":
		if e.Source != "" {
			return nil
		}
		return d.text(c, &e.Source)
	case "count", "deprecatedCount":
		return d.number(c, &e.Count)
	case "series":
		return c.object(func(key []byte) error {
			if string(key) == "count" {
				return d.number(c, &e.Count)
			}
			return nil
		})
	case "involvedObject", "regarding":
		return c.object(func(key []byte) error {
			switch string(key) {
			case "kind":
				return d.text(c, &e.Kind)
			case "namespace":
				return d.text(c, &e.Namespace)
			case "name":
				return d.text(c, &e.Name)
			}
			return nil
		})
	case "source", "deprecatedSource":
		return c.object(func(key []byte) error {
			switch string(key) {
			case "component":
				return d.text(c, &e.Source)
			case "host":
				return d.text(c, &e.Host)
			}
			return nil
		})
	}
	return nil
}

// number reads a count to *dst, which keeps the larger one.
func (d *decoder) number(c cursor, dst *int) error {
	v, ok, err := c.scalar()
	if n, isInt := scalar.Count(v); ok && isInt {
		*dst = max(*dst, n.V)
	}
	return err
}

// podField reads spec or status of a Pod.
func (d *decoder) podField(c cursor, o *object, key []byte) error {
	p := &o.pod
	if string(key) == "spec" {
		return c.object(func(key []byte) error {
			switch string(key) {
			case "nodeName":
				return d.text(c, &p.Node)
			case "hostNetwork":
				v, _, err := c.scalar()
				p.HostNetwork = v.V == "true"
				return err
			}
			return nil
		})
	}
	p.Status = c.pos()
	addIP := func() error {
		var v fact.Value[string]
		err := value(c, &v)
		if v.V == "" || len(p.IPs) >= 8 {
			return err
		}
		for _, a := range p.IPs {
			if a.Text == v.Text {
				return err
			}
		}
		p.IPs = append(p.IPs, scalar.Addr(v))
		return err
	}
	return c.object(func(key []byte) error {
		switch string(key) {
		case "phase":
			return d.text(c, &p.Phase)
		case "podIP":
			return addIP()
		case "podIPs":
			return c.array(func() error {
				return c.object(func(key []byte) error {
					if string(key) == "ip" {
						return addIP()
					}
					return nil
				})
			})
		case "containerStatuses", "initContainerStatuses":
			return c.array(func() error { return d.containerStatus(c, p) })
		}
		return nil
	})
}

// containerStatus reads one of status.containerStatuses.
func (d *decoder) containerStatus(c cursor, p *Pod) error {
	var name string
	var restarts int
	var now, last containerEnd
	err := c.object(func(key []byte) error {
		switch string(key) {
		case "name":
			return d.text(c, &name)
		case "restartCount":
			return d.number(c, &restarts)
		case "state":
			return d.containerEnd(c, &now)
		case "lastState":
			return d.containerEnd(c, &last)
		}
		return nil
	})
	p.addState(name, restarts, now, last)
	return err
}

// A containerEnd is state or lastState of a container.
type containerEnd struct {
	kind            string // "waiting", "running", "terminated", "" for none of them
	reason, message string
	pos             fact.Position
}

// addState adds the state of a container that waits, that ended otherwise than it should, or that runs after it said
// what kept it from running. The reason is why it waits now; the message is what it said when it ended.
func (p *Pod) addState(name string, restarts int, now, last containerEnd) {
	s := ContainerState{Container: name, Reason: now.reason, Message: now.message, Restarts: restarts, Pos: now.pos}
	if now.reason == "" && now.kind != "running" && now.kind != "terminated" {
		s.Reason, s.Pos = last.reason, last.pos
	}
	if last.message != "" && (now.message == "" || now.kind == "waiting") {
		s.Message = last.message
	}
	if s.Reason == "" {
		if _, _, ok := recognizeLine(s.Message); !ok {
			return
		}
	}
	if s.Reason != "Completed" && len(p.States) < 32 {
		p.States = append(p.States, s)
	}
}

func (d *decoder) containerEnd(c cursor, e *containerEnd) error {
	return c.object(func(key []byte) error {
		e.kind, e.pos = d.share(string(key)), c.pos()
		return c.object(func(key []byte) error {
			switch string(key) {
			case "reason":
				return d.text(c, &e.reason)
			case "message":
				return d.text(c, &e.message)
			}
			return nil
		})
	})
}
