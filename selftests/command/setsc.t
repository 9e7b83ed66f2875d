#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Asking as an application does: odmm setsc, setsc() of the library on sockets that the kernel serves and on MPTCP sockets, the example
of the drafts, and the secret of the fixed addresses.
"""
import ctypes
import errno
import ipaddress
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))

# pylint: disable=wrong-import-position
import netns
from netlink import Odmm
from neighbour import OURS, THEIRS, connected_networks
from odmm import BIND, FIXED, GRACEFUL, IPPROTO_MPTCP, NONPERSISTENT, ON_NET, SESSION, TYPES, Caller, in_prefix, \
    ready, request_waiting, source, state, tcp, udp
from program import Program, gives, odmm, refuses
from tap import equal, ok, run, wait_for

P, Q = '2001:db8:51::/64', '2001:db8:52::/64'
NAMES = {FIXED: 'fixed', SESSION: 'session-lasting', NONPERSISTENT: 'non-persistent', GRACEFUL: 'graceful-replacement'}
NOT_SUPPORTED, NOT_GIVEN = -8653, -8654


def by_type():
    nl = Odmm()
    for wanted, name in NAMES.items():
        address = ready(nl, f'2001:db8:{wanted}::/64', wanted)
        gives(f'setsc {name}', f'setsc {name}', address + '\n')
        gives(f'setsc {name[:3]}', f'setsc {name[:3]}', address + '\n')
        gives(f'-j setsc {wanted}', f'-j setsc {wanted}',
              json.dumps({'type': name, 'address': address, 'state': 'granted'}, separators=(',', ':')) + '\n')


def by_protocol():
    nl = Odmm()
    address = ready(nl, P, SESSION)
    for proto in ('tcp', 'udp', 'raw', 'icmp'):
        asking = Program(f'setsc session-lasting --proto {proto} --hold')
        equal(asking.lines(1), [address], f'--proto {proto}')
        held = nl.sessions()
        equal([s['protocol'] for s in held], [{'tcp': 6, 'udp': 17, 'raw': 58, 'icmp': 58}[proto]], 'such a socket holds it')
        equal((asking.end(), asking.errors()), (0, ''), 'until it is ended')
        wait_for(lambda: not nl.sessions(), 'the sweep')


def bound():
    nl = Odmm()
    address = ready(nl, P, SESSION)
    for option, flags, bound_to in (('--bind', BIND, address), ('', 0, '::')):
        asking = Program(f'setsc session-lasting --proto raw {option} --hold')
        equal(asking.lines(1), [address], f"setsc {option or 'without --bind'}")
        with open('/proc/net/raw6', encoding='ascii') as f:
            fields = f.read().splitlines()[1].split()
        raw = bytes.fromhex(fields[1].split(':')[0])
        words = b''.join(raw[i:i + 4][::-1] for i in range(0, 16, 4))
        equal((nl.sessions()[0]['flags'], str(ipaddress.IPv6Address(words))), (flags, bound_to), f'is bound to {bound_to[:15]}')
        asking.end()
        wait_for(lambda: not nl.sessions(), 'the sweep')


def waiting():
    nl = Odmm()
    nl.claim(SESSION, GRACEFUL, FIXED)
    asking = Program('setsc session-lasting')
    cookie = request_waiting(nl)['cookie']
    ok(not asking.read() and not asking.over(), 'it waits for the network')
    nl.prefix_add(P, SESSION, cookie=cookie)
    ok(in_prefix(asking.lines(1)[0], P) and asking.status() == 0, 'and prints what came')

    asking = Program('setsc graceful-replacement --nonblock')
    request_waiting(nl)
    equal(nl.sessions()[-1]['state'], 1, 'with --nonblock too')
    nl.prefix_add(Q, GRACEFUL)
    ok(in_prefix(asking.lines(1)[0], Q) and asking.status() == 0, 'and prints what came')

    asking = Program('setsc session-lasting --on-net')
    request = request_waiting(nl)
    equal(request['flags'], ON_NET, '--on-net asks although there is one')
    nl.prefix_add('2001:db8:53::/64', SESSION, cookie=request['cookie'])
    ok(in_prefix(asking.lines(1)[0], '2001:db8:53::/64'), 'and gets its own')
    asking.status()

    begin = time.monotonic()
    refuses('--timeout', 'setsc fixed --timeout 200', 'Error: odmm: fixed: Connection timed out (no answer from the network: odmm request)')
    ok(0.2 <= time.monotonic() - begin < 5, 'after that time', time.monotonic() - begin)
    begin = time.monotonic()
    refuses('--timeout and --nonblock', 'setsc fixed --nonblock --timeout 200',
            'Error: odmm: fixed: Connection timed out (no answer from the network: odmm request)')
    ok(time.monotonic() - begin < 5, 'as well', time.monotonic() - begin)


def failures():
    nl = Odmm()
    refuses('nobody serves', 'setsc fixed', 'Error: odmm: fixed: Operation not supported '
            '(no prefix of that type, no agent to get one: odmm prefix, odmm agent)')
    nl.claim(FIXED)
    for error, words in ((errno.EADDRNOTAVAIL, 'Cannot assign requested address (the network refused, or the address is in use by another host)'),
                         (errno.EACCES, 'Permission denied (policy forbids this type, or the socket needs more rights)')):
        asking = Program('setsc fixed')
        nl.refuse(request_waiting(nl)['cookie'], error)
        equal((asking.status(), asking.read(), asking.errors()), (2, [], f'Error: odmm: fixed: {words}\n'), f'refused with {error}')
    asking = Program('-j setsc fixed')
    nl.refuse(request_waiting(nl)['cookie'], errno.EDQUOT)
    asking.status()
    equal(asking.read(), [], 'no JSON for an address that is none')


def by_interface():
    nl = Odmm()
    netns.dummy('d0', 'd1')
    first, second = ready(nl, P, SESSION, 'd0'), ready(nl, Q, SESSION, 'd1')
    gives('dev d0', 'setsc session-lasting dev d0', first + '\n')
    gives('dev d1', 'setsc session-lasting dev d1', second + '\n')
    gives('dev of none', 'setsc session-lasting dev lo', '', 2, 'Error: odmm: session-lasting: Operation not supported '
          '(no prefix of that type, no agent to get one: odmm prefix, odmm agent)\n')


def holding():
    nl = Odmm()
    ready(nl, P, SESSION)
    begin = time.monotonic()
    equal(odmm('setsc session-lasting --hold 1')[0], 0, '--hold SECONDS ends by itself')
    ok(time.monotonic() - begin >= 1, 'after them')
    for number in (signal.SIGTERM, signal.SIGINT):
        asking = Program('setsc session-lasting --hold')
        asking.lines(1)
        equal((nl.prefix(P)['sessions'] >= 1, odmm(f'prefix del {P}')[0]), (True, 2), '--hold holds the prefix')
        equal(asking.end(number), 0, f'{number.name} ends it')
        wait_for(lambda: not nl.sessions(), 'the sweep')
    with subprocess.Popen('odmm setsc session-lasting --hold'.split(), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as asking:
        asking.stdout.readline()
        equal(nl.prefix(P)['sessions'], 1, 'it holds as long as its input is open')
        asking.stdin.close()
        equal(asking.wait(10), 0, 'and ends when that does')


# The library

class Library:
    """libodmm.so, as a program that knows nothing but its header."""

    def __init__(self):
        self.lib = ctypes.CDLL(os.path.join(os.path.dirname(shutil.which('odmm')), '../lib/libodmm.so.1'), use_errno=True)
        self.lib.sc_type_name.restype = ctypes.c_char_p

    def _ask(self, call, s, wanted):
        address = ctypes.create_string_buffer(16)
        ctypes.set_errno(0)
        result = call(s if isinstance(s, int) else s.fileno(), address, wanted)
        if result:
            return result, errno_name(ctypes.get_errno())
        return str(ipaddress.IPv6Address(address.raw))

    def setsc(self, s, wanted):
        return self._ask(self.lib.setsc, s, wanted)

    def setsc_bind(self, s, wanted):
        return self._ask(self.lib.setsc_bind, s, wanted)

    def release(self, s):
        result = self.lib.setsc_release(s.fileno())
        return (result, errno_name(ctypes.get_errno())) if result else 0


def errno_name(number):
    return 'EOPNOTSUPP' if number == errno.EOPNOTSUPP else errno.errorcode[number]


def mptcp():
    return socket.socket(socket.AF_INET6, socket.SOCK_STREAM, IPPROTO_MPTCP)


def library():
    lib, nl = Library(), Odmm()
    address = ready(nl, P, SESSION)
    s = tcp()
    equal(lib.setsc(s, SESSION), address, 'setsc() gives the address')
    equal((source(s), nl.prefix(P)['sessions']), ('::', 1), 'holds it, and does not bind')
    equal(lib.setsc_bind(s, SESSION), address, 'setsc_bind() gives it too')
    equal(source(s), address, 'and binds')
    equal(lib.release(s), (NOT_GIVEN, 'EBUSY'), 'setsc_release() of a bound one: EBUSY')
    t = udp()
    equal(lib.setsc(t, SESSION), address, 'another socket')
    equal((lib.release(t), state(t)), (0, 0), 'gives it back')
    equal(lib.setsc(t, FIXED), (NOT_SUPPORTED, 'EOPNOTSUPP'), 'a type that nobody serves is not supported')
    for wanted in (0, 5, 6, 7, 8, -1):
        equal(lib.setsc(t, wanted), (NOT_GIVEN, 'EINVAL'), f'type {wanted}')
    four = socket.socket()
    equal(lib.setsc(four, SESSION), (NOT_SUPPORTED, 'EAFNOSUPPORT'), 'an IPv4 socket')
    equal(lib.setsc(987, SESSION), (NOT_GIVEN, 'EBADF'), 'no socket')
    nl.claim(FIXED)
    t.setblocking(False)
    equal([lib.setsc(t, FIXED), lib.setsc(t, FIXED)], [(NOT_GIVEN, 'EINPROGRESS'), (NOT_GIVEN, 'EALREADY')], 'one that does not wait')
    nl.refuse(request_waiting(nl)['cookie'], errno.EADDRNOTAVAIL)
    equal(lib.setsc(t, FIXED), (NOT_GIVEN, 'EADDRNOTAVAIL'), 'a refusal is failure')
    equal([lib.lib.sc_type_name(n) for n in range(6)], [b'none'] + [NAMES[n].encode() for n in TYPES] + [None], 'names of the types')


def server(peer, kind=tcp):
    """A server in the peer's namespace: tells each client once what address it sees, and echoes what it reads first."""
    with peer.inside():
        listener = kind()
        listener.bind(('::', 7777))
        listener.listen()
        pid = os.fork()
    if not pid:
        while True:
            connection, name = listener.accept()
            data = connection.recv(1000)
            connection.sendall(data + f'you are {name[0]}\n'.encode())
            connection.close()
    listener.close()
    return pid


