#!/usr/bin/env bash
# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
#
# completion.sh SOURCE BUILD: what bash would offer for the beginning of a command line.
set -euo pipefail
PATH=$2/bin:$PATH
# shellcheck source=/dev/null
. "$1/packaging/aiu.bash"

# offers WORD… : what is offered for the last one.
offers() {
    COMP_WORDS=("$@")
    COMP_CWORD=$(($# - 1))
    _aiu
    printf '%s' "${COMPREPLY[*]:+${COMPREPLY[*]} }"
}

is() {
    local expected=$1 got
    shift
    got=$(offers "$@")
    [ "$got" = "$expected" ] || {
        echo "$*: offers '$got', not '$expected'"
        exit 1
    }
}

is "redact restore rules " aiu r
is "scan " aiu sc
is "verify " aiu audit ver
is "revoke rotate " aiu keys r
is "revoke-provider-key " aiu incident revo
is "--format " aiu scan --fo
is "--expires " aiu maintenance on --ex
is "--witnessed " aiu audit prove --wit
is "--receipt " aiu-verify --rec
is "--record " aiu-mock --rec
is "" aiu scan --config x
is "" aiu nonsense --fo

# Help where people ask for it: behind a verb and its options, and by `aiu help`.
aiu maintenance on --help | grep -q -- --expires
aiu audit prove x --out y --help | grep -q '^usage: aiu audit prove'
aiu help audit prove | grep -q '^usage: aiu audit prove'
aiu help keys revoke | grep -q '^usage: aiu keys'
aiu help | grep -q '^  gateway'
