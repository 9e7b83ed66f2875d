#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Sockets that never ask are untouched: the kernel chooses the same source address for them without the module, with it, and with typed
prefixes of all types; and they cause no request.
"""
import errno
import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))
import kmod
import netlink
import netns
from netlink import ONLINK
from odmm import TYPES, SESSION, in_prefix, ready, tcp, udp
from tap import equal, ok, run

# All near the typed prefixes or not, on the link or not, of each scope.
DESTINATIONS = ('2001:db8:1::1', '2001:db8:1::99', '2001:db8:1::10', '2001:db8:51:8000::1', '2001:db8:51:1::1', '2001:db8:9::1', '2600::1',
                '2002:c000:201::1', 'fd00:1::1', 'fd00:1::99', 'fd00:9::1', 'fe80::99%v0', '::1', 'ff02::1%v0', 'ff05::1%v0', 'ff0e::1',
                '::ffff:10.0.0.1', '::ffff:10.9.0.1', '::ffff:127.0.0.1')
ROUTED = [f'2001:db8:51:{n}00::/64' for n in range(1, 9)]


def link_to_peer(addresses):
    peer = netns.Netns()
    netns.veth(peer)
    with peer.inside():
        netns.ip('addr add fe80::1/64 dev v1')
    for address in addresses:
        netns.ip(f'addr add {address} dev v0')
    netns.ip('-6 route add default via fe80::1 dev v0')
    return peer


def sockaddr(destination):
    """getaddrinfo() takes no interface with some scopes."""
    address, _, dev = destination.partition('%')
    return address, 9, 0, socket.if_nametoindex(dev) if dev else 0


def chosen(kind, destination, dev):
    """The source address for a destination, or the errno of connect()."""
    with kind() as s:
        s.setblocking(False)
        if dev:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, dev)
        try:
            s.connect(sockaddr(destination))
        except BlockingIOError:
            pass
        except ConnectionRefusedError:
            return 'refused'
        except OSError as e:
            return errno.errorcode[e.errno]
        return s.getsockname()[0]


def table():
    return {(kind.__name__, destination, dev): chosen(kind, destination, dev)
            for kind in (udp, tcp) for destination in DESTINATIONS for dev in (None, b'v0')}


def same(got, want, text):
    different = {key: (got[key], want[key]) for key in want if got[key] != want[key]}
    return ok(not different, f'{text}: {len(want)} choices are the same', different)


def test_choices():
    peer = link_to_peer(('2001:db8:1::10/64', 'fd00:1::10/64', '10.0.0.10/24'))
    netns.ip('route add default via 10.0.0.1')
    with kmod.removed():
        without = table()
    equal(without['udp', '2600::1', None], '2001:db8:1::10', 'the table has what one expects')
    same(table(), without, 'with the module')
    nl = netlink.Odmm()
    for n, prefix in enumerate(ROUTED):
        ready(nl, prefix, TYPES[n % 4], 'v0')
    same(table(), without, 'with typed routed prefixes')
    for wanted in TYPES:
        ready(nl, f'2001:db8:61:{wanted}::/64', wanted, 'v0', flags=ONLINK)
    same(table(), without, 'with typed on-link prefixes too')
    netns.sysctl('net.ipv6.conf.v0.use_oif_addrs_only', 1)
    without_others = table()
    for prefix in nl.prefixes():
        nl.prefix_del(f'{prefix["prefix"]}/{prefix["len"]}')
    same(table(), without_others, 'when only addresses of the interface may be chosen')
    peer.close()


def test_other_host():
    """Another global address elsewhere on the host, none on the interface itself."""
    peer = link_to_peer(())
    netns.dummy('d0')
    netns.ip('addr add 2001:db8:2::10/64 dev d0')
    before = table()
    equal(before['udp', '2600::1', None], '2001:db8:2::10', 'the only global address is chosen')
    for n, prefix in enumerate(ROUTED):
        ready(netlink.Odmm(), prefix, TYPES[n % 4], 'v0')
    same(table(), before, 'with typed routed prefixes')
    peer.close()


def test_only_global():
    """The documented exception: a typed address that is the only global one."""
    peer = link_to_peer(())
    before = table()
    ok(before['udp', '2600::1', None].startswith('fe80'), 'no global address: a link-local one is chosen', before)
    ready(netlink.Odmm(), ROUTED[0], SESSION, 'v0')
    ok(in_prefix(chosen(udp, '2600::1', None), ROUTED[0]), 'a typed address is the only global one: it is chosen')
    netns.sysctl('net.ipv6.conf.v0.use_oif_addrs_only', 1)
    same(table(), before, 'unless the interface has use_oif_addrs_only')
    peer.close()


def test_no_requests():
    """Ordinary use of sockets, while an agent is there to serve all types."""
    agent = netlink.Odmm()
    agent.claim(*TYPES)
    ready(agent, ROUTED[0], SESSION)
    listener = socket.create_server(('::1', 0), family=socket.AF_INET6)
    for _ in range(20):
        s = tcp()
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, 9)
        s.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)
        s.connect(listener.getsockname())
        child, _ = listener.accept()
        s.send(b'x')
        child.recv(1)
        with udp() as datagram:
            datagram.sendto(b'x', ('::1', 9))
    stats = agent.stats()
    equal({name for name, count in stats.items() if count}, {'prefixes', 'agents'}, 'no session, no request, nothing counted')
    equal(agent.prefix(ROUTED[0])['users'], 0, 'no user')


run(test_choices, test_other_host, test_only_global, test_no_requests)
