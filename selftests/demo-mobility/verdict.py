# SPDX-License-Identifier: GPL-2.0
"""
What became of each flow at each move, and whether RFC 8653 section 3.2 has it so:

* fixed, session-lasting: the conversation goes on;
* non-persistent: it is cut, and the application gets an address of where the host is now;
* graceful-replacement: for a while there are both, the old address and one of where the host is now.
"""
import collections
import ipaddress

# The pools of selftests/lab/kea-dhcp6.conf: of which prefixes an address of a type is, with the host at a router.
POOLS = {'fixed': '51', 'called': '', 'session-lasting': '52', 'non-persistent': '{}3', 'graceful-replacement': '{}4'}
FLOWS = tuple(POOLS)

Move = collections.namedtuple('Move', 'router down up')
Fate = collections.namedtuple('Fate', 'flow move before after what good')


class Conversation:
    """One socket of a flow, as the records have it."""

    def __init__(self):
        self.address = self.port = self.why = None
        self.at = {}        # when it first was opened, connected, cut...
        self.series = []    # (time, bytes that came back since the last one)

    def take(self, record):
        if record['event'] == 'bytes':
            self.series.append((record['t'], record['bytes']))
            return
        self.at.setdefault(record['event'], record['t'])
        for name in ('address', 'port', 'why'):
            if name in record:
                setattr(self, name, record[name])

    def heard(self, begin=0, end=float('inf')):
        """When bytes came back, within a time; to a tenth of a second."""
        return [t for t, n in self.series if n and begin < t <= end]

    def lost(self):
        return bool({'cut', 'unconnected', 'refused'} & set(self.at))

    def prefix(self):
        return str(ipaddress.IPv6Network((self.address, 64), strict=False)) if self.address else '-'


class History:
    """All that was told."""

    def __init__(self):
        self.flows = collections.defaultdict(lambda: collections.defaultdict(Conversation))
        self.moves = []
        self.carrier = []
        self.seen = set()       # (address, port) of who has called the correspondent
        self.listens = {}       # flow: address

    def take(self, record):
        event = record['event']
        if event == 'accepted':
            self.seen.add((record['address'], record['port']))
        elif event == 'listens':
            self.listens[record['flow']] = record['address']
        elif event == 'carrier':
            self.carrier.append((record['t'], record['up']))
        elif 'n' in record:
            self.flows[record['flow']][record['n']].take(record)

    def moved(self, router):
        """It has: what was heard of the carrier since the last time was this."""
        down = [t for t, up in self.carrier if not up][len(self.moves)]
        up = [t for t, up in self.carrier if up][len(self.moves)]
        self.moves.append(Move(router, down, up))
        return self.moves[-1]

    def conversations(self, flow):
        return [self.flows[flow][n] for n in sorted(self.flows[flow])]

    def talks(self, flow, tenths, since=0):
        """Whether the newest conversation of a flow was heard for so many tenths of a second."""
        conversations = self.conversations(flow)
        return bool(conversations) and len(conversations[-1].heard(since)) >= tenths


def _went_on(_, move, old, new):
    before, after = old.heard(end=move.down), old.heard(move.up)
    if not before or not after or old is not new or old.lost():
        return _failure(old, move), False
    return f'went on, silent for {after[0] - before[-1]:.1f} s', True


def _failure(old, move):
    for event in ('cut', 'refused', 'unconnected'):
        if event in old.at:
            return f'{event}: {old.why}'
    if old.heard(move.up):
        return 'went on'
    return 'silent'


def _cut(_, move, old, new):
    if 'cut' not in old.at or old is new or not new.heard(move.up):
        return _failure(old, move), False
    what = f'cut after {old.at["cut"] - move.up:.1f} s, an address after {new.at["address"] - move.up:.1f} s'
    return what, old.why == 'ECONNABORTED'


def _overlapped(_, move, old, new):
    if old is new or old.lost() or 'closed' not in old.at or not old.heard(move.up) or not new.heard(move.up):
        return _failure(old, move), False
    both = old.heard()[-1] - new.heard()[0]
    what = f'another address after {new.at["address"] - move.up:.1f} s, both for {both:.1f} s'
    return what, both > 0


JUDGES = {'non-persistent': _cut, 'graceful-replacement': _overlapped}


def _right_pool(history, flow, conversation, router):
    """Whether its address is one of the pool, and is what the correspondent sees."""
    if flow == 'called':
        return True
    pool = ipaddress.IPv6Network(f"2001:db8:{POOLS[flow].format(router[-1])}00::/40")
    return ipaddress.IPv6Address(conversation.address) in pool and (conversation.address, conversation.port) in history.seen


def _of_move(history, flow, n):
    """The conversation that a move found, and the one that the next one did."""
    begin = history.moves[n].down
    end = history.moves[n + 1].down if n + 1 < len(history.moves) else float('inf')
    known = history.conversations(flow)
    before = [c for c in known if c.heard(end=begin)]
    after = [c for c in known if c.heard(begin, end)]
    return before[-1] if before else None, (after or before)[-1] if after or before else None


def fate(history, flow, n):
    """Of a flow at move number n."""
    move = history.moves[n]
    old, new = _of_move(history, flow, n)
    if not old:
        return Fate(flow, n, '-', '-', 'did not talk', False)
    what, good = JUDGES.get(flow, _went_on)(flow, move, old, new)
    if good and not _right_pool(history, flow, new, move.router):
        what, good = f'{what}, from {new.address}', False
    return Fate(flow, n, old.prefix(), new.prefix(), what, good)


def call(history, n):
    """Of a new call to the server, after move number n. As long as the network has no route to where it is it is tried again."""
    calls = history.conversations(f'call-{n}')
    made = next((c for c in calls if 'connected' in c.at), None)
    what = f'after {made.at["connected"] - calls[0].at["opened"]:.1f} s' if made else 'not answered'
    return Fate('new call', n, '-', '-', what, bool(made))


def fates(history):
    for n in range(len(history.moves)):
        for flow in FLOWS:
            yield fate(history, flow, n)
        yield call(history, n)


def usable(history):
    """Seconds from each move to the next non-persistent address."""
    times = []
    for move in history.moves:
        later = [c.at['address'] - move.up for c in history.conversations('non-persistent') if c.at.get('address', 0) > move.up]
        times.append(min(later, default=None))
    return times
