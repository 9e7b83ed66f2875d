#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""odmmd with source dhcpv6: prefixes of each type from a stock Kea, how they are given back, and what follows when the host moves."""
import ipaddress
import json
import os
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '../lib'), os.path.join(HERE, '../notices')]

# pylint: disable=wrong-import-position
import netns
from daemon import Daemon, Place, answer_to
from dhcp6 import CLIENTID, REBIND, RELEASE, RENEW, REPLY, REQUEST, SOLICIT, VENDOR_OPTS, Server, Wire, of_prefix, option, vendor
from kea import GRACE_TIME, Kea, pool_of
from life import Watch, hold, state_of
from netlink import ACTIVE, DEPRECATED, END_EXPIRED, END_RELEASED, END_WITHDRAWN, Odmm, kernel_address
from odmm import (EVENT_DEPRECATED, EVENT_LOST, EVENT_REPLACED, FIXED, GRACEFUL, GRANTED, LOST, NONPERSISTENT, ON_NET, SESSION, Caller, ask,
                  in_prefix, source, state, tcp)
from tap import diag, equal, ok, outcome, run, wait_for
from told import holder, read

TYPES = FIXED, SESSION, NONPERSISTENT, GRACEFUL
A, B = '2001:db8:51::/64', '2001:db8:52::/64'
DUID, RESERVED = '00:02:00:00:7e:d9:6d:6e:30:31', '2001:db8:5100:aaaa::/64'
ALL = 'source dhcpv6 type fixed,session-lasting,non-persistent,graceful-replacement dev v0'
USABLE = 0.5    # seconds from the server's answer to the address, as emulated; 0.005 is wanted of a machine


def timed_ask(wanted, **kwargs):
    """The address, or the name of an error, and when it was there."""
    return outcome(ask, wanted, **kwargs), time.time()


def network_of(address):
    return str(ipaddress.IPv6Network((address, 64), strict=False))


def remembered(place):
    """The prefixes of each IA on disk."""
    name = os.path.join(place.state, 'dhcpv6-v0.json')
    if not os.path.exists(name):
        return None
    with open(name, encoding='ascii') as f:
        return [ia['prefixes'] for ia in json.load(f)['ias']]


class Network:
    """A link with a server, and a daemon that asks it."""

    def __init__(self, config=ALL, server=Kea, **kwargs):
        self.peer = netns.Netns()
        netns.veth(self.peer)
        self.wire = Wire(self.peer)
        self.server = server(self.peer, **kwargs)
        self.nl = Odmm()
        self.daemon = Daemon(config, '-d')

    def gets(self, text, prefix, address):
        """A point: the address is of the prefix, and no error."""
        if not ok(':' in address and in_prefix(address, prefix), text, address):
            diag('\n'.join(self.daemon.read()))
        return address

    def prefix(self, wanted, wanted_state=ACTIVE):
        """The one of that type and state, once there is one."""
        def found():
            fit = [p for p in self.nl.prefixes() if (p['type'], p['state']) == (wanted, wanted_state)]
            return fit[0] if len(fit) == 1 else None
        return network_of(wait_for(found, f'a prefix of type {int(wanted)} in state {wanted_state}')['address'])

    def reaches(self, prefix, wanted):
        wait_for(lambda: state_of(self.nl, prefix) == wanted, f'{prefix} to be in state {wanted}')
        return self.nl.prefix(prefix)

    def sent(self, kind, n=1):
        wait_for(lambda: self.wire.count(kind) >= n, f'{n} messages of kind {kind}')

    def move(self):
        """To where there are other prefixes of the types that do not move."""
        with self.peer.inside():
            netns.ip('link set v1 down')
        self.daemon.has('no carrier')
        self.server.stop()
        with self.peer.inside():
            netns.ip('link set v1 up')
            netns.wait_link_local('v1')
        self.server.start(network=2)


def test_types():
    n = Network(f'{ALL} duid {DUID}', fixed=(DUID, RESERVED))
    callers = [Caller(timed_ask, wanted) for wanted in TYPES]
    got = [caller.outcome() for caller in callers]
    for wanted, (address, _) in zip(TYPES, got):
        n.gets(f'type {int(wanted)}: asked, and got', RESERVED if wanted == FIXED else pool_of(wanted), address)
    ok(kernel_address(got[0][0], 'lo'), 'routed to the host: its address is on no link')
    equal({(p['origin'], 500 < p['valid_lft'] <= 600, 200 < p['preferred_lft'] <= 300) for p in n.nl.prefixes()}, {('odmmd', True, True)},
          'with the lifetimes that the server gave')
    equal(sorted(n.server.leases().values()), [t << 12 for t in (1, 2, 3, 4)], 'each type has an IA of its own')
    equal(answer_to(FIXED, flags=ON_NET), 'EADDRNOTAVAIL', 'NoPrefixAvail: refused')
    alone, end = Caller(timed_ask, NONPERSISTENT, flags=ON_NET).outcome()
    late = end - n.wire.read()[-1][0]
    diag(f'from the answer of the server to the address: {late * 1000:.1f} ms')
    ok(late < USABLE, f'within {USABLE} s', late)
    n.gets('a new one for one socket', pool_of(NONPERSISTENT), alone)
    iaid = n.server.leases().get(network_of(alone))
    ok(iaid >> 12 == NONPERSISTENT and iaid & 0xfff, 'of an IA of its own', iaid)

    watch = Watch()
    session = network_of(got[1][0])
    n.nl.policy_set(type=SESSION, linger=0)
    callers[1].end()
    equal(watch.end(session), END_RELEASED, 'nobody uses it any more')
    wait_for(lambda: session not in n.server.leases(), 'the server to have it back')
    ok(True, 'the server has it back')

    netns.ip('link set v0 down')
    netns.ip('link set v0 up')
    n.gets('the link was down: asked from an address that is there again', pool_of(SESSION), answer_to(SESSION))
    equal(n.daemon.end(), 0, 'it ends well')


