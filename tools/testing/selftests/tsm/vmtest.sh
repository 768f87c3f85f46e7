#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Build a kernel with the emulated TEE I/O platform and run its tests in a VM.

set -ue

test_dir=$(realpath "$(dirname "$0")")
kernel_dir=$(realpath "$test_dir/../../../..")
build_dir="$kernel_dir/.tsm"
jobs=$(nproc)
tests=()

source "$test_dir/../kselftest/ktap_helpers.sh"

function usage() {
	cat <<HELP
$0 [-d build_dir] [-j jobs] [-t test]... [-h]
Options:
	-d)	path to the kernel build directory, by default .tsm in the kernel tree
	-j)	number of jobs for compilation, similar to -j in make
	-t)	run this test only, a name such as request; may be repeated
	-h)	display this help

Takes what builds a kernel, libcap for static programs, QEMU for $(uname -m),
busybox and depmod. Prints KTAP. The log of the build is vmtest.log in the build
directory, the kernel's is console.log.
HELP
}

function skip() {
	# Preparation has its output elsewhere
	ktap_skip_all "${1:-preparation failed}" >&3
	exit "$KSFT_SKIP"
}

function require() {
	local program

	for program in "$@"; do
		command -v "$program" > /dev/null || skip "$program is missing"
	done
}

function build_kernel() {
	local make_cmd=$1
	local kconfig="$build_dir/vmtest.config"
	local opt

	echo "$QEMU_KCONFIG" | cat "$test_dir/config" - | grep CONFIG > "$kconfig"
	$make_cmd KCONFIG_ALLCONFIG="$kconfig" allnoconfig ||
		skip "the kernel can't be configured, see $log"
	while read -r opt; do
		grep -qxF "$opt" "$build_dir/.config" || skip "$opt is missing"
	done < "$kconfig"

	$make_cmd "${KERNEL_IMAGE##*/}" modules headers ||
		skip "the kernel does not build, see $log"
	$make_cmd modules_install INSTALL_MOD_PATH="$root" ||
		skip "the modules can't be installed, see $log"
}

function build_tests() {
	make -j"$jobs" -C "$kernel_dir/tools/testing/selftests" O="$build_dir" TARGETS=tsm \
		FORCE_TARGETS=1 USERLDFLAGS=-static KSFT_INSTALL_PATH="$root/kselftest" install ||
		skip "the tests do not build, see $log"
}

# With the libraries that it needs, none if it is static
function install_program() {
	local libraries

	libraries=$(ldd "$1" 2>&1 | grep -o '/[^ ]*' || true)
	# shellcheck disable=SC2086
	cp -L --parents "$1" $libraries "$root"
}

# The runner wants /usr/bin/timeout, with an option that the one of busybox has not
function make_initrd() {
	local busybox

	busybox=$(command -v busybox)
	mkdir -p "$root"/{bin,dev,proc,sys,tmp}
	install_program "$busybox"
	install_program /usr/bin/timeout
	cat > "$root/init" <<INIT
#!$busybox sh
$busybox --install -s /bin
export PATH=/bin HOME=/
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
ln -s /proc/self/fd/1 /dev/stdout
mount -t tmpfs tmpfs /tmp
mount -t debugfs debugfs /sys/kernel/debug
modprobe tsm-emu
job_tty=/dev/\$job_tty
stty -F \$job_tty -opost
{
	/kselftest/run_kselftest.sh ${tests[*]/#/-t tsm:}
	echo "# exit status \$?"
} > \$job_tty 2>&1
stty -F \$job_tty sane
poweroff -f
INIT
	chmod +x "$root/init"
	(cd "$build_dir" && "$kernel_dir/usr/gen_initramfs.sh" -o "$tmp_dir/initrd" \
		-u squash -g squash "$root") || skip "the initramfs can't be packed"
}

# Print what the tests print, one level below our own
function run_qemu() {
	local timeout limit

	# The runner ends a test after that time, unless the kernel hangs
	source "$test_dir/settings"
	limit=$((timeout * (1 + $(wc -l < "$root/kselftest/kselftest-list.txt"))))
	rm -f "$build_dir/console.log"
	# shellcheck disable=SC2086
	timeout --foreground "$limit" $QEMU_CMD -smp 2 -monitor none \
		-serial file:"$build_dir/console.log" $QEMU_JOB \
		-kernel "$build_dir/$KERNEL_IMAGE" -initrd "$tmp_dir/initrd" \
		-append "$KERNEL_CMDLINE panic_on_warn=1 oops=panic panic=-1" \
		< /dev/null 2>> "$log" |
		sed -u 's/^/# /' | tee "$tmp_dir/tap"
}

function passed() {
	grep -qx '# # exit status 0' "$tmp_dir/tap"
}

function no_splat() {
	[ -s "$build_dir/console.log" ] || return
	! grep -E -A30 'WARNING:|BUG:|KASAN:|UBSAN:|refcount_t:|Oops|Kernel panic' \
		"$build_dir/console.log" | sed 's/^/# /' | grep .
}

function parse_options() {
	local opt

	while getopts 'hd:j:t:' opt; do
		case $opt in
		d)
			build_dir=$(realpath -m "$OPTARG")
			;;
		j)
			jobs="$OPTARG"
			;;
		t)
			tests+=("$OPTARG")
			;;
		h)
			usage
			exit 0
			;;
		*)
			usage >&2
			exit 1
			;;
		esac
	done
}

function main() {
	parse_options "$@"

	# Where a user's PATH does not lead: depmod, and busybox on some distributions
	PATH="$PATH:/sbin:/usr/sbin"
	tmp_dir=$(mktemp -d /tmp/tsm-test.XXXXXXXX)
	root="$tmp_dir/root"
	trap 'rm -rf "$tmp_dir"' EXIT
	# skip the tests if any of the preparation steps fails
	exec 3>&1
	set -o errtrace
	trap skip ERR

	ktap_print_header
	[ -r "$test_dir/$(uname -m).conf" ] || skip "architecture $(uname -m) is not supported"
	source "$test_dir/$(uname -m).conf"
	require "${QEMU_CMD%% *}" busybox depmod /usr/bin/timeout rsync

	mkdir -p "$build_dir" "$root"
	log="$build_dir/vmtest.log"
	ktap_print_msg "building in $build_dir"
	build_kernel "make -j$jobs -C $kernel_dir O=$build_dir" > "$log" 2>&1
	build_tests >> "$log" 2>&1
	make_initrd
	trap - ERR

	ktap_set_plan 2
	run_qemu
	ktap_test_result "tests in the VM" passed
	ktap_test_result "kernel log" no_splat
	ktap_finished
}

main "$@"
