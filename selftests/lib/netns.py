# SPDX-License-Identifier: GPL-2.0
"""Network namespaces, links and addresses of tests."""
import contextlib
import ctypes
import fcntl
import os
import socket
import struct
import subprocess
import time

CLONE_NEWNET = 0x40000000
SIOCSIFFLAGS, IFF_UP = 0x8914, 1

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result):
    if result:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def sh(command):
    """Runs a command that must succeed, and returns what it prints."""
    done = subprocess.run(command, shell=True, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f'{command}: {done.returncode} {done.stdout}{done.stderr}')
    return done.stdout


def ip(command):
    return sh('ip ' + command)


def sysctl(name, value):
    """Names with dots in an interface's name are not used here."""
    with open('/proc/sys/' + name.replace('.', '/'), 'w', encoding='ascii') as f:
        f.write(str(value))


def up(name):
    """What "ip link set NAME up" does, without a process."""
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack('16sH14x', name.encode(), IFF_UP))


def unshare():
    """Moves the process to a new network namespace, in which sockets of all kinds can be made."""
    _check(_libc.unshare(CLONE_NEWNET))
    # An address that is usable at once; tests of duplicate detection switch it on again.
    sysctl('net.ipv6.conf.default.accept_dad', 0)
    sysctl('net.ipv6.conf.default.router_solicitation_delay', 0)
    sysctl('net.ipv4.ping_group_range', '0 0')
    up('lo')


class Netns:
    """Another namespace, for a peer. It goes when this object and its sockets do."""

    def __init__(self):
        with self._keeping_ours():
            unshare()
            self.fd = os.open('/proc/self/ns/net', os.O_RDONLY)

    @classmethod
    def of(cls, path):
        """One that has a name already, and its own settings."""
        ns = cls.__new__(cls)
        ns.fd = os.open(path, os.O_RDONLY)
        return ns

    @staticmethod
    @contextlib.contextmanager
    def _keeping_ours():
        ours = os.open('/proc/self/ns/net', os.O_RDONLY)
        try:
            yield
        finally:
            _check(_libc.setns(ours, CLONE_NEWNET))
            os.close(ours)

    @property
    def path(self):
        """A name that ip(8) takes."""
        return f'/proc/{os.getpid()}/fd/{self.fd}'

    @contextlib.contextmanager
    def inside(self):
        """Sockets made in this block, and commands run, are in the namespace."""
        with self._keeping_ours():
            _check(_libc.setns(self.fd, CLONE_NEWNET))
            yield

    def close(self):
        os.close(self.fd)


def wait_link_local(dev):
    """The kernel makes it when the link has become ready, which is later than "up"."""
    for _ in range(2000):
        with open('/proc/thread-self/net/if_inet6', encoding='ascii') as f:
            if any(line.startswith('fe80') and line.split()[-1] == dev for line in f):
                return
        time.sleep(0.01)
    raise RuntimeError(f'{dev} has no link-local address')


def veth(peer, name='v0', peer_name='v1', dad=0):
    """A link to another namespace. Our end looks @dad times, a second each, for duplicates of its addresses."""
    if dad:
        sysctl('net.ipv6.conf.default.accept_dad', 1)
    ip(f'link add {name} type veth peer name {peer_name} netns {peer.path}')
    if dad:
        sysctl(f'net.ipv6.conf.{name}.dad_transmits', int(dad))
    with peer.inside():
        up(peer_name)
    up(name)
    wait_link_local(name)
    with peer.inside():
        wait_link_local(peer_name)


def dummy(*names):
    for name in names:
        ip(f'link add {name} type dummy')
        up(name)
