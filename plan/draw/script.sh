set -u

# NOTHING HAPPENS UNTIL THE LAST LINE: what comes before it are functions, so that a script that is cut off does nothing.

say() { printf '%s\n' "$*"; }
warn() { printf '%s\n' "$*" >&2; }
die() { warn "$*"; exit 1; }

# run COMMAND...: says it, and does it with --apply.
run() {
	printf '+ %s\n' "$*"
	if [ "$apply" = yes ]; then "$@" </dev/null; fi
}

# at HOST COMMAND: does it on a host, as root, and says nothing. SSH says how to get there.
at() { ${SSH:-ssh} -n "$1" "$2" </dev/null; }

# on HOST COMMAND: the same, said, and with --apply alone.
on() {
	printf '+ ssh %s %s\n' "$1" "$2"
	if [ "$apply" = yes ]; then at "$1" "$2"; fi
}

# left KEY TEXT: takes note of what is not as it should be, before it is so. mended KEY: it is again.
left() { printf '%s\n' "$2" >"$state/left.$1"; }
mended() { rm -f "$state/left.$1"; }

# achieved NODE: it has what it is to have.
achieved() {
	case $todo in
	*" $1 "*) todo="${todo%%" $1 "*} ${todo#*" $1 "}" ;;
	esac
}

# farewell: says at the end, however it comes, what is not as it should be, and how to go on.
farewell() {
	status=$?
	trap - EXIT INT TERM HUP
	if [ "$apply" = no ]; then exit "$status"; fi
	some=no
	for file in "$state"/left.*; do
		if [ -f "$file" ]; then
			if [ "$some" = no ]; then warn "Not done, in step $step. What is not as it should be:"; fi
			some=yes
			sed 's/^/  - /' "$file" >&2
		fi
	done
	if [ "$status" -ne 0 ]; then
		if [ "$some" = no ]; then warn "Not done, in step $step. Nothing is stopped, cordoned or missing."; fi
		if [ -n "$(printf '%s' "$todo" | tr -d ' ')" ]; then warn "Not mended yet:$todo"; fi
		warn "To go on, run this script again with --apply in the same folder: what is done is passed over. What it keeps is in $state."
	fi
	exit "$status"
}

# await TEXT COMMAND...: tries every five seconds, ten minutes long, until it succeeds.
await() {
	text=$1
	tries=${TRIES:-120}
	shift
	until "$@"; do
		tries=$((tries - 1))
		if [ "$tries" -le 0 ]; then die "$text: not so yet"; fi
		sleep 5
	done
}

# nodes: prints each node with its podCIDRs. have NODE: prints + and its podCIDRs, nothing where there is no such node.
cidrs='{{range .spec.podCIDRs}} {{.}}{{else}}{{with .spec.podCIDR}} {{.}}{{end}}{{end}}'
nodes() { kubectl get nodes -o "go-template={{range .items}}{{.metadata.name}}$cidrs{{\"\\n\"}}{{end}}"; }
have() { kubectl get node "$1" --ignore-not-found -o "go-template=+$cidrs"; }

# clashes NODES PREFIXES LIST: prints who of LIST, as nodes prints it, holds a part of one of the prefixes, apart from NODES.
clashes() {
	printf '?skip %s\n?want %s\n%s\n' "$1" "$2" "$3" | awk '
	function bin(n, w,  s) { s = ""; while (w-- > 0) { s = (n % 2) s; n = int(n / 2) } return s }
	function hex(s,  i, n) { n = 0; s = tolower(s); for (i = 1; i <= length(s); i++) n = n * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1; return n }
	function key(p,  n, a, i, s, l, r, x, y) {
		i = index(p, "/"); n = substr(p, i + 1) + 0; a = substr(p, 1, i - 1)
		if (index(a, ":") == 0) {
			split(a, l, "."); s = "4"
			for (i = 1; i <= 4; i++) s = s bin(l[i] + 0, 8)
			return substr(s, 1, n + 1)
		}
		s = "6"; y = 0; i = index(a, "::")
		if (i > 0) { x = split(substr(a, 1, i - 1), l, ":"); y = split(substr(a, i + 2), r, ":") } else x = split(a, l, ":")
		for (i = 1; i <= 8; i++) s = s bin(hex(i <= x ? l[i] : (i > 8 - y ? r[i - 8 + y] : "0")), 16)
		return substr(s, 1, n + 1)
	}
	$1 == "?skip" { for (f = 2; f <= NF; f++) skip[$f] = 1; next }
	$1 == "?want" { for (f = 2; f <= NF; f++) { q = key($f); want[q] = 1; for (i = length(q); i > 0; i--) above[substr(q, 1, i)] = 1 } next }
	$1 in skip { next }
	{
		for (f = 2; f <= NF; f++) {
			q = key($f); hit = (q in above)
			for (i = length(q); i > 0 && !hit; i--) hit = (substr(q, 1, i) in want)
			if (hit) print "node " $1 " holds " $f
		}
	}'
}

