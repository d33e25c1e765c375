package flannel

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"unicode/utf8"

	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A NetConfError says why flannel does not take a net-conf.json. The zero value gives no reason.
type NetConfError struct {
	Pos     fact.Position
	Rule    fact.RuleID // [fact.RuleNetConfMalformed], [fact.RuleCIDRMalformed] or [fact.RuleNetConfSubnetRangeInvalid]
	Key     string      // as flannel knows it, "" where it is the whole text
	Text    string      // value as written, "" where there is none
	Flannel string      // what flannel prints, without what it puts before it
	Panic   bool        // flannel does not print it, it crashes with it
	Mend    string      // what to do
}

// Error returns where, what, flannel's words, and what to do.
func (e *NetConfError) Error() string {
	var b strings.Builder
	if s := e.Pos.String(); s != "" {
		b.WriteString(s + ": ")
	}
	switch {
	case e.Key != "" && e.Text != "":
		fmt.Fprintf(&b, "%s %q: ", e.Key, clip(e.Text))
	case e.Key != "":
		b.WriteString(e.Key + ": ")
	}
	if e.Panic {
		b.WriteString("flannel crashes: ")
	}
	b.WriteString(clip(e.Flannel))
	if e.Mend != "" {
		b.WriteString("; " + e.Mend)
	}
	return b.String()
}

// clip shortens what a file holds for a message.
func clip(s string) string {
	const most = 300
	if len(s) <= most {
		return s
	}
	cut := most
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "..."
}

// syntaxError is the error for text that is no JSON; treeErr has its place.
func syntaxError(f *source.File, treeErr error, msg string) *NetConfError {
	e := &NetConfError{Pos: f.Position(0), Rule: fact.RuleNetConfMalformed, Flannel: msg}
	var se *source.Error
	if errors.As(treeErr, &se) {
		e.Pos = se.Pos
	}
	e.Mend = syntaxAdvice(f)
	return e
}

// netConfError makes an error of decodeNetConf one with a place and advice.
func netConfError(f *source.File, version fact.Version, d *decodeError) *NetConfError {
	e := &NetConfError{Pos: f.Position(0), Rule: fact.RuleNetConfMalformed, Flannel: d.msg, Key: d.key}
	if d.key != "" {
		e.Pos, e.Text = d.at.Pos, rawText(d.at)
	}
	switch d.fault {
	case wrongType:
		e.Mend = typeAdvice(e.Key)
		if e.Key == "" {
			e.Mend = `write one object: {"Network": "10.244.0.0/16", "Backend": {"Type": "vxlan"}}`
		}
	case notIPv4CIDR:
		e.Rule = fact.RuleCIDRMalformed
		e.Mend = `an IPv6 range goes under IPv6Network, with "EnableIPv6": true`
		e.Panic, e.Flannel = oldIPv4Panic(version, e.Flannel)
	case badIPv4:
		e.Mend = "an IPv6 address goes under IPv6" + e.Key
		e.Panic, e.Flannel = oldIPv4Panic(version, e.Flannel)
	case notIP:
		e.Mend = "write one address, without a prefix length"
		if version.Before(v0_28) {
			e.Flannel = "I" + e.Flannel[1:]
		}
	case notCIDR:
		e.Rule = fact.RuleCIDRMalformed
		e.Mend = cidrAdvice(e.Key, e.Text)
	}
	return e
}

// oldIPv4Panic returns how releases before v0.28.9 answer to an IPv6 value in an IPv4 key: they crash (pkg/ip/ipnet.go
// FromIP; before v0.13.0 in FromBytes).
func oldIPv4Panic(version fact.Version, newer string) (bool, string) {
	switch {
	case !version.Before(v0_28_9):
		return false, newer
	case !version.Before(v0_13):
		return true, "Address is not an IPv4 address"
	}
	return true, "runtime error: index out of range"
}

// syntaxAdvice says what to do about text that is no JSON.
func syntaxAdvice(f *source.File) string {
	data := bytes.TrimSpace(f.Data)
	switch {
	case f.Encoding != "" && f.Encoding != source.UTF8:
		return fmt.Sprintf("the file is %s; save it as UTF-8 without a byte order mark", f.Encoding)
	case len(data) == 0:
		return `the text is empty; write an object such as {"Network": "10.244.0.0/16", "Backend": {"Type": "vxlan"}}`
	case data[0] != '{':
		return "net-conf.json is JSON: one object in braces, names and strings in double quotes"
	case bytes.Contains(data, []byte("//")) || bytes.Contains(data, []byte("/*")):
		return "JSON has no comments; remove them"
	case bytes.HasPrefix(bytes.TrimLeft(data[1:], " \t\r\n"), []byte("'")):
		return "JSON strings stand in double quotes"
	}
	return "fix the JSON there: commas between entries and none behind the last, names and strings in double quotes"
}

// typeAdvice says what a key holds.
func typeAdvice(key string) string {
	switch key {
	case "EnableIPv4", "EnableIPv6", "EnableNFTables":
		return "write true or false, without quotes"
	case "SubnetLen", "IPv6SubnetLen":
		return "write a whole number, without quotes"
	}
	return ""
}

// cidrAdvice says what to do about text that is no CIDR.
func cidrAdvice(key, text string) string {
	if strings.Contains(text, ",") {
		return `one range here; an IPv6 range goes under IPv6Network, with "EnableIPv6": true`
	}
	if strings.Contains(text, `\`) {
		return "flannel does not decode JSON escapes in addresses; write the slash as it is"
	}
	example := "10.244.0.0/16"
	if key == "IPv6Network" {
		example = "fd00:10:244::/56"
	}
	if a, err := netip.ParseAddr(strings.TrimSpace(text)); err == nil && a.Zone() == "" {
		return "add the length of the range, as in " + example
	}
	return "write address/length without blanks and without leading zeros, as in " + example
}
