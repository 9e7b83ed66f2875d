# SPDX-License-Identifier: GPL-2.0
"""odmmd as tests run it: with a configuration and a folder for its state of its own, and its log read as it comes."""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../command'))

# pylint: disable=wrong-import-position
from odmm import Caller, ask, get_addr, wanting
from program import Program
from tap import outcome


class Place:
    """A folder with what outlives a daemon."""

    def __init__(self, config):
        self.folder = tempfile.TemporaryDirectory()
        self.config = os.path.join(self.folder.name, 'odmmd.conf')
        self.state = os.path.join(self.folder.name, 'state')
        self.write(config)

    def write(self, config):
        with open(self.config, 'w', encoding='ascii') as f:
            f.write(config)

    def file(self, name):
        return os.path.join(self.folder.name, name)


class Daemon(Program):
    """Lines of its log are what Program reads."""

    def __init__(self, place, options='', ready=True, **kwargs):
        self.place = Place(place) if isinstance(place, str) else place
        super().__init__(f'-c {self.place.config} -s {self.place.state} {options}', 'odmmd', stderr=subprocess.STDOUT, **kwargs)
        if ready:
            self.has(': ready$')

    def says(self, text):
        """How many lines have it."""
        return sum(text in line for line in self.read())


def asking(wanted, **kwargs):
    """A socket that has asked and does not wait."""
    s = wanting(wanted, blocking=False, **kwargs)
    assert outcome(get_addr, s) == 'EINPROGRESS'
    return s


def answer_to(wanted, **kwargs):
    """What an application gets that waits."""
    caller = Caller(ask, wanted, **kwargs)
    got = caller.outcome()
    caller.end()
    return got
