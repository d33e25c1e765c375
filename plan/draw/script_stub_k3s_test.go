//go:build unix

package draw

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
)

// k3sHost does what is particular to a host of k3s: its files are edited, and its manifest, which the other hosts have, follows them when it
// is started anew.
func (s *stub) k3sHost(host, command string) (string, int, bool) {
	h := s.hosts[host]
	switch {
	case strings.HasPrefix(command, "test -e /var/lib/rancher/k3s/server"):
		return "", 0, true
	case strings.HasPrefix(command, "systemctl is-active"):
		data, _ := os.ReadFile(s.manifest(host))
		return strings.ReplaceAll(string(data), "    - ", "") + "running\n", 0, true
	case strings.Contains(command, "/etc/rancher"):
		s.touched = true
		folder := filepath.Join(s.dir, "hosts", host, "etc/rancher")
		text := strings.ReplaceAll(strings.ReplaceAll(command, "/etc/rancher", folder), "systemctl restart k3s", "true")
		if out, err := exec.Command("sh", "-c", text).CombinedOutput(); err != nil {
			return string(out), 1, true
		}
		data, err := os.ReadFile(filepath.Join(folder, "k3s/config.yaml.d/90-kubecidr.yaml"))
		var f struct {
			Ranges string   `yaml:"cluster-cidr"`
			Args   []string `yaml:"kube-controller-manager-arg+"`
		}
		if err != nil || yaml.Unmarshal(data, &f) != nil {
			return "", 1, true
		}
		manifest := "spec:\n    - --cluster-cidr=" + f.Ranges + "\n"
		for _, a := range f.Args {
			manifest += "    - --" + a + "\n"
		}
		if os.WriteFile(s.manifest(host), []byte(manifest), 0o644) != nil {
			return "", 1, true
		}
		return "", 0, true
	case command == "systemctl stop k3s-agent":
		s.touched, h.up = true, false
		return "", 0, true
	case command == "systemctl restart k3s-agent":
		s.touched, h.up = true, true
		return "", 0, true
	case strings.HasSuffix(command, "; systemctl start k3s-agent"):
		s.touched, h.up, h.env = true, true, ""
		return "", 0, true
	}
	return "", 0, false
}
