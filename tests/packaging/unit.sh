#!/usr/bin/env bash
# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
#
# unit.sh SOURCE BUILD: the installed systemd unit is one that systemd understands, and leaves an
# attacker next to nothing (an exposure of at most 1.5 of 10).
set -euo pipefail
command -v systemd-analyze >/dev/null || exit 77
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
DESTDIR=$root cmake --install "$2" --prefix /usr >/dev/null
unit=$root/usr/lib/systemd/system/aiu.service
grep -q '^ExecStart=/usr/bin/aiu gateway$' "$unit"
grep -q '^u aiu ' "$root/usr/lib/sysusers.d/aiu.conf"
systemd-analyze security --offline=true --threshold=15 --no-pager "$unit" | tail -1
# A unit whose program is there, so that only real complaints are left.
sed "s|@AIU_BIN_DIR@|$2/bin|" "$1/packaging/aiu.service" >"$root/aiu.service"
complaint=$(systemd-analyze verify --man=no --recursive-errors=no "$root/aiu.service" 2>&1 || true)
if grep -iE 'aiu\.service:' <<<"$complaint" | grep -v 'Command .* is not executable'; then
    exit 1
fi
