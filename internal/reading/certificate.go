package reading

import (
	"bytes"
	"net/netip"
	"regexp"

	"github.com/kubecidr/kubecidr/plan/fact"
)

var (
	// otherCertificate matches what a client says that met a certificate for other addresses. crypto/x509 verify.go HostnameError.Error.
	otherCertificate = regexp.MustCompile(`x509: certificate is valid for ([^"\n]*?), not ([0-9a-fA-F.:]+)`)
	// altNames matches what openssl prints of the certificate of kube-apiserver.
	altNames = regexp.MustCompile(`DNS:kubernetes\.default(?:\.svc)?,.*IP Address:`)
	altAddr  = regexp.MustCompile(`(?:IP Address:|^|, )([0-9a-fA-F]*[.:][0-9a-fA-F.:]*)`)
)

// readCertificates states the addresses that the certificate of kube-apiserver names.
func readCertificates(a *asked) ([]fact.Statement, error) {
	data := a.text.Data
	if !bytes.Contains(data, []byte("certificate is valid for")) && !bytes.Contains(data, []byte("IP Address:")) {
		return nil, nil
	}
	var out []fact.Statement
	from := 0
	for line := range bytes.Lines(data) {
		line = line[:min(len(line), 8000)]
		s := fact.Statement{Component: "certificate", Host: a.host, Role: fact.RoleCertified}
		start := -1
		if m := otherCertificate.FindSubmatchIndex(line); m != nil {
			if addr, err := netip.ParseAddr(string(line[m[4]:m[5]])); err == nil {
				start, s.Key, s.Text = m[2], "x509", string(line[m[4]:m[5]])
				s.Prefixes, s.Addrs = []netip.Prefix{netip.PrefixFrom(addr, addr.BitLen())}, addrsIn(line[m[2]:m[3]])
			}
		} else if m := altNames.FindIndex(line); m != nil {
			start, s.Key, s.Addrs = m[0], "Subject Alternative Name", addrsIn(line)
		}
		if start >= 0 && len(s.Addrs) > 0 {
			s.Pos = a.text.Position(from + start)
			out = append(out, s)
		}
		from += bytes.IndexByte(data[from:], '\n') + 1
	}
	return out, nil
}

// addrsIn returns the addresses of a list of names.
func addrsIn(list []byte) []netip.Addr {
	var out []netip.Addr
	for _, m := range altAddr.FindAllSubmatch(list, -1) {
		if a, err := netip.ParseAddr(string(m[1])); err == nil {
			out = append(out, a)
		}
	}
	return out
}
