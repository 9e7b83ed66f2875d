#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Typed prefixes by netlink: what is refused and why, changes, deletion of what is held, links that go, many of them."""
import ipaddress
import os
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))

# pylint: disable=wrong-import-position
import netns
from netlink import ACTIVE, DEPRECATED, EXCLUSIVE, NLM_F_DUMP, NLMSG_DONE, ONLINK, PREFIX, PREFIX_ADD, PREFIX_CHANGE, PREFIX_DEL, \
    PREFIX_GET, Odmm, addresses, attr, attrs, encode
from odmm import FIXED, GRACEFUL, GRANTED, INFINITY, LOST, NONPERSISTENT, SESSION, TYPES, get_addr, in_prefix, raw, ready, state, \
    tcp, udp, wanting
from odmm import DEPRECATED as HELD_DEPRECATED
from probe import Probe, add_refused, network, refused
from tap import diag, equal, fails, ok, outcome, run, wait_for

P, Q, R = '2001:db8:51::/64', '2001:db8:52::/64', '2001:db8:53::/64'
MANY, MOST = 10000, 16384
NOT_GLOBAL = 'not a prefix of global unicast addresses'
HOST_BITS = 'bits are set behind the prefix length'


def addresses_in(prefix):
    return [a for a in addresses() if in_prefix(a['address'], prefix)]


def bad_addresses():
    nl = Probe()
    before = addresses()
    for prefix in ('ff02::/16', 'ff0e::/64', 'ff3e:40:2001:db8::/64', 'fe80::/16', 'fe80::/64', 'febf::/32', '::/16', '::/64', '0:0:0::/48'):
        add_refused(nl, f'{prefix} is refused', 'EINVAL', NOT_GLOBAL, 'prefix', prefix)
    for prefix in ('::1/64', '::ffff:192.0.2.0/64', '::192.0.2.1/64', '2001:db8:51::1/64', '2001:db8:51:1::/63', '2001:db8:8000::/32',
                   '2001:db8::/16', '2001:db8:51:0:8000::/64', 'ff02::1/64', 'fe80:0:0:1::/63'):
        add_refused(nl, f'{prefix} has host bits', 'EINVAL', HOST_BITS, 'prefix', prefix)
    for length in (0, 15, 65, 96, 128):
        add_refused(nl, f'a prefix of length {length}', 'ERANGE', None, 'len', f'2001::/{length}')
    equal(nl.prefixes(), [], 'none of them is there')
    equal(addresses(), before, 'the kernel has no address of them')
    for prefix in ('2001::/16', '3fff::/20', 'fd00:1::/32', '2001:db8:51:8000::/49', P):
        ok(in_prefix(ready(nl, prefix, FIXED), prefix), f'{prefix} is taken')
        nl.prefix_del(prefix)
    wait_for(lambda: addresses() == before, 'the addresses to go')
    equal(nl.prefixes(), [], 'and deleted')


def overlaps():
    nl = Probe()
    address = ready(nl, '2001:db8:40::/44', FIXED)
    before = nl.prefixes()
    for wanted, words in ((FIXED, 'overlaps with another prefix'), (SESSION, 'overlaps with a prefix of another type')):
        for prefix in ('2001:db8:40::/64', '2001:db8:4f:ffff::/64', '2001:db8:45::/48', '2001:db8:40::/45', '2001:db8::/32', '2001::/16'):
            add_refused(nl, f'{prefix}: {words}', 'EINVAL', words, 'prefix', prefix, wanted)
    for wanted in TYPES:
        add_refused(nl, f'the same as type {wanted}', 'EEXIST', 'prefix exists', 'prefix', '2001:db8:40::/44', wanted)
    equal(nl.prefixes(), before, 'the first is as it was')
    for prefix in ('2001:db8:30::/44', '2001:db8:50::/44', '2001:db8:3f:ffff::/64'):
        words = 'overlaps with another prefix'
        if prefix.endswith('/64'):
            add_refused(nl, f'{prefix}: {words}', 'EINVAL', words, 'prefix', prefix)
        else:
            ok(ready(nl, prefix, FIXED), f'{prefix}: a neighbour is none')
    nl.prefix_del('2001:db8:40::/44')
    wait_for(lambda: address not in [a['address'] for a in addresses()], 'its address to go')
    ok(in_prefix(ready(nl, '2001:db8:45::/48', SESSION), '2001:db8:45::/48'), 'after deletion its place is free')


