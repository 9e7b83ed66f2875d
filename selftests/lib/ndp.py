# SPDX-License-Identifier: GPL-2.0
"""Neighbour discovery as played by a peer: duplicates and router advertisements."""
import ipaddress
import os
import socket
import struct

ALL_NODES = 'ff02::1'
ND_ROUTER_ADVERT, ND_NEIGHBOR_SOLICIT, ND_NEIGHBOR_ADVERT = 134, 135, 136
ND_OPT_TARGET_LINKADDR, ND_OPT_PREFIX_INFORMATION = 2, 3
ND_NA_OVERRIDE = 0x20000000
PIO_ONLINK, PIO_AUTO = 0x80, 0x40
ETH_P_IPV6 = 0x86dd
ETH_LEN, IPV6_LEN = 14, 40


def _icmp(dev):
    """The kernel fills in the checksum."""
    s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, socket.if_nametoindex(dev))
    return s


def _send(s, dev, message):
    s.sendto(message, (ALL_NODES, 0, 0, socket.if_nametoindex(dev)))


def _probed(frame):
    """The address that a frame asks about in duplicate detection, or None."""
    if len(frame) < ETH_LEN + IPV6_LEN + 24 or frame[ETH_LEN + 6] != socket.IPPROTO_ICMPV6:
        return None
    icmp = frame[ETH_LEN + IPV6_LEN:]
    if icmp[0] != ND_NEIGHBOR_SOLICIT or any(frame[ETH_LEN + 8:ETH_LEN + 24]):
        return None
    return icmp[8:24]


def _defend(peer, dev, times, report):
    with peer.inside():
        frames = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_IPV6))
        frames.bind((dev, 0))
        s = _icmp(dev)
        mac = frames.getsockname()[4]
        os.write(report, bytes(16))
        while times:
            target = _probed(frames.recv(2048))
            if target and not ipaddress.IPv6Address(target).is_link_local:
                _send(s, dev, struct.pack('!BBHI', ND_NEIGHBOR_ADVERT, 0, 0, ND_NA_OVERRIDE) + target +
                      bytes([ND_OPT_TARGET_LINKADDR, 1]) + mac)
                os.write(report, target)
                times -= 1


class Defender:
    """A process that says "mine" the first @times that an address is looked for by duplicate detection."""

    def __init__(self, peer, dev='v1', times=-1):
        self.reports, report = os.pipe()
        if not os.fork():
            _defend(peer, dev, times, report)
            os._exit(0)
        os.close(report)
        self.defended()

    def defended(self):
        """The next address that it has defended; waits for it."""
        return str(ipaddress.IPv6Address(os.read(self.reports, 16)))


def advertise(peer, prefix, dev='v1', lifetime=1800):
    """Sends one router advertisement with a prefix for autoconfiguration."""
    network = ipaddress.IPv6Network(prefix)
    message = struct.pack('!BBHBBHII', ND_ROUTER_ADVERT, 0, 0, 64, 0, lifetime, 0, 0)
    message += struct.pack('!BBBBIII16s', ND_OPT_PREFIX_INFORMATION, 4, network.prefixlen, PIO_ONLINK | PIO_AUTO, 3600, 1800, 0,
                           network.network_address.packed)
    with peer.inside():
        s = _icmp(dev)
        _send(s, dev, message)
        s.close()
