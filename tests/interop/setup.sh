#!/usr/bin/env bash
# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
#
# Other people's clients for the interop tests, in the build folder: BUILD/venv (Python) and
# BUILD/node (Node). Quick when they are there. Exit 77, ctest's "skipped", where a registry cannot
# be reached; whatever else goes wrong is an error.
#   setup.sh BUILD python|node
set -euo pipefail
build=$1
what=$2
log=$build/interop-$what.log

# Versions that CLIENTS.md's table was measured with, or newer.
python_packages=("openai>=2" langchain-openai)
node_packages=("openai@6")

skip() {
    echo "skipped: $1 (see $log)"
    exit 77
}

# Tell "no network" from "broken": the index of the registry itself.
reach() {
    if ! "$@" >>"$log" 2>&1; then
        skip "the package registry cannot be reached"
    fi
}

set_up_python() {
    local venv=$build/venv
    if "$venv/bin/python" -c 'import openai, langchain_openai' 2>/dev/null; then
        return 0
    fi
    rm -rf "$venv"
    python3 -m venv "$venv" >"$log" 2>&1 || skip "python3 has no venv (apt-get install python3-venv)"
    reach "$venv/bin/pip" download -q --no-deps -d "$build/interop-probe" idna
    rm -rf "$build/interop-probe"
    "$venv/bin/pip" install -q --disable-pip-version-check "${python_packages[@]}" >>"$log" 2>&1
}

set_up_node() {
    local folder=$build/node
    command -v node >/dev/null && command -v npm >/dev/null || skip "there is no node (apt-get install nodejs npm)"
    if [ -e "$folder/node_modules/openai/package.json" ]; then
        return 0
    fi
    mkdir -p "$folder"
    : >"$log"
    reach npm view openai version
    echo '{"private":true}' >"$folder/package.json"
    npm install --prefix "$folder" --no-audit --no-fund --loglevel=error "${node_packages[@]}" >>"$log" 2>&1
}

mkdir -p "$build"
if ! "set_up_$what"; then
    echo "setting up the $what clients failed:"
    tail -n 20 "$log"
    exit 1
fi
