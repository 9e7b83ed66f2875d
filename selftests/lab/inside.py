# SPDX-License-Identifier: GPL-2.0
"""The lab, for tests in Python: its commands, and programs in its hosts."""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, path) for path in ('../lib', '../command')]

# pylint: disable=wrong-import-position
from program import Program

LAB = os.path.join(HERE, 'lab')
RUN = '/run/odmm-lab'


def lab(*words):
    """What a command prints; it must succeed."""
    done = subprocess.run([LAB, *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f'lab {words}: {done.returncode} {done.stdout}{done.stderr}')
    return done.stdout


def fresh():
    """A lab of one's own, whatever a test that has failed has left."""
    lab('down')
    lab('up')


def reaches(host, address):
    """Whether a packet comes there and back."""
    return not subprocess.run([LAB, 'exec', host, 'ping', '-q', '-c', '1', '-W', '1', address], stdout=subprocess.DEVNULL, check=False).returncode


class Inside(Program):
    """A program in the background, in a host."""

    def __init__(self, host, words, stdin=subprocess.DEVNULL):
        super().__init__(f'exec {host} {words}', LAB, stderr=None, stdin=stdin)
