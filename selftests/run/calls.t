#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Which calls of a program get an address of the type by odmm-run, which are left alone, and what the program sees of it."""
import errno
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../command'))

# pylint: disable=wrong-import-position
import kmod
from neighbour import OURS, THEIRS, THEIRS4, connected_networks
from netlink import Odmm
from odmm import BIND, FIXED, ON_NET, SESSION, in_prefix, ready, request_waiting
from program import Program
from programs import ECHO, LIB, odmm_run, python, serve_all
from tap import equal, ok, run, wait_for

P, Q = '2001:db8:51::/64', '2001:db8:52::/64'
WISH = '--type session-lasting'
TIMED_OUT = 'odmm-run: python3: no address of type session-lasting: Connection timed out\n'

# What each piece of Python below begins with.
BEGIN = f'''
import ctypes, errno, os, select, signal, socket, struct, sys, threading
import odmm
from odmm import *
from tap import outcome
def mptcp():
    return socket.socket(socket.AF_INET6, socket.SOCK_STREAM, IPPROTO_MPTCP)
OURS, THEIRS, THEIRS4, ECHO = {OURS!r}, {THEIRS!r}, {THEIRS4!r}, {ECHO}
PEER = (THEIRS, ECHO)
def told(s, to=PEER):
    """What the peer says it sees."""
    s.settimeout(20)
    s.sendto(b'x', to) if s.type == socket.SOCK_DGRAM and not connected(s) else s.send(b'x')
    return s.recv(100).decode().strip()
def connected(s):
    return not isinstance(outcome(s.getpeername), str)
def untouched(s):
    """Whether the module has never heard of it."""
    return outcome(get_option, s, SC_TYPE) in (0, 'EOPNOTSUPP', 'ENOPROTOOPT', 'EAFNOSUPPORT')
'''


def says(point, want, code, wish=WISH, error=''):
    """A point: the piece of Python prints that."""
    code, said, errors = python(wish, BEGIN + code)
    return equal((said.splitlines(), errors, code), ([str(line) for line in want], error, 0), point)


class Python(Program):
    """A piece of Python in the background."""

    def __init__(self, code, wish=WISH):
        os.environ['PYTHONPATH'] = LIB
        with open(name := f'/tmp/{os.getpid()}.py', 'w', encoding='ascii') as f:
            f.write(BEGIN + 'print("begun", flush=True)\n' + code)
        super().__init__(f'{wish} -- python3 {name}', 'odmm-run')
        self.lines(1)

    def said(self):
        """All lines, when it has ended well."""
        status = self.status()
        return self.read()[1:] if not status else (status, self.errors())


def network():
    """A neighbour with its servers, and a prefix of ours."""
    nl, peer = Odmm(), connected_networks()
    serve_all(peer)
    return nl, peer, ready(nl, P, SESSION, 'v0')


def test_connect():
    _, _, address = network()
    says('connect()', [address, address] * 4, '''
for kind in tcp, udp:
    for blocking in True, False:
        s = kind()
        s.setblocking(blocking)
        error = s.connect_ex(PEER)
        assert error in (0, errno.EINPROGRESS), error
        print(source(s))
        select.select([], [s], [], 20)
        print(told(s))
''')
    says('two threads, one socket', [address], '''
s = udp()
threads = [threading.Thread(target=s.connect, args=(PEER,)) for _ in range(2)]
[t.start() for t in threads]
[t.join() for t in threads]
print(told(s))
''')
    says('a refused connection, and the same socket again', ['ECONNREFUSED', address, address], '''
s = tcp()
print(outcome(s.connect, (THEIRS, 1)))
s.connect(PEER)
print(source(s))
print(told(s))
''')
    says('a child, a copy of the descriptor, a program of a program', [address] * 3, '''
s = udp()
if not os.fork():
    s.connect(PEER)
    os._exit(0)
os.wait()
print(source(s))
print(source(socket.socket(fileno=os.dup(s.fileno()))))
sys.stdout.flush()
os.execvp("python3", ["python3", "-c", "import socket; s = socket.create_connection((\\"%s\\", %d)); print(s.getsockname()[0])" % PEER])
''')