# free NODE PREFIXES: ends if another node of the live cluster holds a part of them.
free() {
	live=$(nodes)
	clash=$(clashes "$1" "$2" "$live")
	if [ -n "$clash" ]; then
		warn "$clash"
		die "$2, meant for $1, is taken meanwhile: collect the files again and look anew"
	fi
}

# assign NODE PREFIXES PATCH: sets the podCIDRs of a node that has none, and looks whether anybody took them in the same moment.
assign() {
	if [ "$apply" = no ]; then
		run kubectl patch node "$1" --type=merge -p "$3"
		return
	fi
	held=$(have "$1")
	case $held in
	"+ $2") say "$1 holds $2 already" ;;
	+)
		free "$1" "$2"
		left "$1.subnet" "node $1 has no podCIDRs, or nobody has looked yet whether another node took the same: it is to have $2"
		run kubectl patch node "$1" --type=merge -p "$3"
		held=$(have "$1")
		if [ "$held" != "+ $2" ]; then die "node $1 holds \"${held#+ }\", not \"$2\""; fi
		;;
	'') die "there is no node $1: collect the files again and look anew" ;;
	*)
		# kube-controller-manager was faster, or somebody else.
		inside=$(clashes '' "$ranges" "x ${held#+ }" | wc -l)
		if [ "$((inside))" -ne "$(printf '%s\n' "$ranges" | wc -w)" ]; then die "node $1 holds \"${held#+ }\", not \"\": collect the files again and look anew"; fi
		free "$1" "${held#+ }"
		say "$1 holds ${held#+ } meanwhile, as no other node does: it keeps that"
		achieved "$1"
		return
		;;
	esac
	free "$1" "$2"
	mended "$1.subnet"
	if [ ! -f "$state/$1.kept" ]; then achieved "$1"; fi
}

# keep NODE: keeps labels, annotations, taints and more of a node, for those that kubelet does not set when it registers the node anew.
keep() {
	if [ -f "$state/$1.kept" ]; then return; fi
	kubectl get node "$1" -o yaml >"$state/$1.node.yaml"
	kubectl get node "$1" -o "go-template=$kept_metadata" >"$state/$1.metadata"
	kubectl get node "$1" -o "go-template=$kept_taints" >"$state/$1.taints"
	kubectl get node "$1" -o 'go-template={{with .spec.providerID}}{{.}}{{end}}' >"$state/$1.provider"
	kubectl get node "$1" -o 'go-template={{with .spec.unschedulable}}{{.}}{{end}}' >"$state/$1.cordoned"
	: >"$state/$1.kept"
}
kept_metadata='metadata:
  labels: { {{- range $k, $v := .metadata.labels}}{{printf "%q: %q, " $k $v}}{{end}} }
  annotations: { {{- range $k, $v := .metadata.annotations}}{{if not (eq $k "flannel.alpha.coreos.com/backend-data" "flannel.alpha.coreos.com/backend-v6-data" "flannel.alpha.coreos.com/backend-type" "flannel.alpha.coreos.com/public-ip" "flannel.alpha.coreos.com/public-ipv6" "csi.volume.kubernetes.io/nodeid")}}{{printf "%q: %q, " $k $v}}{{end}}{{end}} }
'
kept_taints='{{range .spec.taints}}{{if not (eq .key "node.kubernetes.io/unschedulable" "node.kubernetes.io/not-ready" "node.kubernetes.io/unreachable" "node.kubernetes.io/network-unavailable" "node.kubernetes.io/disk-pressure" "node.kubernetes.io/memory-pressure" "node.kubernetes.io/pid-pressure" "node.cloudprovider.kubernetes.io/uninitialized")}}{{.key}}{{with .value}}={{.}}{{end}}:{{.effect}}{{"\n"}}{{end}}{{end}}'