def converse(s):
    s.settimeout(20)
    s.connect((THEIRS, 7777))
    s.sendall(b'hello\n')
    answer = b''
    while not answer.endswith(b'you are ' + source(s).encode() + b'\n') and len(answer) < 1000:
        data = s.recv(1000)
        if not data:
            break
        answer += data
    return answer.decode()


def on_mptcp(kind, point):
    lib, nl = Library(), Odmm()
    peer = connected_networks()
    server(peer, kind)
    address = ready(nl, P, SESSION, 'v0')
    s = mptcp()
    equal(lib.setsc(s, SESSION), address, f'{point}: setsc() gives the address')
    equal([x['protocol'] for x in nl.sessions()], [17], 'a plain socket holds it')
    s.bind((address, 0))
    equal(converse(s), f'hello\nyou are {address}\n', 'bound to it, the peer sees it')
    equal(nl.prefix(P)['sessions'], 1, 'it is held while the socket is open')
    equal(odmm(f'prefix del {P}')[0], 2, 'so the prefix cannot be deleted')
    holder = [int(fd) for fd in os.listdir('/proc/self/fd') if is_holder(int(fd), nl)]
    equal(len(holder), 1, 'by a descriptor of this process')
    s.close()
    lib.setsc(987, SESSION)
    wait_for(lambda: not nl.sessions(), 'the holder to go')
    ok(True, 'the next call after close() lets it go')