def lifetimes():
    nl = Probe()
    longer = 'preferred lifetime is longer than the valid one'
    add_refused(nl, 'preferred > valid', 'EINVAL', longer, 'preferred_lft', P, valid_lft=10, preferred_lft=11)
    add_refused(nl, 'preferred for ever > valid', 'EINVAL', longer, 'preferred_lft', P, valid_lft=10, preferred_lft=INFINITY)
    add_refused(nl, 'preferred 0', 'EINVAL', 'a prefix with preferred lifetime 0 would serve nobody', 'preferred_lft', P, preferred_lft=0)
    add_refused(nl, 'valid 0', 'ERANGE', None, 'valid_lft', P, valid_lft=0)
    equal(nl.prefixes(), [], 'nothing is added')

    ready(nl, P, FIXED)
    equal(lives(nl, P), (INFINITY, INFINITY), 'for ever if nothing is said')
    ready(nl, Q, FIXED, valid_lft=1000)
    ok(all(990 < lft <= 1000 for lft in lives(nl, Q)), 'preferred as long as valid if nothing is said', lives(nl, Q))
    kernel = addresses_in(Q)[0]
    ok(990 < kernel['valid'] <= 1005 and kernel['preferred'] == 0, 'the address lives as long, or a little longer, and is deprecated', kernel)


def lives(nl, prefix):
    p = nl.prefix(prefix)
    return p['valid_lft'], p['preferred_lft']


def change_refused(nl, point, error, words, bad, prefix, **values):
    return refused(nl, point, PREFIX_CHANGE, PREFIX, error, words, bad, **network(prefix), **values)


def change_lifetimes():
    nl = Probe()
    ready(nl, P, SESSION, valid_lft=5000, preferred_lft=4000)
    longer = 'preferred lifetime is longer than the valid one'
    change_refused(nl, 'preferred > valid of before', 'EINVAL', longer, 'preferred_lft', P, preferred_lft=6000)
    change_refused(nl, 'preferred > valid', 'EINVAL', longer, 'preferred_lft', P, preferred_lft=60, valid_lft=50)
    change_refused(nl, 'valid 0', 'ERANGE', None, 'valid_lft', P, valid_lft=0)
    change_refused(nl, 'of a prefix that is not there', 'ENOENT', 'no such prefix', 'prefix', Q, valid_lft=5)
    change_refused(nl, 'of a part of it', 'ENOENT', 'no such prefix', 'prefix', '2001:db8:51::/63', valid_lft=5)
    ok(all(want - 20 < lft <= want for lft, want in zip(lives(nl, P), (5000, 4000))), 'refused: they are what they were', lives(nl, P))

    nl.prefix_change(P, valid_lft=3000)
    ok(all(2980 < lft <= 3000 for lft in lives(nl, P)), 'a shorter valid lifetime shortens the preferred one', lives(nl, P))
    wait_for(lambda: addresses_in(P)[0]['valid'] <= 3005, 'the address to follow')
    nl.prefix_change(P, valid_lft=INFINITY, preferred_lft=INFINITY)
    equal(lives(nl, P), (INFINITY, INFINITY), 'for ever')
    wait_for(lambda: addresses_in(P)[0]['valid'] == INFINITY, 'the address to follow')
    ok(True, 'the address in the table follows')

    s = wanting(SESSION)
    address = get_addr(s)
    nl.prefix_change(P, preferred_lft=0)
    equal((nl.prefix(P)['state'], state(s)), (DEPRECATED, HELD_DEPRECATED), 'preferred 0 deprecates')
    equal(outcome(get_addr, wanting(SESSION)), 'EOPNOTSUPP', 'and it serves nobody new')
    equal(get_addr(s), address, 'but its holder')
    nl.prefix_change(P, preferred_lft=100)
    equal((nl.prefix(P)['state'], state(s)), (ACTIVE, GRANTED), 'and it can be preferred again')
    equal(get_addr(wanting(SESSION)), address, 'and serves')


