#!/usr/bin/env bash
# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
#
# One interop test with the clients it needs: run.sh python|node FILE.py. For ctest, which sets
# AIU_BINARY; tests that run at the same time set up one after the other.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$AIU_BINARY"
(
    flock 9
    bash "$here/setup.sh" "$AIU_BINARY" "$1"
) 9>"$AIU_BINARY/interop-$1.lock"
code=$?
[ $code -eq 0 ] || exit $code
python=python3
[ "$1" = python ] && python=$AIU_BINARY/venv/bin/python
PYTHONPATH=$here/../e2e exec "$python" "$here/$2"
