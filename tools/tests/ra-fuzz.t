#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Router advertisements without sense.

set -u
# shellcheck source=fuzz.sh
. "$(dirname "$0")/fuzz.sh" ra
