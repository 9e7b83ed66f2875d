# SPDX-License-Identifier: GPL-2.0
"""What those do who run the network, at random: prefixes, links, agents, policy, namespaces; and one who watches."""
import errno
import os
import select
import signal
import socket
import subprocess

import netlink
import netns
from machine import emulated
from netlink import ACCESS_ALL, ACCESS_CAPABILITY, ONLINK
from odmm import IFA_PROTO_BASE, NONPERSISTENT, SESSION, TYPES, get_addr, wanting
from tap import outcome

PREFIXES = [f'2001:db8:51:{n:x}::/64' for n in range(16)]
LINKS = ('s0', 's1')
DEVS = ('lo',) + LINKS
REFUSALS = (errno.EACCES, errno.EADDRNOTAVAIL, errno.EDQUOT)


def prepare():
    netns.dummy(*LINKS)
    # Connections that were closed must not stay for minutes because their address has gone.
    netns.sysctl('net.ipv4.tcp_orphan_retries', 1)
    netns.sysctl('net.ipv4.tcp_fin_timeout', 1)


def _ip(command):
    done = subprocess.run(['ip', *command.split()], capture_output=True, text=True)
    if done.returncode:
        raise OSError(errno.ENODEV, f'ip {command}: {done.stderr}')


class Operator:
    """Has prefixes come and go by hand."""

    def __init__(self):
        self.nl = netlink.Odmm()
        self.deeds = [(10, self.add), (4, self.add_on_link), (2, self.delete), (2, self.delete_by_force), (2, self.withdraw),
                      (4, self.move), (6, self.change), (2, self.flush_address), (2, self.tag_address)]

    def close(self):
        self.nl.close()

    def add(self, dice):
        self.nl.prefix_add(dice.choice(PREFIXES), dice.choice(TYPES), dice.choice(DEVS), home='lo',
                           valid_lft=dice.choice((5, 60, 0xffffffff)), preferred_lft=dice.choice((1, 4, 5)))

    def add_on_link(self, dice):
        self.nl.prefix_add(dice.choice(PREFIXES), dice.choice(TYPES), dice.choice(LINKS), flags=ONLINK)

    def delete(self, dice):
        self.nl.prefix_del(dice.choice(PREFIXES))

    def delete_by_force(self, dice):
        self.nl.prefix_del(dice.choice(PREFIXES), force=True)

    def withdraw(self, dice):
        self.nl.prefix_withdraw(dice.choice(PREFIXES), force=dice.choice((True, False)), grace=dice.choice((None, 0, 1, 3)))

    def move(self, dice):
        self.nl.prefix_change(dice.choice(PREFIXES), dice.choice(DEVS))

    def change(self, dice):
        self.nl.prefix_change(dice.choice(PREFIXES), preferred_lft=dice.choice((0, 0xffffffff)))

    def flush_address(self, dice):
        """Somebody takes away what is not his."""
        found = [a for a in netlink.addresses() if a['proto'] > IFA_PROTO_BASE]
        n = dice.randrange(1000)
        if not found:
            raise OSError(errno.ENOENT, 'no address')
        victim = found[n % len(found)]
        _ip(f"-6 addr del {victim['address']}/{victim['len']} dev {socket.if_indextoname(victim['ifindex'])}")

    def tag_address(self, dice):
        netlink.address_add(f'2001:db8:52:{dice.randrange(8):x}::1', dice.choice(DEVS), proto=IFA_PROTO_BASE + dice.choice(TYPES))


class Links:
    """Go down and up, and away and come back."""

    def __init__(self):
        self.deeds = [(6, self.down), (6, self.up), (1, self.replace), (8, self.rest)]

    def close(self):
        pass

    def down(self, dice):
        _ip(f'link set {dice.choice(LINKS)} down')

    def up(self, dice):
        _ip(f'link set {dice.choice(LINKS)} up')

    def replace(self, dice):
        dev = dice.choice(LINKS)
        _ip(f'link del {dev}')
        _ip(f'link add {dev} type dummy')
        _ip(f'link set {dev} up')

    def rest(self, dice):
        select.select([], [], [], dice.random() / 5)


class Agent:
    """Claims, accepts, answers, refuses, and is born again."""

    def __init__(self):
        self.nl = netlink.Odmm()
        self.n = 0
        self.accepted = {'cookie': 0, 'type': SESSION}
        self.deeds = [(4, self.claim), (20, self.accept), (20, self.answer), (5, self.refuse), (2, self.restart), (3, self.answer_nobody),
                      (20, self.rest)]

    def close(self):
        self.nl.close()

    def claim(self, dice):
        self.nl.claim(*dice.sample(TYPES, dice.randrange(1, 5)))

    def accept(self, _):
        self.accepted = self.nl.accept()

    def answer(self, dice):
        """Now and then for a second time, too late, or with another type than was asked for."""
        self.n += 1
        wanted = dice.choice((*TYPES, *(12 * [self.accepted['type']])))
        self.nl.do(netlink.PREFIX_ADD, netlink.PREFIX, prefix=f'2001:db8:{os.getpid() & 0xffff:x}:{self.n & 0xffff:x}::', len=64,
                   type=wanted, ifindex=1, cookie=self.accepted['cookie'], valid_lft=dice.choice((5, 30)), preferred_lft=5)

    def refuse(self, dice):
        self.nl.refuse(self.accepted['cookie'], dice.choice(REFUSALS))

    def answer_nobody(self, dice):
        """A request that there cannot be: ENOENT is what it wants to hear."""
        got = outcome(self.nl.refuse, dice.choice((0, 1 << 40, (1 << 64) - 1)), errno.EACCES)
        if got != 'ENOENT':
            raise OSError(errno.EPROTO, f'{got} to a request that there is not')

    def restart(self, _):
        self.nl.close()
        self.nl = netlink.Odmm()

    def rest(self, dice):
        """Until the doorbell rings it has nothing to do."""
        select.select([], [], [], dice.random() / 50)


