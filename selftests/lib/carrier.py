# SPDX-License-Identifier: GPL-2.0
"""Hears when a link loses its carrier, and gets it back."""
import select
import socket
import struct

from netlink import HEADER, NETLINK_ADD_MEMBERSHIP, NETLINK_ROUTE, SOL_NETLINK, Socket

RTM_NEWLINK, RTNLGRP_LINK, IFF_LOWER_UP = 16, 1, 0x10000


class Carrier(Socket):
    def __init__(self, dev):
        super().__init__(NETLINK_ROUTE)
        self.index = socket.if_nametoindex(dev)
        self.up = True
        self.sock.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, RTNLGRP_LINK)

    def changes(self):
        """Whether it has a carrier, each time that this has changed."""
        while select.select([self], [], [], 0)[0]:
            for kind, _, _, payload in self.messages():
                if kind == RTM_NEWLINK and self._is_change(payload):
                    yield self.up

    def _is_change(self, payload):
        index, flags = struct.unpack_from('=4xiI', payload)
        if index != self.index or self.up == bool(flags & IFF_LOWER_UP):
            return False
        self.up = not self.up
        return True
