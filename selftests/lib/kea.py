# SPDX-License-Identifier: GPL-2.0
"""
A stock Kea that delegates prefixes by type. All that makes it do so is its configuration.

What it does with a prefix when the host has moved depends on where it is asked from. Kea tells access networks apart by their relays;
here the network is a word of the configuration instead, and moving there is starting it again with the same leases.
"""
import csv
import json
import os
import subprocess
import tempfile

import netns
from odmm import FIXED, GRACEFUL, NONPERSISTENT, SESSION
from tap import wait_for

ENTERPRISE = 32473
OPTIONS = ('odm-type', 'uint8'), ('odm-types', 'binary'), ('odm-grace', 'uint32')
HOOKS = '/usr/lib/x86_64-linux-gnu/kea/hooks'
ALL_SERVERS = '000002FF000000000000000002000100:0223'   # ff02::1:2, port 547, as /proc/net/udp6 writes them
# Where the prefixes of a type are from; of those that do not move, in each network.
POOLS = {FIXED: '2001:db8:5100::', SESSION: '2001:db8:5200::'}
LOCAL = {NONPERSISTENT: ('2001:db8:1300::', '2001:db8:2300::'), GRACEFUL: ('2001:db8:1400::', '2001:db8:2400::')}
UNTYPED = '2001:db8:1f00::'
GRACE_TIME = 30


def pool_of(wanted, network=1):
    """The /40 that prefixes of the type are from there."""
    return f'{POOLS.get(wanted) or LOCAL[wanted][network - 1]}/40'


def _from(prefix):
    """The first prefix that a client shows of its IA_PD is of that /40."""
    words = prefix.split(':')
    return f"substring(option[25].hex,24,6) == 0x40{int(words[0], 16):04x}{int(words[1], 16):04x}{int(words[2], 16) >> 8:02x}"


def _fade():
    """What is of the other network: preferred no more, valid for the time of grace. Kea has no words for that, but a hook."""
    ia = f"concat(concat(substring(option[25].hex,0,4), 0x0000000000000000001a001900000000{GRACE_TIME:08x}), substring(option[25].hex,24,17))"
    return {'library': f'{HOOKS}/libdhcp_flex_option.so',
            'parameters': {'options': [{'code': 25, 'supersede': f"ifelse(member('old'), {ia}, '')"}]}}


