# SPDX-License-Identifier: GPL-2.0
"""A router that advertises prefixes with types, as Documentation/router-advertisements.md says, or what pretends to be one."""
import errno
import ipaddress
import select
import socket
import struct

import netns
from ndp import ALL_NODES, ETH_LEN, ETH_P_IPV6, IPV6_LEN, ND_OPT_PREFIX_INFORMATION, ND_ROUTER_ADVERT, PIO_AUTO, PIO_ONLINK

ND_ROUTER_SOLICIT = 133
ND_OPT_SOURCE_LINKADDR = 1
OPTION, MAGIC = 253, 0x4f444d4d
ALL_ROUTERS = ipaddress.IPv6Address('ff02::2').packed


def _prefix(number, octet, prefix, valid, preferred, word):
    network = ipaddress.IPv6Network(prefix)
    return struct.pack('!BBBBIII16s', number, 4, network.prefixlen, octet, valid, preferred, word, network.network_address.packed)


def typed(prefix, type, valid=3600, preferred=1800, number=OPTION):
    return _prefix(number, type, prefix, valid, preferred, MAGIC)


def pio(prefix, flags=PIO_ONLINK | PIO_AUTO, valid=3600, preferred=1800, word=0):
    return _prefix(ND_OPT_PREFIX_INFORMATION, flags, prefix, valid, preferred, word)


def lladdr(mac):
    return bytes([ND_OPT_SOURCE_LINKADDR, 1]) + bytes.fromhex(mac.replace(':', ''))


def _is_solicitation(frame):
    packet, icmp = frame[ETH_LEN:], frame[ETH_LEN + IPV6_LEN:]
    return (packet[6:8] == bytes([socket.IPPROTO_ICMPV6, 255]) and packet[8:10] == b'\xfe\x80' and
            packet[24:40] == ALL_ROUTERS and icmp[:2] == bytes([ND_ROUTER_SOLICIT, 0]))


class Router:
    """On a link of a peer, at a link-local address that it gets there."""

    def __init__(self, peer, address='fe80::1', dev='v1'):
        self.peer, self.dev, self.address = peer, dev, address
        with peer.inside():
            # The wire itself: what comes at once after a carrier the IP of this end does not hear yet.
            self.frames = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_IPV6))
            self.frames.bind((dev, 0))
        self.solicitations = 0

    def appear(self):
        """After its end of the link was down it has no address any more."""
        with self.peer.inside():
            netns.ip(f'-6 addr replace {self.address}/64 dev {self.dev} nodad')
        return self

    def _frames(self):
        while select.select([self.frames], [], [], 0)[0]:
            try:
                yield self.frames.recv(2048)
            except OSError as e:    # the link was down in between
                if e.errno != errno.ENETDOWN:
                    raise

    def solicited(self):
        """How many good solicitations it has heard so far."""
        self.solicitations += sum(map(_is_solicitation, self._frames()))
        return self.solicitations

    def advertise(self, *options, lifetime=1800, hops=255, source=None, code=0):
        """One advertisement; the kernel fills in the checksum."""
        message = struct.pack('!BBHBBHII', ND_ROUTER_ADVERT, code, 0, 64, 0, lifetime, 0, 0) + b''.join(options)
        with self.peer.inside():
            index = socket.if_nametoindex(self.dev)
            with socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) as s:
                s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, hops)
                s.bind((source or self.address, 0, 0, index))
                s.sendto(message, (ALL_NODES, 0, 0, index))
