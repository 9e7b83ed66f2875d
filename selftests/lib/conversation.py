# SPDX-License-Identifier: GPL-2.0
"""A TCP connection on which both ends send all the time, and look at every byte that they get."""
import socket
import threading
import time

from tap import equal, ok, wait_for

PATTERN = bytes(n * n % 251 for n in range(251)) * 40
PERIOD = 251
CHUNK = 2048
PAUSE = 0.002       # seconds; to leave some of the machine to others
ENOUGH = 65536      # bytes each way that show that it goes on
ANY_TIME = 30


class _Way:
    """One direction."""

    def __init__(self, sender, receiver):
        self.sent = self.received = 0
        self.error = None
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self._run, args=args, daemon=True)
                        for args in ((self._send, sender), (self._receive, receiver))]
        for thread in self.threads:
            thread.start()

    def _run(self, work, s):
        try:
            s.settimeout(ANY_TIME)
            work(s)
        except OSError as e:
            self.error = self.error or e

    def _send(self, s):
        while not self.over.is_set():
            self.sent += s.send(PATTERN[self.sent % PERIOD:][:CHUNK])
            time.sleep(PAUSE)
        s.shutdown(socket.SHUT_WR)

    def _receive(self, s):
        while data := s.recv(CHUNK):
            if data != PATTERN[self.received % PERIOD:][:len(data)]:
                raise OSError(f'other bytes than were sent, behind byte {self.received}')
            self.received += len(data)


class Conversation:
    """Of two connected sockets."""

    def __init__(self, s, peer):
        self.ways = [_Way(s, peer), _Way(peer, s)]

    def goes_on(self, text):
        """A point: from now on enough arrives, both ways."""
        goals = [way.received + ENOUGH for way in self.ways]

        def arrived():
            return self.error() or all(way.received >= goal for way, goal in zip(self.ways, goals))
        wait_for(arrived, f'{text}: bytes to arrive', ANY_TIME)
        return ok(not self.error(), f'{text}: the conversation goes on', self.error())

    def error(self):
        return self.ways[0].error or self.ways[1].error

    def ends(self, text):
        """A point: all that was sent has arrived."""
        for way in self.ways:
            way.over.set()
        for way in self.ways:
            for thread in way.threads:
                thread.join(ANY_TIME)
        equal((self.error(), [way.received for way in self.ways]), (None, [way.sent for way in self.ways]),
              f'{text}: every byte has arrived, unchanged, on both ends')
