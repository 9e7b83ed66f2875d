#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Without the module each option gives ENOPROTOOPT; with it back all is as before."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))
import kmod
import netlink
from odmm import KINDS, SC_TYPE, SESSION, SETSC, get_addr, get_option, ready, set_option, setsc, wanting
from tap import equal, fails, ok, outcome, run


def every_option(s, set_error, get_error):
    """Whether each option of a socket fails as told."""
    sets = {outcome(set_option, s, option, 0) for option in range(SC_TYPE, SETSC + 1)}
    gets = {outcome(s.getsockopt, 41, option, 64) for option in range(SC_TYPE, SETSC + 1)}
    return (sets, gets) == ({set_error}, {get_error})


def test_absent():
    held = wanting(SESSION)
    with kmod.removed():
        for kind in KINDS:
            s = kind()
            ok(every_option(s, 'ENOPROTOOPT', 'ENOPROTOOPT'), f'{kind.__name__}: ENOPROTOOPT, no module')
            fails('ENOPROTOOPT', f'{kind.__name__}: ENOPROTOOPT, setsc()', setsc, s, SESSION)
        fails('ENOPROTOOPT', 'ENOPROTOOPT, a socket that wanted something before', get_addr, held)
        fails('ENOENT', 'no netlink family', netlink.Odmm)
    equal(get_option(held, SC_TYPE), 0, 'after the module is back: that socket wants nothing')
    address = ready(netlink.Odmm(), '2001:db8:51::/64', SESSION)
    set_option(held, SC_TYPE, SESSION)
    equal(get_addr(held), address, 'and can ask')


run(test_absent)
