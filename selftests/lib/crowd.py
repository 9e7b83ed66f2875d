# SPDX-License-Identifier: GPL-2.0
"""A process with many sockets that ask without a break (../faults/crowd.c)."""
import os
import subprocess

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../build/selftests/crowd')


class Crowd:
    """So many sockets that do not wait, and so many threads that do."""

    def __init__(self, sockets, blocking, wanted):
        self.process = subprocess.Popen([PROGRAM, str(sockets), str(blocking), str(wanted)], stdout=subprocess.PIPE, text=True)

    def stop(self):
        """How often each answer came; 'address' is one."""
        self.process.terminate()
        lines = self.process.communicate(timeout=60)[0].splitlines()
        if self.process.returncode:
            raise RuntimeError(f'crowd: status {self.process.returncode}')
        return {name: int(n) for name, n in map(str.split, lines)}
