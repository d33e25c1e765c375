package paste

import (
	"regexp"
	"strings"
)

// What may follow a program's name, so that it is a command line and no sentence that begins with that word.
const (
	anyArgs  = "*" // whatever is no sentence
	flagArgs = "-" // a flag
	pathArgs = "/" // something with a slash or a dot
	noArgs   = "." // nothing at all
	linkArgs = "%" // the name of a link: eth0
)

// programs are the commands that people type at a prompt which alone is no certain one, with what their first argument
// may be.
var programs = map[string]string{
	"kubectl": "get describe logs apply create delete edit exec config cluster-info patch version run label " +
		"annotate top rollout cp explain api-resources drain cordon uncordon taint replace debug node-shell diff " +
		"scale wait -",
	"k":  "get describe logs apply create delete edit exec config cluster-info patch version -",
	"oc": "get describe logs apply create delete edit exec adm debug patch version -",
	"ip": "a ad add addr addre address l li link r ro rou route ru rule n nei neigh netns -", "ifconfig": ". - %",
	"route": ". -", "netstat": "-", "ss": ". -", "arp": ". -", "hostname": ". -", "hostnamectl": ". status",
	"resolvectl": ". status -", "nmcli": "-  con connection dev device c d", "cat": "- /", "tac": pathArgs,
	"more": "- /", "less": "- /", "bat": "- /", "nl": "- /", "tail": "- /", "head": "- /", "vi": pathArgs,
	"vim": pathArgs, "nano": pathArgs, "grep": "* -", "egrep": "* -",
	"ps": ". aux auxf auxww auxwww auxwf ax axf axww ef fax auxfww -", "pgrep": "-", "top": "-",
	"docker": "ps inspect exec logs network info version run images - container",
	"podman": "ps inspect exec logs network info - container", "nerdctl": "ps inspect exec logs network info -",
	"crictl": "ps pods inspect inspectp info logs exec images version -", "ctr": "-  c containers t tasks images",
	"etcdctl":   "get set put ls mk mkdir rm member cluster-health endpoint update del version -",
	"calicoctl": "get node ipam apply version -", "cilium": "status config node ip bpf endpoint -",
	"systemctl": "status cat show restart start stop enable disable daemon-reload edit list-units is-active -",
	"service":   "kubelet docker flanneld", "journalctl": ". -", "iptables": "-", "ip6tables": "-",
	"iptables-save": ". - |", "ip6tables-save": ". - |", "nft": "list -", "ipvsadm": ". -", "ipset": "list -",
	"conntrack": "-", "bridge": "fdb link vlan -", "brctl": "show",
	"kubeadm": "init join config reset token upgrade version alpha certs -",
	"k3s":     "server agent kubectl check-config crictl ctr etcd-snapshot secrets-encrypt -",
	"rke2":    "server agent -", "rke": "up config", "k3d": "cluster node kubeconfig",
	"kind": "create get export load", "minikube": "start ssh logs kubectl status node ip",
	"microk8s": "kubectl status inspect enable config",
	"helm":     "install upgrade get list ls template status repo show -",
	"talosctl": "- get read logs gen config apply-config validate bootstrap upgrade-k8s", "flanneld": "-", "kube-controller-manager": "-",
	"kube-apiserver": "-", "kube-proxy": "-", "kubelet": "-", "kubeconfig": "-", "curl": "- http:// https:// /",
	"wget": "- http:// https://", "ssh": anyArgs, "scp": "- /", "sudo": anyArgs, "su": "-", "cd": ". - / ~",
	"export": "=", "echo": "$ - \" '", "for": "i n h node host x f ip", "jq": anyArgs, "yq": anyArgs, "sed": "-",
	"awk": "' -", "tee": pathArgs, "ls": ". - /", "mkdir": "- /", "rm": "- /", "cp": "- /", "mv": "- /",
	"vagrant": "ssh up status", "multipass": "exec list info shell launch",
	"lxc": "exec list shell launch network", "dig": "- @ /", "nslookup": "/", "ping": "- /", "ping6": "- /",
	"traceroute": "- /", "sysctl": "- net", "watch": "- kubectl", "env": ". - =", "uname": ". -", "lsmod": ". |",
	"modprobe": "br_netfilter vxlan ipvs overlay", "ipconfig": ". /", "Get-Content": pathArgs, "type": pathArgs,
	"nsenter": "-", "chroot": "/", "date": ". -", "whoami": noArgs, "id": ". -", "exit": noArgs, "logout": noArgs,
	"history": ". |", "clear": noArgs, "apt": "install update", "apt-get": "install update -",
	"yum": "install update -", "dnf": "install", "snap": "install", "swapoff": "-", "git": "clone diff log status",
	"subctl": "show", "kubens": ". /", "kubectx": ". /", "clusterctl": "get describe generate init move",
	"kubeone": "apply install upgrade config init -", "openshift-install": "create wait-for destroy agent -", "k0s": "install config start controller validate kubectl -",
	"k0sctl": "apply init config -", "kk": "create add delete -", "ansible-playbook": "- *", "sealos": "run apply -",
	"kops": "get create update edit rolling-update validate", "eksctl": "get create anywhere delete upgrade", "aws": "ec2 eks", "gcloud": "container compute",
	"az": "aks network", "ansible": anyArgs, "pdsh": "-", "clush": "-", "lsb_release": "-", "timedatectl": noArgs,
	"docker-compose": "up -", "networkctl": ". list status", "firewall-cmd": "-", "ufw": "status",
	"virsh": "net-list net-dumpxml",
}