def test_ignored():
    """A server that knows nothing of types gives what nobody can take."""
    n = Network(f'{ALL}\nsource pool type fixed,non-persistent dev v0 pool 2001:db8:a::/48', types=(SESSION,), untyped=True)
    n.gets('a prefix without type is not taken: the next source is asked', '2001:db8:a::/48', answer_to(NONPERSISTENT))
    equal(answer_to(GRACEFUL), 'EOPNOTSUPP', 'and where there is none it is not supported')
    wait_for(lambda: not n.server.leases(), 'the server to have both back')
    ok(True, 'the server has both back')
    n.gets('what it knows it gives', pool_of(SESSION), answer_to(SESSION))


def test_unknown_type():
    """Advertise and Request, and a type that the server says it does not have."""
    n = Network(types=(SESSION,), rapid=False)
    n.gets('four messages', pool_of(SESSION), answer_to(SESSION))
    equal((n.wire.count(SOLICIT), n.wire.count(REQUEST)), (1, 1), 'each once: its preference of 255 was not waited with')
    equal(answer_to(GRACEFUL), 'EOPNOTSUPP', 'NoPrefixAvail, and not among the types that it has')


def test_encoding():
    n = Network(f'{ALL} enterprise 4711 type-option 11 types-option 12 grace-option 13 prefix-option 65001',
                enterprise=4711, codes=(11, 12, 13), prefix_option=65001)
    n.gets('the type in an option of the prefix; other numbers in the answer', pool_of(NONPERSISTENT), answer_to(NONPERSISTENT))
    equal([VENDOR_OPTS in m.options for _, m in n.wire.read() if m.kind == SOLICIT], [False], 'and only there')


def test_renewal():
    n = Network(types=(SESSION,), lifetimes=(8, 10), timers=(1, 3))
    watch = Watch()
    s = hold(SESSION)
    address, prefix = source(s), n.prefix(SESSION)
    n.sent(RENEW, 3)
    wait_for(lambda: n.nl.prefix(prefix)['valid_lft'] > 8, 'other lifetimes')
    ok(not watch.is_gone(prefix), 'renewed, again and again')
    n.server.stop()
    n.sent(REBIND)
    equal((state_of(n.nl, prefix), source(s)), (ACTIVE, address), 'the server is gone: whoever there is is asked, and it goes on')
    equal(watch.end(prefix), END_EXPIRED, 'until its lifetime is over')


def test_moved():
    """Elsewhere: what each type promises."""
    n = Network(f'{ALL} duid {DUID}', fixed=(DUID, RESERVED))
    watch = Watch()
    fixed, session = hold(FIXED, tcp), hold(SESSION, tcp)
    for wanted in (NONPERSISTENT, GRACEFUL):
        answer_to(wanted)
    gone, fading = holder(NONPERSISTENT), holder(GRACEFUL)
    old = {t: n.prefix(t) for t in TYPES}
    n.move()
    equal(watch.end(old[NONPERSISTENT]), END_WITHDRAWN, 'moved: the server says that the non-persistent prefix is over')
    equal((read(gone)[0].event, state(gone)), (EVENT_LOST, LOST), 'who holds it is told')
    n.gets('and there is one of the new network', pool_of(NONPERSISTENT, 2), n.prefix(NONPERSISTENT).split('/')[0])
    left = n.reaches(old[GRACEFUL], DEPRECATED)['valid_lft']
    ok(left <= GRACE_TIME, 'the graceful one is on its way out', left)
    told = read(fading)[0]
    equal((told.event, told.valid_lft <= GRACE_TIME), (EVENT_DEPRECATED, True), 'who holds it is told how long')
    told = read(fading)[0]
    ok(told.event == EVENT_REPLACED and in_prefix(told.replacement, pool_of(GRACEFUL, 2)), 'and of the new one', told)
    n.sent(REBIND, 4)
    equal([(state_of(n.nl, old[t]), state(s)) for t, s in ((FIXED, fixed), (SESSION, session))], [(ACTIVE, GRANTED)] * 2,
          'fixed and session-lasting ones are as they were')
    ok(not any(DEPRECATED in watch.states(old[t]) for t in (FIXED, SESSION)), 'and have been all the time')
    equal((n.daemon.says('may be at another network'), len({m.id for _, m in n.wire.read() if m.kind == REBIND})), (1, 4),
          'one movement: one Rebind for each, sent until it was answered')


