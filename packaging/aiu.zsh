#compdef aiu aiu-mock aiu-verify aiu-witness
# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
#
# Completion for zsh. As that for bash, it asks the programs' own --help.
local -a call entries
local at=2
call=("${words[1]}")
if [[ ${call[1]:t} == aiu ]]; then
    while (( at < CURRENT && at <= 3 )); do
        [[ ${words[at]} == (-*|*/*|*.*) ]] && break
        call+=("${words[at]}")
        (( at++ ))
    done
fi
if [[ ${words[CURRENT]} == -* ]]; then
    entries=(${(f)"$("${call[@]}" --help 2>/dev/null | grep -oE -- '(^|[^a-z-])--[a-z][a-z-]*' | grep -oE -- '--.*' | sort -u)"})
    compadd -- $entries
elif [[ ${call[1]:t} == aiu ]] && (( ${#call} <= 2 )); then
    entries=(${(f)"$("${call[@]}" --help 2>/dev/null | sed -nE 's/^  ([a-z][a-z-]*) .*/\1/p')"})
    (( ${#entries} )) && compadd -- $entries || _files
else
    _files
fi
