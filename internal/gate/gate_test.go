package gate

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf8"
)

// Hostile texts, of which none may do anything but be read.
var hostile = []string{
	"", "a", "w1; touch x #", "`id`", "$(id)", "a'b\"c\\", "--all", "x\ny", "x\r\ny", "\x1b]0;t\x07", "\x1b[31m", "a\u200eb\u200fc\u061cd", "\u202egnp.exe",
	"\u2066x\u2069", "a\u2028b\u2029c", "\ufeffx", "\xff\xfe", "</text><script>", "]]>", "&amp;", "| a | b |", "```", "``a``", "[x](http://y)", "*b* _i_ ~s~",
	"\x00", "\u0085", "\u009b31m", "\U000e0041", "\u00ad", "a\tb", "!!", "{{.}}", "%s%n", "\ufdd0", "\U0001fffe",
}

func TestPrintable(t *testing.T) {
	for _, s := range hostile {
		for name, got := range map[string]string{"Printable": Printable(s), "Line": Line(s), "Word": Word(s), "Arg": Arg(s), "XML": XML(s), "Markdown": Markdown(s), "Code": Code(s)} {
			for _, r := range got {
				if r < ' ' || IsControl(r) {
					t.Errorf("%s(%q) = %q holds %U", name, s, got, r)
				}
			}
			if !utf8.ValidString(got) {
				t.Errorf("%s(%q) = %q is no UTF-8", name, s, got)
			}
		}
	}
	for _, s := range []string{"10.0.0.0/8", "größe", "节点", "한국", "a b", "🙂"} {
		if got := Printable(s); got != s {
			t.Errorf("Printable(%q) = %q", s, got)
		}
	}
}

// Each edge of what is let through, and its neighbours.
func TestIsControl(t *testing.T) {
	for r, want := range map[rune]bool{
		'a': false, '~': false, 0x7f: true, 0x9f: true, 0xa0: false, 0xad: true, 0x61b: false, 0x61c: true, 0x61d: false, 0x180e: true,
		0x200a: false, 0x200b: true, 0x200e: true, 0x200f: true, 0x2010: false, 0x2027: false, 0x2028: true, 0x2029: true, 0x202a: true, 0x202e: true,
		0x202f: false, 0x205f: false, 0x2060: true, 0x2066: true, 0x2069: true, 0x206f: true, 0x2070: false, 0xfdcf: false, 0xfdd0: true, 0xfdef: true,
		0xfdf0: false, 0xfeff: true, 0xfff8: false, 0xfff9: true, 0xfffb: true, 0xfffc: false, 0xfffe: true, 0xffff: true, 0x10000: false,
		0x1fffe: true, 0xe0000: true, 0xe007f: true, 0xe0080: false, 0x10ffff: true,
	} {
		if got := IsControl(r); got != want {
			t.Errorf("IsControl(%U) = %v", r, got)
		}
	}
}

func TestJSON(t *testing.T) {
	for _, s := range hostile {
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		out := JSON(text)
		var got string
		if err := json.Unmarshal(out, &got); err != nil || got != strings.ToValidUTF8(s, "\ufffd\ufffd") && got != strings.ToValidUTF8(s, "\ufffd") {
			t.Errorf("JSON(%s) = %s reads as %q, %v", text, out, got, err)
		}
		for _, r := range string(out) {
			if IsControl(r) {
				t.Errorf("JSON(%s) = %s holds %U", text, out, r)
			}
		}
	}
}

func TestXML(t *testing.T) {
	for _, s := range hostile {
		d := xml.NewDecoder(strings.NewReader(fmt.Sprintf("<a b=\"%s\">%s</a>", XML(s), XML(s))))
		var text string
		for {
			tok, err := d.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("XML(%q): %v", s, err)
			}
			switch tok := tok.(type) {
			case xml.StartElement:
				if tok.Name.Local != "a" || len(tok.Attr) != 1 || tok.Attr[0].Value != Printable(s) {
					t.Errorf("XML(%q): %v", s, tok)
				}
			case xml.CharData:
				text += string(tok)
			}
		}
		if text != Printable(s) {
			t.Errorf("XML(%q) reads as %q", s, text)
		}
	}
}

func TestName(t *testing.T) {
	long := strings.Repeat("a", 253)
	for _, s := range []string{"a", "1", "w1.example.com", "a-b", long} {
		if Name(s, "NODE") != s {
			t.Errorf("Name(%q) is refused", s)
		}
	}
	for _, s := range append(hostile[2:], "", "-a", "a-", ".a", "a.", "a..b", "a.-b", "a-.b", "A", "a_b", long+"a", "NODE") {
		if got := Name(s, "NODE"); got != "NODE" {
			t.Errorf("Name(%q) = %q", s, got)
		}
	}
}

