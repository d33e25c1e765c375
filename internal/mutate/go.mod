module github.com/kubecidr/kubecidr/internal/mutate

go 1.26.0