def test_started_again():
    place = Place(ALL)
    n = Network(place, types=(SESSION, NONPERSISTENT))
    s, lost = hold(SESSION), hold(NONPERSISTENT)
    session, gone = n.prefix(SESSION), n.prefix(NONPERSISTENT)
    wait_for(lambda: remembered(place) == [[session], [gone]], 'it to remember both')
    n.daemon.end(signal.SIGKILL)
    n.nl.prefix_del(gone, force=True)
    lost.close()
    n.daemon = Daemon(place, '-d')
    n.daemon.has(f'{session}: adopted by source dhcpv6')
    n.sent(REBIND)
    n.sent(RELEASE)
    wait_for(lambda: list(n.server.leases()) == [session], 'the server to have the other one back')
    ok(True, 'killed and started again: what is there is bound anew, what went meanwhile is given back')
    equal(len({m.options[CLIENTID] for _, m in n.wire.read()}), 1, 'the same DUID')
    wait_for(lambda: remembered(place) == [[session]], 'it to remember what it has, and no more')
    n.gets('who held it goes on', session, source(s))
    n.daemon.end()
    place.write(f'{ALL} duid {DUID}')
    Daemon(place).has('another DUID than before')
    wait_for(lambda: remembered(place) == [], 'it to forget what was got under another name')


def test_spoofed():
    """What somebody on the link sends in the name of a server."""
    n = Network(server=Server)
    caller = Caller(ask, SESSION)
    query = n.server.next(SOLICIT)
    good = of_prefix(A), vendor(SESSION)
    n.server.answer(query, good[0], more=good[1], client=b'\0\1\0\1x')
    for kind, values in (('transaction', {'id': bytes(3)}), ('no-server', {'server': b''}), ('no-client', {'client': b''}),
                         ('other-ia', {'iaid': b'\0\0\0\1'}), ('kind', {'kind': RENEW})):
        n.server.answer(query, good[0], more=good[1], **values)
        n.daemon.has(f'ignored: {kind} .1 so far')
    for kind, inside in (('option-length', b'\0\x1a\xff\xff'), ('lifetimes', of_prefix(B, 50, 51)), ('not-unicast', of_prefix('ff00::/64')),
                         ('twice', good[0])):
        n.server.answer(query, good[0], inside, more=good[1])
        n.daemon.has(f'ignored: {kind} .1 so far')
    equal((n.nl.prefixes(), caller.returned(), n.daemon.says('ignored')), ([], False, 9), 'spoofed and malformed: counted by kind, and nothing else')
    n.server.answer(query, good[0], more=good[1])
    n.gets('a good one counts', A, caller.outcome())
    n.nl.prefix_del(A, force=True)
    query = n.server.next(RELEASE)
    n.server.answer(query, client=b'\0\1\0\1x')
    equal(n.server.next(RELEASE).id, query.id, 'it is given back again, until that is answered')
    n.server.answer(query, more=option(13, b'\0\0'))
    caller.end()


def test_beside_another():
    """The host's own client of DHCPv6 asks by the same port from the same address."""
    n = Network(types=(SESSION,), untyped=True)
    n.gets('we get ours', pool_of(SESSION), answer_to(SESSION))
    with open('/tmp/dhclient.conf', 'w', encoding='ascii') as f:
        f.write('timeout 20;\n')
    other = subprocess.Popen(['dhclient', '-6', '-P', '-1', '-d', '-cf', '/tmp/dhclient.conf', '-lf', '/tmp/dhclient.leases', '-pf',
                              '/tmp/dhclient.pid', '-sf', '/bin/true', 'v0'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: 'iaprefix' in netns.sh('cat /tmp/dhclient.leases 2>/dev/null || true'), 'dhclient to have its own')
    n.gets('dhclient gets its own, and we go on', pool_of(SESSION), answer_to(SESSION, flags=ON_NET))
    other.terminate()
    other.wait()
    n.gets('also when it is gone', pool_of(SESSION), answer_to(SESSION, flags=ON_NET))
    equal((len({m.options[CLIENTID] for _, m in n.wire.read()}), n.daemon.says('ignored')), (2, 0), 'two clients, and none hears the other')


def test_second():
    daemon = Daemon('source dhcpv6 type fixed dev lo\nsource dhcpv6 type session-lasting dev lo', ready=False)
    equal((daemon.status(), daemon.says('one source of a link')), (2, 1), 'a second one of the same link')


run(test_types, test_ignored, test_unknown_type, test_encoding, test_renewal, test_moved, test_started_again, test_spoofed, test_beside_another,
    test_second)
