# SPDX-License-Identifier: GPL-2.0
"""
A process that does random things. What it does, in which order and with which values, follows from the seed alone; only how far it
gets depends on time.
"""
import collections
import os
import pickle
import random
import signal
import sys
import traceback

from people import become
from tap import outcome

LONGEST = 60    # seconds that anything may take, on whatever machine; then the worker is stuck


class Stuck(Exception):
    """It is a failure of the soak, not an outcome."""


def _stuck(*_):
    raise Stuck


class Worker:
    """
    @kind(rng) has a list "deeds" of (weight, method); each is told a number drawn beforehand for all that it has to decide. "close"
    gives everything back. @uid is who does it.
    """

    def __init__(self, name, kind, seed, uid=0):
        self.name = name
        self.report, answer = os.pipe()
        sys.stdout.flush()
        self.pid = os.fork()
        if not self.pid:
            os.close(self.report)
            self._live(kind, f'{seed}/{name}', uid, answer)
        os.close(answer)

    @staticmethod
    def _live(kind, seed, uid, answer):
        told = []
        signal.signal(signal.SIGTERM, lambda *_: told.append(True))
        signal.signal(signal.SIGALRM, _stuck)
        counts, error = collections.Counter(), None
        try:
            become(uid)
            it = kind()
            rng = random.Random(seed)
            weights, deeds = zip(*it.deeds)
            # Of which nothing else may be heard.
            counts.update({(deed.__name__, 'ok'): 0 for deed in deeds})
            while not told:
                deed = rng.choices(deeds, weights)[0]
                dice = random.Random(rng.random())
                signal.alarm(LONGEST)
                counts[(deed.__name__, _name(outcome(deed, dice)))] += 1
            signal.alarm(LONGEST)
            it.close()
        except BaseException:       # pylint: disable=broad-except
            error = traceback.format_exc()
        with os.fdopen(answer, 'wb') as pipe:
            pipe.write(pickle.dumps((counts, error)))
        os._exit(0)

    def stop(self):
        os.kill(self.pid, signal.SIGTERM)

    def result(self):
        """(Counts of what it did, with each outcome; what has gone wrong with it, or None.)"""
        with os.fdopen(self.report, 'rb') as pipe:
            data = pipe.read()
        os.waitpid(self.pid, 0)
        return pickle.loads(data) if data else (collections.Counter(), 'it died')


def _name(got):
    """Of an outcome: the name of an errno, or ok. A socket that has waited in vain has no errno."""
    if got == 'None':
        raise Stuck('no answer')
    return got if isinstance(got, str) and got.isupper() and ':' not in got else 'ok'