class Program:
    """The agent that comes with the tools, killed and started again."""

    def __init__(self):
        self.agent = None
        self.deeds = [(3, self.start), (2, self.kill), (1, self.end), (6, self.rest)]

    def close(self):
        self._stop(signal.SIGKILL)

    def _stop(self, number):
        if self.agent:
            self.agent.send_signal(number)
            self.agent.wait()
            self.agent.stdout.close()
        self.agent = None

    def start(self, dice):
        words = ['type', dice.choice(('session-lasting', 'fixed', 'graceful-replacement')), 'pool', '2001:db8:a000::/40', 'dev', 'lo']
        self._stop(signal.SIGTERM)
        self.agent = subprocess.Popen(['odmm', 'agent', 'run', *words, 'valid_lft', '20', 'preferred_lft', '10'], stdout=subprocess.PIPE,
                                      stderr=subprocess.DEVNULL)
        self.agent.stdout.readline()
        # What it says is of no interest, but it must not block.
        os.set_blocking(self.agent.stdout.fileno(), False)

    def kill(self, _):
        self._stop(signal.SIGKILL)

    def end(self, _):
        self._stop(signal.SIGTERM)

    def rest(self, dice):
        select.select([self.agent.stdout] if self.agent else [], [], [], dice.random())
        if self.agent:
            self.agent.stdout.read()


class Politician:
    """Decides this and that."""

    def __init__(self):
        self.nl = netlink.Odmm()
        self.deeds = [(4, self.access), (4, self.life), (4, self.use), (2, self.defaults), (2, self.quotas), (8, self.rest)]
        if emulated():
            self.nl.policy_set(rfc5014=1)
        else:
            self.deeds.append((2, self.options))

    def close(self):
        self.nl.close()

    def access(self, dice):
        self.nl.policy_set(type=dice.choice(TYPES), access=dice.choice((ACCESS_ALL, ACCESS_ALL, ACCESS_CAPABILITY)),
                           share_uid=dice.randrange(2))

    def life(self, dice):
        self.nl.policy_set(type=dice.choice(TYPES), linger=dice.choice((1, 3)), grace=dice.choice((0, 2)), abort=dice.randrange(2))

    def use(self, dice):
        self.nl.policy_set(type=dice.choice(TYPES), max_age=dice.choice((0, 2, 10)), max_bytes=dice.choice((0, 0, 20000)),
                           timeout=dice.choice((10, 1000)))

    def defaults(self, dice):
        self.nl.policy_set(default_types=dice.choice((0, 1 << SESSION)))

    def options(self, dice):
        self.nl.policy_set(rfc5014=dice.randrange(2))

    def quotas(self, dice):
        self.nl.policy_set(sessions=dice.choice((20, 1000)), pending=dice.choice((2, 1000)), held=dice.choice((2, 100)),
                           on_net_rate=dice.choice((0, 5)))

    def rest(self, dice):
        select.select([], [], [], dice.random() / 5)


class Namespaces:
    """Come furnished, and go with all that is in them."""

    def __init__(self):
        self.deeds = [(1, self.make), (3, self.rest)]

    def close(self):
        pass

    def make(self, dice):
        things = []
        ns = netns.Netns()
        with ns.inside():
            things.append(netlink.Odmm())
            things[0].claim(SESSION, NONPERSISTENT)
            for flags in (0, 0x10000, 0x40000):
                things.append(wanting(dice.choice((SESSION, NONPERSISTENT)), blocking=False, flags=flags))
                outcome(get_addr, things[-1])
            things[0].prefix_add(PREFIXES[0], SESSION)
        ns.close()
        dice.shuffle(things)
        for thing in things:
            thing.close()

    def rest(self, dice):
        select.select([], [], [], dice.random())


class Watcher:
    """Looks at everything, and listens."""

    def __init__(self):
        self.nl, self.listener = netlink.Odmm(), netlink.Odmm()
        self.listener.subscribe('events', 'requests')
        self.deeds = [(5, self.listen), (2, self.prefixes), (2, self.requests), (2, self.sessions), (2, self.agents), (2, self.policies),
                      (2, self.stats), (5, self.rest)]

    def close(self):
        self.nl.close()
        self.listener.close()

    def listen(self, _):
        while select.select([self.listener], [], [], 0)[0]:
            self.listener.events()

    def prefixes(self, _):
        return self.nl.prefixes()

    def requests(self, _):
        return self.nl.requests()

    def sessions(self, _):
        return self.nl.sessions()

    def agents(self, _):
        return self.nl.agents()

    def policies(self, _):
        return self.nl.policies()

    def stats(self, _):
        return self.nl.stats()

    def rest(self, dice):
        select.select([], [], [], dice.random() / 5)
