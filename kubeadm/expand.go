package kubeadm

import "strings"

// expandRefs replaces $(NAME) by the value of a variable as kubelet does in command and args: $$ is one dollar sign, an
// unknown name stays as it is written, and so does an unclosed "$(". at receives, for each byte of the result, the
// offset in s that it came from.
// k8s.io/kubernetes v1.37.2 third_party/forked/golang/expansion/expand.go Expand.
func expandRefs(s string, env func(name string) (value string, ok bool)) (out string, at []int) {
	if !strings.Contains(s, "$") {
		return s, nil
	}
	var b strings.Builder
	put := func(t string, off int) {
		b.WriteString(t)
		for range len(t) {
			at = append(at, off)
		}
	}
	lastClose := strings.LastIndexByte(s, ')') // beyond it nothing is closed
	for i := 0; i < len(s); {
		if s[i] != '$' || i+1 == len(s) {
			put(s[i:i+1], i)
			i++
			continue
		}
		switch s[i+1] {
		case '$':
			put("$", i)
			i += 2
		case '(':
			if i+2 > lastClose {
				put("$(", i)
				i += 2
				continue
			}
			end := strings.IndexByte(s[i+2:], ')')
			ref := s[i : i+2+end+1]
			if v, ok := env(s[i+2 : i+2+end]); ok {
				put(v, i)
			} else {
				put(ref, i)
			}
			i += len(ref)
		default:
			put(s[i:i+2], i)
			i += 2
		}
	}
	return b.String(), at
}