// sentenceWords are words of English that command lines do not have.
var sentenceWords = map[string]bool{
	"the": true, "is": true, "are": true, "was": true, "of": true, "a": true, "an": true, "to": true, "be": true, "this": true, "that": true,
	"we": true, "you": true, "it": true, "which": true, "will": true, "should": true, "must": true, "when": true, "if": true, "these": true,
	"not": true, "has": true, "have": true, "can": true, "does": true, "were": true, "your": true, "my": true, "their": true, "because": true,
	"gives": true, "shows": true, "says": true, "output": true, "prints": true, "and": true, "with": true, "there": true, "but": true,
	"i": true, "i'm": true, "our": true, "so": true, "they": true, "then": true, "also": true, "would": true, "any": true, "what": true,
}

// isCommand reports whether s is the line of a known command, and no sentence that begins with its name.
func isCommand(s string) bool {
	s = strings.TrimRight(s, " \t\\")
	if strings.HasPrefix(s, "./") || strings.HasPrefix(s, "/") {
		word, _, _ := strings.Cut(s, " ")
		i := strings.LastIndexByte(word, '/')
		return i > 0 && len(word) > i+1 && !strings.ContainsAny(word, ":,{}\"'") && !strings.HasSuffix(word, "/")
	}
	name, rest, _ := strings.Cut(s, " ")
	for isAssignment(name) && rest != "" {
		name, rest, _ = strings.Cut(strings.TrimLeft(rest, " "), " ")
	}
	first, ok := programs[name]
	rest = strings.TrimLeft(rest, " \t")
	if !ok || !firstFits(first, rest) {
		return false
	}
	if name == "sudo" || first == anyArgs {
		return !isSentence(commandArgs(rest))
	}
	_, behind, _ := strings.Cut(rest, " ") // "ip a" is no sentence
	return !isSentence(commandArgs(behind))
}

// commandArgs returns the arguments that are not in quotes.
func commandArgs(s string) string {
	if i := strings.IndexAny(s, "'\"|"); i >= 0 {
		return s[:i]
	}
	return s
}

// isSentence reports whether s has words that only sentences have.
func isSentence(s string) bool {
	n := 0
	for w := range strings.FieldsSeq(s) {
		w = strings.ToLower(strings.Trim(w, ".,:;!?()"))
		if sentenceWords[w] {
			return true
		}
		if n++; n > 12 {
			break
		}
	}
	return strings.HasSuffix(s, ".") && n > 2
}

// firstFits reports whether rest may stand behind a program, by what its row in programs says.
func firstFits(row, rest string) bool {
	word, _, _ := strings.Cut(rest, " ")
	for f := range strings.FieldsSeq(row) {
		switch {
		case f == anyArgs && word != "", f == noArgs && word == "",
			f == flagArgs && len(word) > 1 && word[0] == '-', f == flagArgs && strings.HasPrefix(word, "–"),
			f == pathArgs && strings.ContainsAny(word, "/.~*$") && !strings.HasSuffix(word, "."),
			f == linkArgs && linkName.MatchString(word), f == "=" && isAssignment(word),
			f == "|" && word == "|", f == word && word != "",
			len(f) == 1 && strings.ContainsAny(f, "$\"'@~") && strings.HasPrefix(word, f),
			strings.HasSuffix(f, "//") && strings.HasPrefix(word, f):
			return true
		}
	}
	return word == "|" || strings.HasPrefix(word, ">") || strings.HasPrefix(word, "<")
}

