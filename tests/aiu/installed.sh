#!/bin/sh
# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
#
# installed.sh SOURCE BUILD LIBDIR: install into an empty folder; build an example with nothing but
# pkg-config, as C and as C++, shared and static.
set -eu
command -v pkg-config >/dev/null || exit 77
# A sanitizer build's library needs the sanitizer's own flags.
grep -q '^AIU_SANITIZE:STRING=.' "$2/CMakeCache.txt" && exit 77
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

(cd "$2" && cmake --install . --component libaiu --prefix "$root/usr" >/dev/null)
PKG_CONFIG_PATH=$root/usr/$3/pkgconfig
export PKG_CONFIG_PATH
test "$(pkg-config --modversion aiu)" = "$(sed -n 's/.*AIU_VERSION *"\(.*\)".*/\1/p' "$1/include/aiu/version.h")"
# shellcheck disable=SC2046 # flags are words
cc "$1/examples/scan.c" -o "$root/scan" $(pkg-config --cflags --libs aiu)
LD_LIBRARY_PATH=$root/usr/$3 "$root/scan" "mail ada@example.com" | grep -q '^pii.email at 5 to 20'
test -e "$root/usr/$3/libaiu.so.0"
# shellcheck disable=SC2046
cc "$1/examples/scan.c" -o "$root/scan_static" $(pkg-config --cflags aiu) "$root/usr/$3/libaiu.a" \
    $(pkg-config --libs --static aiu | sed 's/-laiu//')
"$root/scan_static" "mail ada@example.com" | grep -q '^pii.email at 5 to 20'
printf '#include <aiu/scanner.h>\nint main() { return aiu_kind_text(AIU_KIND_PII) == nullptr; }\n' \
    >"$root/a.cpp"
# shellcheck disable=SC2046
c++ "$root/a.cpp" -o "$root/a" $(pkg-config --cflags --libs aiu)
LD_LIBRARY_PATH=$root/usr/$3 "$root/a"
