#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Netlink messages and socket calls without sense, by root, by a plain user, and by root of a user namespace, while an agent answers.
Afterwards all works as before, nothing is left, and nobody has changed what he may not change. "run" has the options.
"""
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '../lib'), HERE]

# pylint: disable=wrong-import-position
import netns
from expect import never_succeeded, parse_tally
from keeper import attempt, be_generous, keep
from netlink import Odmm, addresses
from odmm import FIXED, IFA_PROTO_BASE, SESSION, get_addr, ready, wanting
from people import ALICE, Person, become, enter_userns, in_child
from tap import diag, equal, ok, run, wait_for

FUZZ = os.path.join(HERE, '../../build/selftests/fuzz/fuzz')
MESSAGES = int(os.environ.get('FUZZ_MESSAGES', 20000))
CALLS = int(os.environ.get('FUZZ_CALLS', 20000))
THREADS = int(os.environ.get('FUZZ_THREADS', 2))
SEED = int(os.environ.get('FUZZ_SEED') or time.time_ns())
ONLY = os.environ.get('FUZZ_ONLY', '').split()      # arguments of the program, to make a few calls again
SAVE = os.environ.get('FUZZ_SAVE')
TIMEOUT = int(os.environ.get('FUZZ_TIMEOUT', 900))
WHO = ('root', 'plain', 'child')
FIRST_THREADS = {'root': 0, 'plain': 100, 'child': 200}      # each has numbers of its own
OURS = '2001:db8:51::/64'
AFTER = '2001:db8:52::/64'
SETTLED = 150       # seconds; an orphaned connection may take a minute


def fuzz_command(who, nl):
    """The program, for one kind of user."""
    command = [FUZZ, '--seed', SEED, '--family', nl.family, '--groups', ','.join(str(g) for g in nl.groups.values())]
    command += ['--again', f'selftests/fuzz/run --kernel {os.environ.get("ODMM_KERNEL")} --as {who}']
    command += ONLY or ['--thread', FIRST_THREADS[who], '--threads', THREADS, '--messages', -(-MESSAGES // len(WHO)), '--calls', -(-CALLS // len(WHO))]
    if who == 'plain':
        command.append('--plain')
    if SAVE:
        command += ['--save', SAVE]
    return [str(word) for word in command]


def fuzz(who, nl):
    """Runs it; its exit status, and what it counted. What it finds it says on stderr at once."""
    begin = time.monotonic()
    with subprocess.Popen(fuzz_command(who, nl), stdout=subprocess.PIPE, text=True,
                          preexec_fn=(lambda: become(ALICE)) if who == 'plain' else None) as program:
        out = program.stdout.read()
    diag(f'{who}: {time.monotonic() - begin:.0f} s')
    diag(out)
    return program.returncode, parse_tally(out)


def prepare(who):
    """A namespace in which much is possible, and connections that nobody has any more are soon over."""
    netns.dummy('d0', 'd1')
    netns.sysctl('net.ipv4.tcp_fin_timeout', 1)
    netns.sysctl('net.ipv4.tcp_orphan_retries', 1)
    if who == 'plain':
        netns.sysctl('net.ipv4.ping_group_range', '0 65535')


def of_namespace(nl):
    """What plain users must not change."""
    return nl.policies(), [a['id'] for a in nl.agents()], nl.prefix(OURS)['state'], netns.ip('-6 addr show dev d0')


def grant(nl):
    """An ordinary one."""
    be_generous(nl)
    address = ready(nl, AFTER, SESSION)
    with wanting(SESSION) as s:
        return get_addr(s) == address


def remove_prefixes(nl):
    """Some go by themselves before their turn comes."""
    for p in nl.prefixes():
        attempt(nl.prefix_del, f'{p["prefix"]}/{p["len"]}', force=True)


def left(nl):
    """Numbers of what is there, and the addresses that are tagged."""
    stats = nl.stats()
    tagged = [a for a in addresses() if a['proto'] >= IFA_PROTO_BASE]
    return [stats[k] for k in ('sessions', 'requests', 'agents', 'prefixes')] + [len(tagged)]


def settles(nl):
    """Whether all goes."""
    def gone():
        remove_prefixes(nl)
        return not any(left(nl))
    try:
        return wait_for(gone, 'all to go', SETTLED)
    except AssertionError:
        diag(left(nl))
        return False


def campaign(who):
    """All for one kind of user, in a namespace where this process may do all: what was seen."""
    nl = Odmm()
    prepare(who)
    be_generous(nl)
    ready(nl, OURS, FIXED)
    keeper = Person()
    keeper.start(keep, who != 'plain')
    wait_for(nl.agents, 'the agent')
    before = of_namespace(nl)
    status, rows = fuzz(who, nl)
    kept = not keeper.returned()
    unchanged = of_namespace(nl) == before if who == 'plain' else True
    keeper.kill()
    return {'status': status, 'rows': rows, 'kept': kept, 'unchanged': unchanged, 'grants': grant(nl), 'settles': settles(nl)}


def points(who, seen):
    if not isinstance(seen, dict):
        ok(False, f'{who}: came to its end', seen)
        return
    equal(seen['status'], 0, f'{who}: the program has found nothing')
    ok(seen['kept'], f'{who}: the agent lived on')
    if not ONLY:
        equal(never_succeeded(seen['rows'], who), [], f'{who}: each kind of message and call succeeded at least once')
    if who == 'plain':
        ok(seen['unchanged'], f'{who}: nothing has changed that may not')
    ok(seen['grants'], f'{who}: then an ordinary grant succeeds')
    ok(seen['settles'], f'{who}: then no session, request, claim, prefix or address is left')


def root():
    points('root', campaign('root'))


def plain():
    points('plain', campaign('plain'))


def in_user_namespace():
    enter_userns(owner=ALICE)
    netns.unshare()
    return campaign('child')


def child():
    """And what is outside of its namespaces stays as it is."""
    nl = Odmm()
    netns.dummy('d0')
    ready(nl, OURS, FIXED)
    before = of_namespace(nl)
    points('child', in_child(in_user_namespace))
    equal(of_namespace(nl), before, 'child: nothing has changed outside')


def main():
    tests = {'root': root, 'plain': plain, 'child': child}
    who = os.environ.get('FUZZ_AS')
    diag(f'seed {SEED}; to make it again: selftests/fuzz/run --messages {MESSAGES} --calls {CALLS} --threads {THREADS} --seed {SEED}')
    run(*([tests[who]] if who else tests.values()), timeout=TIMEOUT)


main()
