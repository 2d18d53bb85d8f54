#!/bin/sh
# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
#
# documented.sh EXAMPLE PAGE: the page shows the example as it is, from its first #include on.
set -eu
code=$(sed -n '/^#include/,$p' "$1")
page=$(cat "$2")

case $page in
*"$code"*) ;;
*)
    echo "$2 does not show $1 as it is"
    exit 1
    ;;
esac
