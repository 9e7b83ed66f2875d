# SPDX-License-Identifier: GPL-2.0
"""Netlink: a client of the odmm family, and the few rtnetlink questions that tests have."""
import ipaddress
import os
import socket
import struct

NETLINK_ROUTE, NETLINK_GENERIC = 0, 16
SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, NETLINK_CAP_ACK, NETLINK_EXT_ACK = 270, 1, 10, 11
NLM_F_REQUEST, NLM_F_ACK, NLM_F_DUMP, NLM_F_ACK_TLVS = 1, 4, 0x300, 0x200
NLM_F_REPLACE, NLM_F_EXCL, NLM_F_CREATE = 0x100, 0x200, 0x400
NLMSG_ERROR, NLMSG_DONE = 2, 3
NLMSGERR_ATTR_MSG, NLMSGERR_ATTR_OFFS = 1, 2
NLA_TYPE_MASK = 0x3fff
HEADER, GENL_HEADER = struct.Struct('=IHHII'), struct.Struct('=BBH')

GENL_ID_CTRL, CTRL_CMD_GETFAMILY = 16, 3
CTRL_ATTR_FAMILY_ID, CTRL_ATTR_FAMILY_NAME, CTRL_ATTR_MCAST_GROUPS = 1, 2, 7
CTRL_ATTR_MCAST_GRP_NAME, CTRL_ATTR_MCAST_GRP_ID = 1, 2

RTM_NEWADDR, RTM_DELADDR, RTM_GETADDR = 20, 21, 22
IFA_ADDRESS, IFA_LOCAL, IFA_CACHEINFO, IFA_FLAGS, IFA_PROTO = 1, 2, 6, 8, 11
IFA_F_NODAD, IFA_F_DADFAILED, IFA_F_DEPRECATED = 0x02, 0x08, 0x20
IFA_F_TENTATIVE, IFA_F_PERMANENT, IFA_F_NOPREFIXROUTE = 0x40, 0x80, 0x200

ONLINK, EXCLUSIVE = 1, 2
TENTATIVE, ACTIVE, DEPRECATED, GONE = range(4)
NEW, ACCEPTED, ANSWERED, GRANTED, FAILED, CANCELLED = range(6)
END_DELETED, END_WITHDRAWN, END_EXPIRED, END_RELEASED, END_LOST, END_FAILED, END_LINK_REMOVED = range(7)
ACCESS_ALL, ACCESS_GROUP, ACCESS_CAPABILITY = range(3)

(PREFIX_GET, PREFIX_ADD, PREFIX_DEL, PREFIX_CHANGE, PREFIX_NTF, REQUEST_GET, REQUEST_ACCEPT, REQUEST_DONE, REQUEST_NTF, AGENT_GET,
 AGENT_CLAIM, AGENT_NTF, SESSION_GET, STATS_GET, POLICY_SET, POLICY_GET, PREFIX_WITHDRAW) = range(1, 18)

# Name and kind of each attribute, from 1 on, as in Documentation/netlink/specs/odmm.yaml.
PREFIX = ('prefix in6', 'len u32', 'type u32', 'ifindex u32', 'home u32', 'state u32', 'flags u32', 'origin string',
          'valid_lft u32', 'preferred_lft u32', 'address in6', 'sessions u32', 'users u32', 'cookie u64', 'force flag', 'grace u32',
          'end u32', 'bytes u64', 'uid u32', 'pad raw')
REQUEST = ('cookie u64', 'type u32', 'ifindex u32', 'flags u32', 'state u32', 'error u32', 'waiters u32', 'uid u32', 'agent u32',
           'age u32', 'pad raw')
AGENT = ('id u32', 'port_id u32', 'types u32', 'ifindex list', 'name string', 'accepted u32')
SESSION = ('id u32', 'type u32', 'flags u32', 'state u32', 'error u32', 'address in6', 'ifindex u32', 'uid u32', 'inode u64',
           'protocol u32', 'cookie u64', 'lifetime u32', 'pad raw')
