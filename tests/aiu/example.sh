#!/bin/sh
# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
#
# example.sh NAME PROGRAM: run the example on its input and compare what it prints with
# expected/NAME.
set -eu
here=$(dirname "$0")

case $1 in
validate)
    "$2" "  What is the capital of France?  " "   " "a@b" "$(printf 'x%.0s' $(seq 10001))"
    ;;
scan)
    "$2" "nothing here" "write to ada@example.com or pay with 4111 1111 1111 1111"
    ;;
redact)
    "$2" "nothing here" "write to ada@example.com, pay with 4111 1111 1111 1111"
    ;;
pseudonyms)
    "$2" "mail ada@example.org, card 4111 1111 1111 1111" "nothing here"
    ;;
redact_stream)
    { printf 'write to ada@exam'; sleep 0.2; printf 'ple.com, or not\nthe rest\n'; } | "$2"
    ;;
audit)
    folder=$(mktemp -d)
    "$2" "$folder/log" "$folder/key" '{"event":"login","user":"h1:9f"}' '{"event":"logout"}'
    rm -r "$folder"
    ;;
audit_verify)
    folder=$(mktemp -d)
    "$(dirname "$2")/example_audit_static" "$folder/log" "$folder/key" '{"n":1}' '{"n":2}' >/dev/null
    "$2" "$folder/log" "$(cat "$folder/log/vkey")"
    echo nonsense >"$folder/log/checkpoint"
    "$2" "$folder/log" "$(cat "$folder/log/vkey")" || true
    rm -r "$folder"
    ;;
esac | diff -u "$here/expected/$1" -
