# SPDX-License-Identifier: GPL-2.0
"""What the kernel has in use."""


def unreclaimable():
    """Kilobytes of kernel memory that are in use."""
    with open('/proc/sys/vm/drop_caches', 'w', encoding='ascii') as f:
        f.write('3')
    with open('/proc/meminfo', encoding='ascii') as f:
        return int([line for line in f if line.startswith('SUnreclaim:')][0].split()[1])
