#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""An anchor of the user's own behind a network without mobility: what goes by it, what survives a move, and that nothing leaks."""
import os
import select
import signal
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '..', folder) for folder in ('lib', 'command', 'odmmd', 'run')]

# pylint: disable=wrong-import-position
import netns
from anchor import CN, FIXED_PREFIX, POOL, Arrivals, config, has_rules, host, lab, on_host, tunnel, tunnel_bytes, up
from daemon import Daemon, Place, answer_to
from life import by_hand, hold, now, took
from neighbour import plain, serve
from netlink import Odmm
from odmm import FIXED, ON_NET, SESSION, in_prefix, source, tcp, udp
from programs import DNS, ECHO, HTTP, odmm_run, serve_all, ssh_server
from tap import equal, ok, outcome, run, wait_for

WISH = '--type session-lasting'
SSH, BIG, MUCH = 2222, 8001, 200000


def download(connection, _):
    connection.recv(10000)
    connection.sendall(b'HTTP/1.0 200 OK\r\n\r\n' + bytes(MUCH))


def is_reached(s, sender):
    """Whether what the correspondent sends arrives, while we say nothing."""
    sender.sendto(b'x', s.getsockname()[:2])
    return bool(select.select([s], [], [], 0.1)[0])


class Session:
    """An ssh to the correspondent, where what is said is repeated."""

    def __init__(self, ssh):
        self.process = subprocess.Popen(['odmm-run', *WISH.split(), '--', *ssh, f'root@{CN}', 'echo $SSH_CONNECTION; exec cat'],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.address = self.hears().split()[0]

    def hears(self):
        if not select.select([self.process.stdout], [], [], 40)[0]:
            raise AssertionError('nothing comes over ssh')
        return os.read(self.process.stdout.fileno(), 1000).decode()

    def repeats(self, text):
        os.write(self.process.stdin.fileno(), text.encode())
        return self.hears() == text

    def end(self):
        self.process.stdin.close()
        return self.process.wait(40)


def curl(port):
    return netns.sh(f'curl -s http://[{CN}]:{port}/ | tail -c 100').strip('\0')


def dig():
    """The address that the server of names sees."""
    return netns.sh(f'dig +short +timeout=20 -p {DNS} @{CN} test. AAAA').strip()


def at(network, address):
    return in_prefix(address, f'2001:db8:{network}::/64')


@on_host
def test_session():
    cn = host('cn')
    serve_all(cn)
    serve(cn, BIG, tcp, download)
    daemon, arrivals = Daemon(config()), Arrivals()
    equal(tunnel(), 0, 'nobody has asked: no tunnel')
    with tempfile.TemporaryDirectory() as where:
        server, words = ssh_server(cn, where)
        ssh = Session(words)
        ok(in_prefix(ssh.address, POOL) and tunnel(), 'the first request brings it up, and ssh has an address of it', ssh.address)
        before = tunnel_bytes()
        ok(at('a1', dig()) and at('a1', curl(HTTP)), 'DNS and curl have an ordinary address')
        curl(BIG)
        equal([arrivals.hops(port) for port in (SSH, DNS, HTTP, BIG)], [{3}, {2}, {2}, {2}],
              'they take the short way, of two routers; behind the anchor there are three')
        ok(tunnel_bytes() - before < MUCH / 100, 'and next to nothing goes through the tunnel meanwhile', tunnel_bytes() - before)
        s = by_hand(ssh.address)
        with cn.inside():
            sender = udp()
        begin = now()
        lab('move', '2')
        wait_for(lambda: is_reached(s, sender), 'a packet from outside')
        took(begin, 0, 15, 'the host moves: it is reached at once at its address')
        s.close()
        ok(ssh.repeats('here\n'), 'and ssh goes on')
        wait_for(lambda: at('a2', dig()), 'an ordinary address there')
        equal((arrivals.hops(SSH), arrivals.hops(DNS)), ({3}, {2}), 'DNS takes the short way there')
        code, said, _ = odmm_run(WISH, 'curl', '-s', f'http://[{CN}]:{HTTP}/')
        equal((code, said), (0, ssh.address), 'another program has the same address')
        equal(ssh.end(), 0, 'ssh ends well')
        server.end()
    wait_for(lambda: not tunnel(), 'the tunnel to go')
    equal((bool(daemon.has('back to source wireguard: released')), has_rules()), (True, True), 'nobody uses it any more: the tunnel goes')
    equal((daemon.end(), has_rules()), (0, False), 'the daemon ends well, and leaves nothing')
    equal(lab('leaked'), '0', 'no access router has seen a packet of those addresses')


@on_host
def test_no_server():
    daemon = Daemon(config())
    lab('exec', 'anchor', 'wg', 'set', 'wg0', 'listen-port', '9')
    begin = now()
    equal(answer_to(SESSION), 'ETIMEDOUT', 'no server answers: the caller is told')
    took(begin, 3, 6, 'that')
    equal((tunnel(), [p for p in Odmm().prefixes() if p['type'] == SESSION]), (0, []), 'the tunnel is taken down, and nothing was given')
    lab('exec', 'anchor', 'wg', 'set', 'wg0', 'listen-port', '51820')
    ok(in_prefix(answer_to(SESSION), POOL), 'when it is there again it serves')
    daemon.end()


def says(s, text=b'x'):
    """What the correspondent says that it sees, or the error."""
    s.settimeout(5)
    error = outcome(s.sendto, text, (CN, ECHO))
    return error if isinstance(error, str) else plain(s.recv(100).decode().strip())


@on_host
def test_no_leak():
    serve_all(host('cn'))
    daemon = Daemon(config())
    s, direct = hold(SESSION), udp()
    equal(says(s), source(s), 'the correspondent sees an address of the anchor')
    netns.ip('link del odmm0')
    equal(says(s), 'EHOSTUNREACH', 'the tunnel is removed: what is bound to that address goes nowhere')
    ok(in_prefix(says(direct), '2001:db8:a0::/44'), 'and all others the direct way')
    ok(in_prefix(answer_to(SESSION, flags=ON_NET), POOL) and tunnel(), 'the next request brings it up again')
    equal(says(s), source(s), 'and the socket of before has its way again')
    for p in Odmm().prefixes():
        if p['type'] == SESSION:
            Odmm().prefix_del(f"{p['prefix']}/{p['len']}", force=True)
    wait_for(lambda: not tunnel(), 'the tunnel to go')
    equal(says(s), 'EHOSTUNREACH', 'the prefix is taken away: a socket that is still bound to it sends nowhere')
    equal(lab('leaked'), '0', 'no access router has seen a packet of those addresses')
    daemon.end()


@on_host
def test_started_again():
    serve_all(host('cn'))
    place = Place(config())
    daemon = Daemon(place)
    s, before = hold(SESSION), tunnel()
    daemon.end(signal.SIGKILL)
    equal(says(s), source(s), 'the daemon is killed: the tunnel stays')
    daemon = Daemon(place)
    ok(daemon.has('adopted by source wireguard'), 'it comes back, and has its prefix again')
    equal((says(s), tunnel()), (source(s), before), 'and its tunnel')
    place.write(config().replace('timeout 3', 'timeout 4'))
    daemon.send(signal.SIGHUP)
    daemon.has('read again')
    equal((says(s), tunnel()), (source(s), before), 'another statement: the same')
    equal((daemon.end(), tunnel(), has_rules()), (0, before, True), 'it ends while a prefix is in use: the tunnel stays, and so do the rules')
    s.close()
    wait_for(lambda: all(p['type'] != SESSION for p in Odmm().prefixes()), 'the prefix to go')
    daemon = Daemon(place)
    equal((tunnel(), has_rules()), (0, True), 'what was left behind by then is taken down')
    daemon.end()


@on_host
def test_fixed():
    daemon = Daemon(config())
    address = answer_to(FIXED)
    ok(in_prefix(address, FIXED_PREFIX), 'fixed: of its own prefix', address)
    equal(answer_to(FIXED, flags=ON_NET), 'EADDRNOTAVAIL', 'of which there is one')
    wait_for(lambda: not tunnel(), 'the tunnel to go')
    equal(answer_to(FIXED), address, 'the next time it is the same')
    daemon.end()


@on_host
def test_wrong():
    netns.ip('link add odmm0 type dummy')
    daemon = Daemon(config())
    equal(answer_to(SESSION), 'EADDRNOTAVAIL', 'another link has the name: refused')
    equal((daemon.says('there is another link of that name'), bool(tunnel())), (1, True), 'it says so, and leaves it alone')
    daemon.end()
    netns.ip('link del odmm0')
    place = Place(config().replace('/run/odmm-own-anchor/mh.key', '/run/odmm-own-anchor/open.key'))
    netns.sh('install -m 644 /run/odmm-own-anchor/mh.key /run/odmm-own-anchor/open.key')
    daemon = Daemon(place, ready=False)
    equal((daemon.status(), daemon.says('others than its owner may read or write it')), (2, 1), 'a key that everybody may read is not taken')
    two = config() + config().split('\n', 1)[1].replace(POOL, '2001:db8:e0::/60').replace(FIXED_PREFIX, '2001:db8:e1::/64')
    daemon = Daemon(Place(two), ready=False)
    equal((daemon.status(), daemon.says('each has its own')), (2, 1), 'two sources with one tunnel')


with up():
    run(test_session, test_no_server, test_no_leak, test_started_again, test_fixed, test_wrong)