def is_holder(fd, nl):
    try:
        return os.fstat(fd).st_ino in [s['inode'] for s in nl.sessions()]
    except OSError:
        return False


def on_mptcp_to_mptcp():
    on_mptcp(mptcp, 'MPTCP on both sides')


def on_mptcp_to_tcp():
    on_mptcp(tcp, 'MPTCP that falls back')


def binding_mptcp():
    lib, nl = Library(), Odmm()
    peer = connected_networks()
    server(peer)
    address = ready(nl, P, SESSION, 'v0')
    s = mptcp()
    equal(lib.setsc_bind(s, SESSION), address, 'setsc_bind() gives the address')
    equal(source(s), address, 'and binds the MPTCP socket to it')
    equal(lib.setsc_bind(s, SESSION), address, 'twice is no harm')
    equal(lib.setsc(s, FIXED), (NOT_GIVEN, 'EBUSY'), 'another type: EBUSY, as it is bound')
    equal(converse(s), f'hello\nyou are {address}\n', 'the peer sees it')
    equal(lib.release(s), 0, 'setsc_release()')
    wait_for(lambda: not nl.sessions(), 'the holder to go')
    ok(True, 'lets the holder go')
    t = mptcp()
    t.connect((THEIRS, 7777))
    equal(lib.setsc_bind(t, SESSION), (NOT_GIVEN, 'EISCONN'), 'one that is connected cannot be bound')


