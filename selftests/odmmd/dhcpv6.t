#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""odmmd with source dhcpv6: prefixes of each type from a stock Kea, how they are given back, and what happens when the host moves."""
import os
import signal
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '../lib'), os.path.join(HERE, '../notices')]

# pylint: disable=wrong-import-position
import netns
from daemon import Daemon, Place, answer_to
from kea import Kea, pool_of
from life import Watch, hold, now, state_of
from netlink import ACTIVE, Odmm
from odmm import FIXED, GRACEFUL, NONPERSISTENT, ON_NET, SESSION, ask, in_prefix, source, tcp
from tap import diag, equal, ok, run, wait_for

DUID, RESERVED = '00:02:00:00:7e:d9:6d:6e:30:31', '2001:db8:5100:aaaa::/64'
ALL = f'source dhcpv6 type fixed,session-lasting,non-persistent,graceful-replacement dev v0 duid {DUID}'


class Network:
    """A link with a server, and a daemon that asks it."""

    def __init__(self, config=ALL, **kwargs):
        self.peer = netns.Netns()
        netns.veth(self.peer)
        self.kea = Kea(self.peer, **kwargs)
        self.nl = Odmm()
        self.daemon = Daemon(config, '-d')


def test_types():
    n = Network(fixed=(DUID, RESERVED))
    for wanted in (FIXED, SESSION, NONPERSISTENT, GRACEFUL):
        begin = now()
        got = answer_to(wanted)
        diag(f'{now() - begin:.3f} s')
        ok(in_prefix(got, pool_of(wanted)), f'type {int(wanted)}: asked, and got', got)
    print(n.kea.leases())
    n.daemon.end()
    print('\n'.join(n.daemon.read()))


run(test_types)