STATS = ('pad raw',) + tuple(f'{name} u64' for name in (
    'sessions', 'requests', 'prefixes', 'agents', 'served', 'submitted', 'coalesced', 'accepted', 'granted', 'refused', 'cancelled',
    'timed_out', 'interrupted', 'unsupported', 'over_quota', 'link_removed', 'agent_lost', 'late_answers', 'dad_failed',
    'prefixes_lost', 'forbidden', 'over_sessions', 'over_pending', 'over_held', 'over_rate', 'deprecated', 'aged', 'withdrawn',
    'released', 'put_back', 'retagged', 'adopted', 'adopt_refused', 'aborted', 'notices', 'notices_merged'))
POLICY = ('secret raw', 'type u32', 'access u32', 'gid_min u32', 'gid_max u32', 'capability u32', 'linger u32', 'grace u32',
          'max_age u32', 'max_bytes u64', 'timeout u32', 'abort u32', 'share_uid u32', 'sessions u32', 'pending u32', 'held u32',
          'on_net_rate u32', 'on_net_burst u32', 'requests_max u32', 'prefixes_max u32', 'default_types u32', 'rfc5014 u32',
          'pad raw')

SETS = {PREFIX_NTF: PREFIX, REQUEST_NTF: REQUEST, AGENT_NTF: AGENT}


class NetlinkError(OSError):
    """What the kernel answered: errno, its words (text), and where in the message the wrong attribute begins (offset)."""

    def __init__(self, error, text, offset):
        super().__init__(error, os.strerror(error) + (': ' + text if text else ''))
        self.text = text
        self.offset = offset


def attr(number, value):
    length = 4 + len(value)
    return struct.pack('=HH', length, number) + value + bytes(-length % 4)


def attrs(data):
    """(number, value) of each attribute."""
    while len(data) >= 4:
        length, number = struct.unpack_from('=HH', data)
        yield number & NLA_TYPE_MASK, data[4:length]
        data = data[(length + 3) & ~3:]


def _encode(kind, value):
    if kind == 'in6':
        return ipaddress.IPv6Address(value).packed
    if kind == 'string':
        return value.encode() + b'\0'
    if kind in ('raw', 'flag'):
        return b'' if value is True else value
    return struct.pack('=Q' if kind == 'u64' else '=I', value)


def _decode(kind, data):
    if kind == 'in6':
        return str(ipaddress.IPv6Address(data))
    if kind == 'string':
        return data.rstrip(b'\0').decode()
    if kind == 'flag':
        return True
    return data if kind == 'raw' else int.from_bytes(data, 'little')


def encode(table, values):
    """Attributes of a message; a value of None is left out, a list is one attribute each."""
    data = b''
    for number, (name, kind) in enumerate((entry.split() for entry in table), 1):
        value = values.get(name)
        if value is None or value is False:
            continue
        for one in value if kind == 'list' else [value]:
            data += attr(number, _encode(kind, one))
    return data


def decode(table, data):
    values = {}
    for number, value in attrs(data):
        name, kind = table[number - 1].split()
        if kind == 'list':
            values.setdefault(name, []).append(_decode(kind, value))
        elif name != 'pad':
            values[name] = _decode(kind, value)
    return values


def _error(message, flags):
    code = -struct.unpack_from('=i', message)[0]
    extra = dict(attrs(message[20:])) if flags & NLM_F_ACK_TLVS else {}
    text = extra.get(NLMSGERR_ATTR_MSG, b'').rstrip(b'\0').decode()
    offset = extra.get(NLMSGERR_ATTR_OFFS)
    return NetlinkError(code, text, offset and struct.unpack('=I', offset)[0])


