#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Random lives of tunnels: tests/life, with what tests/life/run says; as scenario life-N with the seed N.
cd /usr/lib/wgp-test/life || exit 1
mapfile -t arguments <arguments
PYTHONDONTWRITEBYTECODE=1 exec python3 life.py "${arguments[@]}"