def expiry():
    nl = Probe()
    ready(nl, P, FIXED, valid_lft=2, preferred_lft=1)
    s = wanting(FIXED)
    get_addr(s)
    wait_for(lambda: nl.prefixes()[0]['state'] == DEPRECATED, 'it to be deprecated')
    equal(state(s), HELD_DEPRECATED, 'deprecated when the preferred lifetime ends')
    wait_for(lambda: not nl.prefixes(), 'it to be gone')
    equal(state(s), LOST, 'gone when the valid one does, held or not')
    wait_for(lambda: not addresses_in(P), 'its address to go')
    ok(True, 'and its address')


def change_of_something_else():
    """What is not named stays: a lifetime runs down however often the rest is changed."""
    nl = Odmm()
    netns.dummy('d0', 'd1')
    ready(nl, P, FIXED, 'd0', valid_lft=4)
    end = time.monotonic() + 8

    def changed():
        for dev in ('d1', 'd0'):
            if outcome(nl.prefix_change, P, dev=dev) == 'ENOENT':
                return True
        return time.monotonic() > end
    wait_for(changed, 'the end')
    ok(time.monotonic() < end - 1, 'a prefix with 4 s to live is gone after them, although it was moved all the time',
       outcome(nl.prefix, P))


def interfaces():
    nl = Probe()
    netns.dummy('d0', 'd1', 'low', 'off')
    netns.ip('link set low down')
    netns.sysctl('net.ipv6.conf.off.disable_ipv6', 1)
    for number in (9999, 0x7fffffff, 0x80000000, 0xffffffff):
        add_refused(nl, f'interface {number}', 'ENODEV', 'no such interface', 'ifindex', P, FIXED, number)
        add_refused(nl, f'home {number}', 'ENODEV', 'no such home interface', 'home', P, FIXED, 'd0', number)
        add_refused(nl, f'on-link on interface {number}', 'ENODEV', 'no such interface', 'ifindex', P, FIXED, number, flags=ONLINK)
    down = 'interface that is to carry the address is down'
    off = 'IPv6 is disabled on the interface that is to carry the address'
    add_refused(nl, 'home is down', 'ENETDOWN', down, None, P, FIXED, 'd0', 'low')
    add_refused(nl, 'on-link on one that is down', 'ENETDOWN', down, None, P, FIXED, 'low', flags=ONLINK)
    add_refused(nl, 'home without IPv6', 'EADDRNOTAVAIL', off, None, P, FIXED, 'd0', 'off')
    add_refused(nl, 'on-link on one without IPv6', 'EADDRNOTAVAIL', off, None, P, FIXED, 'off', flags=ONLINK)
    add_refused(nl, 'on-link with a home', 'EINVAL', 'an on-link prefix lives on its link, not on a home interface', 'home', P, FIXED,
                'd0', 'd1', flags=ONLINK)
    add_refused(nl, 'exclusive by user', 'EINVAL', 'the kernel alone makes a prefix exclusive', 'flags', P, FIXED, 'd0', flags=EXCLUSIVE)
    add_refused(nl, 'exclusive and on-link by user', 'EINVAL', 'the kernel alone makes a prefix exclusive', 'flags', P, FIXED, 'd0',
                flags=EXCLUSIVE | ONLINK)
    equal(nl.prefixes(), [], 'nothing is added')

    ready(nl, P, FIXED, 'low')
    equal([a['ifindex'] for a in addresses_in(P)], [1], 'routed, by an interface that is down: lo carries it')
    ready(nl, Q, FIXED, 'd0', home='d1')
    equal([a['ifindex'] for a in addresses_in(Q)], [socket.if_nametoindex('d1')], 'home d1 carries it')
    netns.sysctl('net.ipv6.conf.lo.disable_ipv6', 1)
    add_refused(nl, 'routed, lo without IPv6', 'EADDRNOTAVAIL', off, None, R, FIXED, 'd0')
    netns.ip('link set lo down')
    add_refused(nl, 'routed, lo down', 'ENETDOWN', down, None, R, FIXED, 'd0')


