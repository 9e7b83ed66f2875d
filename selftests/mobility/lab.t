#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The lab itself: each of its commands, a network that is as it is drawn, and nothing left of it."""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, path) for path in ('../lib', '../lab')]

# pylint: disable=wrong-import-position
from inside import LAB, RUN, lab, reaches
from netns import sh
from program import Program
from tap import equal, ok, run, wait_for

CORRESPONDENT = '2001:db8:c::c'


def tries(*words, given=''):
    """Exit status, stdout and stderr."""
    done = subprocess.run([LAB, *words], input=given, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def refuses(words, error, text, code=1):
    status, _, said = tries(*words.split())
    return equal((status, said.strip()), (code, f'lab: {error}'), text)


def own_address(network):
    """The ordinary address that the host has in a network."""
    words = f'exec mn ip -6 -o addr show dev eth0 scope global -tentative to {network}'.split()
    return wait_for(lambda: tries(*words)[1], f'an address of {network}').split()[3].split('/')[0]


def test_down():
    lab('down')
    refuses('status', 'it is not up', 'not up: no status')
    equal(tries('down'), (0, '', ''), 'it can be taken down all the same')
    equal(tries('help')[0], 0, 'help')
    equal((tries()[0], tries('away')[0]), (2, 2), 'what is no command is a wrong usage')
    refuses('up and away', 'up wants no words', 'up with words')


def test_commands():
    equal(tries('up'), (0, '', ''), 'up')
    refuses('up', 'it is up already', 'not twice')
    _network()
    _host()
    _move()
    _join()
    _capture()
    equal(tries('down'), (0, '', ''), 'down')
    equal((sh('ip netns'), os.path.exists(RUN), sh('pgrep -l "kea|radvd|dhcrelay|odmmd" || true')), ('', False, ''), 'nothing is left')


def _network():
    ok(wait_for(lambda: reaches('mn', CORRESPONDENT), 'the host to reach the correspondent'), 'the host reaches the correspondent')
    macs = [lab('exec', name, 'cat', '/sys/class/net/acc/address').strip() for name in ('ar1', 'ar2')]
    equal(macs, 2 * ['02:00:00:00:00:fe'], 'the access routers look the same')
    ok(all(reaches(a, f'2001:db8:f{b}::1') for a, b in (('la', 1), ('la', 2), ('ar1', 0), ('ar1', 2))), 'anchor and access routers reach each other')


def _host():
    refuses('exec nobody true', 'no host nobody; there are cn net la ar1 ar2 air mn', 'exec in a host that is not there')
    refuses('exec mn', 'exec wants a command', 'exec of nothing')
    equal(tries('exec', 'mn', 'sh', '-c', 'exit 7')[0], 7, 'exec gives the exit status of the command')
    status, said, _ = tries('shell', 'cn', given='ip -6 route show default\nexit 3\n')
    ok(status == 3 and said.startswith('default via 2001:db8:c::1 dev eth0'), 'a shell in a host', (status, said))


def _move():
    address = own_address('2001:db8:a1::/64')
    ok('mn: at ar1\n' in lab('status'), 'status: at ar1')
    equal(lab('move').split()[1], 'ar2', 'move: to the other access router')
    status = lab('status')
    ok('mn: at ar2\n' in status, 'status: at ar2')
    ok(all(f'{name} (' in status for name in ('kea', 'odmmd', 'radvd-ar1', 'radvd-ar2', 'relay-ar1', 'relay-ar2')), 'status: all programs run')
    wait_for(lambda: reaches('cn', own_address('2001:db8:a2::/64')), 'the host to be reached at ar2')
    ok(not reaches('cn', address), 'the address that it had at ar1 is not reached any more')
    refuses('move ar2', 'the host is at ar2 already', 'not where it is')
    refuses('move ar3', 'no access router ar3; there are ar1 and ar2', 'nor where nothing is')


def _join():
    lab('join')
    ok('mn: at ar2, and by its second link at ar1\n' in lab('status'), 'join: at both')
    refuses('join ar2', 'the host is at ar2 already', 'not where it is')
    refuses('move ar1', 'the host is at ar1 already, by its second link', 'and the first link does not move to where the second is')
    lab('bind', '2001:db8:5200:7::/64', 'ar1')
    ok('2001:db8:5200:7::/64 dev to-ar1' in lab('status'), 'bind: the anchor sends the prefix to that access router')
    refuses('bind 2001:db8:9::/64 ar1', 'nobody here has delegated 2001:db8:9::/64', 'not what is of nobody')
    lab('join', 'off')
    ok('mn: at ar2\n' in lab('status'), 'join off: at one')


def _capture():
    capture = Program('capture mn eth0 -l -c 1 -f icmp6[0]==133', LAB, stderr=subprocess.STDOUT)
    capture.has('^Capturing on', 120)        # tshark is large, and its files come through the emulated machine
    lab('move')
    capture.has('Router Solicitation')
    equal(capture.status(), 0, 'capture: the solicitation of a host that has moved')


run(test_down, test_commands, timeout=300)
