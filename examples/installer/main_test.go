package main

import (
	"io"
	"os"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr"
)

// What the installer renders is consistent, whatever it renders next year: this is all that it takes to know.
func TestInstallIsConsistent(t *testing.T) {
	dir := t.TempDir()
	if err := install(io.Discard, "north", "10.20.0.0/22", dir); err != nil {
		t.Fatal(err)
	}

	report, err := kubecidr.Check(os.DirFS(dir))
	if err != nil || report.Err() != nil {
		t.Errorf("the files contradict each other: %v, %v", err, report.Err())
	}
}

func TestInstallErrors(t *testing.T) {
	for _, tt := range []struct{ hosts, want string }{
		{"10.0.2.0/8", "use 10.0.0.0/8, or was 10.0.2.0/24 meant?"},
		{"10.0.0.0/8,172.16.0.0/12,192.168.0.0/16", "\nwith this: "},
	} {
		if err := install(io.Discard, "north", tt.hosts, t.TempDir()); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("install for hosts %s = %v, want %q", tt.hosts, err, tt.want)
		}
	}
}