class Socket:
    """A netlink socket that asks one thing at a time."""

    def __init__(self, protocol):
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol)
        self.sock.bind((0, 0))
        self.sock.setsockopt(SOL_NETLINK, NETLINK_EXT_ACK, 1)
        self.sock.setsockopt(SOL_NETLINK, NETLINK_CAP_ACK, 1)
        self.sock.settimeout(20)
        self.seq = 0

    def close(self):
        self.sock.close()

    def fileno(self):
        return self.sock.fileno()

    def messages(self):
        """(type, flags, seq, payload) of each message of the next datagram."""
        data = self.sock.recv(1 << 18)
        while len(data) >= HEADER.size:
            length, kind, flags, seq, _ = HEADER.unpack_from(data)
            yield kind, flags, seq, data[HEADER.size:length]
            data = data[(length + 3) & ~3:]

    def ask(self, kind, payload, flags=0):
        """The payloads of the answer, up to its acknowledgement."""
        self.seq += 1
        self.sock.send(HEADER.pack(HEADER.size + len(payload), kind, NLM_F_REQUEST | NLM_F_ACK | flags, self.seq, 0) + payload)
        answers = []
        while True:
            for kind_, flags_, seq, data in self.messages():
                if seq != self.seq:
                    continue
                if kind_ in (NLMSG_ERROR, NLMSG_DONE):
                    if data[:4] != bytes(4):
                        raise _error(data, flags_ if kind_ == NLMSG_ERROR else 0)
                    return answers
                answers.append(data)


def _family(sock, name):
    """Number of a generic netlink family, and those of its groups by name."""
    payload = GENL_HEADER.pack(CTRL_CMD_GETFAMILY, 1, 0) + attr(CTRL_ATTR_FAMILY_NAME, name.encode() + b'\0')
    values = dict(attrs(sock.ask(GENL_ID_CTRL, payload)[0][GENL_HEADER.size:]))
    groups = {}
    for _, nest in attrs(values.get(CTRL_ATTR_MCAST_GROUPS, b'')):
        group = dict(attrs(nest))
        groups[group[CTRL_ATTR_MCAST_GRP_NAME].rstrip(b'\0').decode()] = struct.unpack('=I', group[CTRL_ATTR_MCAST_GRP_ID])[0]
    return struct.unpack('=H', values[CTRL_ATTR_FAMILY_ID])[0], groups


def _network(prefix):
    address, length = prefix.split('/')
    return {'prefix': address, 'len': int(length)}


