#!/bin/sh
# Collect what kubecidr can check: the address ranges that a host and its cluster were given.
#
#   sh collect.sh            # on each host, as root if files are to be read that only root may read
#   sh collect.sh -n         # say what would be taken, and take nothing
#   sh collect.sh -o FOLDER  # write to FOLDER/HOST instead of ./kubecidr/HOST
#
# Then, on any machine:  kubecidr check kubecidr/
#
# It needs a POSIX shell and what is in every base system. It copies the files and runs the commands that are listed at the
# end, each of which it prints. It changes nothing, reads no Secret, no private key and no kubeconfig, and puts *** in place of
# tokens, passwords and keys before anything is written.

set -u
umask 077

out=kubecidr
dry=
while getopts no: opt; do
	case $opt in
	n) dry=yes ;;
	o) out=$OPTARG ;;
	*)
		echo "usage: sh collect.sh [-n] [-o FOLDER]" >&2
		exit 2
		;;
	esac
done

host=$(hostname 2>/dev/null || cat /etc/hostname 2>/dev/null || echo host)
host=$(printf %s "$host" | tr -c 'A-Za-z0-9._-' '_')
dir=$out/$host

# mask puts *** in place of the values of tokens, passwords, keys and certificates.
mask() {
	sed -E \
		-e 's/(--?[A-Za-z-]*([Tt]oken|[Pp]assword|[Ss]ecret|certificate-key)[ =]+)[^ "'\''\\,]+/\1***/g' \
		-e 's/("[A-Za-z_-]*([Tt]oken|[Pp]assword|[Ss]ecret|[Kk]ey-[Dd]ata)[A-Za-z_-]*"[[:space:]]*:[[:space:]]*")[^"]*/\1***/g' \
		-e 's/^([[:space:]]*-?[[:space:]]*[A-Za-z0-9_.-]*([Tt]oken|[Pp]assword|[Ss]ecret|certificateKey|-key-data|authority-data|certificate-data):[[:space:]]*).+/\1***/' \
		-e 's/([A-Za-z0-9_]*(TOKEN|PASSWORD|SECRET)[A-Z0-9_]*=)[^[:space:]"'\'']+/\1***/g' \
		-e 's/[a-z0-9]{6}\.[a-z0-9]{16}/***/g' \
		-e 's/K10[0-9a-f]{40,}(::[^[:space:]"]*)?/***/g' \
		-e 's/eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_.-]+/***/g' \
		-e 's#(://[^/:@[:space:]]+):[^@/[:space:]]+@#\1:***@#g' |
		sed -e '/-----BEGIN [A-Z ]*PRIVATE KEY-----/,/-----END [A-Z ]*PRIVATE KEY-----/s/.*/***/'
}

# keep writes standard input, masked, to a file below the host's folder. It writes none where there is nothing to write.
keep() {
	mkdir -p "$dir/$(dirname "$1")" || exit 2
	mask >"$dir/$1"
	[ -s "$dir/$1" ] || rm -f "$dir/$1"
}

# take copies files to the same path below the host's folder.
take() {
	for file in "$@"; do
		[ -f "$file" ] || continue
		echo "file     $file"
		[ -n "$dry" ] && continue
		if [ -r "$file" ]; then
			keep ".$file" <"$file"
		else
			echo "         not readable: run as root" >&2
		fi
	done
}

# run keeps the output of a command, if the command exists: run FILE COMMAND...
run() {
	file=$1
	shift
	command -v "$1" >/dev/null 2>&1 || return 0
	echo "command  $*"
	[ -n "$dry" ] && return 0
	"$@" 2>/dev/null | keep "$file"
}

# kube is run for kubectl, as k3s, RKE2 and MicroK8s bring it, too. Nothing is asked twice.
kube() {
	file=$1
	shift
	[ -n "$kubectl" ] || return 0
	echo "command  $kubectl $*"
	[ -n "$dry" ] && return 0
	# $kubectl may be two words, a program and its subcommand.
	# shellcheck disable=SC2086
	$kubectl --request-timeout=20s "$@" 2>/dev/null | keep "kubectl/$file"
}

# processes keeps the command lines of the programs that know a range.
processes() {
	echo "command  ps (kube-*, kubelet, flanneld, k3s, rke2)"
	[ -n "$dry" ] && return 0
	{ ps axww -o pid,args 2>/dev/null || ps ww 2>/dev/null || ps; } |
		grep -E '(kube-(apiserver|controller-manager|proxy|scheduler|router)|kubelet|flanneld|cloud-controller-manager|hyperkube|k3s|rke2)( |$)' |
		grep -v -e ' grep ' -e 'collect\.sh' | keep ps.txt
}

echo "Collecting for host $host${dry:+ (nothing is written)}. Secrets, private keys and kubeconfigs are not read; tokens are masked."