# put_back NODE: puts back what keep has kept.
put_back() {
	say "+ put back labels, annotations and taints of $1, from $state/$1.node.yaml"
	kubectl patch node "$1" --type=merge -p "$(cat "$state/$1.metadata")" </dev/null
	taints=$(cat "$state/$1.taints")
	if [ -n "$taints" ]; then
		# shellcheck disable=SC2086
		kubectl taint node "$1" --overwrite $taints </dev/null
	fi
	provider=$(cat "$state/$1.provider")
	now=$(kubectl get node "$1" -o 'go-template={{with .spec.providerID}}{{.}}{{end}}')
	if [ -n "$provider" ] && [ -z "$now" ]; then kubectl patch node "$1" --type=merge -p "{\"spec\":{\"providerID\":\"$provider\"}}" </dev/null; fi
}

# registered NODE: there is a Node object. ready NODE: and kubelet says that it is ready.
registered() { [ -n "$(have "$1")" ]; }
ready() { [ "$(kubectl get node "$1" --ignore-not-found -o 'go-template={{range .status.conditions}}{{if eq .type "Ready"}}{{.status}}{{end}}{{end}}')" = True ]; }

# quorum NODE: ends unless all other control-plane hosts are ready.
quorum() {
	for host in ${CONTROL_PLANES:-}; do
		if [ "$host" != "$1" ] && ! ready "$host"; then die "control-plane host $host is not ready, so $1 is left alone: run this script again when it is"; fi
	done
}

# unit HOST: the systemd unit that runs kubelet there.
unit() {
	case " ${CONTROL_PLANES:-} " in
	*" $1 "*) printf '%s' "$server_unit" ;;
	*) printf '%s' "$agent_unit" ;;
	esac
}

# vacate NODE OLD GOAL NEW [frozen]: NEW is what it is given next, if anything. drains a node and lets kubelet register it anew, with its own labels and taints, and without podCIDRs. It stays cordoned.
vacate() {
	if [ "$apply" = no ]; then
		if [ "${5:-}" != frozen ]; then run kubectl drain "$1" $drain_flags; fi
		on "$1" "systemctl stop $(unit "$1")"
		run kubectl delete node "$1"
		on "$1" "$reset; systemctl start $(unit "$1")"
		run kubectl cordon "$1"
		return
	fi
	held=$(have "$1")
	case $held in
	"+ $3") if [ ! -f "$state/$1.kept" ]; then say "$1 holds $3 already"; fi; return ;;
	"+ $2")
		if [ -n "$4" ]; then free "$1" "$4"; fi
		quorum "$1"
		keep "$1"
		if [ "${5:-}" = frozen ]; then
			say "$1 cannot be cordoned, since its podCIDR is not in canonical form: its pods end with it"
		else
			left "$1.cordon" "node $1 is cordoned; by hand: kubectl uncordon $1"
			run kubectl drain "$1" $drain_flags "--timeout=${DRAIN_TIMEOUT:-10m}"
		fi
		left "$1.kubelet" "$(unit "$1") on $1 is stopped; by hand: ssh $1 systemctl start $(unit "$1")"
		on "$1" "systemctl stop $(unit "$1")"
		left "$1.node" "node $1 is missing or about to be, until kubelet registers it; what it had is in $state/$1.node.yaml"
		run kubectl delete node "$1"
		;;
	'' | +) if [ ! -f "$state/$1.kept" ]; then die "node $1 is not as it was when this was written: it holds \"${held#+}\", and it was not this script that deleted it: collect the files again and look anew"; fi ;;
	*) die "node $1 holds \"${held#+ }\", not \"$2\": collect the files again and look anew" ;;
	esac
	left "$1.cordon" "node $1 is cordoned, or to be so, and its labels and taints are not put back; by hand: kubectl uncordon $1"
	left "$1.kubelet" "$(unit "$1") on $1 may be stopped; by hand: ssh $1 systemctl start $(unit "$1")"
	left "$1.subnet" "node $1 has no podCIDRs yet"
	on "$1" "$reset; systemctl start $(unit "$1")"
	mended "$1.kubelet"
	await "kubelet registers $1" registered "$1"
	run kubectl cordon "$1"
	mended "$1.node"
}

