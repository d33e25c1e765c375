module github.com/kubecidr/kubecidr/internal/importer

go 1.25