def mptcp_that_waits():
    lib, nl = Library(), Odmm()
    s = mptcp()
    equal(lib.setsc(s, SESSION), (NOT_SUPPORTED, 'EOPNOTSUPP'), 'nobody serves')
    wait_for(lambda: not nl.sessions(), 'the holder to go')
    ok(True, 'and nothing is kept for it')
    nl.claim(SESSION)
    got = []
    thread = threading.Thread(target=lambda: got.append(lib.setsc(s, SESSION)))
    thread.start()
    cookie = request_waiting(nl)['cookie']
    nl.prefix_add(P, SESSION, cookie=cookie)
    thread.join(20)
    ok(got and in_prefix(got[0], P), 'one that waits gets the answer', got)
    t = mptcp()
    t.setblocking(False)
    ready(nl, Q, SESSION)
    nl.prefix_change(P, preferred_lft=0)
    ok(in_prefix(lib.setsc(t, SESSION), Q), 'one that does not is served at once when there is one')
    equal(lib.release(t), 0, 'gives it back')
    nl.prefix_del(Q, force=True)
    equal([lib.setsc(t, SESSION), lib.setsc(t, SESSION)], [(NOT_GIVEN, 'EINPROGRESS'), (NOT_GIVEN, 'EALREADY')], 'and else must ask again')
    nl.prefix_add(Q, SESSION, cookie=request_waiting(nl)['cookie'])
    wait_for(lambda: isinstance(lib.setsc(t, SESSION), str), 'the answer')
    ok(in_prefix(lib.setsc(t, SESSION), Q), 'until the answer is there')


