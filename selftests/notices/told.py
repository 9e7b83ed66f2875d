# SPDX-License-Identifier: GPL-2.0
"""What a socket is told, and what it should have been told."""
import select

from odmm import EVENTS, INFINITY, ORIGIN_ODMM, ExtendedErr, Notice, get_addr, notice, udp, wanting
from tap import equal, fails, wait_for

SIZE = 64
SLACK = 20      # seconds that a busy machine may take between two steps


def asker(wanted, kind=udp, flags=0, **kwargs):
    """A socket that waits for nothing, and wants to be told."""
    return wanting(wanted, kind, flags | EVENTS, blocking=False, **kwargs)


def pending(wanted, kind=udp, **kwargs):
    """One that has asked."""
    s = asker(wanted, kind, **kwargs)
    fails('EINPROGRESS', f'{kind.__name__}: asks', get_addr, s)
    return s


def holder(wanted, kind=udp, **kwargs):
    """One that has an address, from a prefix that is there."""
    s = asker(wanted, kind, **kwargs)
    get_addr(s)
    return s


def read(s, what='a notice'):
    """The next notice and its extended error, when it has come."""
    return wait_for(lambda: notice(s), what)


def rounded(left, lifetime):
    """A lifetime runs down while the test runs."""
    return lifetime if lifetime - SLACK <= left <= lifetime else left


def is_told(s, text, event, wanted, addr='::', replacement='::', error=0, valid=INFINITY, preferred=INFINITY, missed=0):
    """A point: what comes next, in each of its fields."""
    got, err = read(s, f'{text}: event {event}')
    same = err.info == got.valid_lft
    got = got._replace(valid_lft=rounded(got.valid_lft, valid), preferred_lft=rounded(got.preferred_lft, preferred))
    err = err._replace(info=rounded(err.info, valid))
    return equal((got, err, same),
                 (Notice(SIZE, event, wanted, error, valid, preferred, missed, 0, addr, replacement),
                  ExtendedErr(error, ORIGIN_ODMM, event, wanted, 0, valid, missed), True), text)


def all_read(s):
    """Events of all notices that are there."""
    events = []
    while True:
        found = notice(s)
        if not found:
            return events
        events.append(found[0].event)


def shows_error(s):
    """Whether epoll shows EPOLLERR, which nobody has to ask for."""
    with select.epoll() as epoll:
        epoll.register(s, 0)
        return bool(dict(epoll.poll(0)).get(s.fileno(), 0) & select.EPOLLERR)


def queued(nl, n):
    """When so many notices are on queues of the namespace, or were."""
    return wait_for(lambda: nl.stats()['notices'] >= n, f'{n} notices; there are {nl.stats()["notices"]}')


def are_counted(nl, n, text):
    """A point: so many notices were queued, and none more."""
    queued(nl, n)
    return equal(nl.stats()['notices'], n, text)
