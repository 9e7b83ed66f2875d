#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# manuals: what it says when something is missing in the pages, or wrong with them;
# and where they are installed.

set -u
cd "$(dirname "$0")/../../.." || exit 1
# shellcheck source=../../../tools/tests/tap.sh
. tools/tests/tap.sh

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

cp -r Documentation/man "$dir/whole"
cp -r "$dir/whole" "$dir/broken"

# broken PAGE SED-COMMAND
broken()
{
	sed -i "$2" "$dir/broken/$1"
}

rm "$dir/broken/odmm-stats.8"
broken odmm-prefix.8 's/Cm onlink/Ar onlink/'
broken odmm-session.8 '/^\.It Cm inode/d'
broken odmm.8 '/Fl json/d'
broken odmmd.8 's/\\-state//'
broken odmmd.conf.5 '/^\.Cm source exec/d'
broken odmm-run.1 '/-fallback/d'
broken setsc.3 '/^\.Nm setsc_release/d'
broken odmm.7 '/It Dv IPV6_SC_LIFETIME/d; /Er ECANCELED/d'
broken sc_type_name.3 's/^On-demand mobility/.Frob/'
broken odmm_netlink.7 's/^\.Ss Operations/.Ss Commands/'

gives "nothing is missing" 0 "" selftests/static/manuals "$dir/whole"
said=$(selftests/static/manuals "$dir/broken" 2>&1 | grep -v '^ \|^[-+@][-+@]')

# found NAME LINE
found()
{
	local rest

	rest=$(grep -vxF -- "$2" <<< "$said")
	if [ "$rest" != "$said" ]; then
		ok "$1"
	else
		not_ok "$1" "$said"
	fi
	said=$rest
}

found "an object of the command without a page" "odmm-stats.8: there is no page"
found "a page that another one refers to" "odmm-stats(8): referred to, but there is no page"
found "a word of a command" "odmm-prefix.8: nothing of onlink"
found "a word of its output" "odmm-session.8: nothing of inode"
found "an option of the command" "odmm.8: nothing of -json"
found "an option of the daemon" "odmmd.8: nothing of --state"
found "a kind of source" "odmmd.conf.5: nothing of exec"
found "a word of odmm-run" "odmm-run.1: nothing of --fallback"
found "a function of the library" "setsc_release(3): there is no page"
found "a socket option" "odmm.7: nothing of IPV6_SC_LIFETIME"
found "an error of the contract" "odmm.7: nothing of ECANCELED"
found "what mandoc finds" "sc_type_name.3:10:2: ERROR: skipping unknown macro: .Frob"
found "a page that is not of the spec" "-.Ss Commands"
found "what the spec has" "+.Ss Operations"
is "and nothing else" "$said" ""

Documentation/man/install "$dir/share"
is "installed in its section, and under its other names" "$(cd "$dir/share" && find . -name 'setsc*' | sort)" \
	"./man3/setsc.3
./man3/setsc_bind.3
./man3/setsc_notice.3
./man3/setsc_release.3"
is "which are the same page" "$(cat "$dir/share/man3/setsc_bind.3")" "$(cat Documentation/man/setsc.3)"

done_testing