def onlinks():
    nl = Probe()
    netns.dummy('d0', 'd1')
    for n in range(8):
        ready(nl, f'2001:db8:{n:x}::/64', 1 + n % 4, 'd0', flags=ONLINK)
    full = 'interface has 8 typed on-link addresses; more would keep it from router advertisements'
    add_refused(nl, 'the ninth on one link', 'ENOSPC', full, 'ifindex', P, FIXED, 'd0', flags=ONLINK)
    equal(len(nl.prefixes()), 8, 'is not there')
    ok(ready(nl, P, FIXED, 'd1', flags=ONLINK), 'another link takes it')
    ok(ready(nl, Q, FIXED, 'd0'), 'a routed one by the full link is taken')
    change_refused(nl, 'an on-link one cannot move to the full link', 'ENOSPC', full, 'ifindex', P, ifindex=socket.if_nametoindex('d0'))
    equal(nl.prefix(P)['home'], socket.if_nametoindex('d1'), 'and stays where it is')
    nl.prefix_del('2001:db8:3::/64')
    ok(ready(nl, R, FIXED, 'd0', flags=ONLINK), 'where one went another may come')


def move():
    nl = Probe()
    netns.dummy('d0', 'd1')
    address = ready(nl, P, SESSION, 'd0', valid_lft=1000, preferred_lft=900)
    before = nl.prefix(P)
    change_refused(nl, 'to an interface that is not there', 'ENODEV', 'no such interface', 'ifindex', P, ifindex=9999)
    equal(nl.prefix(P)['ifindex'], before['ifindex'], 'it stays')
    s, other = wanting(SESSION, dev='d1'), wanting(SESSION, dev='d0')
    fails('EOPNOTSUPP', 'a socket bound to d1 is not served', get_addr, s)
    equal(get_addr(other), address, 'one bound to d0 is')
    nl.prefix_change(P, dev='d1')
    after = nl.prefix(P)
    equal((after['ifindex'], after['state'], after['address']), (socket.if_nametoindex('d1'), ACTIVE, address), 'moved to d1, with its address')
    ok(after['valid_lft'] > 900 and after['preferred_lft'] > 800, 'its lifetimes go on', after)
    equal(get_addr(s), address, 'now the socket bound to d1 is served')
    equal(get_addr(other), address, 'and who held it holds it')


def vrf():
    nl = Probe()
    netns.ip('link add red type vrf table 100')
    netns.ip('link set red up')
    netns.dummy('d0', 'd1', 'out')
    for dev in ('d0', 'd1'):
        netns.ip(f'link set {dev} master red')
    address = ready(nl, P, FIXED, 'd0')
    equal([a['ifindex'] for a in addresses_in(P)], [socket.if_nametoindex('red')], 'the VRF device carries it')
    ok('dev lo' in wait_for(lambda: netns.ip(f'-6 route show table 100 {P}'), 'its route'), 'the unreachable route is in the table of the VRF')
    equal(netns.ip(f'-6 route show table main {P}'), '', 'and not in the main one')
    for dev in ('red', 'd0'):
        s = wanting(FIXED, tcp, dev=dev)
        equal(outcome(get_addr, s), address, f'a socket bound to {dev} gets it')
        s.bind((address, 0))
    fails('EOPNOTSUPP', 'one that is bound to nothing does not', get_addr, wanting(FIXED))
    fails('EOPNOTSUPP', 'nor one bound to another interface of the VRF', get_addr, wanting(FIXED, dev='d1'))
    fails('EOPNOTSUPP', 'nor one bound to an interface outside', get_addr, wanting(FIXED, dev='out'))
    foreign = 'home interface is in another VRF'
    add_refused(nl, 'home outside the VRF', 'EINVAL', foreign, 'home', Q, FIXED, 'd0', 'lo')
    add_refused(nl, 'home in a VRF, interface outside', 'EINVAL', foreign, 'home', Q, FIXED, 'out', 'red')
    ready(nl, Q, SESSION, 'out')
    change_refused(nl, 'into the VRF', 'EINVAL', 'interface is in another VRF', 'ifindex', Q, ifindex=socket.if_nametoindex('d0'))
    change_refused(nl, 'out of the VRF', 'EINVAL', 'interface is in another VRF', 'ifindex', P, ifindex=socket.if_nametoindex('out'))
    nl.prefix_change(P, dev='d1')
    equal(nl.prefix(P)['ifindex'], socket.if_nametoindex('d1'), 'within the VRF it moves')
    equal(get_addr(wanting(FIXED, dev='d1')), address, 'and serves there')


