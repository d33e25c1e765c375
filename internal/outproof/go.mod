module github.com/kubecidr/kubecidr/internal/outproof

go 1.26.0

require (
	github.com/kubecidr/kubecidr v0.0.0-00010101000000-000000000000
	github.com/yuin/goldmark v1.8.7
	go.yaml.in/yaml/v3 v3.0.6
	mvdan.cc/sh/v3 v3.14.1
)

require go4.org/netipx v0.0.0-20260823151212-3075585bcbeb // indirect

replace github.com/kubecidr/kubecidr => ../..
