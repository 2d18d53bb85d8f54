#!/usr/bin/env bash
# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
#
# man.sh SOURCE BUILD: the man pages say what --help says, groff has no complaint about them, and
# they are installed.
set -euo pipefail
"$1/tools/man_pages.py" "$2/bin" --check
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
DESTDIR=$root cmake --install "$2" --prefix /usr >/dev/null
for page in "$1"/docs/man/*; do
    test -e "$root/usr/share/man/man${page##*.}/${page##*/}"
done
command -v groff >/dev/null || exit 77
for page in "$1"/docs/man/*; do
    complaint=$(groff -man -ww -Kutf8 -Tutf8 "$page" 2>&1 >/dev/null)
    [ -z "$complaint" ] || {
        echo "$complaint"
        exit 1
    }
done
groff -man -Kutf8 -Tascii "$1/docs/man/aiu-scan.1" | grep -q -- '--staged'