# settle NODE NEW PATCH ENV: gives a node that is registered anew its subnets and all that it had.
settle() {
	if [ "$apply" = no ]; then
		assign "$1" "$2" "$3"
		say "+ restart flannel on $1, wait for its subnet.env, delete pods of before; put back labels, annotations and taints"
		run kubectl uncordon "$1"
		return
	fi
	held=$(have "$1")
	if [ "$held" = "+ $2" ] && [ ! -f "$state/$1.kept" ]; then
		achieved "$1"
		return
	fi
	assign "$1" "$2" "$3"
	held=$(have "$1")
	if [ "$held" != "+ $2" ]; then die "node $1 holds \"${held#+ }\", not \"$2\": collect the files again and look anew"; fi
	left "$1.flannel" "flannel on $1 has not started anew: pods there have no network"
	anew "$1" "$4"
	mended "$1.flannel"
	await "$1 is ready" ready "$1"
	put_back "$1"
	if [ -s "$state/$1.cordoned" ]; then
		say "$1 was cordoned before, and stays so"
	else
		run kubectl uncordon "$1"
	fi
	mended "$1.cordon"
	rm -f "$state/$1.kept"
	achieved "$1"
}

# env_says HOST LINES: its subnet.env has these lines, separated by blanks.
env_says() {
	env=$(at "$1" 'cat /run/flannel/subnet.env 2>/dev/null || true')
	for line in $2; do
		case "
$env
" in
		*"
$line
"*) ;;
		*) return 1 ;;
		esac
	done
}

# anew NODE LINES: starts flannel anew on a node, waits for its subnet.env, and lets the pods that have a network of before be made anew.
anew() {
	for set in $FLANNEL; do
		pods=$(kubectl -n "${set%/*}" get pods --field-selector "spec.nodeName=$1" -o "go-template={{range .items}}{{\$n := .metadata.name}}{{range .metadata.ownerReferences}}{{if and (eq .kind \"DaemonSet\") (eq .name \"${set#*/}\")}}{{\$n}}{{\"\\n\"}}{{end}}{{end}}{{end}}")
		for pod in $pods; do run kubectl -n "${set%/*}" delete pod "$pod" --ignore-not-found --wait=false; done
	done
	if [ -n "$FLANNEL" ] || [ "$network" = within ]; then await "flannel on $1 writes $2 to /run/flannel/subnet.env" env_says "$1" "$2"; fi
	pods=$(kubectl get pods -A --field-selector "spec.nodeName=$1" -o 'go-template={{range .items}}{{if not .spec.hostNetwork}}{{if .metadata.ownerReferences}}{{.metadata.namespace}}/{{.metadata.name}}{{"\n"}}{{end}}{{end}}{{end}}')
	for pod in $pods; do run kubectl -n "${pod%/*}" delete pod "${pod#*/}" --ignore-not-found --wait=false; done
}

# restart_flannel NODE HELD ENV BRIDGE: lets flannel write its subnet.env anew; BRIDGE says that cni0 goes, too.
restart_flannel() {
	if [ "$apply" = no ]; then
		say "+ restart flannel on $1, wait for its subnet.env, delete pods of before"
		return
	fi
	held=$(have "$1")
	if [ "$held" != "+ $2" ]; then die "node $1 holds \"${held#+ }\", not \"$2\": collect the files again and look anew"; fi
	if [ -z "$FLANNEL" ] && [ "$network" != within ]; then die "no DaemonSet of flannel is known: FLANNEL=namespace/name says which it is"; fi
	if [ "$4" = no ] && env_says "$1" "$3"; then
		say "flannel on $1 uses $2 already"
		return
	fi
	if [ -f "$state/done.$1.flannel" ]; then return; fi
	left "$1.flannel" "flannel on $1 has not started anew: pods there may have no network"
	if [ "$network" = within ]; then on "$1" "systemctl restart $(unit "$1")"; fi
	if [ "$4" = yes ]; then on "$1" 'rm -f /run/flannel/subnet.env; ip link delete cni0 2>/dev/null || true'; else on "$1" 'rm -f /run/flannel/subnet.env'; fi
	anew "$1" "$3"
	: >"$state/done.$1.flannel"
	mended "$1.flannel"
}

# manager_is HOST FLAGS: kube-controller-manager of a host runs with these flags.
manager_is() {
	if [ -n "$probe" ]; then flags=$(at "$1" "$probe"); else flags=$(kubectl -n kube-system get pod "kube-controller-manager-$1" --ignore-not-found -o 'go-template={{range .spec.containers}}{{range .command}}{{.}}{{"\n"}}{{end}}{{range .args}}{{.}}{{"\n"}}{{end}}{{end}}{{range .status.containerStatuses}}{{range $k, $v := .state}}{{$k}}{{"\n"}}{{end}}{{end}}'); fi
	for flag in $2 running; do
		case "
$flags
" in
		*"
$flag
"*) ;;
		*) return 1 ;;
		esac
	done
}

