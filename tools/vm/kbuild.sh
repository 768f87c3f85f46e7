# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# Configure and make a kernel in build/linux; to be sourced. Objects go to
# build/linux/.o-<name>: below the source, for then the compiler sees relative paths
# only and ccache serves every clone alike.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

configs=$root/tools/vm/configs

# The kernel's makefile takes no such path, so that this comes before anything is fetched
require_path()
{
	case $root in
	*[[:space:]:]*) die "no kernel can be built below a path with a space or a colon, which this has:" "$root" \
		"move the clone; assemble, series, refresh, check and fuzz work here, too" ;;
	esac
}

# machine <architecture>: what make has to be told about it
machine()
{
	case $1 in
	arm64) echo ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- ;;
	i386) echo ARCH=i386 ;;
	esac
}

# kbuild_begin <name> [variable=value]...: what kmake makes from now on. Two builds
# into one directory break each other, so waits for the other.
kbuild_begin()
{
	local name=$1 cc=gcc arg
	shift
	require_path
	out=$linux/.o-$name
	mkdir -p "$root/build/log"
	exec 9>"$root/build/.kernel-$name"
	flock -n 9 || { printf '  WAIT      another build of the %s kernel\n' "$name"; flock 9; }

	for arg; do
		case $arg in CROSS_COMPILE=*) cc=${arg#*=}gcc ;; esac
	done
	if command -v ccache >/dev/null; then
		cc="ccache $cc"
		export CCACHE_DIR=$cache/ccache CCACHE_MAXSIZE=4G
	fi
	export KBUILD_BUILD_TIMESTAMP=@1 KBUILD_BUILD_USER=tsm KBUILD_BUILD_HOST=tsm
	kmake=(make -C "$linux" O=".o-$name" CC="$cc" "$@")
}

# The options on stdin, each as it is asked for last
last_of_each()
{
	awk '/^CONFIG_[A-Z0-9_]+=/ { name = $0; sub(/=.*/, "", name) }
	     /^# CONFIG_[A-Z0-9_]+ is not set$/ { name = $2 }
	     name { if (!(name in line)) order[++n] = name; line[name] = $0; name = "" }
	     END { for (i = 1; i <= n; i++) print line[order[i]] }'
}

# Every option that was asked for is so in .config
check_config()
{
	local option want bad=0
	while read -r want; do
		case $want in
		CONFIG_*)
			option=${want%%=*}
			grep -qxF "$want" "$out/.config" && continue ;;
		*)
			option=${want#\# }
			option=${option% is not set}
			grep -q "^$option=" "$out/.config" || continue ;;
		esac
		printf 'error: %s was dropped, .config has: %s\n' "$want" \
			"$(grep -E "^(# )?$option[= ]" "$out/.config" || echo nothing)" >&2
		bad=1
	done < "$1"
	return $bad
}

# configure <log> <argument of make>...
configure()
{
	local log=$1
	shift
	"${kmake[@]}" -s "$@" >>"$log" 2>&1 ||
		die "the kernel can't be configured, see ${log#"$root"/}:" "$(reason "$log")"
}

# kbuild_configure <log>: over allnoconfig, from the options on stdin. An option that
# does not end up in .config is an error.
kbuild_configure()
{
	local all=$out/fragments.config new=$out/fragments.new
	grep -rqs '^config TSM_EMU$' "$linux/drivers/virt/coco" ||
		die "the kernel in build/linux is without the series" "run 'make assemble'"
	mkdir -p "$out"
	last_of_each > "$new"
	if [ -f "$out/.config" ] && cmp -s "$new" "$all"; then
		configure "$1" olddefconfig
	else
		configure "$1" KCONFIG_ALLCONFIG=fragments.new allnoconfig
	fi
	check_config "$new" || { rm -f "$all"; return 1; }
	mv "$new" "$all"
}
