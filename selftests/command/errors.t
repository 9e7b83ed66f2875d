#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What odmm says when it cannot: exit status 1 for a wrong command line, 2 and the kernel's own words when the kernel refuses."""
import os
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))

# pylint: disable=wrong-import-position
import netns
from netlink import ONLINK, Odmm
from odmm import FIXED, ON_NET, SESSION, get_addr, ready, state, wanting
from program import gives, odmm, refuses
from tap import equal, ok, outcome, run, wait_for

P, Q, R = '2001:db8:51::/64', '2001:db8:52::/64', '2001:db8:53::/64'
TYPES = 'no type; there are fixed, session-lasting, non-persistent and graceful-replacement'


def success():
    gives('add', f'prefix add {P} dev lo type session-lasting')
    wait_for(lambda: 'state active' in odmm('prefix')[1], 'it to be active')
    gives('change', f'prefix change {P} valid_lft 1000 preferred_lft 500')
    ok('valid_lft 1000' in odmm('prefix')[1] or 'valid_lft 99' in odmm('prefix')[1], 'it has changed')
    gives('for ever', f'prefix change {P} valid_lft forever preferred_lft forever')
    gives('delete', f'prefix del {P}')
    gives('nothing is left', 'prefix')
    gives('flush of nothing', 'prefix flush')
    gives('help', 'help', odmm('help')[1])


def abbreviated():
    netns.dummy('d0')
    gives('add, abbreviated', f'p a {P} de d0 t s v 1000 pref 900 or me')
    row = wait_for(lambda: Odmm().prefixes()[0]['state'] and Odmm().prefixes()[0], 'it')
    equal((row['type'], row['origin'], row['valid_lft'] > 900), (SESSION, 'me', True), 'all of it is understood')
    gives('change, abbreviated', f'p c {P} p 0')
    gives('delete, abbreviated', f'pre d {P} f')
    equal(Odmm().prefixes(), [], 'it is gone')


def command_line():
    for words, message in (
            ('frob', 'object "frob" is unknown, try "odmm help".'), ('-x prefix', 'option "-x" is unknown, try "odmm -help".'),
            ('prefix frob', 'what is "frob"? Try "odmm prefix help".'),
            (f'prefix add {P} dev lo', 'type TYPE is required'), (f'prefix add {P} type fixed', 'dev DEV is required'),
            (f'prefix add {P} dev nosuch type fixed', 'cannot find device "nosuch"'),
            ('prefix add 2001:db8:51::1/64 dev lo type fixed',
             'argument "2001:db8:51::1/64" is wrong: bits are set behind the prefix length; write 2001:db8:51::/64'),
            (f'prefix add {P} dev lo type mobile', f'argument "mobile" is wrong: {TYPES}'),
            (f'prefix change {P} valid_lft soon', 'argument "soon" is wrong: not a number'),
            ('request show x', 'argument "x" is wrong: not a number'),
            ('agent run', 'type TYPE is required')):
        refuses(f'odmm {words}', words, f'Error: {message}', 1)
    equal(Odmm().prefixes(), [], 'nothing has been added')


def refused_prefixes():
    nl = Odmm()
    netns.dummy('d0', 'low')
    netns.ip('link set low down')
    ready(nl, P, SESSION)
    gives('session-lasting', 'prefix show type session-lasting', odmm('prefix')[1])
    for words, message in (
            (f'{P} dev lo type session-lasting', 'prefix exists (attribute prefix): File exists'),
            ('2001:db8:51::/48 dev lo type session-lasting', 'overlaps with another prefix (attribute prefix): Invalid argument'),
            ('2001:db8:51::/48 dev lo type fixed', 'overlaps with a prefix of another type (attribute prefix): Invalid argument'),
            ('fe80::/64 dev lo type fixed', 'not a prefix of global unicast addresses (attribute prefix): Invalid argument'),
            ('ff02::/16 dev lo type fixed', 'not a prefix of global unicast addresses (attribute prefix): Invalid argument'),
            ('2001:db8::/65 dev lo type fixed', 'integer out of range (attribute length): Numerical result out of range'),
            ('2000::/8 dev lo type fixed', 'integer out of range (attribute length): Numerical result out of range'),
            (f'{Q} dev lo type fixed valid_lft 5 preferred_lft 6',
             'preferred lifetime is longer than the valid one (attribute preferred_lft): Invalid argument'),
            (f'{Q} dev lo type fixed preferred_lft 0',
             'a prefix with preferred lifetime 0 would serve nobody (attribute preferred_lft): Invalid argument'),
            (f'{Q} dev d0 home d0 onlink type fixed',
             'an on-link prefix lives on its link, not on a home interface (attribute home): Invalid argument'),
            (f'{Q} dev low onlink type fixed', 'interface that is to carry the address is down: Network is down'),
            (f'{Q} dev lo type fixed cookie 77', 'no such request, or it is over (attribute cookie): No such file or directory')):
        refuses(f'add {words}', f'prefix add {words}', f'Error: odmm: {message}')
    refuses('an origin that is too long', f'prefix add {Q} dev lo type fixed origin sixteen_letters_',
            'Error: odmm: Attribute failed policy validation (attribute origin): Invalid argument')
    equal(len(nl.prefixes()), 1, 'nothing has been added')


