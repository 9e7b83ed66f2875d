#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Typed addresses in the kernel's own tables: what they look like, when they are handed out, how they are made, how they end."""
import ipaddress
import os
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '../lib'))
import ndp
import netlink
import netns
from netlink import (ACTIVE, IFA_F_DADFAILED, IFA_F_DEPRECATED, IFA_F_NODAD, IFA_F_NOPREFIXROUTE, IFA_F_TENTATIVE, ONLINK, PREFIX_NTF,
                     TENTATIVE, kernel_address)
from odmm import (BIND, DEPRECATED, FIXED, GRACEFUL, GRANTED, IFA_PROTO_BASE, INFINITY, LOST, NONPERSISTENT, SESSION, TYPES, Caller,
                  ask, get_addr, get_status, in_prefix, ready, request_waiting, setsc, source, state, tcp, udp, wanting)
from tap import equal, fails, ok, outcome, run, wait_for

REACH = os.path.join(HERE, '../../build/selftests/reach')
A, B = '2001:db8:51::/64', '2001:db8:52::/64'
ROUTED = [f'2001:db8:51:{n:x}::/64' for n in range(20)]
MARGIN = 5      # seconds
SECRETS = bytes(range(16)), bytes(range(1, 17))


def iid(address):
    return int(ipaddress.IPv6Address(address)) & (1 << 64) - 1


def routes(prefix):
    return netns.ip(f'-6 -o route show table all {prefix}').split('\n')[:-1]


def refused(name, words, text, *args, **kwargs):
    """A point: the prefix is refused by that errno, and the kernel says why."""
    try:
        netlink.Odmm().prefix_add(*args, **kwargs)
        result = None
    except netlink.NetlinkError as e:
        result = e
    return ok(result and outcome(lambda: (_ for _ in ()).throw(result)) == name and words in result.text, text, repr(result))


def test_routed():
    nl = netlink.Odmm()
    netns.dummy('d0', 'h0')
    lo = socket.if_nametoindex('lo')
    for wanted, prefix in zip(TYPES, ROUTED):
        address = ready(nl, prefix, wanted, 'd0')
        a = kernel_address(address)
        ok(in_prefix(address, prefix), f'type {wanted}: an address of the prefix')
        equal((a['ifindex'], a['len'], a['proto']), (lo, 128, IFA_PROTO_BASE + wanted), f'type {wanted}: /128 on lo, the type in IFA_PROTO')
        flags = a['flags'] & (IFA_F_DEPRECATED | IFA_F_NOPREFIXROUTE | IFA_F_NODAD | IFA_F_TENTATIVE)
        equal(flags, IFA_F_DEPRECATED | IFA_F_NOPREFIXROUTE | IFA_F_NODAD, f'type {wanted}: deprecated, no prefix route, no DAD')
        equal((a['preferred'], a['valid']), (0, INFINITY), f'type {wanted}: preferred for 0 s, valid for ever')
        found = wait_for(lambda p=prefix: routes(p), 'its route')
        ok(len(found) == 1 and found[0].startswith(f'unreachable {ipaddress.IPv6Network(prefix)} ') and 'proto 208' in found[0],
           f'type {wanted}: an unreachable route for the rest of the prefix', found)
        fails('EHOSTUNREACH', f'type {wanted}: nothing is sent there', udp().connect, (str(ipaddress.IPv6Network(prefix)[-2]), 9))
        equal([x['proto'] for x in netlink.addresses('d0') if x['proto'] >= IFA_PROTO_BASE], [], f'type {wanted}: nothing on the link')
    address = ready(nl, B, SESSION, 'd0', home='h0')
    equal((kernel_address(address)['ifindex'], nl.prefix(B)['home']), 2 * (socket.if_nametoindex('h0'),), 'the address is on its home')
    address = ready(nl, '2001:db8:8000::/40', SESSION, 'd0')
    ok(in_prefix(address, '2001:db8:8000::/64'), 'of a short prefix the first /64 is used')
    equal(len(wait_for(lambda: routes('2001:db8:8000::/40'), 'its route')), 1, 'and all of it is kept from looping')
    for p in nl.prefixes():
        nl.prefix_del(f'{p["prefix"]}/{p["len"]}')
    wait_for(lambda: not [a for a in netlink.addresses() if a['proto'] >= IFA_PROTO_BASE], 'the addresses to go')
    wait_for(lambda: 'proto 208' not in netns.ip('-6 route show table all'), 'the routes to go')
    ok(True, 'deleted, they leave no address and no route')


