#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Each allocation of the module fails once: each operation is repeated with its first allocation failing, its second, and so on until it has made
no more. Each time it must either work all the same or fail with a clear errno and leave all as it was, and it must work right after.

For kernels of ../../vm/config/debug alone; on others all of this fails.
"""
import ctypes
import errno
import os
import socket
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '../../lib'))
import inject
import kmod
import netlink
import netns
from life import by_hand, hold, state_of
from netlink import ACTIVE, ONLINK, kernel_address
from odmm import (BIND, EVENTS, FIXED, IFA_PROTO_BASE, NO_LIMIT, NONE, NONPERSISTENT, ON_NET, SC_TYPE, SESSION, get_addr, get_status,
                  notice, ready, set_option, setsc, state, udp, wanting)
from tap import diag, equal, ok, outcome, run, wait_for

A, B, C = '2001:db8:51::/64', '2001:db8:52::/64', '2001:db8:53::/64'
NO_MEMORY = {'ENOMEM', 'ENOBUFS', 'ENFILE'}      # the last if it is a socket that cannot be made
MANY = 200      # more than any operation allocates
REACHED = os.environ.setdefault('ODMM_REACHED', tempfile.mkstemp(prefix='odmm-sites-')[1])
OBJECTS = ('requests', 'prefixes', 'agents')
IPV6_ADDR_PREFERENCES, IPV6_PREFER_SRC_PUBLIC = 72, 2
RTF_REJECT = 0x200

# These are made with __GFP_NOFAIL.
EXCEPT = {'odmm_keep_run', 'odmm_rtnl_message'}


def made():
    """What the module has in the kernel's tables: addresses, and routes that lead nowhere."""
    addresses = [a['address'] for a in netlink.addresses() if IFA_PROTO_BASE < a['proto'] <= IFA_PROTO_BASE + 4]
    routes = [line[:32] for line in inject.read('/proc/thread-self/net/ipv6_route').splitlines()
              if int(line.split()[8], 16) & RTF_REJECT and line.startswith('20010db8')]
    return addresses, routes


class Counted:
    """Objects of the module, in its own words and in the kernel's tables."""

    def __init__(self):
        self.nl = netlink.Odmm()

    def __call__(self):
        stats = self.nl.stats()
        return {**{k: stats[k] for k in OBJECTS}, 'made': [len(x) for x in made()]}


def remember(sites):
    with open(REACHED, 'a', encoding='ascii') as f:
        f.writelines(site + '\n' for site in sites)


class Operation:
    """
    @act is tried with each of its allocations failing, or with the first @most; @undo takes back what it has done. @tasks says whose allocations:
    those of the caller, or those of the kernel's workers.
    """

    def __init__(self, text, act, undo=None, tasks=inject.myself, most=MANY):
        self.text, self.act, self.undo = text, act, undo or (lambda: None)
        self.tasks, self.most = tasks, most
        self.counted = Counted()
        self.before = self.counted()
        self.bad, self.failed, self.sites = [], {}, set()

    def restored(self, n):
        """All is again as it was; that takes the workers a moment."""
        try:
            wait_for(lambda: self.counted() == self.before, 'all to be as before', 60)
        except AssertionError as e:
            raise AssertionError(f'{n}: {self.counted()} is left, it was {self.before}') from e

    def again(self, n):
        result = outcome(self.act)
        if result is not None:
            self.bad.append((n, 'again', result))
        self.undo()
        self.restored(n)

    def fail(self, n):
        """Whether there is an n-th allocation."""
        with inject.Failing(n, self.tasks()) as failing:
            result = outcome(self.act)
        self.failed[result] = self.failed.get(result, 0) + failing.fired
        self.sites |= failing.sites
        if result is None:
            self.undo()
        elif result not in NO_MEMORY or not failing.fired:
            self.bad.append((n, result, failing.fired, failing.sites))
        self.restored(n)
        if failing.fired:
            self.again(n)
        return failing.fired

    def run(self):
        n = 1
        try:
            while n <= self.most and self.fail(n):
                n += 1
        except AssertionError as e:
            self.bad.append((n, 'gives up', e))
        remember(self.sites)
        diag(f'{self.text}: {n - 1} allocations, {self.failed}, {sorted(self.sites)}')
        return ok(not self.bad and n <= MANY, f'{self.text}: {n - 1} allocations fail one by one', self.bad)


