#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Lock the kernel down, which only a reboot ends, and see which scopes of TSM
# guest requests are left.
#
# usage: tsm_lockdown.sh [option of iommufd_tsm_scope]...
#
# Takes root, CONFIG_SECURITY_LOCKDOWN_LSM with "lockdown" in CONFIG_LSM, the
# emulated platform (CONFIG_TSM_EMU) and iommufd_tsm_scope beside this script.
# Prints its KTAP.

case ${1:-} in
-h | --help)
	sed -n '4,11s/^# \{0,1\}//p' "$0"
	exit 0
	;;
esac

dir=$(cd "$(dirname "$0")" && pwd)
lockdown=/sys/kernel/security/lockdown

skip()
{
	printf 'TAP version 13\n1..0 # SKIP %s\n' "$1"
	exit 4
}

[ -e $lockdown ] || mount -t securityfs securityfs /sys/kernel/security 2> /dev/null
[ -e $lockdown ] || skip "no $lockdown: takes root and CONFIG_SECURITY_LOCKDOWN_LSM"

# More than that stays as it is
if grep -q '\[none\]' $lockdown; then
	echo integrity > $lockdown
fi
if grep -q '\[none\]' $lockdown; then
	printf 'TAP version 13\n1..1\nnot ok 1 lock the kernel down\n'
	exit 1
fi
exec "$dir/iommufd_tsm_scope" "$@"