def refused_changes():
    nl = Odmm()
    netns.dummy('d0', 'd1')
    ready(nl, P, SESSION)
    ready(nl, Q, FIXED, 'd0', flags=ONLINK)
    s = wanting(SESSION)
    get_addr(s)
    none = 'no such prefix (attribute prefix): No such file or directory'
    longer = 'preferred lifetime is longer than the valid one (attribute preferred_lft): Invalid argument'
    refuses('change of none', f'prefix change {R} valid_lft 5', f'Error: odmm: {none}')
    refuses('del of none', f'prefix del {R}', f'Error: odmm: {none}')
    gives('move of an on-link one', f'prefix change {Q} dev d1')
    ok(wait_for(lambda: nl.prefix(Q)['ifindex'] == socket.if_nametoindex('d1') and nl.prefix(Q)['state'], 'it to be there'), 'goes with its address')
    refuses('preferred > valid', f'prefix change {P} valid_lft 5 preferred_lft 6', f'Error: odmm: {longer}')
    held = 'sockets hold that prefix; force takes it away all the same (attribute prefix): Device or resource busy'
    refuses('del of one that is held', f'prefix del {P}', f'Error: odmm: {held}')
    gives('flush goes on after one that is held', 'prefix flush', '', 2, f'Error: odmm: {P}: {held}\n')
    equal([p['prefix'] for p in nl.prefixes()], ['2001:db8:51::'], 'and deletes what it can')
    gives('flush of another type', 'prefix flush type fixed')
    gives('flush by force', 'prefix flush force')
    equal((nl.prefixes(), state(s)), ([], 4), 'deletes all')


def refused_requests():
    nl = Odmm()
    nl.claim(FIXED)
    gone = 'no such request, or it is over (attribute cookie): No such file or directory'
    for words in ('show 9', 'accept 9', f'done 9 {P} dev lo type fixed', f'done 9 {P} dev lo', 'refuse 9'):
        refuses(f'request {words}', f'request {words}', f'Error: odmm: {gone}')
    refuses('accept without a claim', 'request accept', 'Error: odmm: name a request, or claim types first: No such file or directory')
    s = wanting(FIXED, flags=ON_NET, blocking=False)
    outcome(get_addr, s)
    refuses('refuse with what is no refusal', 'request refuse 1 error ENOMEM',
            'Error: odmm: not an error that a refusal can have (attribute error): Invalid argument')
    refuses('answer of another type', f'request done 1 {P} dev lo type session-lasting',
            'Error: odmm: request is for another type (attribute type): Invalid argument')
    nl.accept(1)
    refuses('accept what is taken', 'request accept 1', 'Error: odmm: somebody works on that request (attribute cookie): Device or resource busy')
    gives('done', f'request done 1 {P} dev lo')
    wait_for(lambda: state(s) == 2, 'the grant')
    ok(get_addr(s).startswith('2001:db8:51:'), 'the type of the answer is that of the request')
    for number, (word, name) in enumerate((('', 'EADDRNOTAVAIL'), ('error unsupported', 'EOPNOTSUPP'), ('error denied', 'EACCES'),
                                           ('error timeout', 'ETIMEDOUT'), ('error unavailable', 'EADDRNOTAVAIL'), ('error EDQUOT', 'EDQUOT'),
                                           ('error ENETDOWN', 'ENETDOWN')), 2):
        t = wanting(FIXED, flags=ON_NET, blocking=False)
        outcome(get_addr, t)
        gives(f'refuse {word}', f'request refuse {number} {word}')
        equal(outcome(get_addr, t), name, f'is {name}')


def not_allowed():
    denied = 'Error: odmm: Operation not permitted'
    who = {'user': 2001, 'group': 2001, 'extra_groups': []}
    ready(Odmm(), P, FIXED)
    for words in (f'prefix add {Q} dev lo type fixed', f'prefix del {P}', f'prefix change {P} valid_lft 5', 'prefix flush', 'request accept 1',
                  'request refuse 1', 'agent run type fixed refuse denied'):
        got = odmm(words, **who)
        ok(got[0] == 2 and got[1] == '' and 'Operation not permitted' in got[2], f'a plain user: {words}', got)
    equal(odmm(f'prefix del {P}', **who), (2, '', denied + '\n'), 'in the words of errno')
    equal(odmm('monitor', **who), (2, '', 'Error: odmm: cannot listen: Operation not permitted\n'), 'monitor')
    equal(odmm('prefix', **who)[0], 0, 'he may look')
    equal(odmm('stats', **who)[0], 0, 'and count')


def nobody_serves():
    refuses('setsc of a type that nobody serves', 'setsc fixed', 'Error: odmm: fixed: Operation not supported '
            '(no prefix of that type, no agent to get one: odmm prefix, odmm agent)')


def loaded():
    return os.path.isdir('/sys/module/odmm')


def unload():
    return not loaded() or subprocess.run(['rmmod', 'odmm'], capture_output=True, check=False).returncode == 0


def module_missing():
    missing = 'odmm: the kernel module is not loaded: modprobe odmm'
    wait_for(unload, 'the module to be free')
    try:
        for words in ('-j prefix', f'prefix add {P} dev lo type fixed', 'request accept 1', 'agent run type fixed refuse denied', 'session',
                      'stats', 'monitor'):
            refuses(f'without the module: odmm {words}', words, missing)
        refuses('without the module: odmm setsc', 'setsc fixed',
                'Error: odmm: fixed: Protocol not available (the kernel module is not loaded: modprobe odmm)')
        equal(odmm('help')[0], 0, 'help needs no module')
    finally:
        subprocess.run(['insmod', os.environ['ODMM_KO']], check=True)
    gives('with it again', 'prefix')


run(success, abbreviated, command_line, refused_prefixes, refused_changes, refused_requests, not_allowed, nobody_serves, module_missing)