def test_send():
    _, _, address = network()
    says('sendto(), sendmsg()', [address] * 4, '''
s = udp()
print(told(s))
print(source(s))
s = udp()
s.settimeout(20)
s.sendmsg([b"x"], [], 0, PEER)
print(s.recv(100).decode().strip())
s = tcp()
s.sendto(b"x", socket.MSG_FASTOPEN, PEER)
print(s.recv(100).decode().strip())
''')
    for how in ('mmsg', 'vfork', 'handler'):
        code, said, error = odmm_run(WISH, 'build/selftests/calls', how, THEIRS, str(ECHO))
        equal((code, said.split()[-1:], error), (0, [address], ''), f'sendmmsg(), vfork(), signal handler: {how}')
    says('a message that names its source', [OURS, '::'], '''
s = udp()
s.settimeout(20)
info = socket.inet_pton(socket.AF_INET6, OURS) + struct.pack("=I", 0)
s.sendmsg([b"x"], [(socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, info)], 0, PEER)
print(s.recv(100).decode().strip())
print(source(s))
''')
    says('one that names an interface only', [address], '''
s = udp()
s.settimeout(20)
info = bytes(16) + struct.pack("=I", socket.if_nametoindex("v0"))
s.sendmsg([b"x"], [(socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, info)], 0, PEER)
print(s.recv(100).decode().strip())
''')


def test_bind():
    _, _, address = network()
    says('bind() to :: keeps the port, or gets one', [(address, 9000), True, 'EADDRINUSE', (address, 9001)], '''
s = tcp()
s.bind(("::", 9000))
print(s.getsockname()[:2])
t = udp()
t.bind(("::", 0))
print(t.getsockname()[0] == source(s) and t.getsockname()[1] > 0)
print(outcome(tcp().bind, ("::", 9000)))
u = udp()
u.bind(("::", 9001))
print(u.getsockname()[:2])
''')
    says('listen() without bind()', [address, True], '''
s = tcp()
s.listen()
print(source(s))
print(s.getsockname()[1] > 0)
''')
    says('a second bind() fails as it does', ['EINVAL'], '''
s = udp()
s.bind(("::", 0))
print(outcome(s.bind, ("::", 0)))
''')


def test_left_alone():
    nl, _, _ = network()
    says('loopback, link-local, multicast, IPv4, IPv4-mapped, UNIX', [True] * 8, '''
v0 = socket.if_nametoindex("v0")
server = socket.create_server(("::1", 0), family=socket.AF_INET6)
for kind, to in ((tcp, server.getsockname()[:2]), (udp, server.getsockname()[:2]), (udp, ("::", 7)), (udp, ("fe80::1", 7, 0, v0)),
                 (udp, ("ff02::1", 7, 0, v0)),
                 (udp, ("::ffff:" + THEIRS4, 7))):
    s = kind()
    s.connect(to)
    print(untouched(s))
s = socket.create_connection((THEIRS4, ECHO))
print(s.getsockname()[0] == "192.0.2.1")
a, b = socket.socketpair()
print(untouched(a))
''')
    says('bound by the program', [OURS, True, OURS, True], '''
for kind in tcp, udp:
    s = kind()
    s.bind((OURS, 0))
    s.connect(PEER)
    print(told(s))
    print(untouched(s))
''')
    says('RAW and ICMPv6', [True] * 2, '''
for kind in raw, ping:
    s = kind()
    s.connect((THEIRS, 0))
    print(untouched(s))
''')
    ready(nl, Q, FIXED, 'v0')
    says('a program that knows odmm', [False, '1'], '''
s = wanting(FIXED)
s.connect(PEER)
print(source(s) == get_addr(s))
print(get_option(s, SC_TYPE))
''')
    says('what is no socket, or nothing', ['EBADF', 'ENOTSOCK', -1, errno.EFAULT], '''
libc = ctypes.CDLL(None, use_errno=True)
name = struct.pack("=HHI16sI", socket.AF_INET6, 7, 0, socket.inet_pton(socket.AF_INET6, THEIRS), 0)
for fd in 987, os.open("/dev/null", 0):
    libc.connect(fd, name, len(name))
    print(errno.errorcode[ctypes.get_errno()])
s = udp()
print(libc.connect(s.fileno(), None, 28))
print(ctypes.get_errno())
''')


