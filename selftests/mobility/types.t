#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What becomes of an address of each type when the host moves, in a network with Kea, relays and an anchor; and how soon there is a new one."""
import ipaddress
import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, path) for path in ('../lib', '../lab')]

# pylint: disable=wrong-import-position
from carrier import Carrier
from inside import LAB, fresh, lab, reaches
from life import SLACK, Watch, now
from netns import Netns
from odmm import (BIND, DEPRECATED, FIXED, GRACEFUL, GRANTED, LOST, NONPERSISTENT, ON_NET, SESSION, get_addr, get_status, in_prefix, state,
                  udp, wanting)
from program import Program
from tap import diag, equal, ok, outcome, run, wait_for

NAMES = {FIXED: 'fixed', SESSION: 'session-lasting', NONPERSISTENT: 'non-persistent', GRACEFUL: 'graceful-replacement'}
PATIENCE = 60   # seconds for what takes less than one on a machine of its own
GRACE = 30      # seconds, that lab gives if nothing is said


def pool(wanted, router):
    """Of selftests/lab/kea-dhcp6.conf."""
    return f"2001:db8:{ {FIXED: '51', SESSION: '52'}.get(wanted, f'{router[-1]}{wanted}') }00::/40"


class Holder:
    """A socket that asks for an address and holds it."""

    def __init__(self, wanted, flags=0):
        self.type, self.name = wanted, NAMES[wanted]
        self.socket = wanting(wanted, udp, BIND | flags, blocking=False)
        self.address = None

    def _ask(self):
        got = outcome(get_addr, self.socket)
        assert got in ('EINPROGRESS', 'EALREADY') or ':' in got, got
        return ':' in got and got

    def wait(self):
        self.address = wait_for(self._ask, f'an address, {self.name}', PATIENCE)
        return self

    def prefix(self):
        return str(ipaddress.IPv6Network((self.address, 64), strict=False))

    def state(self):
        return state(self.socket)

    def is_in(self, router, text):
        """Points: its address is of the right pool, and packets find it."""
        ok(in_prefix(self.address, pool(self.type, router)), f'{text}: {self.name}: an address of the pool', self.address)
        self.is_reached(text)

    def is_reached(self, text):
        ok(wait_for(lambda: reaches('cn', self.address), f'{self.address} to be reached', PATIENCE), f'{text}: {self.name}: is reached')

    def is_not_reached(self, text):
        ok(not reaches('cn', self.address), f'{text}: {self.name}: is not reached any more')


class Mobile:
    """The host, which this process is in."""

    def __init__(self):
        self.carrier, self.watch = Carrier('eth0'), Watch()
        self.back = self.began = None

    def move(self):
        moving = Program('move', LAB)
        wait_for(lambda: True in list(self.carrier.changes()), 'the carrier to come back', PATIENCE)
        self.back, self.began = time.monotonic(), now()
        return moving

    def usable(self, old):
        """A non-persistent address after a move, as soon as the old one is gone; prints how soon that is."""
        self.watch.end(old.prefix(), PATIENCE)
        new = Holder(NONPERSISTENT).wait()
        diag(f'from the carrier to a usable non-persistent address: {1000 * (time.monotonic() - self.back):.0f} ms')
        return new


def keeps(holder, text):
    """Points: what a move does not change."""
    equal((holder.state(), outcome(get_addr, holder.socket)), (GRANTED, holder.address), f'{text}: {holder.name}: the same address')
    holder.is_reached(text)


def is_replaced(old, router, text):
    """Points: there are both. The new one, with a socket that has asked for it."""
    wait_for(lambda: get_status(old.socket).replacement != '::', 'another address', PATIENCE)
    status = get_status(old.socket)
    ok(status.state == DEPRECATED and 0 < status.valid_lft <= GRACE, f'{text}: graceful-replacement: the old one for the grace time', status)
    new = Holder(GRACEFUL).wait()
    equal(new.address, status.replacement, f'{text}: graceful-replacement: is told which one replaces it')
    new.is_in(router, text)
    old.is_reached(f'{text}, the old one')
    return new


def over_moves(mobile):
    fixed, session, nonpersistent, graceful = (Holder(wanted).wait() for wanted in (FIXED, SESSION, NONPERSISTENT, GRACEFUL))
    for holder in (fixed, session, nonpersistent, graceful):
        holder.is_in('ar1', 'at ar1')

    moving = mobile.move()
    second = mobile.usable(nonpersistent)
    moving.status(PATIENCE)
    replacement = is_replaced(graceful, 'ar2', 'moved')
    second.is_in('ar2', 'moved')
    equal(nonpersistent.state(), LOST, 'moved: non-persistent: the old one is lost')
    nonpersistent.is_not_reached('moved, the old one')
    for holder in (fixed, session):
        keeps(holder, 'moved')

    Holder(SESSION, ON_NET).wait().is_in('ar2', 'asked for at ar2')
    mobile.watch.end(graceful.prefix(), GRACE + PATIENCE)
    passed = now() - mobile.began
    ok(passed >= GRACE - SLACK, 'graceful-replacement: the old one is gone, and not before the grace time was over', passed)
    graceful.is_not_reached('after the grace time, the old one')
    replacement.is_reached('after the grace time, the new one')

    moving = mobile.move()
    mobile.usable(second).is_in('ar1', 'back at ar1')
    moving.status(PATIENCE)
    is_replaced(replacement, 'ar1', 'back at ar1')
    for holder in (fixed, session):
        keeps(holder, 'back at ar1')


def test_types():
    fresh()
    with Netns.of('/run/netns/lab-mn').inside():
        over_moves(Mobile())
    lab('down')


run(test_types, timeout=300)
