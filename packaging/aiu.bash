# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
#
# Completion of aiu, aiu-mock, aiu-verify and aiu-witness for bash. What there is to complete is
# asked of the programs' own --help, so it is never older than they are.

# Print the entries of a help text: commands and verbs (word), or options (option).
_aiu_entries() {
    local kind=$1
    shift
    # The list of commands and verbs is what stands two blanks from the left, without a dash.
    case $kind in
    word) "$@" --help 2>/dev/null | sed -nE 's/^  ([a-z][a-z-]*) .*/\1/p' ;;
    option) "$@" --help 2>/dev/null | grep -oE -- '(^|[^a-z-])--[a-z][a-z-]*' | grep -oE -- '--.*' | sort -u ;;
    esac
}

_aiu() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local -a call=("${COMP_WORDS[0]}")
    local at=1
    COMPREPLY=()
    case $previous in
    --config | --file | --out | --entry | --receipt | --policy | --map | --baseline | --record | \
        --dir | --state-dir | --to | --state | --key | --log | --since)
        # A name of a file, or free text: the shell's own completion of files.
        compopt -o default 2>/dev/null
        return
        ;;
    esac
    if [ "${call[0]##*/}" = aiu ]; then
        # The command, and the verb of commands that have some.
        while [ "$at" -lt "$COMP_CWORD" ] && [ "$at" -le 2 ]; do
            case ${COMP_WORDS[at]} in -* | */* | *.*) break ;; esac
            call+=("${COMP_WORDS[at]}")
            at=$((at + 1))
        done
    fi
    case $current in
    -*) mapfile -t COMPREPLY < <(compgen -W "$(_aiu_entries option "${call[@]}")" -- "$current") ;;
    *)
        [ "${call[0]##*/}" = aiu ] && [ "${#call[@]}" -le 2 ] &&
            mapfile -t COMPREPLY < <(compgen -W "$(_aiu_entries word "${call[@]}")" -- "$current")
        [ ${#COMPREPLY[@]} -gt 0 ] || compopt -o default 2>/dev/null
        ;;
    esac
}

complete -F _aiu aiu aiu-mock aiu-verify aiu-witness
