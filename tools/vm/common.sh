# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# What every script begins with, to be sourced; common.py does the same for the programs:
# an environment that is the same for everybody, where things are, how to end.
#
# Of the caller's environment these names get through and no others. What is set for git,
# make, the kernel's build or the shell (GIT_DIR, MAKEFLAGS, ARCH, LLVM, KBUILD_*, CDPATH)
# is for other work. git reads tools/vm/gitconfig instead of the user's configuration.
kept=" PATH PWD HOME USER LOGNAME SHELL TERM COLUMNS LINES TMPDIR TSM_CACHE XDG_CACHE_HOME FROM SIGNOFF
	http_proxy https_proxy ftp_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY FTP_PROXY ALL_PROXY NO_PROXY
	SSL_CERT_FILE SSL_CERT_DIR APT_CONFIG SUDO_ASKPASS
	LD_LIBRARY_PATH LIBRARY_PATH CPATH C_INCLUDE_PATH PKG_CONFIG_PATH PERL5LIB "

set +o posix +o noclobber +o noglob +o allexport
umask 022
for name in $(compgen -A function); do unset -f "$name"; done
for name in $(compgen -e); do
	[[ $kept != *[[:space:]]"$name"[[:space:]]* && $name != NIX_* ]] || continue
	# SHELLOPTS can't be unset
	export -n "$name"
	unset "$name" 2>/dev/null || true
done
unset name kept

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
linux=$root/build/linux

# LANG is for the kernel's build, which takes LC_ALL away
export LC_ALL=C LANG=C.UTF-8
export GIT_CONFIG_NOSYSTEM=1 GIT_ATTR_NOSYSTEM=1 GIT_CONFIG_GLOBAL=$root/tools/vm/gitconfig
# Once more, so that it wins over that of a repository. What git starts in another
# repository, to clone it, has the former only.
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=include.path GIT_CONFIG_VALUE_0=$GIT_CONFIG_GLOBAL
# Without HOME, ~ is what the system has for the user
[ -n "${HOME:-}" ] || { unset HOME; HOME=~; export HOME; }
# Where the base kernel and ccache's objects are kept between clones
cache=${TSM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tsm-guest-request}
[[ $cache == /* ]] || cache=$PWD/$cache
export TSM_CACHE=$cache

say() { printf '  %-9s %s\n' "$1" "$2"; }

die() { printf 'error: %s\n' "$1" >&2; shift; [ $# -eq 0 ] || printf '       %s\n' "$@" >&2; exit 1; }

# reason <log>: the lines of it that say why something failed
reason() { grep -E 'error|Error|\*\*\*' "$1" | head -20 | grep . || tail -5 "$1"; }

# usage <file>: the comment that a script begins with
usage() { awk 'NR > 2 { if (!/^#/) exit; sub(/^# ?/, ""); print }' "$1"; }