BUSY = 'sockets hold that prefix; force takes it away all the same'


def del_refused(nl, point, prefix):
    return refused(nl, point, PREFIX_DEL, PREFIX, 'EBUSY', BUSY, 'prefix', **network(prefix))


def delete_held():
    nl = Probe()
    refused(nl, 'of a prefix that is not there', PREFIX_DEL, PREFIX, 'ENOENT', 'no such prefix', 'prefix', **network(P))
    for wanted in (FIXED, SESSION):
        ready(nl, P, wanted)
        s = wanting(wanted)
        address = get_addr(s)
        del_refused(nl, f'type {wanted}, held by a session', P)
        equal((state(s), nl.prefix(P)['state'], get_addr(s)), (GRANTED, ACTIVE, address), 'nothing has happened')
        nl.prefix_del(P, force=True)
        equal((state(s), nl.prefixes()), (LOST, []), 'force deletes it')
        ready(nl, P, wanted)
        s.close()
        nl.prefix_del(P)
        equal(nl.prefixes(), [], 'one that nobody holds goes')
    for wanted in (NONPERSISTENT, GRACEFUL):
        ready(nl, P, wanted)
        s = wanting(wanted)
        get_addr(s)
        nl.prefix_del(P)
        equal((state(s), nl.prefixes()), (LOST, []), f'type {wanted} goes at once, held or not')
    wait_for(lambda: not addresses_in(P), 'the addresses to go')
    ok(True, 'no address is left')


def delete_and_release():
    nl = Probe()
    for kind in (tcp, udp, raw):
        ready(nl, P, SESSION)
        s = wanting(SESSION, kind)
        get_addr(s)
        del_refused(nl, f'{kind.__name__}: held', P)
        s.close()
        wait_for(lambda: outcome(nl.prefix_del, P) is None, 'the sweep to find the socket gone')
        ok(True, f'{kind.__name__}: free once it is closed')


def bound_by_hand():
    nl = Probe()
    address = ready(nl, P, SESSION)
    for kind in (tcp, udp, raw):
        s = kind()
        s.bind((address, 0))
        equal((nl.prefix(P)['sessions'], nl.prefix(P)['users']), (0, 1), f'{kind.__name__} bound by hand is a user, not a session')
        equal(nl.prefixes()[0]['users'], 1, 'the dump says so too')
        del_refused(nl, f'{kind.__name__} bound by hand holds it', P)
        s.close()
        equal(nl.prefix(P)['users'], 0, 'until it is closed')
    other, away = udp(), udp()
    other.bind(('::', 0))
    away.bind(('::1', 0))
    nl.prefix_del(P)
    equal(nl.prefixes(), [], 'sockets bound to other addresses do not hold it')


def accepted_child():
    nl = Probe()
    address = ready(nl, P, SESSION)
    listener = wanting(SESSION, tcp)
    listener.bind((get_addr(listener), 0))
    listener.listen()
    client = tcp()
    client.connect(listener.getsockname())
    child, _ = listener.accept()
    listener.close()
    wait_for(lambda: not nl.prefix(P)['sessions'], 'the session of the listener to end')
    ours = 1 + (client.getsockname()[0] == address)
    equal(nl.prefix(P)['users'], ours, 'the accepted child is a user when the listener is gone')
    del_refused(nl, 'it holds the prefix', P)
    child.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    child.close()
    client.close()
    wait_for(lambda: outcome(nl.prefix_del, P) is None, 'the prefix to be free')
    equal(nl.prefixes(), [], 'until it is closed')


