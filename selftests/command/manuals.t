#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
The examples of the manual pages do what is written there.

In a page, the display after a line `.\\" file NAME` is the content of that file. The one after `.\\" run` is a conversation with a
shell: commands behind `# ` or `$ `, and below each what it prints, in any order if something in the background prints too. There,
`...` is anything, and of an address only the first half has to be the same. Each page has a network namespace with links eth0 and
wlan0; all displays of a page are one conversation.
"""
import glob
import os
import re
import select
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))

# pylint: disable=wrong-import-position
import netns
from tap import ok, run

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), '../..'))
ENVIRONMENT = {**os.environ, 'CPATH': f'{TOP}/include/uapi:{TOP}/tools/libodmm/include', 'LIBRARY_PATH': f'{TOP}/build/lib',
               'LD_LIBRARY_PATH': f'{TOP}/build/lib'}
DISPLAY = re.compile(r'^\.\\" (run|file (\S+))\n\.Bd -literal[^\n]*\n(.*?)^\.Ed$', re.MULTILINE | re.DOTALL)
LONG_ADDRESS = re.compile(r'\b((?:[0-9a-f]{1,4}:){4})(?:[0-9a-f]{1,4}:){3}[0-9a-f]{1,4}\b')
END = 'the command has ended'


def plain(text):
    """As it is shown."""
    return text.replace('\\e', '\\').replace('\\-', '-').replace('\\&', '')


def conversation(text):
    """Each command, and the lines below it."""
    turns = []
    for line in text.splitlines():
        if line[:2] in ('# ', '$ '):
            turns.append((line[2:], []))
        else:
            turns[-1][1].append(line)
    return turns


def pattern(line):
    return re.compile(re.escape(LONG_ADDRESS.sub(r'\1', line)).replace(re.escape('...'), '.*'))


def left_over(wanted, lines):
    """What is wanted and was not said, and what was said and is not wanted."""
    lines = [LONG_ADDRESS.sub(r'\1', line) for line in lines]
    missing = []
    for want in wanted:
        found = next((line for line in lines if pattern(want).fullmatch(line)), None)
        if found is None:
            missing.append(want)
        else:
            lines.remove(found)
    return missing, lines


class Shell:
    def __init__(self):
        self.process = subprocess.Popen(['bash'], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=ENVIRONMENT,
                                        start_new_session=True)
        self.turns = 0

    def say(self, command, wanted, timeout=60):
        """What it prints, once it has ended and said all that is wanted; or until the time is up. A compiler takes long in emulation."""
        self.turns += 1
        mark = f'{END} {self.turns}'
        output = self.process.stdout
        os.write(self.process.stdin.fileno(), f'{command}\necho {mark}\n'.encode())
        text, lines, end = b'', [], time.monotonic() + timeout
        while mark not in lines or left_over(wanted, lines)[0]:
            ready = select.select([output], [], [], max(0, end - time.monotonic()))[0]
            more = ready and os.read(output.fileno(), 65536)
            if not more:
                break
            text += more
            lines = text.decode(errors='replace').splitlines()
        return [line for line in lines if not line.startswith(END)]

    def end(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def write(name, text):
    os.makedirs(os.path.dirname(name), exist_ok=True)
    with open(name, 'w', encoding='utf-8') as f:
        f.write(text)


def examples(page):
    with open(page, encoding='utf-8') as f:
        return [(name, plain(text)) for _, name, text in DISPLAY.findall(f.read())]


def follow(page):
    netns.dummy('eth0', 'wlan0')
    shell = Shell()
    for name, text in examples(page):
        if name:
            write(name, text)
            continue
        for command, wanted in conversation(text):
            missing, other = left_over(wanted, shell.say(command, wanted))
            ok(not missing and not other, f'{os.path.basename(page)}: {command}', f'not said: {missing}\nsaid: {other}')
    shell.end()


def follower(page):
    def test():
        follow(page)
    test.__name__ = os.path.basename(page).replace('.', '_')
    return test


PAGES = [page for page in sorted(glob.glob(f'{TOP}/Documentation/man/*.[1-8]')) if examples(page)]
if __name__ == '__main__':
    run(*map(follower, PAGES), timeout=240)
