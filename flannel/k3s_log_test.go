package flannel

import "testing"

// The line of k3s has logrus's header and closing quote around what flannel says; neither belongs to the node's name.
func TestParseLogLineLogrus(t *testing.T) {
	l, ok := parseLogLine(`time="2026-01-01T00:00:00Z" level=info msg="Flannel found PodCIDR assigned for node agent-1"`)
	if !ok || l.Symptom.Node != "agent-1" || l.Symptom.Message != "Flannel found PodCIDR assigned for node agent-1" {
		t.Errorf("%v: node %q, message %q", ok, l.Symptom.Node, l.Symptom.Message)
	}
}