class Odmm(Socket):
    """The odmm family, in the namespace in which it is opened."""

    def __init__(self):
        super().__init__(NETLINK_GENERIC)
        self.family, self.groups = _family(self, 'odmm')

    def raw(self, command, payload=b'', flags=0):
        """Payloads behind the generic header, of a command with attributes as they are."""
        answers = self.ask(self.family, GENL_HEADER.pack(command, 1, 0) + payload, flags)
        return [answer[GENL_HEADER.size:] for answer in answers]

    def do(self, command, table, **values):
        answers = self.raw(command, encode(table, values))
        return decode(table, answers[0]) if answers else None

    def dump(self, command, table):
        return [decode(table, answer) for answer in self.raw(command, flags=NLM_F_DUMP)]

    def prefix_add(self, prefix, type, dev='lo', home=None, **values):
        return self.do(PREFIX_ADD, PREFIX, type=type, ifindex=socket.if_nametoindex(dev),
                       home=home and socket.if_nametoindex(home), **_network(prefix), **values)

    def prefix_del(self, prefix, force=False):
        return self.do(PREFIX_DEL, PREFIX, force=force, **_network(prefix))

    def prefix_change(self, prefix, dev=None, **values):
        return self.do(PREFIX_CHANGE, PREFIX, ifindex=dev and socket.if_nametoindex(dev), **_network(prefix), **values)

    def prefix_withdraw(self, prefix, force=False, **values):
        return self.do(PREFIX_WITHDRAW, PREFIX, force=force, **_network(prefix), **values)

    def prefix(self, prefix):
        return self.do(PREFIX_GET, PREFIX, **_network(prefix))

    def prefixes(self):
        return self.dump(PREFIX_GET, PREFIX)

    def request(self, cookie):
        return self.do(REQUEST_GET, REQUEST, cookie=cookie)

    def requests(self):
        return self.dump(REQUEST_GET, REQUEST)

    def accept(self, cookie=None):
        return self.do(REQUEST_ACCEPT, REQUEST, cookie=cookie)

    def refuse(self, cookie, error):
        return self.do(REQUEST_DONE, REQUEST, cookie=cookie, error=error)

    def claim(self, *types, devs=(), name=None):
        mask = sum(1 << t for t in types)
        return self.do(AGENT_CLAIM, AGENT, types=mask, ifindex=[socket.if_nametoindex(d) for d in devs], name=name)['id']

    def agents(self):
        return self.dump(AGENT_GET, AGENT)

    def session(self, number):
        return self.do(SESSION_GET, SESSION, id=number)

    def sessions(self):
        return self.dump(SESSION_GET, SESSION)

    def stats(self):
        return self.do(STATS_GET, STATS)

    def policy(self, type=None):
        """Of a type, or of the namespace."""
        return self.do(POLICY_GET, POLICY, type=type)

    def policies(self):
        return self.dump(POLICY_GET, POLICY)

    def policy_set(self, **values):
        return self.do(POLICY_SET, POLICY, **values)

    def set_secret(self, secret):
        return self.do(POLICY_SET, POLICY, secret=secret)

    def subscribe(self, *groups):
        for group in groups:
            self.sock.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, self.groups[group])

    def events(self):
        """(command, values) of each notification of the next datagram. For a socket that asks nothing."""
        return [(data[0], decode(SETS[data[0]], data[GENL_HEADER.size:])) for _, _, _, data in self.messages()]


def addresses(dev=None):
    """The kernel's IPv6 addresses: dicts with address, len, ifindex, flags, proto (0 if it has none), preferred and valid."""
    route = Socket(NETLINK_ROUTE)
    answers = route.ask(RTM_GETADDR, struct.pack('=BBBBI', socket.AF_INET6, 0, 0, 0, 0), NLM_F_DUMP)
    route.close()
    index = dev and socket.if_nametoindex(dev)
    return [a for a in map(_address, answers) if not dev or a['ifindex'] == index]


def _address(data):
    _, length, _, _, index = struct.unpack_from('=BBBBI', data)
    values = dict(attrs(data[8:]))
    preferred, valid = struct.unpack_from('=II', values[IFA_CACHEINFO])
    return {'address': str(ipaddress.IPv6Address(values[IFA_ADDRESS])), 'len': length, 'ifindex': index,
            'flags': struct.unpack('=I', values[IFA_FLAGS])[0], 'proto': values.get(IFA_PROTO, b'\0')[0],
            'preferred': preferred, 'valid': valid}


def address_add(address, dev='lo', plen=128, proto=None, flags=0, valid=0xffffffff, preferred=0xffffffff, replace=False):
    """What "ip addr add" and "ip addr replace" do; that of Debian 12 knows no proto."""
    message = struct.pack('=BBBBI', socket.AF_INET6, plen, 0, 0, socket.if_nametoindex(dev))
    message += attr(IFA_LOCAL, ipaddress.IPv6Address(address).packed) + attr(IFA_FLAGS, struct.pack('=I', flags))
    message += attr(IFA_CACHEINFO, struct.pack('=IIII', preferred, valid, 0, 0))
    if proto is not None:
        message += attr(IFA_PROTO, bytes([proto]))
    route = Socket(NETLINK_ROUTE)
    try:
        route.ask(RTM_NEWADDR, message, NLM_F_CREATE | (NLM_F_REPLACE if replace else NLM_F_EXCL))
    finally:
        route.close()


def kernel_address(address, dev=None):
    """One of addresses(), or None."""
    found = [a for a in addresses(dev) if a['address'] == address]
    return found[0] if found else None