def many_mptcp_sockets():
    lib, nl = Library(), Odmm()
    address = ready(nl, P, SESSION)
    before = len(os.listdir('/proc/self/fd'))
    sockets = [mptcp() for _ in range(50)]
    equal({lib.setsc(s, SESSION) for s in sockets}, {address}, 'fifty of them')
    equal(nl.prefix(P)['sessions'], 50, 'each has a holder')
    for s in sockets:
        s.close()
    lib.setsc(987, SESSION)
    equal(len(os.listdir('/proc/self/fd')), before, 'closed, no descriptor is left')


def example(*words):
    done = subprocess.run(['draft-example', *words], capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


def example_of_the_drafts():
    nl = Odmm()
    peer = connected_networks()
    server(peer)
    equal(example(THEIRS, '7777'),
          (0, f'hello from RFC 8653\nyou are {OURS}\n', f'no Session-Lasting addresses here (Operation not supported); going on without\n'
           f'source address {OURS}\n'), 'without a prefix it goes on without')
    address = ready(nl, P, SESSION, 'v0')
    equal(example(THEIRS, '7777'), (0, f'hello from RFC 8653\nyou are {address}\n', f'source address {address}\n'),
          'with one the peer sees a session-lasting address')
    nl.prefix_del(P, force=True)
    nl.claim(SESSION)
    caller = Caller(example, THEIRS, '7777')
    nl.refuse(request_waiting(nl)['cookie'], errno.EADDRNOTAVAIL)
    equal(caller.outcome(), (0, f'hello from RFC 8653\nyou are {OURS}\n', 'the network gave no Session-Lasting address '
                             f'(Cannot assign requested address); going on without\nsource address {OURS}\n'), 'refused it goes on without')
    caller.end()
    caller = Caller(example, THEIRS, '7777')
    nl.prefix_add(Q, SESSION, 'v0', cookie=request_waiting(nl)['cookie'])
    code, said, _ = caller.outcome()
    ok(code == 0 and in_prefix(said.split()[-1], Q), 'and it waits for the network', said)
    caller.end()


# The secret

def identifier(nl):
    """Interface identifier of the fixed address of a prefix."""
    address = ready(nl, P, FIXED)
    nl.prefix_del(P)
    return address


def secret():
    nl, peer = Odmm(), netns.Netns()
    with peer.inside():
        there = Odmm()
    ok(identifier(nl) != theirs(peer, there), 'without a secret two namespaces have different fixed addresses')
    with tempfile.TemporaryDirectory() as where:
        file = os.path.join(where, 'secret')
        gives('a secret is made', f'policy set secret {file} create')
        equal(stat.S_IMODE(os.stat(file).st_mode), 0o600, 'for its owner alone')
        first = identifier(nl)
        equal(identifier(nl), first, 'the fixed address is the same each time')
        gives('the same in another namespace', ['-n', peer.path, 'policy', 'set', 'secret', file, 'create'])
        equal(theirs(peer, there), first, 'makes it the same there')
        with open(file, encoding='ascii') as f:
            digits = f.read().strip()
        with open(file, 'w', encoding='ascii') as f:
            f.write(digits[::-1].upper())
        gives('another secret', f'policy set secret {file}')
        ok(identifier(nl) != first or digits == digits[::-1], 'makes another address')
        with open(file, 'w', encoding='ascii') as f:
            f.write('00112233')
        refuses('half a secret', f'policy set secret {file}', f'Error: {file}: not a secret: 32 hexadecimal digits are expected', 1)
        shown = ''.join(odmm(words)[1] for words in ('prefix', 'stats', 'session', 'agent'))
        ok(digits not in shown and digits[::-1] not in shown, 'it is shown nowhere')
        denied = odmm(f'policy set secret {file}', user=2001, group=2001, extra_groups=[])
        ok(denied[0] != 0 and denied[2], 'a plain user cannot set it', denied)


def theirs(peer, nl):
    with peer.inside():
        return identifier(nl)


run(by_type, by_protocol, bound, waiting, failures, by_interface, holding, library, on_mptcp_to_mptcp, on_mptcp_to_tcp, binding_mptcp,
    mptcp_that_waits, many_mptcp_sockets, example_of_the_drafts, secret)
