package shapes

import "slices"

const subnetEnv = "/run/flannel/subnet.env"

// hostFileFrames show subnet.env, and what stands beside it of the same hosts.
func hostFileFrames() []Frame {
	rows := []struct {
		name  string
		needs func(Facts) bool
		print func(Facts) string
	}{
		{"subnet.env in a bash transcript", nil, envTranscript(bash)},
		{"subnet.env in a rhel transcript", nil, envTranscript(rhel)},
		{"subnet.env in a zsh transcript", nil, envTranscript(zsh)},
		{"subnet.env with addresses as hosts", envAddresses, envByAddress},
		{"subnet.env through ssh", envHosts, envSSH},
		{"subnet.env by ansible", envHosts, envAnsible},
		{"subnet.env by pdsh", envHosts, envPdsh},
		{"subnet.env by clush", envHosts, envClush},
		{"subnet.env by salt", envHosts, envSalt},
		{"subnet.env below the heads of tail", envHosts, envTail},
		{"subnet.env in fences", nil, envFenced},
		{"subnet.env of kind nodes", envHosts, envDockerExec},
		{"subnet.env in a session with ssh", envHosts, envSession},
	}
	out := make([]Frame, len(rows))
	for i, row := range rows {
		out[i] = Frame{
			Name:  row.name,
			Needs: func(f Facts) bool { return len(f.SubnetEnvs) > 0 && (row.needs == nil || row.needs(f)) },
			Print: func(f Facts) map[string][]byte {
				return f.with(sourcesOf(f.SubnetEnvs), map[string]string{"terminal.txt": row.print(f)})
			},
		}
	}
	return out
}

// envHosts reports whether each subnet.env has a host.
func envHosts(f Facts) bool {
	return !slices.ContainsFunc(f.SubnetEnvs, func(t Text) bool { return t.Host == "" })
}

// envAddresses reports whether the bundle knows the address of each of those hosts.
func envAddresses(f Facts) bool {
	return !slices.ContainsFunc(f.SubnetEnvs, func(t Text) bool { return t.Host == "" || f.address(t.Host) == "" })
}

// envTranscript prints a command on each host, and an empty prompt behind the last.
func envTranscript(s shell) func(Facts) string {
	return func(f Facts) string {
		text, last := "", ""
		for _, t := range f.SubnetEnvs {
			text += run(s, t.Host, "cat "+subnetEnv, t.Text)
			last = t.Host
		}
		return text + s(last)
	}
}

func envByAddress(f Facts) string {
	text := ""
	for _, t := range f.SubnetEnvs {
		text += run(bash, f.address(t.Host), "cat "+subnetEnv, t.Text)
	}
	return text
}

// eachEnv prints something for each host.
func eachEnv(f Facts, print func(Text) string) string {
	text := ""
	for _, t := range f.SubnetEnvs {
		text += print(t)
	}
	return text
}

func envSSH(f Facts) string {
	return eachEnv(f, func(t Text) string { return run(bash, "", "ssh "+t.Host+" cat "+subnetEnv, t.Text) })
}

func envAnsible(f Facts) string {
	return bash("") + "ansible all -a 'cat " + subnetEnv + "'\n" +
		eachEnv(f, func(t Text) string { return t.Host + " | CHANGED | rc=0 >>\n" + ended(t.Text) })
}

func envPdsh(f Facts) string {
	return eachEnv(f, func(t Text) string { return indented(t.Host+": ", ended(t.Text)) })
}

func envClush(f Facts) string {
	return eachEnv(f, func(t Text) string {
		return "---------------\n" + t.Host + "\n---------------\n" + ended(t.Text)
	})
}

func envSalt(f Facts) string {
	return bash("") + "salt '*' cmd.run 'cat " + subnetEnv + "'\n" +
		eachEnv(f, func(t Text) string { return t.Host + ":\n" + indented("    ", ended(t.Text)) })
}

func envTail(f Facts) string {
	return eachEnv(f, func(t Text) string { return "==> " + t.Host + subnetEnv + " <==\n" + ended(t.Text) + "\n" })
}

func envFenced(f Facts) string {
	return eachEnv(f, func(t Text) string {
		return "`" + subnetEnv + "`" + onHost(t.Host) + ":\n\n" + fenced("", t.Text) + "\n"
	})
}

func envDockerExec(f Facts) string {
	return eachEnv(f, func(t Text) string { return run(bash, "", "docker exec "+t.Host+" cat "+subnetEnv, t.Text) })
}

// envSession goes from the admin's machine to each host and back.
func envSession(f Facts) string {
	return eachEnv(f, func(t Text) string {
		return bash("") + "ssh " + t.Host + "\nLast login: Mon Jan  5 11:00:00 2026 from 192.168.250.9\n" +
			run(rhel, t.Host, "cat "+subnetEnv, t.Text) + rhel(t.Host) + "exit\nlogout\nConnection to " + t.Host + " closed.\n"
	})
}
