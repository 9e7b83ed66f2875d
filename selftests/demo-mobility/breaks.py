# SPDX-License-Identifier: GPL-2.0
"""What a network may do wrong: done before the host moves, to see that the demo notices."""
import os
import re
import signal

from inside import RUN, lab
from tap import wait_for


def _drop(host, pool):
    """A router loses what is for some prefixes."""
    lab('exec', host, 'ip', '-6', 'rule', 'add', 'to', pool, 'blackhole')


def _read(name):
    with open(os.path.join(RUN, name), encoding='ascii') as f:
        return f.read()


def _configured():
    return _read('kea.log').count('DHCP6_CONFIG_COMPLETE')


def _keep_non_persistent():
    """The server gives the same prefix at each access router."""
    text = re.sub(r"member\('np'\) and member\('ar.'\)", "member('np')", _read('kea-dhcp6.conf'))
    with open(os.path.join(RUN, 'kea-dhcp6.conf'), 'w', encoding='ascii') as f:
        f.write(text)
    before = _configured()
    os.kill(int(_read('kea.pid')), signal.SIGHUP)
    wait_for(lambda: _configured() > before, 'Kea to read its configuration')


BREAKS = {
    'lost-binding': lambda: _drop('la', '2001:db8:5200::/40'),
    'no-calls': lambda: _drop('net', '2001:db8:5100::/40'),
    'no-grace': lambda: _drop('net', '2001:db8:1400::/40'),
    'keep-non-persistent': _keep_non_persistent,
}
