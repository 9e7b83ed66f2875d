# SPDX-License-Identifier: GPL-2.0
"""A server of the demo: says everything back, at an address of a type or at any that it is given."""
from loop import forget, tell, watch
from odmm import get_addr, tcp, wanting
from tap import outcome


def _say_back(s):
    while True:
        got = outcome(s.recv, 65536)
        if got == 'EAGAIN':
            return
        # It fits into the socket: the other end waits for it before it says more.
        if isinstance(got, str) or not got or outcome(s.send, got) != len(got):
            forget(s)
            return


class Serve:
    def __init__(self, name, wanted, address, port):
        self.name, self.port = name, port
        if wanted:
            self.socket = wanting(wanted, tcp, blocking=False)
        else:
            self.socket = tcp()
            self.listen(address)

    def listen(self, address):
        self.socket.setblocking(False)
        self.socket.bind((address, self.port))
        self.socket.listen()
        watch(self.socket, self.accept)
        self.listens = True
        tell('listens', flow=self.name, address=address, port=self.port)

    listens = False

    def accept(self):
        while True:
            got = outcome(self.socket.accept)
            if isinstance(got, str):
                return
            s, peer = got
            s.setblocking(False)
            tell('accepted', flow=self.name, address=peer[0], port=peer[1])
            watch(s, lambda s=s: _say_back(s))

    def tick(self):
        if not self.listens:
            address = outcome(get_addr, self.socket)
            if ':' in address:
                self.listen(address)

    def count(self):
        pass
