#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# DHCPv6 without sense.

set -u
# shellcheck source=fuzz.sh
. "$(dirname "$0")/fuzz.sh" dhcp6
