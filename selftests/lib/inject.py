# SPDX-License-Identifier: GPL-2.0
"""
Allocations that fail, one at a time. The kernel must have CONFIG_FAILSLAB and what belongs to it (../vm/config/debug): on another prepare()
raises, and so whoever needs it fails.

Only allocations count that the module makes, itself or through what it calls. Which it was is known from the stack at that moment: the return
address in the module, as "function+0xoffset".
"""
import glob
import os
import re
import subprocess
import threading

DEBUG, TRACING = '/sys/kernel/debug', '/sys/kernel/tracing'
NOWHERE = (1, 1)
PAGE = 4096     # as long as the last function can be
SITE = re.compile(r'(?<!\? )\b(odmm_[\w.]+\+0x[0-9a-f]+)/0x[0-9a-f]+ \[odmm\]')     # what follows a ? only happens to be on the stack

# What allocates, among what the module calls.
ALLOCATORS = re.compile(r'__alloc_skb|__k\w*alloc\w*|kmem_cache_alloc\w*|__kmem_cache_create\w*|__rhashtable_init\w*|__xa_alloc_cyclic|'
                        r'alloc_workqueue\w*|sock_create_kern|kernel_sendmsg|genl_register_family|nf_register_net_hook|register_kretprobe|'
                        r'register_pernet_subsys')


def write(path, value):
    with open(path, 'w', encoding='ascii') as f:
        f.write(str(value))


def read(path):
    with open(path, encoding='utf-8', errors='replace') as f:
        return f.read()


def _symbols():
    return sorted((int(address, 16), name) for address, _, name, *_ in map(str.split, read('/proc/kallsyms').splitlines()))


def bounds(function):
    """Where a function of the kernel begins and ends."""
    symbols = _symbols()
    start = next(address for address, name in symbols if name == function)
    return start, next(address for address, _ in symbols if address > start)


def module_text():
    start = int(read('/sys/module/odmm/sections/.text'), 16)
    lines = [line.split() for line in read('/proc/kallsyms').splitlines() if line.endswith('\t[odmm]')]
    return start, max(int(address, 16) for address, kind, *_ in lines if kind in 'tT') + PAGE


def only_from(start, end):
    """Whose allocations may fail: of those who are called from there."""
    write(f'{DEBUG}/failslab/require-start', hex(start))
    write(f'{DEBUG}/failslab/require-end', hex(end))


def _mount(kind, path):
    if not os.listdir(path):
        subprocess.run(['mount', '-t', kind, kind, path], check=True)


def prepare():
    """To be called first, and again when the module has been inserted anew."""
    _mount('debugfs', DEBUG)
    _mount('tracefs', TRACING)
    for name, value in (('ignore-gfp-wait', 'N'), ('verbose', 0), ('stacktrace-depth', 32)):
        write(f'{DEBUG}/failslab/{name}', value)
    only_from(*module_text())
    # What looks for mistakes is none of ours: a kmemleak that fails gives up for good, and a reference tracker is not to be relied on.
    for path in glob.glob('/sys/kernel/slab/*/failslab'):
        write(path, int('/kmemleak_' not in path))
    write(f'{DEBUG}/failslab/cache-filter', 'Y')
    for name, value in zip(('reject-start', 'reject-end'), bounds('ref_tracker_alloc')):
        write(f'{DEBUG}/failslab/{name}', hex(value))
    for name, value in zip(('require-start', 'require-end'), NOWHERE):
        write(f'{DEBUG}/fail_page_alloc/{name}', value)
    _trace_failures()


def _trace_failures():
    """The kernel's own report leaves those out that are made with __GFP_NOWARN."""
    event = f'{TRACING}/events/odmm_inject/failed'
    if not os.path.isdir(event):
        write(f'{TRACING}/kprobe_events', 'r:odmm_inject/failed should_failslab ret=$retval:s32')
    write(f'{event}/filter', 'ret != 0')
    for option in ('stacktrace', 'sym-offset'):
        write(f'{TRACING}/options/{option}', 1)
    write(f'{event}/enable', 1)


def myself():
    return [f'/proc/{os.getpid()}/task/{threading.get_native_id()}/fail-nth']


def kworkers():
    """Those that there are."""
    found = []
    for path in glob.glob('/proc/[0-9]*/comm'):
        try:
            if read(path).startswith('kworker/'):
                pid = path.split('/')[2]
                found.append(f'/proc/{pid}/task/{pid}/fail-nth')
        except OSError:
            pass        # it has ended
    return found


def _all(files, value):
    for path in files:
        try:
            write(path, value)
        except OSError:
            pass        # it has ended


def _value(path):
    try:
        return int(read(path))
    except OSError:
        return None


class Failing:
    """In this block the @n-th allocation of each of these tasks fails; afterwards it is known whether there were so many, and where."""

    def __init__(self, n, tasks):
        self.n, self.tasks = n, tasks
        self.fired, self.sites = False, set()

    def __enter__(self):
        write(f'{TRACING}/trace', '')
        _all(self.tasks, self.n)
        return self

    def __exit__(self, *_):
        self.fired = 0 in map(_value, self.tasks)
        _all(self.tasks, 0)
        if self.fired:
            self.sites = sites(read(f'{TRACING}/trace').split('<stack trace>')[1:])


def sites(stacks):
    """Of each stack the innermost return address in the module."""
    return {found.group(1) for found in map(SITE.search, stacks) if found}


def all_sites(ko):
    """All places in the module where something is called that allocates."""
    function, found = None, set()
    for line in subprocess.run(['objdump', '-dr', ko], check=True, capture_output=True, text=True).stdout.splitlines():
        if head := re.fullmatch(r'([0-9a-f]+) <([\w.]+)>:', line):
            function, start = head.group(2).replace('init_module', 'odmm_init'), int(head.group(1), 16)
        elif (call := re.search(r'([0-9a-f]+): R_X86_64_P\w+32\s+(\w+)-0x4', line)) and ALLOCATORS.fullmatch(call.group(2)):
            found.add(f'{function}+{int(call.group(1), 16) + 4 - start:#x}')
    return found