def each(*operations, **kwargs):
    for text, act, *undo in operations:
        Operation(text, act, *undo, **kwargs).run()


def in_progress(call, *args):
    """For Operation: that is as good as done."""
    try:
        raise AssertionError(f'{call(*args)} without asking')
    except OSError as e:
        if e.errno not in (errno.EINPROGRESS, errno.EALREADY, errno.ETIMEDOUT):
            raise


def quiet(call, *args, **kwargs):
    """Does it, and gives nothing."""
    def do():
        call(*args, **kwargs)
    return do


def agent_of(*types):
    nl = netlink.Odmm()
    nl.claim(*types)
    return nl


# Options of sockets. ------------------------------------------------------------------------------------------------------------------------

class NewSocket:
    """Does something with a new socket of a user who has never been seen, so that all that belongs to a session is made."""

    def __init__(self, work):
        self.work, self.uid, self.socket = work, 5000, None

    def __call__(self):
        self.undo()
        self.uid += 1
        os.seteuid(self.uid)
        try:
            self.socket = udp()
            self.socket.setblocking(False)
            self.work(self.socket)
        finally:
            os.seteuid(0)

    def undo(self):
        if self.socket:
            self.socket.close()


def new_socket(text, work):
    act = NewSocket(work)
    Operation(text, act, act.undo).run()


def test_sockets():
    nl = agent_of(NONPERSISTENT)
    ready(nl, A, SESSION)
    new_socket('set type of a new socket', lambda s: set_option(s, SC_TYPE, SESSION))
    new_socket('setsc() of a new socket, the prefix is there', lambda s: setsc(s, SESSION))
    new_socket('setsc() and bind of a new socket', lambda s: setsc(s, SESSION, BIND))
    new_socket('setsc() of a new socket, the network is asked', lambda s: in_progress(setsc, s, NONPERSISTENT))
    new_socket('setsc() of a new socket, the network is asked for it alone', lambda s: in_progress(setsc, s, NONPERSISTENT, ON_NET))
    new_socket('status of a new socket', get_status)


def test_old_socket():
    """Of those that are in session already."""
    nl = agent_of(NONPERSISTENT)
    bell = netlink.Odmm()
    bell.subscribe('events', 'requests')
    ready(nl, A, SESSION)
    s, waiting = wanting(NONPERSISTENT, blocking=False, timeout=NO_LIMIT), wanting(NONPERSISTENT, timeout=1)
    each(('ask without waiting', lambda: in_progress(get_addr, s), lambda: give_up(s)),
         ('ask and wait', lambda: in_progress(get_addr, waiting), lambda: give_up(waiting)),
         ('ask, the prefix is there', quiet(setsc, s, SESSION), lambda: give_up(s)),
         ('status', quiet(get_status, s)), ('type', quiet(s.getsockopt, socket.IPPROTO_IPV6, SC_TYPE)))
    bell.close()


def give_up(s):
    set_option(s, SC_TYPE, NONE)
    set_option(s, SC_TYPE, NONPERSISTENT)


# Netlink. -----------------------------------------------------------------------------------------------------------------------------------

def test_get_and_dump():
    nl = agent_of(SESSION)
    ready(nl, A, FIXED)
    holder, asking = hold(FIXED), wanting(SESSION, blocking=False, timeout=NO_LIMIT)
    outcome(get_addr, asking)
    session = nl.sessions()[0]['id']
    each(('prefix get', quiet(nl.prefix, A)), ('prefix dump', quiet(nl.prefixes)), ('request get', quiet(nl.request, 1)),
         ('request dump', quiet(nl.requests)), ('agent get', quiet(nl.do, netlink.AGENT_GET, netlink.AGENT, id=1)),
         ('agent dump', quiet(nl.agents)), ('session get', quiet(nl.session, session)), ('session dump', quiet(nl.sessions)),
         ('stats get', quiet(nl.stats)), ('policy get', quiet(nl.policy, SESSION)), ('policy dump', quiet(nl.policies)))
    holder.close()


