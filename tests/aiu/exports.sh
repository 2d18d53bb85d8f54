#!/bin/sh
# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
#
# exports.sh SOURCE SHARED STATIC: the symbols of libaiu are the list, no more and no less. What the
# sanitizers and the linker add begins with an underscore.
set -eu
list=$1/lib/aiu/exports.txt
status=0

sort -c "$list"
check()
{
    if ! diff -u "$list" -; then
        echo "$1: symbols differ from lib/aiu/exports.txt"
        status=1
    fi
}

nm -D --defined-only "$2" | awk '$2 != "A" { print $3 }' | sed 's/@.*//' | grep -v '^_' | sort |
    check "$2"
nm -g --defined-only "$3" | awk 'NF == 3 { print $3 }' | grep -v '^_' | sort -u | check "$3"
grep -ohE 'aiu_[a-z_]+\(' "$1"/include/aiu/*.h | tr -d '(' | sort -u | check "include/aiu"
exit $status
