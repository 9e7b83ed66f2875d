#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Sockets that are not ours: a clear errno, and no harm. Some of them hand options of our level through to an inner kernel socket.
"""
import errno
import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))
import netlink
import netns
from odmm import (IPPROTO_MPTCP, SC_ADDR, SC_FLAGS, SC_LIFETIME, SC_STATUS, SC_TIMEOUT, SC_TYPE, SESSION, get_addr, ready,
                  set_option, setsc, tcp)
from tap import equal, fails, ok, outcome, run, wait_for

PREFIX = '2001:db8:51::/64'
AF_SMC, SMCPROTO_SMC6 = 43, 1
IPPROTO_SCTP, IPPROTO_L2TP, IPPROTO_UDPLITE = 132, 115, 136
SETS, GETS = (SC_TYPE, SC_FLAGS, SC_TIMEOUT), (SC_TYPE, SC_FLAGS, SC_TIMEOUT, SC_ADDR, SC_STATUS)


def refuses(s, name, set_error, get_error):
    """Two points: all set options, and all get options, fail as told; and no session has come of it."""
    equal({outcome(set_option, s, option, 0) for option in SETS}, {set_error}, f'{name}: set, {set_error}')
    gets = {outcome(s.getsockopt, socket.IPPROTO_IPV6, option, 64) for option in GETS} | {outcome(setsc, s, SESSION)}
    equal(gets, {get_error}, f'{name}: get, {get_error}')
    equal(netlink.Odmm().sessions(), [], f'{name}: no session')


def mptcp():
    return socket.socket(socket.AF_INET6, socket.SOCK_STREAM, IPPROTO_MPTCP)


def listening(s):
    s.bind(('::1', 0))
    s.listen()
    return s.getsockname()


def test_smc():
    netns.sh('modprobe smc')
    s = socket.socket(AF_SMC, socket.SOCK_STREAM, SMCPROTO_SMC6)
    refuses(s, 'SMC', 'EOPNOTSUPP', 'EOPNOTSUPP')


def test_smc_fallback():
    """When SMC has fallen back the file is that of the TCP socket, which is then like any other."""
    nl = netlink.Odmm()
    address = ready(nl, PREFIX, SESSION)
    listener = tcp()
    peer = listening(listener)
    smc = socket.socket(AF_SMC, socket.SOCK_STREAM, SMCPROTO_SMC6)
    # Python does not know the addresses of that family.
    s = socket.socket(socket.AF_INET6, socket.SOCK_STREAM, fileno=smc.detach())
    s.connect(peer)
    equal(outcome(setsc, s, SESSION), address, 'SMC, fallen back to TCP: an address')
    equal(len(nl.sessions()), 1, 'SMC, fallen back to TCP: a session')
    s.close()
    ok(wait_for(lambda: not nl.sessions(), 'the session to go'), 'SMC, fallen back to TCP: closed, the session is gone')


def test_sctp():
    netns.sh('modprobe sctp')
    for kind in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET):
        refuses(socket.socket(socket.AF_INET6, kind, IPPROTO_SCTP), f'SCTP, {kind.name}', 'EOPNOTSUPP', 'EOPNOTSUPP')


def test_l2tp():
    netns.sh('modprobe l2tp_ip6')
    refuses(socket.socket(socket.AF_INET6, socket.SOCK_DGRAM, IPPROTO_L2TP), 'L2TP', 'EOPNOTSUPP', 'EOPNOTSUPP')


def test_raw_l2tp():
    """A raw socket is ours whatever its protocol."""
    address = ready(netlink.Odmm(), PREFIX, SESSION)
    s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, IPPROTO_L2TP)
    equal(outcome(setsc, s, SESSION), address, 'raw socket of protocol L2TP: an address')


def test_udplite():
    """The newest kernels have no such sockets any more."""
    try:
        s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM, IPPROTO_UDPLITE)
    except OSError as e:
        equal(e.errno, errno.EPROTONOSUPPORT, 'UDP-Lite: the kernel has none')
        return
    refuses(s, 'UDP-Lite', 'EOPNOTSUPP', 'EOPNOTSUPP')


def test_mptcp():
    s = mptcp()
    refuses(s, 'MPTCP, new', 'ENOPROTOOPT', 'EOPNOTSUPP')
    listener = mptcp()
    peer = listening(listener)
    refuses(listener, 'MPTCP, listening', 'ENOPROTOOPT', 'EOPNOTSUPP')
    s.connect(peer)
    refuses(s, 'MPTCP, connected', 'ENOPROTOOPT', 'EOPNOTSUPP')
    child, _ = listener.accept()
    refuses(child, 'MPTCP, accepted', 'ENOPROTOOPT', 'EOPNOTSUPP')


def test_mptcp_fallback():
    listener = tcp()
    s = mptcp()
    s.connect(listening(listener))
    child, _ = listener.accept()
    child.send(b'x')
    s.recv(1)
    refuses(s, 'MPTCP, fallen back to TCP', 'ENOPROTOOPT', 'EOPNOTSUPP')


def test_mptcp_accepts_tcp():
    """What an MPTCP listener accepts from a TCP peer is a TCP socket like any other."""
    address = ready(netlink.Odmm(), PREFIX, SESSION)
    listener = mptcp()
    peer = tcp()
    peer.connect(listening(listener))
    child, _ = listener.accept()
    equal(child.getsockopt(socket.SOL_SOCKET, socket.SO_PROTOCOL), socket.IPPROTO_TCP, 'an MPTCP listener has accepted a TCP socket')
    equal(outcome(setsc, child, SESSION), address, 'TCP accepted by an MPTCP listener: an address')
    peer.send(b'x')
    equal(child.recv(1), b'x', 'and its data flow')


def test_families():
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        refuses(socket.socket(socket.AF_INET, kind), f'AF_INET, {kind.name}', 'ENOPROTOOPT', 'EOPNOTSUPP')
    refuses(socket.socket(socket.AF_INET, socket.SOCK_RAW, 253), 'AF_INET, SOCK_RAW', 'ENOPROTOOPT', 'EOPNOTSUPP')
    refuses(socket.socket(socket.AF_UNIX), 'AF_UNIX', 'EOPNOTSUPP', 'EOPNOTSUPP')
    refuses(socket.socket(socket.AF_PACKET, socket.SOCK_RAW), 'AF_PACKET', 'ENOPROTOOPT', 'ENOPROTOOPT')
    refuses(socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0), 'AF_NETLINK', 'ENOPROTOOPT', 'ENOPROTOOPT')


def test_not_a_socket():
    with open('/dev/null', encoding='ascii') as f:
        fails('ENOTSOCK', 'a file: ENOTSOCK', setsc, f, SESSION)


def test_other_options():
    """Options beside ours are those of the kernel."""
    s = tcp()
    for option in (SC_TYPE - 1, SC_LIFETIME + 1, 8000, 9000):
        fails('ENOPROTOOPT', f'option {option} is nobody\'s', set_option, s, option, 1)
    ok(s.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS) > 0, 'an option of the kernel still works')
    fails('EINVAL', 'and the socket has wanted nothing', get_addr, s)


run(test_smc, test_smc_fallback, test_sctp, test_l2tp, test_raw_l2tp, test_udplite, test_mptcp, test_mptcp_fallback, test_mptcp_accepts_tcp, test_families,
    test_not_a_socket, test_other_options)
