module github.com/kubecidr/kubecidr/internal/kitproof

go 1.26

require (
	github.com/apparentlymart/go-cidr v1.1.1
	github.com/kubecidr/kubecidr v0.0.0-00010101000000-000000000000
	go4.org/netipx v0.0.0-20260823151212-3075585bcbeb
	k8s.io/utils v0.0.0-20260707023825-cf1189d6abe3
)

replace github.com/kubecidr/kubecidr => ../..
