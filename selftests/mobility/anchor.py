# SPDX-License-Identifier: GPL-2.0
"""The lab with an anchor of the user's own, as tests use it: its hosts, and what passes where."""
import contextlib
import functools
import os
import socket
import subprocess

import netns
from netlink import Odmm
from odmm import FIXED, SESSION
from tap import wait_for

LAB = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lab/own-anchor')
RUN = '/run/odmm-own-anchor'
CN = '2001:db8:c::c'
POOL, FIXED_PREFIX = '2001:db8:f::/60', '2001:db8:f:ff::/64'
ETH_P_IPV6 = 0x86dd


def lab(*words):
    """What it prints."""
    return subprocess.run([LAB, *words], capture_output=True, text=True, check=True, timeout=60).stdout.strip()


@contextlib.contextmanager
def up():
    subprocess.run([LAB, 'up', 'bare'], check=True)
    try:
        yield
    finally:
        subprocess.run([LAB, 'down'], check=True)


def host(name):
    return netns.Netns.of(f'/run/netns/odmm-oa-{name}')


def config():
    with open(f'{RUN}/odmmd.conf', encoding='ascii') as f:
        return f.read()


def tunnel():
    """The number of its link, or 0."""
    return dict((name, number) for number, name in socket.if_nameindex()).get('odmm0', 0)


def tunnel_bytes():
    """Of both directions."""
    with open('/proc/thread-self/net/dev', encoding='ascii') as f:
        fields = next(line for line in f if line.split(':')[0].strip() == 'odmm0').split(':')[1].split()
    return int(fields[0]) + int(fields[8])


def has_rules():
    return 'lookup 8653' in netns.ip('-6 rule')


def _release():
    """Nothing of a test before is left to be shared."""
    nl = Odmm()
    for p in nl.prefixes():
        nl.prefix_del(f"{p['prefix']}/{p['len']}", force=True)
    wait_for(lambda: not nl.prefixes(), 'prefixes to go')
    if tunnel():
        netns.ip('link del odmm0')
    for wanted in (SESSION, FIXED):
        nl.policy_set(type=wanted, linger=1)


def on_host(test):
    """A test that runs on the mobile host."""
    @functools.wraps(test)
    def inside():
        with host('mh').inside():
            _release()
            test()
    return inside


class Arrivals:
    """What arrives at the correspondent."""

    def __init__(self):
        with host('cn').inside():
            self.s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_IPV6))
        self.s.setblocking(False)
        self.packets = []

    def _read(self):
        with contextlib.suppress(BlockingIOError):
            while True:
                self.packets.append(self.s.recv(128))

    def hops(self, port):
        """The routers on the way of what came to a port."""
        self._read()
        return {64 - p[7] for p in self.packets if p[6] in (socket.IPPROTO_TCP, socket.IPPROTO_UDP) and
                int.from_bytes(p[42:44], 'big') == port}
