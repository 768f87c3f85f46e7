#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Load, unload, unbind, rebind and connect the emulated TEE I/O platform in any
# order, and see that a guest can start its devices every time.
#
# usage: emu.sh
#
# Takes root, a kernel with CONFIG_TSM_EMU and KVM, tsm_vmm beside this script, and
# ../kselftest/ktap_helpers.sh. Prints KTAP. What needs the platform to be a module
# is skipped where it is built in. Does not look at the kernel's log.

case ${1:-} in
-h | --help)
	sed -n '4,12s/^# \{0,1\}//p' "$0"
	exit 0
	;;
esac

dir=$(cd "$(dirname "$0")" && pwd)
. "$dir/../kselftest/ktap_helpers.sh"

platform=tsm_emu.0
driver=/sys/bus/platform/drivers/tsm_emu
devices=/sys/bus/pci/devices

# The functions, in the PCI segment of the platform
find_functions()
{
	[ -e "$driver/$platform" ] || put "$driver/bind" "$platform"
	bus=$(echo "/sys/devices/platform/$platform"/pci*:00)
	segment=${bus##*/pci}
	segment=${segment%:00}
	pf0=$devices/$segment:01:00.0
	pf=$devices/$segment:02:00.0
	vf=$devices/$segment:02:01.0
}

# Say what is not as it should be
complain()
{
	ktap_print_msg "$@"
	return 1
}

put()
{
	msg=$( (echo "$2" > "$1") 2>&1 ) || complain "write $2 to $1: $msg"
}

# These must fail, as a write to a sysfs file or a command does
refused()
{
	! ("$@") > /dev/null 2>&1 || complain "was not refused: $*"
}

is_up()
{
	[ -e "$pf0/tsm/connect" ] && [ -e "$pf/tsm/connect" ] ||
		complain "the functions are not there"
}

is_down()
{
	[ ! -e "$driver/$platform" ] || complain "$platform still has its driver"
	for left in "$devices/$segment":* "/sys/devices/platform/$platform/tsm/"tsm* \
		"/sys/kernel/debug/$platform" "/sys/class/iommu/$platform-iommu"; do
		[ ! -e "$left" ] || complain "$left is left" || return
	done
}

up()
{
	[ -e "$driver/$platform" ] || put "$driver/bind" "$platform"
	is_up
}

down()
{
	[ ! -e "$driver/$platform" ] || put "$driver/unbind" "$platform"
	is_down
}

rebind()
{
	down && up
}

tsm_name()
{
	basename "/sys/devices/platform/$platform/tsm/"tsm*
}

connect()
{
	put "$1/tsm/connect" "$(tsm_name)" &&
		[ "$(cat "$1/tsm/connect")" = "$(tsm_name)" ]
}

disconnect()
{
	put "$1/tsm/disconnect" "$(tsm_name)" && [ -z "$(cat "$1/tsm/connect")" ]
}

use_driver()
{
	put "$1/driver_override" "$2" &&
		put /sys/bus/pci/drivers_probe "${1##*/}" && [ -e "$1/driver" ]
}

# A guest locks, attests and starts the function
guest_runs()
{
	"$dir/tsm_vmm" --device "$1" > "$tmp" 2>&1 && return
	sed 's/^/# /' "$tmp"
	return 1
}

test_rebind()
{
	rebind && rebind && guest_runs pf0 && guest_runs fn1 && guest_runs vf
}

test_connect_then_driver()
{
	rebind && connect "$pf0" && use_driver "$pf0" vfio-pci && guest_runs pf0
}

test_driver_then_connect()
{
	rebind && use_driver "$pf0" vfio-pci && connect "$pf0" && guest_runs pf0
}

test_reconnect()
{
	rebind && connect "$pf0" && disconnect "$pf0" && connect "$pf0" &&
		guest_runs fn1 && disconnect "$pf0" && guest_runs pf0
}

test_unknown_tsm()
{
	rebind && refused put "$pf0/tsm/connect" tsm_nonsense &&
		[ -z "$(cat "$pf0/tsm/connect")" ]
}

vfs()
{
	put "$pf/sriov_numvfs" 0 && [ ! -e "$vf" ] &&
		put "$pf/sriov_numvfs" 4 && [ -e "$vf" ]
}

# VFs come and go before and after their PF is connected
test_sriov()
{
	rebind && use_driver "$pf" pci-pf-stub && vfs && connect "$pf" &&
		guest_runs vf && vfs && guest_runs vf && disconnect "$pf" &&
		vfs && guest_runs vf && put "$pf/sriov_numvfs" 0 && [ ! -e "$vf" ]
}

test_unbind_connected()
{
	rebind && connect "$pf0" && connect "$pf" &&
		use_driver "$pf" pci-pf-stub && vfs && rebind &&
		[ -z "$(cat "$pf0/tsm/connect")" ] && guest_runs vf
}

test_remove_connected()
{
	rebind && guest_runs fn1 && put "$pf0/remove" 1 && [ ! -e "$pf0" ] &&
		put /sys/bus/pci/rescan 1 && is_up && guest_runs pf0 &&
		guest_runs fn1
}

# Every platform has functions, which hold the module
all_down()
{
	for instance in "$driver"/tsm_emu.*; do
		[ ! -e "$instance" ] || put "$driver/unbind" "${instance##*/}"
	done
	is_down
}

unload()
{
	all_down && modprobe -r tsm-emu && [ ! -d "$driver" ]
}

load()
{
	modprobe tsm-emu && is_up
}

test_reload()
{
	up && unload && load && unload && load && guest_runs pf0 && guest_runs vf
}

# The functions hold the module
test_unload_busy()
{
	up && refused modprobe -r tsm-emu && is_up && guest_runs pf0
}

test_unload_connected()
{
	rebind && connect "$pf0" && guest_runs pf0 && unload && load &&
		[ -z "$(cat "$pf0/tsm/connect")" ] && guest_runs pf0
}

# It lacks bind and unbind
test_load_with_bad_tsm()
{
	all_down && modprobe -r tsm-emu && modprobe tsm-emu omit_ops=1
	is_down && modprobe -r tsm-emu && load && guest_runs pf0
}

# What is refused leaves nothing behind that is in the way of the next
refuses()
{
	refused modprobe tsm-emu "$@" && [ ! -d "$driver" ]
}

test_load_with_bad_params()
{
	all_down && modprobe -r tsm-emu && refuses proto=nonsense &&
		refuses proto=tdisp,nonsense && refuses proto=tdisp,tdisp instances=1 &&
		refuses instances=9 && refuses vf_offset=0 && refuses vf_offset=201 &&
		load && guest_runs pf0
}

sample=/sys/devices/faux/tsm_link_sample

# Without firmware it takes no device, and leaves the device to others
sample_refuses()
{
	msg=$(put "$pf0/tsm/connect" "$(basename "$sample/tsm/"tsm*)")
	case $msg in
	*"Operation not supported"*) [ -z "$(cat "$pf0/tsm/connect")" ] ;;
	*) complain "not refused by the skeleton: $msg" ;;
	esac
}