def link_removal():
    nl = Probe()
    netns.dummy('d0', 'd1', 'h0')
    routed = ready(nl, P, SESSION, 'd0')
    onlink = ready(nl, Q, FIXED, 'd0', flags=ONLINK)
    housed = ready(nl, R, FIXED, 'd1', home='h0')
    stays, goes, home = wanting(SESSION), wanting(FIXED, dev='d0'), wanting(FIXED, dev='d1')
    equal([get_addr(stays), get_addr(goes), get_addr(home)], [routed, onlink, housed], 'three are held')
    netns.ip('link del d0')
    equal([p['prefix'] for p in nl.prefixes()], ['2001:db8:51::', '2001:db8:53::'], 'the on-link prefix goes with its link')
    equal(('ifindex' in nl.prefix(P), nl.prefix(P)['state']), (False, ACTIVE), 'the routed one stays, without an interface')
    equal((state(stays), state(goes), state(home)), (GRANTED, LOST, GRANTED), 'their holders know')
    equal(get_addr(wanting(SESSION)), routed, 'and it serves')
    netns.ip('link del h0')
    equal([p['prefix'] for p in nl.prefixes()], ['2001:db8:51::'], 'a routed one goes with its home')
    equal(state(home), LOST, 'and its holder knows')
    netns.dummy('d2', 'd3')
    ready(nl, Q, FIXED, 'd3', flags=ONLINK)
    peer = netns.Netns()
    netns.ip(f'link set d3 netns {peer.path}')
    equal([p['prefix'] for p in nl.prefixes()], ['2001:db8:51::'], 'an on-link one goes when its link moves to another namespace')
    nl.prefix_change(P, dev='d2')
    equal(nl.prefix(P)['ifindex'], socket.if_nametoindex('d2'), 'the one that stayed can be given another interface')


def newest():
    nl = Probe()
    old, new = ready(nl, P, SESSION), ready(nl, Q, SESSION)
    holder = wanting(SESSION)
    equal(get_addr(holder), new, 'the newest of a type serves')
    nl.prefix_change(Q, preferred_lft=0)
    equal(get_addr(wanting(SESSION)), old, 'the older one when the newest is deprecated')
    equal(get_addr(holder), new, 'who holds the newest keeps it')
    nl.prefix_change(Q, preferred_lft=INFINITY)
    equal(get_addr(wanting(SESSION)), new, 'and the newest when it is preferred again')
    nl.prefix_del(Q, force=True)
    equal(get_addr(wanting(SESSION)), old, 'the older one when the newest is gone')


def namespaces():
    here, peer = Odmm(), netns.Netns()
    with peer.inside():
        there = Odmm()
    ours, theirs = ready(here, P, FIXED), None
    equal(there.prefixes(), [], 'a prefix is of one namespace')
    fails('ENOENT', 'and cannot be named in another', there.prefix, P)
    with peer.inside():
        theirs = ready(there, P, SESSION)
        s = wanting(SESSION)
        equal(get_addr(s), theirs, 'the same prefix with another type there')
        fails('EOPNOTSUPP', 'and not with ours', get_addr, wanting(FIXED))
    fails('EOPNOTSUPP', 'nor with theirs here', get_addr, wanting(SESSION))
    equal([(p['type'], p['address'], p['sessions']) for p in here.prefixes() + there.prefixes()],
          [(FIXED, ours, 0), (SESSION, theirs, 1)], 'each sees its own')
    here.prefix_del(P)
    equal(len(there.prefixes()), 1, 'deleted here is not deleted there')


def nth(n):
    """Address part of a prefix, as bytes; in the order of n."""
    return struct.pack('>IHH8x', 0x20010db8, 0x100 | n >> 16, n & 0xffff)


def timed(what, call):
    begin = time.monotonic()
    value = call()
    diag(f'{what}: {time.monotonic() - begin:.1f} s')
    return value


def in_batches(nl, command, payloads, size=50):
    """Sends many messages at a time; the number of those that were not refused."""
    done = 0
    for first in range(0, len(payloads), size):
        batch = payloads[first:first + size]
        nl.sock.send(b''.join(nl.message(struct.pack('=BBH', command, 1, 0) + payload) for payload in batch))
        for _ in batch:
            done += sum(data[:4] == bytes(4) for _, _, _, data in nl.messages())
    return done


def seen(data):
    """Address part, state and address of a prefix in a dump."""
    values = dict(attrs(data))
    return values[1], values[6][0], values.get(11)


def listed():
    """How many addresses the kernel has."""
    with open('/proc/net/if_inet6', encoding='ascii') as f:
        return sum(1 for _ in f)