def test_agent():
    nl, bell = netlink.Odmm(), netlink.Odmm()
    bell.subscribe('events', 'requests')
    netns.dummy('d0')
    nl.claim(SESSION)
    s = wanting(SESSION, blocking=False, timeout=NO_LIMIT)
    outcome(get_addr, s)
    each(('claim', quiet(nl.claim, SESSION, devs=['d0'], name='somebody')),
         ('accept', quiet(nl.accept), quiet(nl.claim, SESSION)),
         ('refuse', lambda: nl.refuse(nl.requests()[0]['cookie'], 13), lambda: [outcome(get_addr, s) for _ in range(2)]))


def test_policy():
    nl = netlink.Odmm()
    nl.policy_set(type=SESSION, max_bytes=0)
    each(('policy of a type', quiet(nl.policy_set, type=SESSION, linger=5)),
         ('a limit of bytes', quiet(nl.policy_set, type=SESSION, max_bytes=100), quiet(nl.policy_set, type=SESSION, max_bytes=0)),
         ('the probe', quiet(nl.policy_set, rfc5014=1), quiet(nl.policy_set, rfc5014=0)),
         ('the secret', quiet(nl.set_secret, bytes(range(16)))))


def test_prefix():
    """What the caller allocates; the workers' part is below."""
    nl, bell = agent_of(SESSION), netlink.Odmm()
    bell.subscribe('events', 'requests')
    netns.dummy('d0', 'd1')
    each(('prefix add', quiet(nl.prefix_add, A, SESSION), lambda: nl.prefix_del(A, force=True)),
         ('prefix add, by a link', quiet(nl.prefix_add, A, SESSION, 'd0'), lambda: nl.prefix_del(A, force=True)))
    s = wanting(SESSION, blocking=False, flags=ON_NET, timeout=NO_LIMIT)

    def answer():
        in_progress(get_addr, s)
        try:
            nl.prefix_add(B, SESSION, cookie=nl.requests()[0]['cookie'])
        except OSError:
            give_up_session(s)
            raise

    def take_back():
        """Nobody else may have the prefix, so that it may have gone with the wish."""
        give_up_session(s)
        outcome(nl.prefix_del, B, force=True)
    each(('prefix add, as an answer', answer, take_back))
    ready(nl, A, SESSION, 'd0')
    ready(nl, B, FIXED, 'd0', flags=ONLINK)
    each(('prefix change, lifetimes', quiet(nl.prefix_change, A, valid_lft=1000)),
         ('prefix change, routed to another link', quiet(nl.prefix_change, A, dev='d1'), quiet(nl.prefix_change, A, dev='d0')),
         ('prefix withdraw', quiet(nl.prefix_withdraw, A, grace=100), quiet(nl.prefix_change, A, valid_lft=1000, preferred_lft=1000)),
         ('prefix del', quiet(nl.prefix_del, A), quiet(ready, nl, A, SESSION, 'd0')))
    on_link = Operation('prefix change, on-link to another link', quiet(nl.prefix_change, B, dev='d1'),
                        lambda: (nl.prefix_change(B, dev='d0'), on('d0')))

    def on(dev):
        wait_for(lambda: state_of(nl, B) == ACTIVE and nl.prefix(B)['home'] == socket.if_nametoindex(dev), f'the address to be on {dev}')
    on_link.run()
    equal(nl.prefix(B)['home'], nl.prefix(B)['ifindex'], 'prefix change, on-link: address and link are together')


def give_up_session(s):
    set_option(s, SC_TYPE, NONE)
    set_option(s, SC_TYPE, SESSION)


# Workers. -----------------------------------------------------------------------------------------------------------------------------------

class Away(OSError):
    """The prefix has failed, as one does that cannot have its address."""

    def __init__(self):
        super().__init__(12, 'gone')


def settled(nl, prefix):
    """When the workers are done with a prefix that was added: it is there, or has failed."""
    wait_for(lambda: state_of(nl, prefix) != netlink.TENTATIVE, f'{prefix} to settle')
    if state_of(nl, prefix) is None:
        raise Away


