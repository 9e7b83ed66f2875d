# SPDX-License-Identifier: GPL-2.0
"""The module itself, for tests that take it away."""
import contextlib
import os
import subprocess

KO = os.environ.get('ODMM_KO', 'kmod/odmm.ko')


def loaded():
    return os.path.isdir('/sys/module/odmm')


def remove():
    """What rmmod(8) says, '' if it has worked."""
    return subprocess.run(['rmmod', 'odmm'], capture_output=True, text=True).stderr.strip()


def insert():
    subprocess.run(['insmod', KO], check=True)


@contextlib.contextmanager
def removed():
    """In this block there is no module; after it there is, whatever has happened."""
    error = remove()
    if error:
        raise RuntimeError(error)
    try:
        yield
    finally:
        insert()
