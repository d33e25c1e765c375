package distro

import (
	"regexp"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
)

// scriptName is the name of the row of installations by hand.
const scriptName = "script"

// byHand is the installation of which guides have the variables in an environment.sh: no program reads it but the
// scripts beside it, which put the values into units.
func byHand() Installer {
	return Installer{
		Name: scriptName,
		Recognised: "a shell script or environment file that sets a variable for the pods' range and one for that of the " +
			"Services, both written out",
		Marks:   []string{"CLUSTER_CIDR", "POD_CIDR", "POD_NETWORK", "PODS_CIDR", "POD_SUBNET", "CLUSTER_IP_RANGE"},
		Through: ThroughNothing,
		Changes: []Change{{Roles: []Role{Pods, Services}, File: "the script", Key: "the variable",
			Way: "change the units that were made of it as well: the script is not read again"}},
		match: func(*source.File, *source.Node) bool { return false },
		read:  func(*Cluster, *source.Node) {},
		text:  scriptVariables,
	}
}

// scriptRoles are the ends of the variables' names, longest first where one ends in another.
var scriptRoles = []struct {
	name string
	role Role
}{
	{"POD_NETWORK_CIDR", Pods}, {"POD_CIDR", Pods}, {"PODS_CIDR", Pods}, {"CLUSTER_CIDR", Pods}, {"POD_NETWORK", Pods}, {"POD_SUBNET", Pods},
	{"SERVICE_CLUSTER_IP_RANGE", Services}, {"SERVICE_CIDR", Services}, {"SERVICES_CIDR", Services}, {"SVC_CIDR", Services},
	{"SERVICE_SUBNET", Services}, {"SERVICE_NETWORK", Services}, {"SERVICE_IP_RANGE", Services},
	{"CLUSTER_DNS_SVC_IP", DNS}, {"CLUSTER_DNS_IP", DNS}, {"DNS_SERVICE_IP", DNS}, {"CLUSTER_DNS", DNS},
}

// scriptVariable matches a variable that is set to ranges or addresses which are written out. Group 1 is its name, 2 the value.
var scriptVariable = regexp.MustCompile(`(?m)^[ \t]*(?:export[ \t]+|readonly[ \t]+|declare[ \t]+(?:-[a-z]+[ \t]+)?)?([A-Z][A-Z0-9_]*)=["']?([0-9a-fA-F.:]+(?:/[0-9]{1,3}(?:,[0-9a-fA-F.:]+/[0-9]{1,3})*)?)["']?[ \t]*(?:#.*|;.*)?\r?$`)

// scriptSection matches a section of an INI file, which installers have.
var scriptSection = regexp.MustCompile(`(?m)^\[[\w:-]+\][ \t]*\r?$`)

func scriptVariables(in *Installer, f *source.File) []Cluster {
	if len(f.Data) > 1<<20 || scriptSection.Match(f.Data) {
		return nil
	}
	c := Cluster{in: in, Installer: in.Name, file: f, Pos: f.Position(0), Partial: true,
		at: func(*source.Node) Position { return f.Position(0) }}
	for _, m := range scriptVariable.FindAllSubmatchIndex(f.Data, 1000) {
		name, value := string(f.Data[m[2]:m[3]]), string(f.Data[m[4]:m[5]])
		for _, r := range scriptRoles {
			if !strings.HasSuffix(name, r.name) || !scriptTakes(r.role, name, value) {
				continue
			}
			at := func(o int) Position { return f.Position(m[4] + o) }
			v := Value{Role: r.role, Key: name, Pos: at(0)}
			c.plain(&v, value, at)
			break
		}
	}
	whole := func(v Value) bool { return v.Role.ranges() && v.Err == nil }
	if !c.says(Pods) || !c.says(Services) || !slices.ContainsFunc(c.Values, whole) {
		return nil
	}
	return []Cluster{c}
}

// scriptTakes reports whether a variable is for such a value: a CIDR without a length is a mistake in a variable that is
// called so, and may get its length elsewhere in others.
func scriptTakes(role Role, name, value string) bool {
	if strings.Contains(value, "/") {
		return role != DNS
	}
	return role == DNS || strings.HasSuffix(name, "CIDR")
}
