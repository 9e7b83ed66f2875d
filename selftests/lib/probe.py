# SPDX-License-Identifier: GPL-2.0
"""What the odmm family answers, to the byte: the errno, the words, and the attribute that it blames."""
import collections
import errno
import socket
import struct

from netlink import (GENL_HEADER, HEADER, NLM_F_ACK, NLM_F_ACK_TLVS, NLM_F_REQUEST, NLMSG_DONE, NLMSG_ERROR, NLMSGERR_ATTR_MSG,
                     NLMSGERR_ATTR_OFFS, PREFIX, PREFIX_ADD, NetlinkError, Odmm, attrs, encode)
from tap import equal

NLMSGERR_ATTR_MISS_TYPE = 5
NAMES = {**errno.errorcode, errno.EOPNOTSUPP: "EOPNOTSUPP"}    # not ENOTSUP
HEADERS = HEADER.size + GENL_HEADER.size

# error is 'ok' or the name of an errno; bad is the offset of the attribute blamed, missing the number of one that is not there.
Verdict = collections.namedtuple('Verdict', 'error text bad missing')


def _number(extra, key):
    return struct.unpack('=I', extra[key])[0] if key in extra else None


def _verdict(kind, flags, data):
    code = -struct.unpack_from('=i', data)[0]
    extra = dict(attrs(data[20:])) if kind == NLMSG_ERROR and flags & NLM_F_ACK_TLVS else {}
    return Verdict(NAMES[code] if code else 'ok', extra.get(NLMSGERR_ATTR_MSG, b'').rstrip(b'\0').decode(),
                   _number(extra, NLMSGERR_ATTR_OFFS), _number(extra, NLMSGERR_ATTR_MISS_TYPE))


class Probe(Odmm):
    """A client that sends what it is given, and takes a refusal for an answer."""

    def message(self, body, flags=0, length=None):
        """A whole netlink message of the family; @length is a lie about its length."""
        self.seq += 1
        if length is None:
            length = HEADER.size + len(body)
        return HEADER.pack(length, self.family, NLM_F_REQUEST | NLM_F_ACK | flags, self.seq, 0) + body

    def answer(self, number=None):
        """The verdict on the message of that sequence number, or on the one that was sent last."""
        while True:
            for kind, flags, seq, data in self.messages():
                if seq == (number or self.seq) and kind in (NLMSG_ERROR, NLMSG_DONE):
                    return _verdict(kind, flags, data)

    def verdict(self, command, payload=b'', flags=0):
        self.sock.send(self.message(GENL_HEADER.pack(command, 1, 0) + payload, flags))
        return self.answer()


def agent_for(*types):
    agent = Probe()
    agent.claim(*types)
    return agent


def number_of(table, name):
    return [entry.split()[0] for entry in table].index(name) + 1


def offset_of(table, values, name):
    """Where attribute @name begins in a message that encode() has made of @values."""
    before = {entry.split()[0] for entry in table[:number_of(table, name) - 1]}
    return HEADERS + len(encode(table, {key: value for key, value in values.items() if key in before}))


def refused(nl, point, command, table, error, words=None, bad=None, /, **values):
    """
    A point: the command with the values is refused with the errno and the words (those after the name of the module; any if None),
    and blames attribute @bad.
    """
    try:
        nl.do(command, table, **values)
        got = ('ok', None, None)
    except NetlinkError as e:
        got = (NAMES[e.errno], e.text.removeprefix('odmm: ') if words else words, e.offset)
    return equal(got, (error, words, bad and offset_of(table, values, bad)), point)


def network(prefix):
    address, length = prefix.split('/')
    return {'prefix': address, 'len': int(length)}


def spec(prefix, type=1, dev='lo', home=None, **values):
    """What prefix_add() takes, as values of attributes."""
    return {**network(prefix), 'type': type, 'ifindex': socket.if_nametoindex(dev) if isinstance(dev, str) else dev,
            'home': socket.if_nametoindex(home) if isinstance(home, str) else home, **values}


def add_refused(nl, point, error, words, bad, prefix, *args, **values):
    return refused(nl, point, PREFIX_ADD, PREFIX, error, words, bad, **spec(prefix, *args, **values))


def snapshot(nl):
    """All that the family knows, without what changes by itself."""
    requests = [{k: v for k, v in r.items() if k != 'age'} for r in nl.requests()]
    stats = {k: v for k, v in nl.stats().items() if k != 'late_answers'}
    return {'prefixes': nl.prefixes(), 'requests': requests, 'agents': nl.agents(), 'sessions': nl.sessions(), 'stats': stats,
            'policies': nl.policies()}
