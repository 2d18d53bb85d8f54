# shellcheck shell=bash
# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
#
# What the lints share. A lint is a program in this folder: it gets the root of a source tree, prints
# "file:line: what is wrong" for each fault and exits with 1 if there was any. Each has faulty
# snippets in selftest.txt, which `tools/check selftest` feeds it.
set -euo pipefail
export LC_ALL=C
cd "${1:?usage: LINT ROOT}"

# files PATTERN...: the tracked and the new files below the root that match a git pathspec glob.
files() {
    local -a globs=("${@/#/:(glob)}")
    if git -c safe.directory='*' rev-parse --is-inside-work-tree >/dev/null 2>&1; then
        git -c safe.directory='*' ls-files --cached --others --exclude-standard -- "${globs[@]}" |
            sort -u | while IFS= read -r f; do if [ -f "$f" ]; then printf '%s\n' "$f"; fi; done
    fi
}

# forbid REGEX MESSAGE FILE...: no code of these files may match; string literals and // comments are
# not code.
forbid() {
    local regex=$1 message=$2
    shift 2
    [ $# -eq 0 ] || regex=$regex message=$message awk '
        { gsub(/"([^"\\]|\\.)*"/, "\"\""); sub(/\/\/.*/, "") }
        $0 ~ ENVIRON["regex"] { print FILENAME ":" FNR ": " ENVIRON["message"] }' "$@" >>"$found"
}

found=$(mktemp)
trap 'rm -f "$found"' EXIT

# Call last: prints what was found.
finish() {
    sort -u "$found"
    [ ! -s "$found" ]
}