def by_workers(text, act, undo=None, **kwargs):
    Operation(text, act, undo, tasks=inject.kworkers, **kwargs).run()


def no_address(nl, prefix):
    nl.prefix_del(prefix, force=True)
    wait_for(lambda: not any(made()), 'its address to go')


def test_work_of_a_prefix():
    """Whatever fails: the address comes, and goes, with the prefix."""
    nl = netlink.Odmm()

    def add():
        nl.prefix_add(A, SESSION)
        settled(nl, A)
    by_workers('worker: address of a new prefix', add, lambda: no_address(nl, A))
    add()

    def delete():
        no_address(nl, A)
    by_workers('worker: address of a deleted prefix', delete, add)
    by_workers('worker: lifetimes', lambda: (nl.prefix_change(A, valid_lft=1000), wait_for(lambda: lifetime(nl) <= 1002, 'them'))[0],
               lambda: (nl.prefix_change(A, valid_lft=5000), wait_for(lambda: lifetime(nl) > 1002, 'them')))


def lifetime(nl):
    return kernel_address(nl.prefix(A)['address'])['valid']


def test_work_of_a_move():
    nl = netlink.Odmm()
    netns.dummy('d0', 'd1')
    address = ready(nl, A, SESSION, 'd0', flags=ONLINK)
    s = hold(SESSION)

    def move(dev, other):
        nl.prefix_change(A, dev=dev)
        wait_for(lambda: kernel_address(address, dev) and not kernel_address(address, other) and state_of(nl, A) == ACTIVE, 'the move')
    by_workers('worker: to another link', lambda: move('d1', 'd0'), lambda: move('d0', 'd1'))
    equal(state(s), 2, 'worker: to another link: still held')


def test_work_of_putting_back():
    """Losing memory is no reason to lose an address."""
    nl = netlink.Odmm()
    netns.dummy('d0')
    address = ready(nl, A, SESSION, 'd0', home='d0')
    s = hold(SESSION)

    def down_and_up():
        put_back = nl.stats()['put_back']
        netns.ip('link set d0 down')
        wait_for(lambda: nl.stats()['put_back'] > put_back, 'the loss')
        netns.ip('link set d0 up')
        wait_for(lambda: kernel_address(address) and state_of(nl, A) == ACTIVE, 'the address')
    by_workers('worker: put back', down_and_up)
    equal((state(s), nl.stats()['prefixes_lost']), (2, 0), 'worker: put back: never lost')


def test_work_of_adoption():
    nl = netlink.Odmm()
    wanted = '2001:db8:51::7'

    def tag():
        refused = nl.stats()['adopt_refused']
        netlink.address_add(wanted, proto=IFA_PROTO_BASE + SESSION)
        wait_for(lambda: state_of(nl, A) or nl.stats()['adopt_refused'] > refused, 'it to be seen')
        if not state_of(nl, A):
            netns.ip(f'addr del {wanted}/128 dev lo')
            raise Away
    by_workers('worker: adopt', tag, lambda: no_address(nl, A))


def test_work_of_aborting():
    """Those who cannot be told are left alone: no worse than without."""
    nl = netlink.Odmm()

    def lose(others):
        address = ready(nl, A, NONPERSISTENT)
        sockets = [hold(NONPERSISTENT) for _ in range(3)] + [by_hand(address, udp) for _ in range(others)]
        no_address(nl, A)
        for s in sockets:
            s.close()
    # Which of the workers does it is chance; what it allocates in there is not.
    inject.only_from(*inject.bounds('odmm_abort_users'))
    by_workers('worker: abort', lambda: lose(0))
    by_workers('worker: abort many, who are looked for twice', lambda: lose(100), most=3)
    inject.only_from(*inject.module_text())


def test_work_of_notices():
    """A notice that finds no memory comes later."""
    nl = agent_of(SESSION)
    s = wanting(SESSION, blocking=False, flags=EVENTS, timeout=NO_LIMIT)

    def told():
        outcome(get_addr, s)
        nl.prefix_add(A, SESSION)
        wait_for(lambda: notice(s), 'the notice')

    def untell():
        give_up_session(s)
        no_address(nl, A)
    by_workers('worker: notices', told, untell)