# manager EDIT FLAGS TEXT: sets flags of kube-controller-manager on every control-plane host, one after the other. TEXT says what is so meanwhile, - that nothing is.
manager() {
	for host in $CONTROL_PLANES; do
		if [ "$apply" = yes ]; then left "manager.$host" "kube-controller-manager on $host may be restarting, with $2"; fi
		if [ "$apply" = yes ] && [ "$3" != - ]; then left manager "$3 on $CONTROL_PLANES"; fi
		on "$host" "$1"
		if [ "$apply" = yes ]; then await "kube-controller-manager on $host runs with $2" manager_is "$host" "$2"; fi
		if [ "$apply" = yes ]; then mended "manager.$host"; fi
	done
	if [ "$apply" = yes ] && [ "$3" = - ]; then mended manager; fi
}

# served NODES: each of them holds podCIDRs. restart_manager NODES: starts kube-controller-manager anew, so that it serves them.
served() {
	for node in $1; do
		case $(have "$node") in
		'+ '*) ;;
		*) return 1 ;;
		esac
	done
}
# wait_served NODES: waits until kube-controller-manager has served them.
wait_served() {
	if [ "$apply" = yes ]; then
		left served "nodes that wait for kube-controller-manager to serve them: $1"
		await "kube-controller-manager serves $1" served "$1"
		mended served
	fi
}
restart_manager() {
	if [ "$apply" = yes ] && served "$1"; then return; fi
	for host in $CONTROL_PLANES; do
		if [ "$apply" = yes ]; then left "manager.$host" "kube-controller-manager on $host may be restarting; ${server_unit:-kubelet} starts it"; fi
		on "$host" "$restart"
	done
	if [ "$apply" = yes ]; then
		await "kube-controller-manager serves $1" served "$1"
		for host in $CONTROL_PLANES; do mended "manager.$host"; done
	fi
}

# servers COMMAND: does it on every host of the control plane. agents COMMAND: on every other node.
servers() { for host in $CONTROL_PLANES; do on "$host" "$1"; done; }
agents() {
	if [ "$apply" = no ]; then
		say "+ on every node that is no control-plane host: $1"
		return
	fi
	left agents "nodes where this may not be done: $1"
	all=$(kubectl get nodes -o 'go-template={{range .items}}{{.metadata.name}}{{"\n"}}{{end}}')
	for host in $all; do
		case " $CONTROL_PLANES " in
		*" $host "*) ;;
		*) on "$host" "$1" ;;
		esac
	done
	mended agents
}

