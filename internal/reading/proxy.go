package reading

import (
	"bytes"
	"net/netip"
	"regexp"

	"github.com/kubecidr/kubecidr/plan/fact"
)

var (
	// proxySetting matches what sets an HTTP proxy: variables of shells, units and files, the keys of package managers, of daemon.json and
	// of docker info. Group 1 is the key, 2 the address.
	proxySetting = regexp.MustCompile(`(?i)(?:^|[\s"'{,])((?:https?|all)[_ -]?proxy|proxy|Acquire::https?::Proxy)["']?(?: *[=:] *| +)["']?(?:https?|socks5h?)://(?:[^@/\s"']*@)?\[?([0-9a-fA-F.:]+?)\]?(?::\d{1,5})?/?(?:["';,\s]|$)`)
	// proxyFailure matches what a program says that does not reach its proxy.
	proxyFailure = regexp.MustCompile(`(proxyconnect) tcp: dial tcp \[?([0-9a-fA-F.:]+?)\]?:\d{1,5}: `)
)

// readProxies states the HTTP proxies of a host: those that are set, and those that a program did not reach.
func readProxies(a *asked) ([]fact.Statement, error) {
	data := a.text.Data
	if a.seg.Pod != "" || a.text.HoldsSecret() || !bytes.Contains(data, []byte("roxy")) && !bytes.Contains(data, []byte("PROXY")) {
		return nil, nil
	}
	var out []fact.Statement
	seen := map[string]bool{}
	from := 0
	for line := range bytes.Lines(data) {
		if !bytes.Contains(line, []byte("://")) && !bytes.Contains(line, []byte("proxyconnect")) {
			from += len(line)
			continue
		}
		for _, re := range []*regexp.Regexp{proxySetting, proxyFailure} {
			m := re.FindSubmatchIndex(line[:min(len(line), 4000)])
			if m == nil {
				continue
			}
			text := string(line[m[4]:m[5]])
			addr, err := netip.ParseAddr(text)
			if err != nil || addr.IsLoopback() || seen[text] {
				continue
			}
			seen[text] = true
			out = append(out, fact.Statement{
				Component: fact.Host, Host: a.host, Role: fact.RoleProxy, Key: string(line[m[2]:m[3]]), Text: text, Addrs: []netip.Addr{addr},
				Pos: a.text.Position(from + m[4]),
			})
		}
		from += len(line)
	}
	return out, nil
}