def test_work_of_release():
    nl = agent_of(SESSION)
    nl.policy_set(type=SESSION, linger=1)

    def use():
        s = wanting(SESSION, blocking=False, timeout=NO_LIMIT)
        outcome(get_addr, s)
        nl.prefix_add(A, SESSION, cookie=nl.requests()[0]['cookie'])
        wait_for(lambda: state_of(nl, A) == ACTIVE or not nl.requests(), 'the prefix')
        s.close()
        wait_for(lambda: not nl.prefixes() and not any(made()) and not nl.stats()['sessions'], 'it to be released')
    by_workers('worker: release', use)


# The module and namespaces. -----------------------------------------------------------------------------------------------------------------

def test_namespace():
    def unshare():
        netns.Netns().close()
    Operation('a namespace', unshare).run()


def test_work_of_a_namespace():
    """It finds what is in the table already, sooner or later."""
    def fill():
        ns = netns.Netns()
        with ns.inside():
            nl = netlink.Odmm()
            netlink.address_add('2001:db8:51::7', proto=IFA_PROTO_BASE + SESSION)
            wait_for(nl.prefixes, 'the prefix')
            nl.close()
        ns.close()
    by_workers('worker: a namespace', fill)


def test_probe():
    """Of the old flag: the call works, and the wish is not recorded."""
    nl = netlink.Odmm()
    nl.policy_set(rfc5014=1)
    act = NewSocket(lambda s: s.setsockopt(socket.IPPROTO_IPV6, IPV6_ADDR_PREFERENCES, ON_NET | IPV6_PREFER_SRC_PUBLIC))
    Operation('the flag of RFC 5014', act, act.undo).run()
    nl.policy_set(rfc5014=0)


def finit_module(fd):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(313, fd, b'', 0):
        raise OSError(ctypes.get_errno(), 'finit_module')


def test_insmod():
    """The symbols of a module that does not come to be are known only while it tries: the kernel's log has them."""
    fd = os.open(kmod.KO, os.O_RDONLY)
    kmod_error = kmod.remove()
    equal(kmod_error, '', 'rmmod')
    inject.only_from(*inject.bounds('do_one_initcall'))
    inject.write(f'{inject.DEBUG}/failslab/verbose', 2)
    n, bad, results, sites = 1, [], {}, set()
    fired = True
    while fired and n < MANY:
        with inject.Failing(n, inject.myself()) as failing:
            result = outcome(finit_module, fd)
        fired = failing.fired
        results[result] = results.get(result, 0) + 1
        if result is None:
            if kmod.remove():
                bad.append((n, 'rmmod'))
        elif result not in NO_MEMORY or not fired:
            bad.append((n, result))
        if kmod.loaded():
            bad.append((n, 'still there'))
        n += 1
    kmod.insert()
    inject.prepare()
    log = netns.sh('dmesg')
    sites = inject.sites(log.split('FAULT_INJECTION')[1:])
    remember(sites)
    diag((results, sorted(sites)))
    ok(not bad and n < MANY, f'insmod: {n - 2} allocations fail one by one', bad)
    equal(netlink.Odmm().prefixes(), [], 'insmod works after that')


def test_all_reached():
    """So that none is forgotten when one is added."""
    with open(REACHED, encoding='ascii') as f:
        reached = set(f.read().split())
    every = inject.all_sites(kmod.KO)
    missed = {site for site in every - reached if site.split('+')[0] not in EXCEPT}
    diag(f'{len(every & reached)} of {len(every)} sites have failed')
    equal(sorted(missed), [], 'each place where the module allocates has failed at least once')


inject.prepare()
run(test_sockets, test_old_socket, test_get_and_dump, test_agent, test_policy, test_prefix, test_work_of_a_prefix, test_work_of_a_move,
    test_work_of_putting_back, test_work_of_adoption, test_work_of_aborting, test_work_of_notices, test_work_of_release, test_namespace,
    test_work_of_a_namespace, test_probe, test_insmod, test_all_reached, timeout=900)