# pending: a node of the plan does not hold what it is to hold, or something is left to put back.
pending() {
	if [ "$apply" = no ]; then return 0; fi
	for file in "$state"/*.kept "$state/left.manager"; do
		if [ -f "$file" ]; then return 0; fi
	done
	live=$(nodes) || return 0
	for pair in $goals; do
		want=$(printf '%s' "$pair" | tr '=,' '  ')
		case "
$live
" in
		*"
$want
"*) ;;
		*) return 0 ;;
		esac
	done
	return 1
}

# configmap NAMESPACE NAME DAEMONSET MARK EDIT...: edits a ConfigMap, and starts the pods of a DaemonSet anew, - for none. MARK is what tells pods that know it.
configmap() {
	namespace=$1 name=$2 daemonset=$3 mark=$4
	shift 4
	say "+ kubectl -n $namespace edit configmap $name: $mark"
	if [ "$apply" = yes ]; then
		left "configmap.$name" "ConfigMap $namespace/$name, or the pods that read it, may not know $mark yet"
		before=$(kubectl -n "$namespace" get configmap "$name" -o yaml)
		after=$(printf '%s\n' "$before" | sed "$@")
		if [ "$before" != "$after" ]; then printf '%s\n' "$after" | kubectl replace -f -; fi
		if [ "$daemonset" != - ]; then
			kubectl -n "$namespace" patch daemonset "$daemonset" -p "{\"spec\":{\"template\":{\"metadata\":{\"annotations\":{\"kubecidr/ranges\":\"$mark\"}}}}}" </dev/null
			kubectl -n "$namespace" rollout status daemonset "$daemonset" --timeout=10m </dev/null
		fi
		mended "configmap.$name"
	fi
}

# look: looks at the live cluster before anything is changed.
look() {
	step='0, looking'
	command -v awk >/dev/null || die 'awk is needed'
	live=$(nodes)
	for host in $hosts; do at "$host" true || die "host $host cannot be reached by ${SSH:-ssh}: nothing was changed"; done
	for host in ${CONTROL_PLANES:-}; do at "$host" "test -e $manifest" || die "host $host has no $manifest: nothing was changed"; done
	names= all=
	for pair in $goals; do
		names="$names ${pair%%=*}"
		all="$all ${pair#*=}"
	done
	clash=$(clashes "$names" "$(printf '%s' "$all" | tr ',' ' ')" "$live")
	if [ -n "$clash" ]; then
		warn "$clash"
		die "that is meant for nodes of this plan: collect the files again and look anew; nothing was changed"
	fi
	if [ -z "${FLANNEL:-}" ]; then
		FLANNEL=$(kubectl get daemonsets -A -o 'go-template={{range .items}}{{$n := .metadata.namespace}}{{$d := .metadata.name}}{{range .spec.template.spec.containers}}{{$n}}/{{$d}} {{.image}}{{"\n"}}{{end}}{{end}}' | awk '/flannel/ && !seen[$1]++ { print $1 }')
		if [ -z "$FLANNEL" ] && [ "$network" = flannel ]; then die 'no DaemonSet runs flannel: FLANNEL=namespace/name says which it is; nothing was changed'; fi
	fi
	FLANNEL=${FLANNEL:-}
	bare=
	for node in $drained; do
		pods=$(kubectl get pods -A --field-selector "spec.nodeName=$node" -o "go-template=$bare_pods")
		for pod in $pods; do bare="$bare ${pod%=*}"; warn "$node: pod ${pod%=*} ${pod#*=}"; done
	done
	say "$cost"
	if [ "$force" = no ] && [ "$apply" = yes ]; then
		case "$bare " in
		*'!'*) die 'Nobody makes the pods marked with ! anew: delete them, or give --force, which loses them. Nothing was changed.' ;;
		esac
	fi
}
bare_pods='{{range .items}}{{$p := printf "%s/%s" .metadata.namespace .metadata.name}}{{$m := ""}}{{range $k, $v := .metadata.annotations}}{{if eq $k "kubernetes.io/config.mirror"}}{{$m = "mirror"}}{{end}}{{end}}{{if not (or .metadata.ownerReferences $m)}}{{$p}}!=is-made-by-nobody{{"\n"}}{{end}}{{if not .spec.hostNetwork}}{{range .spec.volumes}}{{range $k, $v := .}}{{if eq $k "emptyDir" "hostPath"}}{{$p}}=has-data-on-the-host:{{$k}}{{"\n"}}{{end}}{{end}}{{end}}{{end}}{{end}}'

main() {
	set -e
	apply=no look=no force=no step=0
	for arg in "$@"; do
		case $arg in
		--apply) apply=yes look=yes ;;
		--look) look=yes ;;
		--force) force=yes ;;
		*) warn "usage: $0 [--look] [--apply] [--force]"; exit 2 ;;
		esac
	done
	setup
	todo=' '
	for pair in $goals; do todo="$todo${pair%%=*} "; done
	if [ "$force" = yes ]; then drain_flags="$drain_flags --force"; fi
	FLANNEL=${FLANNEL:-}
	trap farewell EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	trap 'exit 129' HUP
	if [ "$apply" = yes ]; then mkdir -p "$state"; fi
	if [ "$look" = yes ]; then look; fi
	steps
	if [ "$apply" = yes ]; then
		step='last, looking'
		finally
	else
		warn 'nothing was changed; --apply does it, --look looks at the live cluster and lists what it costs'
	fi
}

# finally: every node of the plan is there, with subnets that no other node holds; or it says which is not.
finally() {
	live=$(nodes)
	trouble=$(printf '%s\n' "$live" | awk '
		NF > 1 { for (f = 2; f <= NF; f++) { if ($f in by) print "nodes " by[$f] " and " $1 " both hold " $f; by[$f] = $1 } }')
	for pair in $goals; do
		case "
$live
" in
		*"
${pair%%=*} "*) ;;
		*) trouble="$trouble node ${pair%%=*} is not there, or has no podCIDRs" ;;
		esac
	done
	if [ -n "$trouble" ]; then die "$trouble"; fi
	say 'done'
}
