# SPDX-License-Identifier: GPL-2.0
"""DHCPv6 as it is on the wire, and a server that says whatever a test wants, also what no server would."""
import errno
import ipaddress
import select
import socket
import struct

from ndp import ETH_LEN, ETH_P_IPV6, IPV6_LEN

SOLICIT, ADVERTISE, REQUEST, RENEW, REBIND, REPLY, RELEASE = 1, 2, 3, 5, 6, 7, 8
CLIENTID, SERVERID, STATUS, RAPID_COMMIT, VENDOR_OPTS, IA_PD, IAPREFIX = 1, 2, 13, 14, 17, 25, 26
CLIENT_PORT, SERVER_PORT, ENTERPRISE, TYPE = 546, 547, 32473, 1
UDP_LEN = 8
ALL_SERVERS = ipaddress.IPv6Address('ff02::1:2').packed
SO_TIMESTAMPNS = 35
ETH_P_ALL = 3


def option(code, data=b''):
    return struct.pack('!HH', code, len(data)) + data


def options(data):
    """The first of each code."""
    found = {}
    while data:
        code, length = struct.unpack_from('!HH', data)
        found.setdefault(code, data[4:4 + length])
        data = data[4 + length:]
    return found


def vendor(wanted, enterprise=ENTERPRISE, code=TYPE):
    return option(VENDOR_OPTS, struct.pack('!I', enterprise) + option(code, bytes([wanted])))


def of_prefix(prefix, valid=600, preferred=300):
    network = ipaddress.IPv6Network(prefix)
    return option(IAPREFIX, struct.pack('!IIB16s', preferred, valid, network.prefixlen, network.network_address.packed))


class Message:
    """One that has come."""

    def __init__(self, data, sender=None):
        self.kind, self.id, self.sender = data[0], data[1:4], sender
        self.options = options(data[4:])

    @property
    def iaid(self):
        return self.options[IA_PD][:4]


class Server:
    """On the end of a link that a peer has."""

    def __init__(self, peer, dev='v1'):
        with peer.inside():
            index = socket.if_nametoindex(dev)
            self.sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
            self.sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, struct.pack('16sI', ALL_SERVERS, index))
            self.sock.bind(('::', SERVER_PORT))

    def next(self, kind):
        """The next message of that kind."""
        while select.select([self.sock], [], [], 20)[0]:
            message = Message(*self.sock.recvfrom(2048))
            if message.kind == kind:
                return message
        raise AssertionError(f'waited 20 s for a message of kind {kind}')

    def send(self, to, data):
        self.sock.sendto(data, to.sender)

    def answer(self, to, *inside, more=b'', kind=REPLY, id=None, client=None, server=b'\0\3\0\1' + b'odmm', iaid=None):
        """As it should be, but for what is said otherwise; @inside is in the IA."""
        data = bytes([kind]) + (id or to.id)
        client = to.options[CLIENTID] if client is None else client
        data += option(CLIENTID, client) if client else b''
        data += option(SERVERID, server) if server else b''
        data += option(RAPID_COMMIT) if to.kind == SOLICIT and kind == REPLY else b''
        data += option(IA_PD, (iaid or to.iaid) + bytes(8) + b''.join(inside))
        self.send(to, data + more)


def _is_dhcp6(frame):
    if frame[ETH_LEN - 2:ETH_LEN] != struct.pack('!H', ETH_P_IPV6) or frame[ETH_LEN + 6] != socket.IPPROTO_UDP:
        return False
    return bool(set(struct.unpack_from('!HH', frame, ETH_LEN + IPV6_LEN)) & {CLIENT_PORT, SERVER_PORT})


class Wire:
    """All that is on it, from now on, of DHCPv6."""

    def __init__(self, peer, dev='v1'):
        with peer.inside():
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))   # both directions
            self.sock.bind((dev, 0))
        self.sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.messages = []

    def read(self):
        """(time in seconds, message) of all so far."""
        while select.select([self.sock], [], [], 0)[0]:
            try:
                frame, control, _, _ = self.sock.recvmsg(2048, 256)
            except OSError as e:
                if e.errno != errno.ENETDOWN:   # the link was down in between
                    raise
                continue
            if _is_dhcp6(frame):
                seconds, ns = struct.unpack('qq', control[0][2])
                self.messages.append((seconds + ns / 1e9, Message(frame[ETH_LEN + IPV6_LEN + UDP_LEN:])))
        return self.messages

    def count(self, *kinds):
        return sum(message.kind in kinds for _, message in self.read())