def test_onlink():
    nl, peer = netlink.Odmm(), netns.Netns()
    netns.veth(peer, dad=4)
    events = netlink.Odmm()
    events.subscribe('events')
    nl.prefix_add(A, SESSION, 'v0', flags=ONLINK)
    early = wanting(SESSION, blocking=False)
    fails('EINPROGRESS', 'on-link: not handed out at once', get_addr, early)
    address = wait_for(lambda: nl.prefix(A).get('address'), 'the address')
    a = kernel_address(address)
    ok(a['flags'] & IFA_F_TENTATIVE, 'there is an address, tentative', a)
    caller = Caller(ask, SESSION)
    equal((nl.prefix(A)['state'], state(early)), (TENTATIVE, netlink.NEW + 1), 'prefix tentative, socket pending')
    equal(caller.outcome(), address, 'who waits gets it')
    a = kernel_address(address)
    equal(a['flags'] & (IFA_F_TENTATIVE | IFA_F_DADFAILED | IFA_F_NODAD), 0, 'after duplicate detection')
    equal((a['ifindex'], a['len'], a['proto']), (socket.if_nametoindex('v0'), 128, IFA_PROTO_BASE + SESSION), '/128 on the link, tagged')
    equal((nl.prefix(A)['state'], state(early), get_addr(early)), (ACTIVE, GRANTED, address), 'prefix active, socket granted')
    states = []
    while not states or states[-1] != ACTIVE:
        states += [v['state'] for command, v in events.events() if command == PREFIX_NTF]
    equal(states, [TENTATIVE, ACTIVE], 'listeners are told both')
    equal(routes(A), [], 'no route for the prefix')
    with peer.inside():
        netns.ip(f'-6 route add {A} dev v1')
        s = udp()
        s.bind(('::', 0))
    setsc(early, SESSION, BIND)
    early.sendto(b'x', (link_local(peer), s.getsockname()[1], 0, socket.if_nametoindex('v0')))
    s.settimeout(20)
    _, sender = s.recvfrom(1)
    s.sendto(b'y', sender)
    early.settimeout(20)
    equal((sender[0], early.recv(1)), (address, b'y'), 'the peer reaches it')


def link_local(peer):
    with peer.inside():
        return [a['address'] for a in netlink.addresses('v1') if a['address'].startswith('fe80')][0]


def reached(agent, times):
    """What reach(1) tells, while its requests are answered."""
    with subprocess.Popen([REACH, str(times), str(NONPERSISTENT)], stdout=subprocess.PIPE, text=True) as reach:
        for n in range(times):
            request = request_waiting(agent, state=netlink.NEW)
            agent.prefix_add(f'2001:db8:51:{n:x}::/64', NONPERSISTENT, cookie=request['cookie'])
        result = reach.stdout.read().strip()
    for p in agent.prefixes():
        # Some are released meanwhile, as their only user is gone.
        outcome(agent.prefix_del, f'{p["prefix"]}/{p["len"]}')
    return result


def test_usable_at_once():
    """What is handed out can be connected from, and to, at that very moment."""
    agent = netlink.Odmm()
    agent.claim(NONPERSISTENT)
    equal(reached(agent, 200), 'to 200 from 200', '200 of 200 connections to an address just handed out, and from it, succeed')
    # The kernel makes the route when it has time to, and then needs RTNL.
    loop = 'while ip link add $0 type dummy; do ip link del $0; done'
    busy = [subprocess.Popen(['sh', '-c', loop, f'x{n}']) for n in range(2)]
    equal(reached(agent, 100), 'to 100 from 100', '100 of 100 while others change links all the time')
    for process in busy:
        process.kill()


def test_connection():
    """TCP, from the address and to it."""
    nl = netlink.Odmm()
    address = ready(nl, A, SESSION)
    with socket.create_server(('::', 0), family=socket.AF_INET6) as listener:
        port = listener.getsockname()[1]
        s, t = tcp(), tcp()
        setsc(s, SESSION, BIND)
        s.connect(('::1', port))
        equal(listener.accept()[1][0], address, 'TCP from the address')
        t.connect((address, port))
        equal(t.getpeername()[0], address, 'TCP to the address')


def takes_advertisement(peer, prefix):
    def came():
        ndp.advertise(peer, prefix)
        return [a for a in netlink.addresses('v0') if in_prefix(a['address'], prefix)]
    return wait_for(came, 'an address from the advertisement')


