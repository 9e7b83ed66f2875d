#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The example of rules that keep people from sending from an address to which they can bind by hand."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))
import netlink
from netns import sh
from odmm import FIXED, Caller, ready, udp
from tap import equal, run

EXPENSIVE, MEMBERS, OTHERS = '2001:db8:51::/64', 1000, 1001


def send(address, port):
    """From an address that the socket is bound to by hand."""
    with udp() as s:
        s.bind((address, 0))
        s.connect(('::1', port))
        s.send(b'x')
        s.send(b'x')
    return 'sent'


def by(uid, address, port):
    caller = Caller(send, address, port, uid=uid)
    outcome = caller.outcome()
    caller.end()
    return outcome


def keeps_off():
    address = ready(netlink.Odmm(), EXPENSIVE, FIXED)
    with udp() as receiver:
        receiver.bind(('::1', 0))
        port = receiver.getsockname()[1]
        equal([by(uid, address, port) for uid in (0, MEMBERS, OTHERS)], 3 * ['sent'], 'without the rules everybody can')
        for _ in range(2):
            sh('nft -f tools/examples/keep-off.nft')
        equal([by(uid, address, port) for uid in (0, MEMBERS, OTHERS)], ['sent', 'sent', 'EPERM'], 'with them root and the group')
        equal(by(OTHERS, '::1', port), 'sent', 'others can from other addresses')


run(keeps_off)