def adds_and_dels(wanted):
    lo = socket.if_nametoindex('lo')
    tail = [encode(PREFIX, {'len': 64, 'type': 1 + n % 4, 'ifindex': lo}) for n in range(4)]
    adds = [attr(1, p) + tail[n % 4] for n, p in enumerate(wanted)]
    return adds, [attr(1, p) + encode(PREFIX, {'len': 64, 'force': True}) for p in wanted]


def many():
    """
    Ten thousand in one namespace. Their addresses are not waited for: the time that the kernel takes to add an address grows with
    the number of those it has.
    """
    nl, wanted = Probe(), [nth(n) for n in range(MANY)]
    adds, dels = adds_and_dels(wanted)
    equal(timed(f'{MANY} prefixes added', lambda: in_batches(nl, PREFIX_ADD, adds)), MANY, f'{MANY} prefixes are added')
    prefixes = timed('dumped', lambda: [seen(data)[0] for data in nl.raw(PREFIX_GET, flags=NLM_F_DUMP)])
    equal(prefixes == wanted, True, 'all are dumped, each once, in order')
    gone = dump_while_it_changes(nl, wanted, dels)
    more, undo = adds_and_dels([nth(MANY + n) for n in range(MOST - MANY + len(gone))])
    in_batches(nl, PREFIX_ADD, more)
    add_refused(nl, f'one more than {MOST}', 'ENOSPC', 'policy allows no more prefixes, see prefixes-max', None, P)
    dels, wanted = dels + undo, wanted + [u[4:20] for u in undo]
    left = [d for p, d in zip(wanted, dels) if p not in gone]
    equal(timed('deleted', lambda: in_batches(nl, PREFIX_DEL, left[::-1])), len(left), 'they are deleted')
    equal((nl.prefixes(), nl.stats()['prefixes']), ([], 0), 'none is left')
    # All at once: one by one takes the kernel long.
    netns.ip('link set lo down')
    timed('their addresses gone', lambda: wait_for(lambda: listed() == 0, 'the addresses to go', 60))


def hundreds():
    """Each gets an address."""
    nl, wanted = Probe(), [nth(n) for n in range(800)]
    adds, dels = adds_and_dels(wanted)
    in_batches(nl, PREFIX_ADD, adds)
    last = f'{ipaddress.IPv6Address(wanted[-1])}/64'
    timed(f'{len(wanted)} addresses', lambda: wait_for(lambda: nl.prefix(last)['state'] == ACTIVE, 'the worker', 60))
    prefixes = [seen(data) for data in nl.raw(PREFIX_GET, flags=NLM_F_DUMP)]
    equal({state for _, state, _ in prefixes}, {ACTIVE}, f'{len(wanted)} prefixes are active')
    equal(len({address for _, _, address in prefixes}), len(wanted), 'each has its address')
    equal(listed(), 1 + len(wanted), 'the kernel has all of them')
    in_batches(nl, PREFIX_DEL, dels[::-1])
    timed('gone', lambda: wait_for(lambda: listed() == 1, 'the addresses to go', 60))


def dump_while_it_changes(nl, wanted, dels):
    """What is there all the time comes exactly once, whatever goes in between: what was shown last, and what is yet to come."""
    reader, shown, gone = Probe(), [], set()
    reader.sock.send(reader.message(struct.pack('=BBH', PREFIX_GET, 1, 0), NLM_F_DUMP))
    done = False
    while not done:
        for kind, _, _, data in reader.messages():
            done = done or kind == NLMSG_DONE
            if kind > NLMSG_DONE:
                shown.append(data[8:24])
        if len(gone) < 200 and not done:
            doomed = {wanted.index(shown[-1]), MANY - 1 - len(gone)}
            gone |= {wanted[n] for n in doomed}
            in_batches(nl, PREFIX_DEL, [dels[n] for n in doomed])
    expected = [p for p in wanted if p not in gone]
    equal([p for p in shown if p not in gone] == expected, True, f'a dump while {len(gone)} go: what stays comes once')
    return gone


run(bad_addresses, overlaps, lifetimes, change_lifetimes, expiry, change_of_something_else, interfaces, onlinks, move, vrf, delete_held, delete_and_release,
    bound_by_hand, accepted_child, link_removal, newest, namespaces, hundreds, many, timeout=180)