WAITING = '''
def handler(*_):
    global signals
    signals += 1
signals = 0
signal.signal(signal.SIGUSR1, handler)
s = KIND()
s.setblocking(BLOCKING)
error = s.connect_ex(PEER)
assert error in (0, errno.EINPROGRESS), errno.errorcode[error]
print(source(s))
select.select([], [s], [], 20)
print(told(s))
s.setblocking(False)
print(outcome(s.recvmsg, 1, 0, socket.MSG_ERRQUEUE | socket.MSG_DONTWAIT))
print(KIND is mptcp or get_option(s, SC_FLAGS), signals)
'''


def sockets():
    """Each kind, and whether it blocks, in words and in Python."""
    for kind in ('tcp', 'udp', 'mptcp'):
        for blocking in (True, False):
            yield kind, blocking, f'{kind}, {"" if blocking else "non-"}blocking'


def waiting(kind, blocking):
    return Python(WAITING.replace('KIND', kind).replace('BLOCKING', str(blocking)))


def test_waiting():
    """Until the network has answered, on sockets that block and on others; nothing of it is left."""
    nl, peer = Odmm(), connected_networks()
    serve_all(peer)
    nl.claim(SESSION)
    for kind, blocking, text in sockets():
        program = waiting(kind, blocking)
        cookie = request_waiting(nl)['cookie']
        ok(not program.over(), f'{text}: waits')
        program.send(signal.SIGUSR1)
        if blocking or kind == 'mptcp':
            cookie = wait_for(lambda old=cookie: next((r['cookie'] for r in nl.requests() if r['cookie'] != old), 0), 'the call to go on')
        nl.prefix_add(P, SESSION, 'v0', cookie=cookie)
        address = wait_for(lambda: nl.prefix(P)['state'] and nl.prefix(P), 'the prefix')['address']
        signals = f'{BIND if kind != "mptcp" else True} 1'
        equal(program.said(), [address, address, 'EAGAIN', signals], f'{text}: connected, a signal or not, and no notice is left')
        wait_for(lambda: not nl.sessions(), 'its end')
        nl.prefix_del(P, force=True)


def test_refused():
    nl, peer = Odmm(), connected_networks()
    serve_all(peer)
    nl.claim(SESSION)
    for kind, blocking, text in sockets():
        code = f's = {kind}()\ns.setblocking({blocking})\nprint(errno.errorcode[s.connect_ex(PEER)])'
        program = Python(code)
        nl.refuse(request_waiting(nl)['cookie'], errno.EACCES)
        equal((program.said(), program.errors()),
              (['EACCES'], 'odmm-run: python3: no address of type session-lasting: Permission denied\n'),
              f'{text}: refused, connect() fails so')
    says('not answered in time, each kind, blocking or not', ['ETIMEDOUT'] * 6, '''
for kind in tcp, udp, mptcp:
    for blocking in True, False:
        s = kind()
        s.setblocking(blocking)
        print(errno.errorcode[s.connect_ex(PEER)])
''', WISH + ' --timeout 300', TIMED_OUT)


def test_fallback():
    nl, peer = Odmm(), connected_networks()
    serve_all(peer)
    nl.claim(SESSION)
    says('--fallback, not answered in time', [OURS, True], '''
s = tcp()
s.connect(PEER)
print(told(s))
print(untouched(s))
''', WISH + ' --timeout 300 --fallback')
    says('--fallback, bind() and listen()', [('::', 9000), '::', '::'], '''
s = tcp()
s.bind(("::", 9000))
print(s.getsockname()[:2])
s.listen()
print(source(s))
t = tcp()
t.listen()
print(source(t))
''', WISH + ' --timeout 300 --fallback')


def test_said_once():
    nl = Odmm()
    nl.claim(SESSION)
    says('bind() and listen() fail, too; it is said once', ['ETIMEDOUT', 'ETIMEDOUT', 'ETIMEDOUT'], '''
print(outcome(tcp().bind, ("::", 9000)))
print(outcome(tcp().listen))
print(outcome(udp().sendto, b"x", PEER))
''', WISH + ' --timeout 300', TIMED_OUT)
    says('nor is it said to who has the number of standard error now', ['ETIMEDOUT', ['EAGAIN', 'EAGAIN']], '''
os.close(2)
a, b = socket.socketpair()
assert a.fileno() == 2 or b.fileno() == 2
print(outcome(udp().connect, PEER))
print([outcome(s.recv, 1, socket.MSG_DONTWAIT) for s in (a, b)])
''', WISH + ' --timeout 300')


