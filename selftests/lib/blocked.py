# SPDX-License-Identifier: GPL-2.0
"""Threads that sleep in system calls of sockets, and one that does so with the lock of its socket held."""
import ctypes
import errno
import mmap
import os
import select
import struct
import threading

from tap import outcome, wait_for

SYS_RECVFROM, SYS_CONNECT, SYS_USERFAULTFD = 45, 42, 323    # x86-64
UFFD_API, UFFDIO_REGISTER_MODE_MISSING = 0xaa, 1
UFFDIO_API, UFFDIO_REGISTER, UFFDIO_ZEROPAGE = 0xc018aa3f, 0xc020aa00, 0xc020aa04

_libc = ctypes.CDLL(None, use_errno=True)


class Blocked(threading.Thread):
    """A call that is under way; made, it sleeps in the kernel."""

    def __init__(self, number, call, *args):
        super().__init__(daemon=True)
        self.call, self.args = call, args
        self.result = None
        self.start()
        wait_for(lambda: self._sleeps_in(number) or not self.is_alive(), 'a thread to sleep in the kernel')

    def run(self):
        self.result = outcome(self.call, *self.args)

    def _sleeps_in(self, number):
        try:
            with open(f'/proc/self/task/{self.native_id}/syscall', encoding='ascii') as f:
                return f.read().split()[0] == str(number)
        except OSError:
            return False

    def outcome(self, timeout=20):
        """What the call has given, or the name of its errno; None if it still sleeps after so many seconds."""
        self.join(max(timeout, 0))
        return self.result


def receiving(s):
    return Blocked(SYS_RECVFROM, s.recv, 1)


def connecting(s, address):
    return Blocked(SYS_CONNECT, s.connect, address)


def _ioctl(fd, request, *values):
    data = ctypes.create_string_buffer(struct.pack(f'={len(values)}Q', *values))
    if _libc.ioctl(fd, request, data):
        raise OSError(ctypes.get_errno(), 'userfaultfd')


class Locked:
    """Somebody who sends from memory that is not there: until release() the lock of his TCP socket is held."""

    def __init__(self, s):
        self.fd = _libc.syscall(SYS_USERFAULTFD, os.O_CLOEXEC)
        if self.fd < 0:
            raise OSError(ctypes.get_errno(), 'userfaultfd')
        self.memory = mmap.mmap(-1, mmap.PAGESIZE)
        self.address = ctypes.addressof(ctypes.c_char.from_buffer(self.memory))
        _ioctl(self.fd, UFFDIO_API, UFFD_API, 0, 0)
        _ioctl(self.fd, UFFDIO_REGISTER, self.address, mmap.PAGESIZE, UFFDIO_REGISTER_MODE_MISSING, 0)
        self.thread = threading.Thread(target=self._send, args=(s.fileno(),), daemon=True)
        self.sent = None
        self.thread.start()
        select.select([self.fd], [], [])

    def _send(self, fd):
        sent = _libc.send(fd, ctypes.c_void_p(self.address), ctypes.c_size_t(100), 0)
        self.sent = sent if sent >= 0 else errno.errorcode[ctypes.get_errno()]

    def release(self):
        _ioctl(self.fd, UFFDIO_ZEROPAGE, self.address, mmap.PAGESIZE, 0, 0)
        self.thread.join(20)
        return self.sent
