# SPDX-License-Identifier: GPL-2.0
"""Programs that know nothing of odmm, run by odmm-run; and servers of the neighbour for them."""
import ipaddress
import os
import shutil
import struct
import subprocess

from neighbour import plain, serve
from netns import sh
from odmm import tcp, udp
from program import Program
from tap import wait_for

LIB = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib')
HTTP, ECHO, DNS = 8000, 7777, 5300


def odmm_run(wish, *words, given='', **kwargs):
    """Exit status, stdout and stderr of a program."""
    done = subprocess.run(['odmm-run', *wish.split(), '--', *words], input=given, capture_output=True, text=True, timeout=60, check=False,
                          **kwargs)
    return done.returncode, done.stdout, done.stderr


def python(wish, code, **kwargs):
    """The same of a piece of Python, that has our library."""
    return odmm_run(wish, 'python3', '-c', code, env={**os.environ, 'PYTHONPATH': LIB}, **kwargs)


def _http(connection, name):
    connection.recv(10000)
    connection.sendall(b'HTTP/1.0 200 OK\r\n\r\n' + plain(name[0]).encode())


def _echo(connection, name):
    connection.recv(10000)
    connection.sendall(plain(name[0]).encode() + b'\n')


def _tell(s, _):
    name = s.recvfrom(10000)[1]
    s.sendto(plain(name[0]).encode() + b'\n', name)


def _dns(s, _):
    """Whatever is asked for, the answer is the address of who asks."""
    query, name = s.recvfrom(10000)
    question = query[12:query.index(b'\0', 12) + 5]
    answer = struct.pack('!HHHIH', 0xc00c, 28, 1, 0, 16) + ipaddress.IPv6Address(name[0]).packed
    s.sendto(query[:2] + struct.pack('!HHHHH', 0x8580, 1, 1, 0, 0) + question + answer, name)


def serve_all(peer):
    """Each tells its clients what address it sees."""
    serve(peer, HTTP, tcp, _http)
    serve(peer, ECHO, tcp, _echo)
    serve(peer, ECHO, udp, _tell)
    serve(peer, DNS, udp, _dns)


def listening(port):
    with open('/proc/thread-self/net/tcp6', encoding='ascii') as f:
        return any(line.split()[1].endswith(f':{port:04X}') and line.split()[3] == '0A' for line in list(f)[1:])


def ssh_server(peer, where):
    """A server of the neighbour that lets us in with a key, and the words for the client."""
    sh(f'dropbearkey -t ed25519 -f {where}/host')
    sh(f"ssh-keygen -q -t ed25519 -N '' -f {where}/user")
    os.makedirs('/root/.ssh', 0o700, exist_ok=True)
    os.chmod('/root', 0o700)
    shutil.copy(f'{where}/user.pub', '/root/.ssh/authorized_keys')
    with peer.inside():
        server = Program(f'-F -E -r {where}/host -p 2222 -P {where}/pid', 'dropbear')
        wait_for(lambda: listening(2222), 'the server of ssh')
    return server, ['ssh', '-F', 'none', '-i', f'{where}/user', '-p', '2222', '-o', 'StrictHostKeyChecking=no',
                    '-o', 'UserKnownHostsFile=/dev/null', '-o', 'LogLevel=ERROR']