def test_on_net():
    nl, peer = Odmm(), connected_networks()
    serve_all(peer)
    ready(nl, P, SESSION, 'v0')
    nl.claim(SESSION)
    for n, blocking in enumerate((True, False)):
        program = Python(f'''
s = udp()
s.setblocking({blocking})
s.connect(PEER)
print(told(s))
s.connect(PEER)
print(told(s))
''', WISH + ' --on-net')
        request = request_waiting(nl)
        equal(request['flags'], ON_NET, '--on-net: asks although there is one')
        nl.prefix_add(f'2001:db8:5{n + 2}::/64', SESSION, 'v0', cookie=request['cookie'])
        said = program.said()
        ok(len(set(said)) == 1 and in_prefix(said[0], f'2001:db8:5{n + 2}::/64'), 'has its own, and keeps it', said)
        wait_for(lambda: not nl.sessions(), 'its end')
    says('MPTCP cannot: fails', ['EOPNOTSUPP'], 'print(outcome(mptcp().connect, PEER))', WISH + ' --on-net',
         'odmm-run: python3: no address of type session-lasting: Operation not supported\n')


def test_mptcp():
    nl, _, address = network()
    says('MPTCP: connect(), bind(), listen()', [address, (address, 9000), address, ''], '''
s = mptcp()
s.connect(PEER)
print(told(s))
t = mptcp()
t.bind(("::", 9000))
print(t.getsockname()[:2])
u = mptcp()
u.listen()
print(source(u))
print()
''')
    wait_for(lambda: not nl.sessions(), 'its end')
    nl.prefix_del(P, force=True)
    says('MPTCP, --fallback', [OURS], 's = mptcp()\ns.connect(PEER)\nprint(told(s))', WISH + ' --fallback')


def test_cancel():
    nl, _ = Odmm(), connected_networks()
    nl.claim(SESSION)
    for how in ('cancel', 'cancel-nonblock'):
        program = Program(f'{WISH} -- build/selftests/calls {how} {THEIRS} 7', 'odmm-run')
        request_waiting(nl)
        program.send(signal.SIGUSR1)
        equal((program.status(), program.read()), (0, ['cancelling', 'cancelled 0']), f'{how}: ends the wait, and leaves no descriptor')
        wait_for(lambda: not nl.requests(), 'the request to go')
    program = Program(f'{WISH} -- build/selftests/calls cancel-bind {THEIRS} 9000', 'odmm-run')
    cookie = request_waiting(nl)['cookie']
    program.send(signal.SIGUSR1)
    program.lines(1)
    nl.prefix_add(P, SESSION, 'v0', cookie=cookie)
    status, said = program.status(), program.read()
    ok(not status and said[:2] == ['cancelling', 'cancelled 0'] and in_prefix(said[2], P), 'bind() is no place to be cancelled at', said)


def test_absent():
    serve_all(connected_networks())
    code = 's = tcp()\nprint(outcome(s.connect, PEER) or told(s))'
    program = Python('signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])\nprint("ready", flush=True)\n'
                     f'signal.sigwait([signal.SIGUSR1])\n{code}')
    program.lines(2)
    with kmod.removed():
        equal(python(WISH, ''), (125, '', 'odmm-run: the kernel module is not loaded: modprobe odmm\n'), 'no module: odmm-run says so')
        says('no module, --fallback: goes on', [OURS], code, WISH + ' --fallback')
        program.send(signal.SIGUSR1)
        equal((program.said(), program.errors()),
              (['ready', 'ENOPROTOOPT'], 'odmm-run: python3: no address of type session-lasting: the kernel module is not loaded\n'),
              'a program that was there before: its calls fail')


run(test_connect, test_send, test_bind, test_left_alone, test_waiting, test_refused, test_fallback, test_said_once, test_on_net,
    test_mptcp, test_cancel, test_absent, timeout=300)
