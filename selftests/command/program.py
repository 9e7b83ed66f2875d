# SPDX-License-Identifier: GPL-2.0
"""The command odmm as tests run it: to its end, or in the background with its lines read as they come."""
import json
import os
import re
import signal
import subprocess

from tap import diag, equal, ok, wait_for


def odmm(*words, given='', **kwargs):
    """Exit status, stdout, stderr."""
    done = subprocess.run(['odmm', *_split(words)], input=given, capture_output=True, text=True, timeout=60, check=False, **kwargs)
    return done.returncode, done.stdout, done.stderr


def _split(words):
    return words[0].split() if len(words) == 1 else list(words)


def gives(point, words, out='', code=0, err=''):
    """A point: exit status and both streams, exactly."""
    words = [words] if isinstance(words, str) else words
    return equal(odmm(*words), (code, out, err), point)


def refuses(point, words, err, code=2):
    return gives(point, words, '', code, err + '\n')


def rows(words):
    """What -j prints, parsed."""
    return json.loads(odmm(*_split(['-j ' + words]))[1])


class Program:
    """A program in the background."""

    def __init__(self, words, program='odmm', stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, **kwargs):
        self.process = subprocess.Popen([program, *words.split()], stdout=subprocess.PIPE, stderr=stderr, stdin=stdin, **kwargs)
        self.pid = self.process.pid
        self.text = ''
        os.set_blocking(self.process.stdout.fileno(), False)

    def read(self):
        """All lines so far."""
        while True:
            data = self.process.stdout.read()
            if not data:
                return self.text.splitlines()
            self.text += data.decode()

    def lines(self, n, timeout=20):
        """The first n lines, when they have come."""
        try:
            wait_for(lambda: len(self.read()) >= n, f'{n} lines', timeout)
        except AssertionError as e:
            diag(f'{e}; there are:\n' + '\n'.join(self.read()))
        return self.read()[:n]

    def has(self, pattern, timeout=20):
        """The first line that matches, when it has come."""
        return wait_for(lambda: next((line for line in self.read() if re.search(pattern, line)), None), f'a line with {pattern}', timeout)

    def send(self, number):
        self.process.send_signal(number)

    def over(self):
        return self.process.poll() is not None

    def status(self, timeout=20):
        """Exit status, when it has ended."""
        wait_for(self.over, 'the program to end', timeout)
        return self.process.returncode

    def end(self, number=signal.SIGTERM, timeout=5):
        if not self.over():
            self.send(number)
        return self.status(timeout)

    def errors(self):
        """Standard error of a program that has ended."""
        return self.process.stderr.read().decode()

    def listens(self):
        return listens(self.pid)


def listens(pid):
    """Whether a process that asks for one netlink port has joined a multicast group by it."""
    with open(f'/proc/{pid}/net/netlink', encoding='ascii') as f:
        return any(fields[1] == '16' and int(fields[3], 16) for fields in map(str.split, list(f)[1:]) if int(fields[2]) == pid)


def monitor(words='', options=''):
    program = Program(f'{options} monitor {words}')
    wait_for(program.listens, 'the monitor to listen')
    return program


def text_of(row, flags=('flags',)):
    """A row of JSON as the text form writes it; the two must not differ in what they say."""
    words = []
    for n, (name, value) in enumerate(row.items()):
        if name in flags:
            words.append(' '.join(value))
        elif isinstance(value, list):
            words.append(f"{name} {','.join(value) or 'none'}")
        elif name.endswith('_lft') and value == 0xffffffff:
            words.append(f'{name} forever')
        else:
            words.append(value if n == 0 and isinstance(value, str) else f'{name} {value}')
    return words


def same_in_both_forms(point, words, between=' '):
    """A point: text and JSON of a command tell the same. What grows by itself is not compared."""
    text, parsed = odmm(words)[1], rows(words)
    made = ''.join(between.join(text_of(row)) + '\n' for row in parsed)
    return equal(re.sub(r'age_ms \d+', 'age_ms N', text), re.sub(r'age_ms \d+', 'age_ms N', made), point)


def is_json(point, text):
    try:
        json.loads(text)
        return ok(True, point)
    except ValueError as e:
        return ok(False, point, f'{e}: {text}')