func TestMask(t *testing.T) {
	const tok = "abcdef.0123456789abcdef"
	for _, tt := range []struct{ in, want string }{
		{"kubeadm join 10.0.0.1:6443 --token " + tok + " --discovery-token-ca-cert-hash sha256:00ff", "kubeadm join 10.0.0.1:6443 --token *** --discovery-token-ca-cert-hash sha256:00ff"},
		{"--token=hunter2 --x=1", "--token=*** --x=1"},
		{"--certificate-key f8902e114ef118304e561c3ecd4d0b543adc226b7a07f675f56564185ffe0c07", "--certificate-key ***"},
		{"certificateKey: f8902e11", "certificateKey: ***"},
		{"  password: my pass word", "  password: ***"},
		{`  "password": "hun\"ter2", "a": 1`, `  "password": "***", "a": 1`},
		{`{\"password\": \"hunter2\", \"a\": 1}`, `{\"password\": \"***\", \"a\": 1}`},
		{`["--token", "hunter2", "--v=2"]`, `["--token", "***", "--v=2"]`},
		{`{"name":"DB_PASSWORD","value":"hunter2"}`, `{"name":"DB_PASSWORD","value":"***"}`},
		{"https://u:hunter2@h.example/x", "https://u:***@h.example/x"},
		{"HTTP_PROXY=http://u:p@10.0.0.1:3128 a https://x:y@z", "HTTP_PROXY=http://u:***@10.0.0.1:3128 a https://x:***@z"},
		{"https://[fd00::1]:6443/a@b", "https://[fd00::1]:6443/a@b"},
		{"K3S_TOKEN=hunter2", "K3S_TOKEN=***"},
		{"export AWS_SECRET_ACCESS_KEY='hunter2'", "export AWS_SECRET_ACCESS_KEY='***'"},
		{"Authorization: Bearer abcdefghijkl", "Authorization: ***"},
		{"-H 'Authorization: Bearer abcdefghijkl'", "-H 'Authorization: ***'"},
		{tok, "***"},
		{"token " + tok + ".", "token " + tok + "."},
		{"eyJhbGciOiJSUzI1NiIsImtpZCI6IjEyMyJ9.eyJpc3MiOiJrdWJlcm5ldGVzIn0.c2ln", "***"},
		{"PSK: \"hunter2\"", "PSK: \"***\""},
		// what is no secret
		{`"authorization":{"mode":"Webhook"}`, `"authorization":{"mode":"Webhook"}`},
		{"automountServiceAccountToken: false", "automountServiceAccountToken: false"},
		{"token: $TOKEN", "token: $TOKEN"},
		{"kind: Secret", "kind: Secret"},
		{"--tls-private-key-file=/etc/kubernetes/pki/apiserver.key", "--tls-private-key-file=/etc/kubernetes/pki/apiserver.key"},
		{"--service-account-key-file=/a.pub --enable-bootstrap-token-auth=true --token-ttl 2h", "--service-account-key-file=/a.pub --enable-bootstrap-token-auth=true --token-ttl 2h"},
		{"the token is old", "the token is old"},
		{"10.244.0.0/16", "10.244.0.0/16"},
		{"kube-system/coredns-5dd5756b68-abcde.service-account", "kube-system/coredns-5dd5756b68-abcde.service-account"},
		{"", ""},
	} {
		if got := Mask(tt.in); got != tt.want {
			t.Errorf("Mask(%q)\n got %q\nwant %q", tt.in, got, tt.want)
		}
	}
	for _, tt := range []struct{ before, in, want string }{
		{"    - --token", "    - hunter2", "    - ***"},
		{"  - name: DB_PASSWORD", "    value: \"hunter2\"", "    value: \"***\""},
		{"  - name: DB_HOST", "    value: db", "    value: db"},
		{"  \"--certificate-key\",", "  \"f890\",", "  \"***\","},
		{"--token \\", "  hunter2", "  ***"},
	} {
		if got, _ := MaskAt(tt.before, tt.in, 0); got != tt.want {
			t.Errorf("MaskAt(%q, %q) = %q, want %q", tt.before, tt.in, got, tt.want)
		}
	}
	line := "--token=hunter2hunter2 --pod-cidr=10.0.0.0/8"
	at := strings.Index(line, "10.")
	if got, shift := MaskAt("", line, at); !strings.HasPrefix(got[at-shift:], "10.0.0.0/8") {
		t.Errorf("MaskAt moves the place to %q", got[at-shift:])
	}
}

func FuzzMask(f *testing.F) {
	for _, s := range hostile {
		f.Add(s, "--token hunter2 "+s, 3)
	}
	f.Add("- --token", "- x", 1)
	f.Fuzz(func(t *testing.T, before, s string, at int) {
		at = min(max(at, 0), len(s))
		got, shift := MaskAt(before, s, at)
		if at-shift < 0 || at-shift > len(got) {
			t.Fatalf("MaskAt(%q, %q, %d) = %q, %d", before, s, at, got, shift)
		}
	})
}