def test_advertisements():
    nl, peer = netlink.Odmm(), netns.Netns()
    netns.veth(peer)
    for n, prefix in enumerate(ROUTED):
        ready(nl, prefix, TYPES[n % 4], 'v0')
    ok(takes_advertisement(peer, '2001:db8:a1::/64'), '20 routed prefixes, and the link takes an address from a router advertisement')
    for n in range(8):
        ready(nl, f'2001:db8:61:{n}::/64', SESSION, 'v0', flags=ONLINK)
    ok(takes_advertisement(peer, '2001:db8:a2::/64'), 'and with 8 on-link prefixes too')
    refused('ENOSPC', 'interface has 8 typed on-link addresses', 'a ninth on that link is refused', '2001:db8:61:9::/64', SESSION, 'v0',
            flags=ONLINK)
    netns.dummy('d0')
    ok(ready(nl, '2001:db8:61:9::/64', SESSION, 'd0', flags=ONLINK), 'on another it is not')
    nl.prefix_del('2001:db8:61:1::/64')
    ok(ready(nl, '2001:db8:61:1::/64', SESSION, 'v0', flags=ONLINK), 'nor when there is room again')


def test_no_home():
    nl = netlink.Odmm()
    netns.dummy('d0', 'd1')
    netns.ip('link set lo down')
    refused('ENETDOWN', 'is down', 'routed, lo is down: refused', A, SESSION, 'd0')
    ok(ready(nl, B, SESSION, 'd0', home='d1'), 'another home will do')
    netns.ip('link set d0 down')
    refused('ENETDOWN', 'is down', 'on-link, the link is down: refused', A, SESSION, 'd0', flags=ONLINK)
    netns.ip('link set lo up')
    ok(ready(nl, A, SESSION, 'd0'), 'routed, the link is down and lo is up: taken')
    nl.prefix_del(A)
    netns.sysctl('net.ipv6.conf.lo.disable_ipv6', 1)
    refused('EADDRNOTAVAIL', 'IPv6 is disabled', 'IPv6 is disabled on lo: refused', A, SESSION, 'd0')
    refused('EINVAL', 'on-link prefix lives on its link', 'on-link with a home: refused', A, SESSION, 'd1', home='lo', flags=ONLINK)


def addresses_of(nl, prefix, wanted, n=2, **values):
    """Addresses that the same prefix gets, one time after the other."""
    found = []
    for _ in range(n):
        found.append(ready(nl, prefix, wanted, **values))
        nl.prefix_del(prefix)
    return found


def test_fixed_identifiers():
    nl, other = netlink.Odmm(), netns.Netns()
    netns.dummy('d0', 'd1')
    unset = addresses_of(nl, A, FIXED)
    ok(unset[0] == unset[1], 'fixed: the same address for the same prefix', unset)
    nl.set_secret(SECRETS[0])
    first = addresses_of(nl, A, FIXED)
    ok(len(set(first)) == 1, 'fixed: the same with the same secret', first)
    nl.set_secret(SECRETS[1])
    second = addresses_of(nl, A, FIXED)
    ok(len(set(second)) == 1 and len({unset[0], first[0], second[0]}) == 3, 'fixed: another with another secret', (unset, first, second))
    nl.set_secret(SECRETS[0])
    equal(addresses_of(nl, A, FIXED, dev='d0') + addresses_of(nl, A, FIXED, dev='d1', flags=ONLINK), 2 * first,
          'fixed: the same again with the first secret, on any interface')
    identifiers = [iid(addresses_of(nl, prefix, FIXED, 1)[0]) for prefix in ROUTED]
    equal(len(set(identifiers)), len(ROUTED), 'fixed: another identifier under each prefix')
    ok(not [i for i in identifiers if i >> 24 & 0xffff == 0xfffe], 'fixed: none is made of a hardware address')
    ones = sum(bin(i).count('1') for i in identifiers) / len(identifiers)
    ok(24 < ones < 40, 'fixed: the bits look random', ones)
    with other.inside():
        theirs = netlink.Odmm()
        ready(theirs, A, FIXED)
        ok(theirs.prefix(A)['address'] not in (unset[0], first[0], second[0]), 'fixed: each namespace begins with a secret of its own')
        theirs.prefix_del(A)
        theirs.set_secret(SECRETS[0])
        equal(addresses_of(theirs, A, FIXED), first, 'fixed: the same in another namespace with the same secret')


def test_fixed_conflict():
    """RFC 7217: the address after a conflict is stable too."""
    nl, peer = netlink.Odmm(), netns.Netns()
    nl.set_secret(SECRETS[0])
    netns.veth(peer, dad=1)
    found = []
    for _ in range(2):
        defender = ndp.Defender(peer, times=1)
        nl.prefix_add(A, FIXED, 'v0', flags=ONLINK)
        found.append((defender.defended(), Caller(ask, FIXED).outcome()))
        nl.prefix_del(A, force=True)
        wait_for(lambda: not nl.prefixes(), 'the prefix to go')
    ok(found[0] == found[1] and found[0][0] != found[0][1], 'fixed: after a conflict another address, and always the same', found)