# What the host was told.
take /etc/hostname /etc/hosts /etc/resolv.conf /run/systemd/resolve/resolv.conf /etc/os-release
take /etc/kubernetes/manifests/*.yaml /etc/kubernetes/manifests/*.yml /etc/kubernetes/manifests/*.json
take /etc/kubernetes/kubeadm*.yaml /etc/kubernetes/kubeadm*.conf /root/kubeadm*.yaml
take /etc/kubernetes/config /etc/kubernetes/apiserver /etc/kubernetes/controller-manager /etc/kubernetes/proxy /etc/kubernetes/kubelet
take /opt/kubernetes/cfg/*.conf /opt/kubernetes/cfg/kube*-config.yml
take /var/lib/kubelet/config.yaml /var/lib/kubelet/kubeadm-flags.env /etc/sysconfig/kubelet /etc/default/kubelet
take /etc/sysconfig/flanneld /etc/default/flanneld /etc/default/kube-* /etc/sysconfig/kube-*
take /run/flannel/subnet.env /run/flannel/docker /etc/kube-flannel/*.json
take /etc/cni/net.d/*.conf /etc/cni/net.d/*.conflist /var/lib/rancher/k3s/agent/etc/cni/net.d/*.conflist /var/lib/rancher/k3s/agent/etc/flannel/net-conf.json
take /etc/rancher/k3s/config.yaml /etc/rancher/k3s/config.yaml.d/*.yaml /etc/rancher/rke2/config.yaml /etc/rancher/rke2/config.yaml.d/*.yaml
take /etc/systemd/system/k3s*.env /etc/default/k3s /etc/sysconfig/k3s /var/lib/rancher/rke2/agent/pod-manifests/*.yaml /var/lib/rancher/rke2/server/manifests/*-config.yaml
take /var/snap/microk8s/current/args/kube-apiserver /var/snap/microk8s/current/args/kube-controller-manager /var/snap/microk8s/current/args/kube-proxy /var/snap/microk8s/current/args/kubelet
take /var/snap/microk8s/current/args/cni-network/cni.yaml /var/snap/microk8s/current/args/flanneld
take /etc/k0s/k0s.yaml /etc/docker/daemon.json /etc/crio/crio.conf
for unit in kubelet kube-apiserver kube-controller-manager kube-proxy flanneld k3s k3s-agent rke2-server rke2-agent k0scontroller k0sworker docker; do
	for folder in /etc/systemd/system /usr/lib/systemd/system /lib/systemd/system /usr/local/lib/systemd/system; do
		[ -L "${folder%/systemd/system}" ] && continue # /lib is /usr/lib
		take "$folder/$unit.service" "$folder/$unit.service.d"/*.conf
	done
done

# What the host does.
run ip-addr.txt ip addr
run ip-route.txt ip route
run ip-6-route.txt ip -6 route
command -v ip >/dev/null 2>&1 || {
	run ifconfig.txt ifconfig -a
	run route.txt route -n
}
processes

# What the cluster says. One host that has kubectl is enough.
kubectl=
for try in kubectl k3s microk8s /var/lib/rancher/rke2/bin/kubectl; do
	command -v "$try" >/dev/null 2>&1 || continue
	case $try in
	k3s | microk8s) kubectl="$try kubectl" ;;
	*) kubectl=$try ;;
	esac
	break
done
if [ -z "${KUBECONFIG:-}" ]; then
	for config in "${HOME:-/root}/.kube/config" /etc/kubernetes/admin.conf /etc/rancher/k3s/k3s.yaml /etc/rancher/rke2/rke2.yaml; do
		[ -r "$config" ] && KUBECONFIG=$config && export KUBECONFIG && break
	done
fi
kube version.yaml version -o yaml
kube nodes.yaml get nodes -o yaml
kube services.txt get services --all-namespaces -o wide
kube servicecidrs.yaml get servicecidrs -o yaml
kube pods.txt get pods --all-namespaces -o wide
kube events.txt get events --all-namespaces --field-selector type=Warning
for name in kube-system/kubeadm-config kube-system/kube-proxy kube-system/kubelet-config kube-system/kube-flannel-cfg kube-flannel/kube-flannel-cfg kube-system/canal-config kube-system/calico-config kube-system/cilium-config kube-system/coredns; do
	kube "configmap-$(printf %s "$name" | tr / -).yaml" get configmap -n "${name%/*}" "${name#*/}" -o yaml
done
kube ippools.yaml get ippools.crd.projectcalico.org -o yaml
kube flannel.log logs -n kube-flannel -l app=flannel --all-containers --prefix --tail=200
kube control-plane.yaml get pods -n kube-system -l tier=control-plane -o yaml

[ -n "$dry" ] && exit 0
[ -d "$dir" ] || exit 1
echo "$(find "$dir" -type f | wc -l) files in $dir"
