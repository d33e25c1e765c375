package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"

	"github.com/kubecidr/kubecidr"
)

// A Call is a call of kubectl that reads.
type Call struct {
	File string // what the answer is called in a report: "kubectl/nodes.json"
	Args []string
}

// String returns the call as one types it.
func (c Call) String() string { return "kubectl " + strings.Join(c.Args, " ") }

// Calls returns the calls of kubectl that show a cluster's address ranges, for the current context or the one that is named. All of
// them read, and none reads Secrets: get, version, logs. examples/collect.sh makes the same.
func Calls(contextName string) []Call {
	calls := []Call{
		{"version.yaml", []string{"version", "-o", "yaml"}},
		{"nodes.json", []string{"get", "nodes", "-o", "json"}},
		{"control-plane.yaml", []string{"get", "pods", "-n", "kube-system", "-l", "tier=control-plane", "-o", "yaml"}},
		{"services.txt", []string{"get", "services", "--all-namespaces", "-o", "wide"}},
		{"servicecidrs.yaml", []string{"get", "servicecidrs", "-o", "yaml"}},
		{"pods.txt", []string{"get", "pods", "--all-namespaces", "-o", "wide"}},
		{"events.txt", []string{"get", "events", "--all-namespaces", "--field-selector", "type=Warning"}},
		{"ippools.yaml", []string{"get", "ippools.crd.projectcalico.org", "-o", "yaml"}},
		{"flannel.log", []string{"logs", "-n", "kube-flannel", "-l", "app=flannel", "--all-containers", "--prefix", "--tail=200"}},
	}
	for _, name := range []string{
		"kube-system/kubeadm-config", "kube-system/kube-proxy", "kube-system/kubelet-config", "kube-system/kube-flannel-cfg",
		"kube-flannel/kube-flannel-cfg", "kube-system/canal-config", "kube-system/calico-config", "kube-system/cilium-config",
		"kube-system/coredns",
	} {
		namespace, name, _ := strings.Cut(name, "/")
		calls = append(calls, Call{"configmap-" + namespace + "-" + name + ".yaml", []string{"get", "configmap", "-n", namespace, name, "-o", "yaml"}})
	}
	for i := range calls {
		calls[i].File = "kubectl/" + calls[i].File
		calls[i].Args = append([]string{"--request-timeout=20s"}, calls[i].Args...)
		if contextName != "" {
			calls[i].Args = append([]string{"--context=" + contextName}, calls[i].Args...)
		}
	}
	return calls
}

// callTime is how long a call may take: longer than its own --request-timeout.
const callTime = 60 * time.Second

// maxAnswer is how much of an answer is kept, in bytes: a node list of 15,000 nodes has 265 MB.
const maxAnswer = 512 << 20

// Collect makes the calls and returns the answers as files. Calls that fail, because the cluster has no such object or the user may
// not read it, are told on w and left out; the error is for a kubectl that cannot be run, or where none of the calls succeeds.
func Collect(ctx context.Context, w io.Writer, calls []Call) ([]kubecidr.Input, error) {
	kubectl, err := exec.LookPath("kubectl")
	if err != nil {
		return nil, err
	}
	var inputs []kubecidr.Input
	var missing []string
	var last error
	for _, c := range calls {
		data, err := run(ctx, kubectl, c)
		if err != nil {
			missing = append(missing, strings.TrimPrefix(c.File, "kubectl/"))
			last = err
			continue
		}
		inputs = append(inputs, kubecidr.Input{Name: c.File, Path: c.File, Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }})
	}
	if len(inputs) == 0 {
		return nil, fmt.Errorf("kubectl answers none of %d calls: %w", len(calls), last)
	}
	if len(missing) > 0 {
		fmt.Fprintf(w, "not there, or not to be read: %s\n", strings.Join(missing, ", "))
	}
	return inputs, nil
}

// run makes one call. The error is what kubectl prints.
func run(ctx context.Context, kubectl string, c Call) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	var stdout, stderr limited
	stdout.left, stderr.left = maxAnswer, 4096
	cmd := exec.CommandContext(ctx, kubectl, c.Args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		if text := strings.TrimSpace(stderr.String()); text != "" {
			err = errors.New(text)
		}
		return nil, err
	}
	if stdout.over {
		return nil, fmt.Errorf("%v prints more than %d bytes", c, maxAnswer)
	}
	return stdout.Bytes(), nil
}

// A limited buffer drops what goes beyond its limit.
type limited struct {
	bytes.Buffer
	left int
	over bool
}

func (l *limited) Write(p []byte) (int, error) {
	n := min(len(p), l.left)
	l.left -= n
	l.over = l.over || n < len(p)
	l.Buffer.Write(p[:n])
	return len(p), nil
}
