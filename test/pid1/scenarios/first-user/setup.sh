# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# A container's image may have one that forbids to start and stop anything.
rm -f /usr/sbin/policy-rc.d
