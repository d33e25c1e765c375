package shapes

import (
	"fmt"
	"strings"
)

func serviceFrames() []Frame {
	rows := []struct {
		name  string
		print func(Facts) map[string]string
	}{
		{"table of services", serviceTable},
		{"kubectl describe svc", describeServices},
		{"services without kinds", servicesRaw},
	}
	out := make([]Frame, len(rows))
	for i, row := range rows {
		out[i] = Frame{
			Name:  row.name,
			Needs: func(f Facts) bool { return len(f.Services) > 0 },
			Print: func(f Facts) map[string][]byte { return f.with(sourcesOf(f.Services), row.print(f)) },
		}
	}
	return out
}

// addresses returns the cluster addresses of a Service.
func (s Service) addresses() []string {
	spec := mapAt(s.Object, "spec")
	if ips := stringsAt(spec, "clusterIPs"); len(ips) > 0 {
		return ips
	}
	if ip := stringAt(spec, "clusterIP"); ip != "" {
		return []string{ip}
	}
	return nil
}

func (s Service) kind() string {
	if t := stringAt(mapAt(s.Object, "spec"), "type"); t != "" {
		return t
	}
	return "ClusterIP"
}

func (s Service) ports() string {
	var out []string
	for _, p := range listAt(mapAt(s.Object, "spec"), "ports") {
		m, _ := p.(map[string]any)
		protocol := stringAt(m, "protocol")
		if protocol == "" {
			protocol = "TCP"
		}
		out = append(out, fmt.Sprintf("%v/%s", m["port"], protocol))
	}
	return orNone(strings.Join(out, ","))
}

func serviceTable(f Facts) map[string]string {
	rows := [][]string{{"NAMESPACE", "NAME", "TYPE", "CLUSTER-IP", "EXTERNAL-IP", "PORT(S)", "AGE"}}
	for _, s := range f.Services {
		ip := "<none>"
		if ips := s.addresses(); len(ips) > 0 {
			ip = ips[0]
		}
		rows = append(rows, []string{orDefault(s.Namespace), s.Name, s.kind(), ip, "<none>", s.ports(), "9d"})
	}
	return map[string]string{"terminal.txt": run(bash, f.controlPlane(), "kubectl get svc -A", table(rows...))}
}

func orDefault(namespace string) string {
	if namespace == "" {
		return "default"
	}
	return namespace
}

func describeServices(f Facts) map[string]string {
	var all []string
	for _, s := range f.Services {
		var b strings.Builder
		row := func(key, value string) { fmt.Fprintf(&b, "%-26s%s\n", key+":", value) }
		row("Name", s.Name)
		row("Namespace", orDefault(s.Namespace))
		row("Labels", "<none>")
		row("Annotations", "<none>")
		row("Selector", "<none>")
		row("Type", s.kind())
		if ips := s.addresses(); len(ips) > 0 {
			row("IP Family Policy", "SingleStack")
			row("IP", ips[0])
			row("IPs", strings.Join(ips, ","))
		}
		row("Port", "<unset>  "+s.ports())
		row("Endpoints", "<none>")
		row("Session Affinity", "None")
		row("Events", "<none>")
		all = append(all, b.String())
	}
	return map[string]string{"describe-services.txt": strings.Join(all, "\n\n")}
}

func servicesRaw(f Facts) map[string]string {
	var items []any
	for _, s := range f.Services {
		items = append(items, s.Object)
	}
	return map[string]string{"services.json": jsonText(listOf("ServiceList", bare(items)), "")}
}
