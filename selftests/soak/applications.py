# SPDX-License-Identifier: GPL-2.0
"""What applications do with their sockets, at random."""
import signal
import socket

from odmm import (BIND, EVENTS, KINDS, NONE, ON_NET, SC_FLAGS, SC_LIFETIME, SC_TIMEOUT, SC_TYPE, TYPES, get_addr, get_status, notice,
                  set_option, setsc)

MOST = 40       # sockets at a time
FLAGS = (0, 0, 0, BIND, EVENTS, ON_NET, BIND | EVENTS)


def _restart(*_):
    """That a signal has come is all."""


class Application:
    """A process with some sockets."""

    def __init__(self):
        self.sockets = []
        self.listener = socket.create_server(('::', 0), family=socket.AF_INET6)
        self.deeds = [(30, self.open), (20, self.close_one), (30, self.ask_and_wait), (30, self.ask), (20, self.ask_again),
                      (10, self.status), (10, self.change_type), (5, self.change_flags), (5, self.give_up), (5, self.set_lifetime),
                      (10, self.bind), (10, self.connect), (10, self.send), (10, self.read_notice), (5, self.copy),
                      (5, self.ask_with_signal), (3, self.accept)]

    def close(self):
        for s in self.sockets + [self.listener]:
            s.close()

    def _some(self, dice):
        if not self.sockets:
            self.open(dice)
        return self.sockets[dice.randrange(MOST) % len(self.sockets)]

    def _add(self, s):
        self.sockets.append(s)
        if len(self.sockets) > MOST:
            self.sockets.pop(0).close()

    def open(self, dice):
        # Raw ones are for the privileged.
        s = dice.choice(KINDS)()
        s.setblocking(False)
        self._add(s)

    def close_one(self, dice):
        n = dice.randrange(MOST)
        if self.sockets:
            self.sockets.pop(n % len(self.sockets)).close()

    def _ask(self, s, dice, flags):
        return setsc(s, dice.choice(TYPES), flags, dice.choice((1, 5, 50, 200)))

    def ask_and_wait(self, dice):
        s = self._some(dice)
        s.setblocking(True)
        try:
            return self._ask(s, dice, dice.choice(FLAGS))
        finally:
            s.setblocking(False)

    def ask(self, dice):
        return self._ask(self._some(dice), dice, dice.choice(FLAGS))

    def ask_again(self, dice):
        return get_addr(self._some(dice))

    def ask_with_signal(self, dice):
        """A timer interrupts it."""
        s = self._some(dice)
        before = signal.signal(signal.SIGALRM, _restart)
        s.setblocking(True)
        signal.setitimer(signal.ITIMER_REAL, dice.choice((0.001, 0.01, 0.05)), 0.05)
        try:
            return setsc(s, dice.choice(TYPES), dice.choice(FLAGS), dice.choice((-1, 500)))
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
            s.setblocking(False)

    def status(self, dice):
        return get_status(self._some(dice))

    def change_type(self, dice):
        set_option(self._some(dice), SC_TYPE, dice.choice(TYPES))
        set_option(self._some(dice), SC_TIMEOUT, dice.choice((0, 1, 100)))

    def change_flags(self, dice):
        set_option(self._some(dice), SC_FLAGS, dice.choice(FLAGS))

    def give_up(self, dice):
        set_option(self._some(dice), SC_TYPE, NONE)

    def set_lifetime(self, dice):
        set_option(self._some(dice), SC_LIFETIME, dice.choice((0, 1, 2, 100)))

    def bind(self, dice):
        s = self._some(dice)
        s.bind((get_status(s).addr, 0))

    def connect(self, dice):
        self._some(dice).connect(('::1', self.listener.getsockname()[1]))

    def accept(self, _):
        """Its child is an application's socket like others."""
        self.listener.setblocking(False)
        s = self.listener.accept()[0]
        s.setblocking(False)
        self._add(s)

    def send(self, dice):
        return self._some(dice).send(bytes(dice.choice((1, 1000, 5000))))

    def read_notice(self, dice):
        if notice(self._some(dice)) is None:
            raise BlockingIOError(11, 'none')

    def copy(self, dice):
        self._add(self._some(dice).dup())
