# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
rm -rf /etc/wg-profile
