#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Real programs get an address of the type by odmm-run, and the peer sees it."""
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../command'))

# pylint: disable=wrong-import-position
from neighbour import OURS, OURS4, THEIRS, THEIRS4, connected_networks, plain
from netlink import Odmm
from odmm import FIXED, SESSION, in_prefix, ready, request_waiting, tcp
from program import Program
from programs import DNS, ECHO, HTTP, listening, odmm_run, serve_all, ssh_server
from tap import equal, fails, ok, run, wait_for

P = '2001:db8:51::/64'
WISH = '--type session-lasting'


def clients(peer):
    """Names of clients that print what the server tells them about themselves, and the words for IPv6 and for IPv4."""
    serve_all(peer)
    urllib = 'import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).read().decode())'
    return (('curl', ('curl', '-s', f'http://[{THEIRS}]:{HTTP}/'), ('curl', '-s', f'http://{THEIRS4}:{HTTP}/')),
            ('urllib', ('python3', '-c', urllib, f'http://[{THEIRS}]:{HTTP}/'), ('python3', '-c', urllib, f'http://{THEIRS4}:{HTTP}/')),
            ('nc', ('nc', THEIRS, f'{ECHO}'), ('nc', THEIRS4, f'{ECHO}')),
            ('nc -u', ('nc', '-u', '-W', '1', THEIRS, f'{ECHO}'), ('nc', '-u', '-W', '1', THEIRS4, f'{ECHO}')),
            ('dig', ('dig', '+short', '+timeout=20', '-p', f'{DNS}', f'@{THEIRS}', 'test.', 'AAAA'), None))


def test_clients():
    peer = connected_networks()
    address = ready(Odmm(), P, SESSION, 'v0')
    for name, six, four in clients(peer):
        equal(subprocess.run(six, input='x\n', capture_output=True, text=True, timeout=60, check=False).stdout.strip(), OURS,
              f'{name} by itself: an ordinary address')
        code, said, error = odmm_run(WISH, *six, given='x\n')
        equal((code, said.strip(), error), (0, address, ''), f'{name}: an address of the type')
        if four:
            code, said, error = odmm_run(WISH, *four, given='x\n')
            equal((code, said.strip(), error), (0, OURS4, ''), f'{name}: IPv4 is left alone')


def test_clients_wait():
    """The network has to be asked first; programs that connect without blocking see a connection all the same."""
    nl, peer = Odmm(), connected_networks()
    nl.claim(SESSION)
    for n, (name, six, _) in enumerate(clients(peer)):
        prefix = f'2001:db8:5{n + 1}::/64'
        program = subprocess.Popen(['odmm-run', *WISH.split(), '--', *six], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        nl.prefix_add(prefix, SESSION, 'v0', cookie=request_waiting(nl)['cookie'])
        said = program.communicate('x\n', timeout=60)[0].strip()
        ok(program.returncode == 0 and said and in_prefix(said, prefix), f'{name}: waits, and gets what comes', (program.returncode, said))
        nl.prefix_del(prefix, force=True)


def test_clients_without():
    """Nobody serves the type."""
    peer = connected_networks()
    for name, six, _ in clients(peer):
        code, said, error = odmm_run(WISH, *six, given='x\n')
        ok(code and OURS not in said and 'no address of type session-lasting: Operation not supported' in error,
           f'{name}: without an address of the type it fails, and says why', (code, said, error))
        code, said, error = odmm_run(WISH + ' --fallback', *six, given='x\n')
        equal((code, said.strip(), error), (0, OURS, ''), f'{name}: with --fallback it goes on without')


def test_ssh():
    peer = connected_networks()
    address = ready(Odmm(), P, SESSION, 'v0')
    with tempfile.TemporaryDirectory() as where:
        server, ssh = ssh_server(peer, where)
        for text, wish, to, source in (('an address of the type', WISH, THEIRS, address), ('IPv4 is left alone', WISH, THEIRS4, OURS4),
                                       ('a type that nobody serves, with --fallback', '--type fixed --fallback', THEIRS, OURS)):
            code, said, error = odmm_run(wish, *ssh, f'root@{to}', 'echo $SSH_CONNECTION')
            equal((code, plain(said.split(' ')[0]), error), (0, source, ''), f'ssh: {text}')
        code, said, error = odmm_run('--type fixed', *ssh, f'root@{THEIRS}', 'true')
        ok(code == 255 and 'no address of type fixed: Operation not supported' in error,
           'ssh: without an address of the type it fails, and says why', (code, said, error))
        server.end()


def iperf3(peer, *options):
    """What the server saw, and how the client ended."""
    with peer.inside():
        server = subprocess.Popen(['iperf3', '-s', '-1', '-J', '-p', '5201'], stdout=subprocess.PIPE)
        wait_for(lambda: listening(5201), 'the server of iperf3')
    code, said, error = odmm_run(WISH, 'iperf3', '-c', THEIRS, '-p', '5201', '-n', '1M', '-J', *options)
    seen = json.loads(server.communicate(timeout=60)[0])
    return code, {c['remote_host'] for c in seen['start']['connected']}, said if code else '', error


def test_iperf3():
    peer = connected_networks()
    address = ready(Odmm(), P, SESSION, 'v0')
    equal(iperf3(peer), (0, {address}, '', ''), 'iperf3: an address of the type')
    equal(iperf3(peer, '-P', '3', '-R'), (0, {address}, '', ''), 'iperf3: three streams, in the other direction')
    equal(iperf3(peer, '-u'), (0, {address}, '', ''), 'iperf3: with UDP')


def fetch(peer, address, port):
    """What a client of the neighbour gets from a server of ours."""
    with peer.inside():
        s = tcp()
    s.settimeout(20)
    s.connect((address, port))
    s.sendall(b'GET / HTTP/1.0\r\n\r\n')
    return s.recv(1000)


def test_servers():
    peer = connected_networks()
    address = ready(Odmm(), P, FIXED, 'v0')
    for name, words, answer in (('http.server', 'python3 -m http.server --bind :: 8000', b'HTTP/1.0 200 OK'),
                                ('nc', 'nc -6 -l -k 8000', None)):
        server = Program(f'--type fixed -- {words}', 'odmm-run')
        wait_for(lambda: listening(8000), name)
        fails('ECONNREFUSED', f'{name}: not to be reached at another address', fetch, peer, OURS, 8000)
        if answer:
            ok(fetch(peer, address, 8000).startswith(answer), f'{name}: serves at the address of the type, at its port')
        else:
            with peer.inside():
                s = tcp()
            s.connect((address, 8000))
            s.sendall(b'hello\n')
            equal(server.lines(1), ['hello'], f'{name}: serves at the address of the type, at its port')
            s.close()
        server.end()
    server = Program('--type session-lasting --fallback -- nc -6 -l -k 8000', 'odmm-run')
    wait_for(lambda: listening(8000), 'nc')
    with peer.inside():
        s = tcp()
    s.connect((OURS, 8000))
    s.sendall(b'hello\n')
    equal(server.lines(1), ['hello'], 'a type that nobody serves, with --fallback: at any address')
    s.close()
    server.end()
    code, said, error = odmm_run('--type session-lasting', 'nc', '-6', '-l', '8000')
    ok(code and 'no address of type session-lasting: Operation not supported' in error, 'without: it fails, and says why',
       (code, said, error))


run(test_clients, test_clients_wait, test_clients_without, test_ssh, test_iperf3, test_servers, timeout=300)
