#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Completion: of the words of the commands' own help, and of what there is, which
# a fake of the command tells; in bash and in zsh.

set -u
# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"

tools=$(cd "$(dirname "$0")/.." && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export PATH=$dir:$BIN:$PATH REAL=$BIN/odmm

cat >"$dir/odmm" <<'END'
#!/bin/sh
[ "$1" != -n ] || { [ "$2" = blue ] || exit 2; shift 2; other=b; }
case "$1 $2" in
help\ * | *\ help) exec "$REAL" "$@" ;;
'prefix show') printf '2001:db8:5%s::/64 dev lo type fixed\n' 1 "2$other" ;;
'request show') printf 'cookie %s type fixed state new uid 0\n' 7 18 ;;
'session show') printf 'id %s type fixed state idle uid %s proto tcp\n' 1 0 2 1000 3 1000 ;;
*) exit 1 ;;
esac
END
cat >"$dir/ip" <<'END'
#!/bin/sh
case $* in
'-o link') printf '%s: %s: <UP> mtu 1500\n' 1 lo 2 eth0@if3 ;;
'-n blue -o link') echo '1: other0: <UP> mtu 1500' ;;
'netns list') printf '%s\n' 'blue (id: 0)' red ;;
*) exit 1 ;;
esac
END
chmod +x "$dir/odmm" "$dir/ip"
make -s -C "$tools" install-completion DESTDIR="$dir" PREFIX=/usr
share=$dir/usr/share

# bash LINE: as the shell calls it, with the cursor at the end of the line
# shellcheck disable=SC1090,SC1091
in_bash()
{
	local COMP_LINE=$1 COMP_POINT=${#1} COMP_WORDBREAKS=$' \t\n"\'><=;|&(:' COMPREPLY=()

	. "$share/bash-completion/completions/${COMP_LINE%% *}"
	_odmm
	echo "${COMPREPLY[*]}"
}

# completes LINE CANDIDATES
completes()
{
	is "$1" "$(in_bash "$1")" "$2"
}

types="fixed session-lasting non-persistent graceful-replacement"
read -ra objects < <(odmm help | tr -d '\n' | sed 's/.*OBJECT := {\([^}]*\)}.*/\1/' | tr -d '|')

is "odmm, objects" "$(in_bash "odmm " | sed 's/ -.*//')" "${objects[*]}"
completes "odmm p" "prefix policy"
completes "odmm -" "-Version -help -json -pretty -timestamp -tshort -netns"
completes "odmm -j re" request
completes "odmm -n " "blue red"
completes "odmm frob " ""
completes "odmm prefix " "show list 2001:db8:51::/64 2001:db8:52::/64 dev type add change withdraw del flush"
completes "odmm prefix d" "dev del"
completes "odmm pref sh t" type
completes "odmm prefix frob x " ""
completes "odmm prefix show type " "$types"
completes "odmm prefix show dev lo type s" session-lasting
completes "odmm prefix add 2001:db8::/64 " "dev type home onlink valid_lft preferred_lft origin cookie"
completes "odmm prefix add 2001:db8::/64 type fixed onlink " "dev home valid_lft preferred_lft origin cookie"
completes "odmm prefix add 2001:db8::/64 dev " "lo eth0"
completes "odmm -netns blue prefix add 2001:db8::/64 dev " "other0"
completes "odmm prefix add 2001:db8::/64 valid_lft f" "forever"
completes "odmm prefix del " "2001:db8:51::/64 2001:db8:52::/64"
completes "odmm -n blue prefix withdraw 2001:db8:52" "52b::/64"
completes "odmm prefix del 2001:db8:5" "51::/64 52::/64"
completes "odmm prefix del 2001:db8:51::/64 " force
completes "odmm request done " "7 18"
completes "odmm request accept 1" 18
completes "odmm request refuse 7 error un" "unsupported unavailable"
completes "odmm session uid " "0 1000"
completes "odmm session uid 1000 " type
completes "odmm monitor prefix " "all prefix request agent"
completes "odmm policy set ac" access
completes "odmm policy set access " "all group capability"
completes "odmm policy set abort " "on off"
completes "odmm policy set max-age none s" "share"
completes "odmm policy set pending 5 s" "sessions secret"
completes "odmm policy set secret $dir/i" "$dir/ip"
completes "odmm setsc " "$types"
completes "odmm setsc fixed --proto " "tcp udp raw icmp"
completes "odmm setsc fixed --proto udp --" "--on-net --nonblock --timeout --bind --hold"
completes "odmm agent run type fixed " "pool refuse stall"
completes "odmm agent run type fixed stall " "type delay file name claim-dev count"
completes "odmm agent run claim-dev lo " ""
completes "odmm agent run type fixed stall claim-dev lo c" "claim-dev count"
completes "odmmd -" "-c -s -n -d --check -h -V"
completes "odmmd -d -c $dir/o" "$dir/odmm"
completes "odmmd -n " "blue red"
completes "odmm-run " "--type enable disable status"
completes "odmm-run --type " "$types"
completes "odmm-run enable --type fixed --" "--on-net --timeout --fallback --dry-run --root"
is "a cursor in the middle" "$(
	# shellcheck disable=SC1091
	. "$share/bash-completion/completions/odmm"
	COMP_LINE="odmm prefix del force" COMP_POINT=9 COMP_WORDBREAKS=:
	_odmm
	echo "${COMPREPLY[*]}"
)" prefix
is "bash has it for all three" "$(bash -c '. "$0"; complete -p odmm odmmd odmm-run' "$share/bash-completion/completions/odmm" | wc -l)" 3

# in_zsh WORD...: as its completion system calls it
in_zsh()
{
	# shellcheck disable=SC2016
	zsh -fc 'compadd() { print -r -- $found }
		autoload -U $0/_odmm
		words=("$@") CURRENT=$#
		_odmm' "$share/zsh/site-functions" "$@"
}

is "zsh: an object" "$(in_zsh odmm p)" "prefix policy"
is "zsh: prefixes, with their colons" "$(in_zsh odmm prefix del 2001:db8:5)" "2001:db8:51::/64 2001:db8:52::/64"
is "zsh: a new word" "$(in_zsh odmm setsc '')" "$types"
is "zsh: for all three" "$(head -n 1 "$share/zsh/site-functions/_odmm")" "#compdef odmm odmmd odmm-run"

done_testing
