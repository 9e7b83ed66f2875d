# SPDX-License-Identifier: GPL-2.0
"""Of an endpoint: it waits for news of its sockets, and for two clocks; and tells what happens, a JSON object a line."""
import json
import select
import time

TICK = 0.05     # seconds; at each, an application may say something
BIN = 0.1       # seconds for which bytes are summed up

_epoll = select.epoll()
_handlers = {}  # by file descriptor
flows = []      # each has tick() and count()


def tell(event, **values):
    print(json.dumps({'t': time.time(), 'event': event, **values}), flush=True)


def watch(s, handler, events=select.EPOLLIN | select.EPOLLOUT | select.EPOLLET):
    """Edges only: a socket that is not connected yet hangs up all the time."""
    _handlers[s.fileno()] = handler
    _epoll.register(s, events)


def forget(s):
    _epoll.unregister(s)
    del _handlers[s.fileno()]
    s.close()


def run():
    tick = count = time.time()
    while True:
        for fd, _ in _epoll.poll(max(0, min(tick, count) - time.time())):
            if fd in _handlers:     # which another handler may have forgotten
                _handlers[fd]()
        now = time.time()
        if now >= tick:
            tick = now + TICK
            for flow in flows:
                flow.tick()
        if now >= count:
            count = now + BIN
            for flow in flows:
                flow.count()
