#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Programs that get more rights than their caller has are refused, as nothing can be preloaded into them; and only those."""
import os
import shutil
import struct
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../command'))

# pylint: disable=wrong-import-position
from netns import sh
from people import ALICE, BOB, CAP_NET_RAW
from programs import odmm_run
from tap import equal, run

WISH = '--type fixed --fallback'
VFS_CAP_REVISION_2, EFFECTIVE = 0x02000000, 1


class Copy:
    """A copy of a program in a folder that anybody may look into."""

    def __init__(self, where, owner=0, group=0, mode=0o755, capability=None):
        self.path = os.path.join(where, 'copy')
        shutil.copy(shutil.which('true'), self.path)
        os.chown(self.path, owner, group)
        os.chmod(self.path, mode)
        if capability is not None:
            os.setxattr(self.path, 'security.capability', struct.pack('<5I', VFS_CAP_REVISION_2 | EFFECTIVE, 1 << capability, 0, 0, 0))

    def runs(self, point, user=0, **kwargs):
        equal(odmm_run(WISH, self.path, user=user, group=user, extra_groups=[], **kwargs), (0, '', ''), f'{point}: runs')

    def refused(self, point, why, user=0):
        equal(odmm_run(WISH, self.path, user=user, group=user, extra_groups=[]),
              (126, '', f'odmm-run: {self.path}: {why}, nothing can be preloaded\n'), f'{point}: refused')


def folder():
    where = tempfile.mkdtemp()
    os.chmod(where, 0o755)
    return where


def install():
    """Where anybody can run it, which may not be so of the build tree."""
    built, where = os.path.dirname(os.path.dirname(shutil.which('odmm-run'))), folder()
    for file in ('bin/odmm-run', 'lib/libodmm-preload.so'):
        os.makedirs(os.path.dirname(f'{where}/{file}'))
        shutil.copy(f'{built}/{file}', f'{where}/{file}')
    os.environ['PATH'] = f"{where}/bin:{os.environ['PATH']}"


def test_bits():
    where = folder()
    Copy(where).runs('a plain program')
    Copy(where).runs('a plain program of somebody else', ALICE)
    uid, gid = 'set-user-ID', 'set-group-ID'
    Copy(where, mode=0o4755).refused('set-user-ID root, for a user', uid, ALICE)
    Copy(where, mode=0o4755).runs('set-user-ID root, for root')
    Copy(where, ALICE, ALICE, 0o4755).refused('set-user-ID of a user, for root', uid)
    Copy(where, ALICE, ALICE, 0o4755).refused('set-user-ID of a user, for another', uid, BOB)
    Copy(where, ALICE, ALICE, 0o4755).runs('set-user-ID of a user, for that user', ALICE)
    Copy(where, mode=0o2755).refused('set-group-ID', gid, ALICE)
    Copy(where, mode=0o2755).runs('set-group-ID of the own group')
    Copy(where, group=ALICE, mode=0o2745).runs('set-group-ID without leave to run for the group')
    script = os.path.join(where, 'script')
    with open(script, 'w', encoding='ascii') as f:
        f.write(f'#!{where}/copy\n')
    os.chmod(script, 0o755)
    copy = Copy(where, mode=0o4755)
    equal(odmm_run(WISH, script, user=ALICE, group=ALICE, extra_groups=[])[2],
          f'odmm-run: {copy.path}: set-user-ID, nothing can be preloaded\n', 'a script of such a program: refused')
    os.chmod(script, 0o4755)
    Copy(where)
    equal(odmm_run(WISH, script, user=ALICE, group=ALICE, extra_groups=[])[0], 0, 'a script whose own bit the kernel does not heed: runs')


def test_capabilities():
    where = folder()
    Copy(where, capability=CAP_NET_RAW).refused('file capabilities, for a user', 'has file capabilities', ALICE)
    Copy(where, capability=CAP_NET_RAW).runs('file capabilities, for root')


def test_not_heeded():
    """What takes their effect from the bits."""
    where = folder()
    sh(f'mount -t tmpfs -o nosuid,mode=755 none {where}')
    Copy(where, mode=0o4755).runs('on a file system without set-user-ID', ALICE)
    sh(f'umount {where}')
    Copy(where, ALICE, ALICE, mode=0o4755)
    equal(sh(f'setpriv --no-new-privs odmm-run {WISH} {where}/copy'), '', 'a caller with no_new_privs: runs')


def test_other_machine():
    path = os.path.abspath('build/selftests/client32')
    equal(odmm_run(WISH, path),
          (126, '', f'odmm-run: {path}: for another kind of machine (32 bits?) than the library that would be preloaded\n'),
          'a 32-bit program: refused')
    equal(odmm_run(WISH, 'sh', '-c', 'echo ${LD_PRELOAD:+yes}'), (0, 'yes\n', ''), 'one of this machine has the library')


install()
run(test_bits, test_capabilities, test_not_heeded, test_other_machine)