test_sample()
{
	rebind && [ -e "$sample" ] && sample_refuses && modprobe -r tsm_link_sample &&
		[ ! -e "$sample" ] && modprobe tsm_link_sample && sample_refuses &&
		guest_runs pf0 && modprobe -r tsm_link_sample && [ ! -e "$sample" ]
}

check()
{
	name=$1
	shift
	ktap_test_result "$name" "$@"
}

check_module()
{
	if [ -e /sys/module/tsm_emu/initstate ]; then
		check "$@"
		return
	fi
	skip "$1" "the platform is built in"
}

check_sample()
{
	if modprobe tsm_link_sample 2> /dev/null; then
		check "$@"
	else
		skip "$1" "no CONFIG_SAMPLE_TSM_LINK=m"
	fi
}

# ktap_test_skip with a reason
skip()
{
	__ktap_test ok "$1" "SKIP $2"
	KTAP_CNT_SKIP=$((KTAP_CNT_SKIP + 1))
}

main()
{
	check "unbind and rebind" test_rebind
	check "connect, then VFIO" test_connect_then_driver
	check "VFIO, then connect" test_driver_then_connect
	check "disconnect and connect" test_reconnect
	check "connect to a TSM that is not there" test_unknown_tsm
	check "VFs come and go" test_sriov
	check "unbind while connected" test_unbind_connected
	check "remove and rescan while connected" test_remove_connected
	check_module "unload and load" test_reload
	check_module "unload while in use" test_unload_busy
	check_module "unload while connected" test_unload_connected
	check_module "load with a bad TSM" test_load_with_bad_tsm
	check_module "load with parameters that can't be" test_load_with_bad_params
	check_sample "the skeleton of a driver comes and goes" test_sample
}

skip_all()
{
	ktap_skip_all "$@"
	exit "$KSFT_SKIP"
}

ktap_print_header
[ -d "$driver" ] || modprobe -q tsm-emu 2> /dev/null
[ -d "$driver" ] || skip_all "no emulated platform: takes root and CONFIG_TSM_EMU"
[ -x "$dir/tsm_vmm" ] || skip_all "no tsm_vmm beside this, which is for x86"
[ -e /dev/kvm ] || skip_all "no /dev/kvm: takes CONFIG_KVM and a CPU that can"

tmp=$(mktemp)
trap 'rm -f "$tmp"' EXIT
ktap_set_plan 14
find_functions
main
ktap_finished
