# SPDX-License-Identifier: GPL-2.0
"""The machine that the tests run in."""


def emulated():
    """
    Whether its CPUs are software. QEMU 7.2 may then execute the breakpoint of a probe that another CPU changes when that is over: a stock
    kernel without this module dies so of its own kprobe_events. So policy rfc5014 must not be switched there while others set options.
    """
    with open('/sys/devices/system/clocksource/clocksource0/available_clocksource', encoding='ascii') as f:
        return 'kvm-clock' not in f.read()
