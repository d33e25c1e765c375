package reading

import (
	"bytes"
	"path"
	"strconv"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/kubeadm"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// cloudController is the component of a cloud's own controller manager.
const cloudController = fact.Component("cloud-controller-manager")

// cloudController returns the pod range of a cloud controller manager, and whether it may hand out node subnets, or make
// routes to them: k8s.io/cloud-provider options/kubecloudshared.go. Both are off where they are not given.
func (p process) cloudController() []fact.Statement {
	var out []fact.Statement
	if v := p.last("cluster-cidr"); v.IsSet() {
		s := fact.Statement{Component: cloudController, Role: fact.RolePods, Key: "--cluster-cidr", Pos: v.Pos, Text: v.Text}
		s.Prefixes, s.Err = cidr.ParseList(v.V)
		out = append(out, s)
	}
	if v := p.last("allocate-node-cidrs"); v.IsSet() {
		if b, err := strconv.ParseBool(v.V); err == nil {
			out = append(out, fact.Statement{Component: cloudController, Role: fact.RoleSetting, Setting: fact.SettingAllocate,
				Key: "--allocate-node-cidrs", Pos: v.Pos, Text: v.Text, Bool: b})
		}
	}
	return out
}

// readCloudManifest reads the manifests of cloud controller managers: a Deployment, a DaemonSet or a Pod whose container
// runs one.
func readCloudManifest(a *asked) ([]fact.Statement, error) {
	if !bytes.Contains(a.text.Data, []byte(cloudController)) || !bytes.Contains(a.text.Data, []byte("containers")) || a.text.HoldsSecret() {
		return nil, nil
	}
	docs, _ := a.text.YAML() // what is wrong with it, other readers say
	var out []fact.Statement
	for _, d := range docs {
		for _, o := range itemsOf(d) {
			for _, spec := range []*source.Node{o.Get("spec", "template", "spec"), o.Get("spec")} {
				if list := spec.Get("containers"); list != nil {
					for _, c := range list.Items {
						out = append(out, cloudContainer(c)...)
					}
				}
			}
		}
	}
	return out, nil
}

// itemsOf returns the items of a list, or the object itself.
func itemsOf(d *source.Node) []*source.Node {
	if items := d.Get("items"); items != nil && items.Kind == source.Sequence {
		return items.Items
	}
	return []*source.Node{d}
}

// cloudContainer returns what a container tells the cloud controller manager that it runs.
func cloudContainer(c *source.Node) []fact.Statement {
	p := process{pos: fact.Position(c.Pos)}
	runs := strings.HasSuffix(imageName(c.Get("image").Str()), string(cloudController))
	for _, key := range []string{"command", "args"} {
		list := c.Get(key)
		if list == nil {
			continue
		}
		for _, it := range list.Items {
			word := it.Str()
			switch {
			case strings.HasSuffix(path.Base(word), string(cloudController)) && !strings.HasPrefix(word, "-"):
				runs, p.pos = true, fact.Position(it.Pos)
			case strings.HasPrefix(word, "--") && !strings.ContainsAny(word, "$ {<"):
				w := kubeadm.Word{Text: word, Pos: fact.Position(it.Pos)}
				w.ValuePos = w.Pos
				w.ValuePos.Column += strings.Index(word, "=") + 1
				p.words = append(p.words, w)
			}
		}
	}
	if !runs {
		return nil
	}
	return p.cloudController()
}

// imageName returns the last part of a reference to an image, without tag and digest.
func imageName(image string) string {
	name, _, _ := strings.Cut(path.Base(image), "@")
	name, _, _ = strings.Cut(name, ":")
	return name
}
