# SPDX-License-Identifier: GPL-2.0
"""Keeps a namespace in which others do nonsense alive: answers requests, undoes what the policy was set to, brings prefixes."""
import errno
import time

from netlink import NetlinkError, Odmm
from odmm import FIXED, GRACEFUL, INFINITY, NONPERSISTENT, SESSION, TYPES

# What the policy is set to again and again: nothing is forbidden, waits are short, and things come and go.
GENEROUS = [{'type': t, 'access': 0, 'gid_min': 0, 'gid_max': 0, 'linger': 1, 'grace': 1, 'max_age': 0, 'max_bytes': 0,
             'timeout': 100, 'abort': 1, 'share_uid': 0} for t in TYPES] + [
    {'sessions': 65536, 'pending': 8192, 'held': 256, 'on_net_rate': 0, 'on_net_burst': 100, 'requests_max': 65536,
     'prefixes_max': 4096, 'default_types': 0},
    {'rfc5014': 1}]
ANSWERS_AT_ONCE = 32
PERIOD = 0.5        # seconds between two looks at the policy
PAUSE = 0.01
MEMORY = 10         # answers that stay
REFUSALS = (errno.EOPNOTSUPP, errno.EADDRNOTAVAIL, errno.ETIMEDOUT, errno.EACCES, errno.EDQUOT, errno.ENETDOWN)


def attempt(call, *args, **kwargs):
    """Others are at work, too: it may fail."""
    try:
        return call(*args, **kwargs)
    except NetlinkError:
        return None


def prefix_for(cookie):
    return f'2001:db8:{0x8000 | cookie & 0x7fff:x}::/64'


def answer(nl, request):
    """By the number of the request: a refusal, nothing, or a prefix that lives for a short or a long time; an old one is taken away."""
    cookie = request['cookie']
    if cookie % 7 == 0:
        attempt(nl.refuse, cookie, REFUSALS[cookie % len(REFUSALS)])
    elif cookie % 7 < 6:
        lifetime = INFINITY if cookie % 2 else 1 + cookie % 5
        attempt(nl.prefix_add, prefix_for(cookie), request['type'], cookie=cookie, valid_lft=lifetime)
    attempt(nl.prefix_withdraw, prefix_for(cookie - MEMORY), force=True)


def serve(nl):
    for _ in range(ANSWERS_AT_ONCE):
        request = attempt(nl.accept)
        if not request:
            return
        answer(nl, request)


def be_generous(nl):
    """But what weighs on the whole machine only root of the machine may set."""
    for values in GENEROUS:
        attempt(nl.policy_set, **values)


def bring(nl):
    for number, wanted in enumerate((FIXED, SESSION)):
        attempt(nl.prefix_add, f'2001:db8:f{number}::/64', wanted)


def keep(may_restore):
    """For ever. With @may_restore it also mends what has been done to the policy and brings prefixes."""
    nl = Odmm()
    nl.claim(SESSION, NONPERSISTENT, GRACEFUL)
    next_look = 0
    while True:
        serve(nl)
        if may_restore and time.monotonic() > next_look:
            be_generous(nl)
            bring(nl)
            next_look = time.monotonic() + PERIOD
        time.sleep(PAUSE)
