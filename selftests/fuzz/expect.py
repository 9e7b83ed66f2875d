# SPDX-License-Identifier: GPL-2.0
"""What the fuzzer counted, and which of it has to be there for it to be of use."""
import os
import re

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
SPEC = os.path.join(HERE, '../../Documentation/netlink/specs/odmm.yaml')
READ = range(8653, 8660)
WRITTEN = (8653, 8654, 8655, 8659)
VERBS = ('open', 'close', 'prefer', 'nonblock', 'bind', 'bind-held', 'connect', 'connect-slot', 'listen', 'accept', 'shutdown', 'device',
         'send', 'notice')


def parse_tally(out):
    """Rows "KIND: NAME: RESULT=N ..." as {'KIND: NAME': {RESULT: N}}."""
    return {name: {result: int(n) for result, n in re.findall(r'(\S+)=(\d+)', rest)}
            for name, rest in re.findall(r'^((?:messages|calls): [^:]*): (.*)$', out, re.M)}


def operations(privileged):
    """Rows of operations, those too that need rights if @privileged."""
    with open(SPEC, encoding='utf-8') as f:
        spec = yaml.safe_load(f)
    for op in spec['operations']['list']:
        if 'do' in op and (privileged or 'uns-admin-perm' not in op.get('flags', [])):
            yield f'messages: do {op["name"]}'
            if 'dump' in op:
                yield f'messages: dump {op["name"]}'


def wanted(who):
    yield from operations(who != 'plain')
    yield from (f'calls: get {option}' for option in READ)
    yield from (f'calls: set {option}' for option in WRITTEN)
    yield from (f'calls: {verb}' for verb in VERBS)


def never_succeeded(rows, who):
    """Kinds of messages and calls that never got through."""
    return [name for name in wanted(who) if not rows.get(name, {}).get('ok')]
