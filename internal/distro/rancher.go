package distro

import (
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
)

// rancher: github.com/rancher/rancher pkg/apis/provisioning.cattle.io/v1 and rke.cattle.io/v1: the values are those of
// k3s or RKE2,
// written into config.yaml.d/50-rancher.yaml of each machine.
func rancher() Installer {
	return Installer{
		Name: "rancher",
		Recognised: "apiVersion provisioning.cattle.io, kind Cluster, with spec.rkeConfig; management.cattle.io with " +
			"rancherKubernetesEngineConfig",
		Marks:    []string{"cattle.io"},
		Groups:   []string{"provisioning.cattle.io", "management.cattle.io"},
		Kinds:    []string{"Cluster"},
		Through:  ThroughFlags,
		CNI:      "canal",
		DNS:      10,
		Defaults: k3sDefaults(),
		Checks:   []Check{ChecksText, ChecksFamilies},
		Changes: []Change{{
			Roles: []Role{Pods, Services, DNS}, Key: "spec.rkeConfig.machineGlobalConfig", Immutable: true,
			Way: "create another cluster with the other ranges and move the workloads; the user interface refuses " +
				"the change, and the object would break the nodes",
		}},
		read:   readRancher,
		refuse: refuseK3s,
	}
}

func readRancher(c *Cluster, n *source.Node) {
	spec := n.Get("spec")
	if rke1 := spec.Get("rancherKubernetesEngineConfig"); rke1 != nil {
		c.root = rke1
		rke1Keys(c, "spec.rancherKubernetesEngineConfig.")
		c.Partial = true
		return
	}
	config := spec.Get("rkeConfig")
	if config == nil || n.Get("apiVersion").Str() == "" || config.Kind != source.Mapping {
		c.Installer = "" // imported: no ranges
		return
	}
	c.Release = word(spec.Get("kubernetesVersion"))
	c.flat(config.Get("machineGlobalConfig"), "spec.rkeConfig.machineGlobalConfig")
	for _, m := range items(config.Get("machineSelectorConfig")) {
		if m.Get("machineLabelSelector") == nil || len(entries(m.Get("machineLabelSelector"))) == 0 {
			c.flat(m.Get("config"), "spec.rkeConfig.machineSelectorConfig.config")
		}
	}
	c.flatFamily()
	for _, e := range entries(config.Get("chartValues")) {
		if e.Key == "rke2-"+c.CNI {
			c.chart(e.Key, e.Value, "spec.rkeConfig.chartValues."+e.Key)
		}
	}
	switch {
	case strings.Contains(c.Release, "+k3s"):
		if c.CNI == "" {
			c.CNI = "flannel"
		}
	case !strings.Contains(c.Release, "+rke2"):
		c.Partial = !c.says(Pods) || !c.says(Services) // whose defaults count is not known
	}
}