def test_random_identifiers():
    nl = netlink.Odmm()
    nl.set_secret(SECRETS[0])
    for wanted in (SESSION, NONPERSISTENT, GRACEFUL):
        found = addresses_of(nl, A, wanted, 4) + addresses_of(nl, B, wanted, 2)
        equal(len({iid(address) for address in found}), 6, f'type {wanted}: another identifier each time and under each prefix')


def test_lifetimes():
    nl = netlink.Odmm()
    begin = time.monotonic()
    address = ready(nl, A, SESSION, valid_lft=4, preferred_lft=2)
    s = wanting(SESSION)
    get_addr(s)
    a = kernel_address(address)
    # It is for the module to end it; the kernel's own is longer by a margin.
    ok(3 <= a['valid'] <= 4 + MARGIN and a['preferred'] == 0, 'the kernel knows the valid lifetime', a)
    wait_for(lambda: state(s) == DEPRECATED, 'deprecation')
    ok(time.monotonic() - begin >= 2, 'deprecated after 2 s')
    equal((nl.prefix(A)['state'], nl.prefix(A)['preferred_lft'], get_status(s).preferred_lft), (netlink.DEPRECATED, 0, 0), 'all say so')
    fails('EOPNOTSUPP', 'it serves nobody who is new', ask, SESSION)
    equal(get_addr(s), address, 'who holds it keeps it')
    wait_for(lambda: state(s) == LOST, 'the end')
    ok(time.monotonic() - begin >= 4, 'gone after 4 s')
    wait_for(lambda: not kernel_address(address), 'the address to go')
    equal((nl.prefixes(), get_status(s).addr), ([], address), 'prefix and address are gone, and the socket can tell which it was')


def test_change_lifetimes():
    nl = netlink.Odmm()
    address = ready(nl, A, SESSION, valid_lft=1000)
    s = wanting(SESSION)
    get_addr(s)
    nl.prefix_change(A, valid_lft=5000, preferred_lft=3000)
    wait_for(lambda: 4900 < kernel_address(address)['valid'] <= 5000 + MARGIN, 'the kernel to know the new lifetime')
    a = kernel_address(address)
    equal((a['proto'], a['flags'] & (IFA_F_NOPREFIXROUTE | IFA_F_DEPRECATED)),
          (IFA_PROTO_BASE + SESSION, IFA_F_NOPREFIXROUTE | IFA_F_DEPRECATED), 'a new lifetime leaves tag and flags')
    nl.prefix_change(A, preferred_lft=0)
    equal(state(s), DEPRECATED, 'deprecated by hand')
    nl.prefix_change(A, preferred_lft=100)
    equal((state(s), ask(SESSION)), (GRANTED, address), 'preferred again: serves again')
    nl.prefix_change(A, valid_lft=INFINITY, preferred_lft=INFINITY)
    ok(wait_for(lambda: kernel_address(address)['valid'] == INFINITY, 'no end'), 'a lifetime without end')


def test_taken_away():
    """Somebody else deletes the address."""
    nl = netlink.Odmm()
    address = ready(nl, A, NONPERSISTENT)
    s = wanting(NONPERSISTENT)
    get_addr(s)
    netns.ip(f'addr del {address}/128 dev lo')
    ok(wait_for(lambda: state(s) == LOST, 'the loss'), 'deleted by somebody else: lost')
    equal((nl.stats()['prefixes_lost'], nl.prefixes()), (1, []), 'counted, and gone')
    ok(ready(nl, A, NONPERSISTENT), 'and can come again')


def test_vrf():
    netns.sh('modprobe vrf')
    nl = netlink.Odmm()
    netns.dummy('d0')
    netns.ip('link add vrf0 type vrf table 100')
    netns.ip('link set vrf0 up')
    netns.ip('link set d0 master vrf0')
    address = ready(nl, A, SESSION, 'd0')
    equal((kernel_address(address)['ifindex'], nl.prefix(A)['home']), 2 * (socket.if_nametoindex('vrf0'),), 'VRF: the address is on it')
    ok('table 100' in wait_for(lambda: routes(A), 'its route')[0], 'VRF: the unreachable route is in its table', routes(A))
    fails('EOPNOTSUPP', 'VRF: a socket outside is not served', ask, SESSION)
    for dev in ('vrf0', 'd0'):
        s = wanting(SESSION, tcp, BIND, dev=dev)
        equal((outcome(get_addr, s), source(s)), (address, address), f'VRF: a socket on {dev} is served and bound')


run(test_routed, test_onlink, test_usable_at_once, test_connection, test_advertisements, test_no_home, test_fixed_identifiers, test_fixed_conflict,
    test_random_identifiers, test_lifetimes, test_change_lifetimes, test_taken_away, test_vrf)