var linkName = regexp.MustCompile(`^(?:eth|en|cni|docker|flannel|br|bond|wlan|kube|veth|cali|tun|weave|lo|vxlan)[\w.@-]*$`)

// isAssignment reports whether s is NAME=value.
func isAssignment(s string) bool {
	i := strings.IndexByte(s, '=')
	if i <= 0 {
		return false
	}
	for k := range i {
		if c := s[k]; c != '_' && (c|0x20 < 'a' || c|0x20 > 'z') && (k == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// A simple is one command of a command line.
type simple struct {
	words []string
	out   string // file that its output goes to: > file
	in    string // file that it reads: < file
	pipe  bool   // its output goes to the next one
}

// operators end a word and a command, longest first.
var operators = []string{"&&", "||", ";;", "|&", "|", ";", "&", "\n"}

// A shellParser splits a command line into its commands.
type shellParser struct {
	list     []simple
	cur      simple
	word     strings.Builder
	have     bool // a word was begun, be it empty
	redirect byte // kind of the redirection that the word belongs to, or 0
}

// parseShell splits a command line into its commands, as a shell does. Variables stay as they are.
func parseShell(s string) []simple {
	var p shellParser
	for i := 0; i < len(s); {
		i += p.next(s[i:])
	}
	p.endCommand(false)
	return p.list
}

// next reads what stands at the start of s, and returns its length.
func (p *shellParser) next(s string) int {
	switch ch := s[0]; {
	case ch == '\'' || ch == '"':
		p.have = true
		return quoted(&p.word, s)
	case ch == '\\' && len(s) > 1:
		if s[1] != '\n' {
			p.word.WriteByte(s[1])
			p.have = true
		}
		return 2
	case ch == ' ' || ch == '\t':
		p.endWord()
		return 1
	case (ch == '>' || ch == '<') && !strings.HasPrefix(s, "<("):
		number := p.word.String()
		if number == "1" || number == "2" {
			p.word.Reset()
			p.have = false
		}
		p.endWord()
		var n int
		p.redirect, n = redirection(s, number == "2")
		return n
	}
	if op := operatorAt(s); op != "" {
		p.endCommand(op == "|" || op == "|&")
		return len(op)
	}
	p.word.WriteByte(s[0])
	p.have = true
	return 1
}

// endWord ends a word, which may be the file of a redirection.
func (p *shellParser) endWord() {
	if !p.have {
		return
	}
	switch p.redirect {
	case '>':
		p.cur.out = p.word.String()
	case '<':
		p.cur.in = p.word.String()
	case 0:
		p.cur.words = append(p.cur.words, p.word.String())
	}
	p.word.Reset()
	p.have, p.redirect = false, 0
}

// endCommand ends a command.
func (p *shellParser) endCommand(pipe bool) {
	p.endWord()
	p.cur.pipe = pipe
	if len(p.cur.words) > 0 {
		p.list = append(p.list, p.cur)
	}
	p.cur = simple{}
}

// noFile is the kind of a redirection whose word is no file that matters: of a here-document, or of the errors.
const noFile = '2'

// redirection returns the kind of the redirection at the start of s, '>', '<' or noFile, and its length.
func redirection(s string, errors bool) (kind byte, n int) {
	kind = s[0]
	for n = 1; n < len(s) && (s[n] == '>' || s[n] == '<' || s[n] == '&' || s[n] == '-' && s[n-1] == '<'); n++ {
		if kind = noFile; s[0] == '>' && s[n] == '>' {
			kind = '>'
		}
	}
	if errors {
		kind = noFile
	}
	return kind, n
}

// operatorAt returns the operator at the start of s, or "".
func operatorAt(s string) string {
	for _, op := range operators {
		if strings.HasPrefix(s, op) {
			return op
		}
	}
	return ""
}

// quoted appends the text of the quoted string at the start of s, and returns its length with the quotes.
func quoted(word *strings.Builder, s string) int {
	q := s[0]
	i := 1
	for ; i < len(s) && s[i] != q; i++ {
		if q == '"' && s[i] == '\\' && i+1 < len(s) && strings.IndexByte("\"\\$`\n", s[i+1]) >= 0 {
			i++
			if s[i] == '\n' {
				continue
			}
		}
		word.WriteByte(s[i])
	}
	return min(i+1, len(s))
}
