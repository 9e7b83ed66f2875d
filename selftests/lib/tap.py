# SPDX-License-Identifier: GPL-2.0
"""
TAP output, and a place of its own for each test.

run() calls each test in a child process that has a fresh network namespace. So no test finds what another has left, and whatever
it leaves (blocked callers, links, prefixes) goes with it.
"""
import errno
import faulthandler
import mmap
import os
import signal
import struct
import sys
import time
import traceback

import netns

_numbers = mmap.mmap(-1, 8)     # shared with the children: points, failures


def _add(points, failures):
    n, bad = struct.unpack('II', _numbers[:8])
    _numbers[:8] = struct.pack('II', n + points, bad + failures)
    return n + points


def _clean(text):
    """A # would begin a directive."""
    return str(text).replace('#', ' ').replace('\n', ' ')


def diag(text):
    for line in str(text).splitlines():
        print('# ' + line, flush=True)


def ok(passed, text, why=''):
    """One point; returns whether it passed."""
    n = _add(1, 0 if passed else 1)
    print(f"{'' if passed else 'not '}ok {n} - {_clean(text)}", flush=True)
    if not passed and why != '':
        diag(why)
    return bool(passed)


def equal(got, want, text):
    return ok(got == want, text, f'got  {got!r}\nwant {want!r}')


def error_name(error):
    """ENOTSUP is another name of EOPNOTSUPP, and not the one that our documents use."""
    return 'EOPNOTSUPP' if error == errno.EOPNOTSUPP else errno.errorcode.get(error, str(error))


def outcome(call, *args, **kwargs):
    """What a call returns, or the name of the errno it fails with."""
    try:
        return call(*args, **kwargs)
    except OSError as e:
        return error_name(e.errno)


def fails(name, text, call, *args, **kwargs):
    """A point: the call fails with the errno of that name."""
    return equal(outcome(call, *args, **kwargs), name, text)


def wait_for(condition, what, timeout=20):
    """Polls until the condition is true, and returns what it gave."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f'waited {timeout} s for: {what}')
        time.sleep(0.01)


def within(limit, text, attempt, tries=3):
    """
    A point: attempt() says that it took less than so many seconds. An emulated machine on a busy host may stand still for longer, so
    it has another chance.
    """
    times = []
    while len(times) < tries and (not times or times[-1] >= limit):
        times.append(attempt())
    return ok(times[-1] < limit, f'{text}: within {limit} s', f'{times} s')


def _child(test, timeout):
    os.setsid()
    faulthandler.dump_traceback_later(timeout, exit=True)
    status = 0
    try:
        netns.unshare()
        test()
    except BaseException:
        diag(traceback.format_exc())
        status = 1
    sys.stdout.flush()
    os._exit(status)


def _isolated(test, timeout):
    before = struct.unpack('I', _numbers[:4])
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if not pid:
        _child(test, timeout)
    _, status = os.waitpid(pid, 0)
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    if status:
        ok(False, f'{test.__name__} came to its end', f'wait status {status:#x}')
    elif struct.unpack('I', _numbers[:4]) == before:
        ok(False, f'{test.__name__} made a point')


def run(*tests, timeout=90):
    """Runs the tests, or those that the command line names, prints the plan and ends the program."""
    wanted = sys.argv[1:]
    started = time.monotonic()
    for test in tests:
        if not wanted or test.__name__ in wanted:
            begin = time.monotonic()
            _isolated(test, timeout)
            diag(f'{test.__name__}: {time.monotonic() - begin:.1f} s')
    finish(started)


def finish(started):
    """The plan, and the end of the program."""
    n, bad = struct.unpack('II', _numbers[:8])
    print(f'1..{n}')
    diag(f'{n - bad} of {n} passed in {time.monotonic() - started:.1f} s')
    sys.exit(1 if bad or not n else 0)
