#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Load, unload, unbind, rebind and connect the emulated TEE I/O platform in any
# order, and see that a guest can start its devices every time.
#
# usage: tsm_emu.sh
#
# Takes root, a kernel with CONFIG_TSM_EMU, tsm_vmm and iommufd_tsm beside this
# script, and ../kselftest/ktap_helpers.sh. Prints KTAP. What needs the platform
# to be a module is skipped where it is built in. Splats are for whoever reads
# the kernel's log.

case ${1:-} in
-h | --help)
	sed -n '4,13s/^# \{0,1\}//p' "$0"
	exit 0
	;;
esac

dir=$(cd "$(dirname "$0")" && pwd)
. "$dir/../kselftest/ktap_helpers.sh"

platform=tsm_emu.0
driver=/sys/bus/platform/drivers/tsm_emu
param=/sys/module/tsm_emu/parameters/omit_ops
devices=/sys/bus/pci/devices
pf0=$devices/10000:01:00.0
pf=$devices/10000:02:00.0
vf=$devices/10000:02:01.0

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
	for left in "$devices"/10000:* "/sys/devices/platform/$platform/tsm/"tsm* \
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

# Bring the platform up with a TSM that lacks some operations
up_without()
{
	down && put "$param" "$1" || return
	(echo "$platform" > "$driver/bind") 2> /dev/null
	[ -e "$driver/$platform" ]
}

up_with_all()
{
	down && put "$param" 0 && up
}

omission_is_refused()
{
	! up_without "$1" || complain "a TSM without $1 was accepted"
	is_down
}

# A missing operation that must be there, and one without its counterpart, are bugs
# of the driver
test_bad_tsm()
{
	result=0
	for omitted in 1 2 4 8 16 32 64; do
		omission_is_refused $omitted || result=1
	done
	up_with_all && guest_runs pf0 && return $result
}

# Both tests must have run
omission_shows()
{
	up_without "$1" &&
		"$dir/iommufd_tsm" -f tsm_has > "$tmp" 2>&1 &&
		grep -q 'pass:2 fail:0 xfail:0 xpass:0 skip:0' "$tmp"
	result=$?
	[ $result -eq 0 ] || sed 's/^/# /' "$tmp"
	up_with_all && return $result
}

test_tsm_without_tdis()
{
	omission_shows 11
}

test_tsm_without_guest_req()
{
	omission_shows 10
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

test_load_with_bad_tsm()
{
	all_down && modprobe -r tsm-emu && modprobe tsm-emu omit_ops=1
	is_down && modprobe -r tsm-emu && load && guest_runs pf0
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
	# ktap_test_skip with a reason
	__ktap_test ok "$1" "SKIP the platform is built in"
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
	check "TSMs that lack an operation" test_bad_tsm
	check "TSM that binds no TDIs" test_tsm_without_tdis
	check "TSM that serves no guests" test_tsm_without_guest_req
	check_module "unload and load" test_reload
	check_module "unload while in use" test_unload_busy
	check_module "unload while connected" test_unload_connected
	check_module "load with a bad TSM" test_load_with_bad_tsm
}

ktap_print_header
[ -d "$driver" ] || modprobe -q tsm-emu 2> /dev/null
if [ ! -d "$driver" ]; then
	ktap_skip_all "no emulated platform: takes root and CONFIG_TSM_EMU"
	exit "$KSFT_SKIP"
fi

tmp=$(mktemp)
trap 'rm -f "$tmp"' EXIT
ktap_set_plan 15
main
ktap_finished