class Kea:
    """In the namespace of a peer, on its end of a link."""

    def __init__(self, peer, dev='v1', types=(FIXED, SESSION, NONPERSISTENT, GRACEFUL), fixed=None, untyped=False, rapid=True,
                 lifetimes=(300, 600), timers=None, enterprise=ENTERPRISE, codes=(1, 2, 3), prefix_option=None):
        self.peer, self.dev = peer, dev
        self.types, self.fixed, self.untyped, self.rapid = types, fixed, untyped, rapid
        self.lifetimes, self.timers = lifetimes, timers or (lifetimes[0] // 2, lifetimes[0] * 4 // 5)
        self.enterprise, self.codes, self.prefix_option = enterprise, codes, prefix_option
        self.folder = tempfile.TemporaryDirectory()
        self.process = None
        with peer.inside():
            netns.ip(f'link set {dev} multicast on')    # else Kea hears only what is sent to itself
        self.start()

    def _vendor(self, name, data, **more):
        return {'space': f'vendor-{self.enterprise}', 'name': name, 'data': data, 'always-send': True, **more}

    def _pool(self, prefix, wanted=None, client_class=None):
        pool = {'prefix': prefix, 'prefix-len': 40, 'delegated-len': 64}
        if client_class:
            pool['client-class'] = client_class
        if wanted:
            pool['option-data'] = [self._vendor('odm-type', str(int(wanted)))]
        if wanted and self.prefix_option:
            # What the query does not have the answer has only if it is told to.
            pool['option-data'].append({'name': 'vendor-opts', 'data': str(self.enterprise), 'always-send': True})
        return pool

    def _asks(self, wanted):
        if self.prefix_option:
            return f'substring(option[25].hex,41,5) == 0x{self.prefix_option:04x}0001{int(wanted):02x}'
        return f'vendor[{self.enterprise}].option[{self.codes[0]}].hex == 0x{int(wanted):02x}'

    def _classes(self, network):
        here, there = LOCAL[GRACEFUL][network - 1], LOCAL[GRACEFUL][2 - network]
        return [*({'name': f't{int(t)}', 'test': self._asks(t)} for t in (FIXED, SESSION, NONPERSISTENT, GRACEFUL)),
                {'name': 'old', 'test': f"member('t4') and {_from(there)}",
                 'option-data': [self._vendor('odm-grace', str(GRACE_TIME))]},
                {'name': f'gr-{here}', 'test': "member('t4') and not member('old')"},
                {'name': f'gr-{there}', 'test': "member('old')"},
                {'name': 'others', 'test': ' and '.join(f"not member('t{int(t)}')" for t in self.types)}]

    def _pools(self, network):
        for t in self.types:
            if t == SESSION:
                yield self._pool(POOLS[t], t, f't{int(t)}')
            elif t == NONPERSISTENT:
                yield self._pool(LOCAL[t][network - 1], t, f't{int(t)}')
            elif t == GRACEFUL:
                yield from (self._pool(p, t, f'gr-{p}') for p in LOCAL[t])
        if self.untyped:
            yield self._pool(UNTYPED, client_class='others')

    def _subnets(self, network):
        if self.fixed:
            # Whoever is known has what is reserved, whatever the type: so a subnet that only those see who ask for it.
            duid, prefix = self.fixed
            yield {'id': 2, 'subnet': '2001:db8:fff2::/64', 'client-class': f't{int(FIXED)}', 'pd-pools': [self._pool(POOLS[FIXED], FIXED, 'nobody')],
                   'reservations': [{'duid': duid, 'prefixes': [prefix]}]}
        yield {'id': 1, 'subnet': '2001:db8:fff1::/64', 'pd-pools': list(self._pools(network))}

    def config(self, network):
        return {'Dhcp6': {
            'interfaces-config': {'interfaces': [self.dev]},
            'lease-database': {'type': 'memfile', 'name': self.file('leases.csv'), 'lfc-interval': 0},
            'server-id': {'type': 'EN', 'enterprise-id': ENTERPRISE, 'identifier': '6b6561', 'persist': False},
            'preferred-lifetime': self.lifetimes[0], 'valid-lifetime': self.lifetimes[1],
            'renew-timer': self.timers[0], 'rebind-timer': self.timers[1],
            'option-def': [{'space': f'vendor-{self.enterprise}', 'code': code, 'name': name, 'type': kind}
                           for code, (name, kind) in zip(self.codes, OPTIONS)],
            'option-data': [{'name': 'preference', 'data': '255', 'always-send': True},
                            self._vendor('odm-types', ''.join(f'{int(t):02x}' for t in self.types), **{'csv-format': False})],
            'client-classes': self._classes(network),
            'hooks-libraries': [_fade()],
            'shared-networks': [{'name': 'link', 'interface': self.dev, 'rapid-commit': self.rapid,
                                 'subnet6': list(self._subnets(network))}],
            'loggers': [{'name': 'kea-dhcp6', 'severity': 'INFO', 'output_options': [{'output': self.file('log')}]}]}}

    def file(self, name):
        return os.path.join(self.folder.name, name)

    def _listens(self):
        """On the address of all servers, by which it is asked."""
        with open('/proc/thread-self/net/udp6', encoding='ascii') as f:
            return any(line.split()[1] == ALL_SERVERS for line in list(f)[1:])

    def start(self, network=1):
        with open(self.file('kea.json'), 'w', encoding='ascii') as f:
            json.dump(self.config(network), f)
        with self.peer.inside(), open(self.file('output'), 'a', encoding='ascii') as out:
            self.process = subprocess.Popen(['kea-dhcp6', '-c', self.file('kea.json')], stdout=out, stderr=out, stdin=subprocess.DEVNULL,
                                            env={**os.environ, 'KEA_PIDFILE_DIR': self.folder.name, 'KEA_LOCKFILE_DIR': 'none'})
            try:
                wait_for(lambda: self._listens() or self.process.poll() is not None, 'Kea')
            finally:
                assert self.process.poll() is None and self._listens(), self.log()
        return self

    def stop(self):
        self.process.kill()
        self.process.wait()

    def move(self, network):
        """The same leases, as another network sees them."""
        self.stop()
        return self.start(network)

    def log(self):
        text = ''
        for name in ('output', 'log'):
            if os.path.exists(self.file(name)):
                with open(self.file(name), encoding='ascii') as f:
                    text += f.read()
        return text

    def leases(self):
        """Prefixes that are out, each with the number of its IA."""
        found = {}
        with open(self.file('leases.csv'), encoding='ascii') as f:
            for row in csv.DictReader(f):
                prefix = f"{row['address']}/{row['prefix_len']}"
                found.pop(prefix, None)
                if int(row['valid_lifetime']):
                    found[prefix] = int(row['iaid'])
        return found
