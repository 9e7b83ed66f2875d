# SPDX-License-Identifier: GPL-2.0
"""
An application of the demo that talks by TCP. It knows only its own sockets: it starts anew when its conversation is cut, and
opens another one, before it closes the first, when it is told that the address is to be replaced.
"""
import errno
import socket
import time

from loop import forget, tell, watch
from odmm import BIND, EVENT_DEPRECATED, EVENT_REPLACED, EVENTS, get_addr, notice, tcp, wanting
from tap import error_name, outcome

MESSAGE = 1000  # bytes, that come back before the next are sent
OVERLAP = 10    # answers to both conversations before the one that is replaced is closed
AGAIN = 0.2     # seconds to the next attempt


class Conversation:
    """One socket. Its step is what it does whenever there is news of it."""

    def __init__(self, flow, number):
        self.flow, self.number = flow, number
        self.socket = wanting(flow.type, tcp, EVENTS | BIND, blocking=False) if flow.type else tcp()
        self.socket.setblocking(False)
        self.step = self.ask if flow.type else self.connect
        self.bytes = self.counted = self.answers = 0
        self.pending = 0        # bytes of an answer that are still to come
        self.fading = None      # its address is to be replaced: how many answers there were then
        self.tell('opened')
        watch(self.socket, self.news)

    def tell(self, event, **values):
        tell(event, flow=self.flow.name, n=self.number, **values)

    def news(self):
        while self.flow.type:
            told = notice(self.socket)
            if not told:
                break
            if self.fading is None and told[0].event in (EVENT_DEPRECATED, EVENT_REPLACED):
                self.fading = self.answers
        self.step()

    def ask(self):
        address = outcome(get_addr, self.socket)
        if address in ('EINPROGRESS', 'EALREADY'):
            return
        if ':' not in address:
            self.over('refused', address)
            return
        self.tell('address', address=address)
        self.connect()

    def connect(self):
        self.step = self.connecting
        error = self.socket.connect_ex(self.flow.server)
        if error not in (0, errno.EINPROGRESS):
            self.over('unconnected', error_name(error))

    def connecting(self):
        error = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            self.over('unconnected', error_name(error))
        elif outcome(self.socket.getpeername) != 'ENOTCONN':
            address, port = self.socket.getsockname()[:2]
            self.tell('connected', address=address, port=port)
            self.step = self.read

    def read(self):
        while True:
            got = outcome(self.socket.recv, 65536)
            if got == 'EAGAIN':
                return
            if isinstance(got, str) or not got:
                self.over('cut', got or 'EOF')
                return
            self.bytes += len(got)
            self.pending -= len(got)
            self.answers += self.pending == 0

    def tick(self):
        if self.step != self.read or self.pending:
            return
        sent = outcome(self.socket.send, bytes(MESSAGE))
        if sent == MESSAGE:
            self.pending = MESSAGE
        else:
            self.over('cut', str(sent))

    def count(self):
        self.tell('bytes', bytes=self.bytes - self.counted)
        self.counted = self.bytes

    def over(self, event, why):
        """Not by our doing."""
        self.close(event, why=why)
        if event != 'cut':
            self.flow.again = time.time() + AGAIN
        elif not self.flow.conversations:
            self.flow.again = 0

    def close(self, event, **values):
        self.count()
        self.tell(event, **values)
        self.flow.conversations.remove(self)
        forget(self.socket)


class Talk:
    """What an application wants to go on, by as few conversations as it takes."""

    def __init__(self, name, wanted, address, port):
        self.name, self.type, self.server = name, wanted, (address, port)
        self.conversations, self.opened = [], 0
        self.again = 0      # when to open one, None if there is no need

    def open(self):
        self.again = None
        self.opened += 1
        self.conversations.append(Conversation(self, self.opened))
        self.conversations[-1].step()

    def tick(self):
        if self.again is not None and time.time() >= self.again:
            self.open()
        for conversation in list(self.conversations):
            conversation.tick()
        if self.again is None and self.conversations[-1].fading is not None:
            self.open()
        elif len(self.conversations) > 1 and self.has_both(self.conversations[0], self.conversations[-1]):
            self.conversations[0].close('closed')

    @staticmethod
    def has_both(old, new):
        return old.answers >= old.fading + OVERLAP and new.answers >= OVERLAP

    def count(self):
        for conversation in self.conversations:
            conversation.count()
