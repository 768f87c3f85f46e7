#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Lock the kernel down, which only a reboot ends, and see which scopes of TSM
# guest requests are left.
#
# usage: lockdown.sh [option of scope]...
#
# Takes root, CONFIG_SECURITY_LOCKDOWN_LSM with "lockdown" in CONFIG_LSM, the
# emulated platform (CONFIG_TSM_EMU), scope beside this script and
# ../kselftest/ktap_helpers.sh. Prints KTAP, that of scope where it gets so far.

case ${1:-} in
-h | --help)
	sed -n '4,11s/^# \{0,1\}//p' "$0"
	exit 0
	;;
esac

dir=$(cd "$(dirname "$0")" && pwd)
. "$dir/../kselftest/ktap_helpers.sh"

lockdown=/sys/kernel/security/lockdown

[ -e $lockdown ] || mount -t securityfs securityfs /sys/kernel/security 2> /dev/null
if [ ! -e $lockdown ]; then
	ktap_print_header
	ktap_skip_all "no $lockdown: takes root and CONFIG_SECURITY_LOCKDOWN_LSM"
	exit "$KSFT_SKIP"
fi

# A stricter level than integrity stays as it is
! grep -q '\[none\]' $lockdown || echo integrity > $lockdown
if grep -q '\[none\]' $lockdown; then
	ktap_print_header
	ktap_set_plan 1
	ktap_test_fail "lock the kernel down"
	ktap_finished
fi
exec "$dir/scope" "$@"
