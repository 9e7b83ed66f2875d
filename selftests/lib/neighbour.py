# SPDX-License-Identifier: GPL-2.0
"""A neighbour in another namespace that knows the way to our typed prefixes, and tells clients what address it sees."""
import os
import socket

import netns

OURS, THEIRS = '2001:db8:1::1', '2001:db8:1::2'
OURS4, THEIRS4 = '192.0.2.1', '192.0.2.2'


def connected_networks():
    """The neighbour's namespace."""
    peer = netns.Netns()
    netns.veth(peer)
    netns.ip(f'addr add {OURS}/64 dev v0 nodad')
    netns.ip(f'addr add {OURS4}/24 dev v0')
    with peer.inside():
        netns.ip(f'addr add {THEIRS}/64 dev v1 nodad')
        netns.ip(f'addr add {THEIRS4}/24 dev v1')
        netns.ip(f'route add 2001:db8:50::/44 via {OURS}')
    return peer


def plain(address):
    """How an address is written that may be an IPv4 one on an IPv6 socket."""
    return address.removeprefix('::ffff:')


def serve(peer, port, kind, answer):
    """A process of the neighbour: answer(socket, name of the client or None) for each client, or each datagram."""
    with peer.inside():
        s = kind()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(('::', port))
        if s.type == socket.SOCK_STREAM:
            s.listen()
    pid = os.fork()
    if pid:
        s.close()
        return pid
    while True:
        if s.type == socket.SOCK_STREAM:
            connection, name = s.accept()
            with connection:
                answer(connection, name)
        else:
            answer(s, None)
