#!/usr/bin/env python3
# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
"""Writes docs/man from the programs' own --help, so that the pages say what the programs say.

    tools/man_pages.py BIN          writes docs/man/*; BIN is the folder of the built programs
    tools/man_pages.py BIN --check  exit 1 where a page is not what the programs say
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGES = ROOT / "docs" / "man"
ENTRY = re.compile(r"^  ([a-z][a-z-]*)  +(\S.*)$", re.M)
ITEM = re.compile(r"^  (\S.*?)(?:  +(\S.*))?$")
PROGRAMS = {"aiu-mock": "an AI provider that answers offline and always the same",
            "aiu-verify": "check an audit log or a receipt of it",
            "aiu-witness": "remember and cosign the checkpoints of audit logs"}


def ask(binary, *words):
    call = subprocess.run([binary, *words], capture_output=True, text=True, check=True, timeout=20)
    return call.stdout


def roff(text):
    """Text as roff shows it unchanged: no escape, no request, dashes that can be copied."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("`", "\\(ga").replace("'", "\\(aq")
    text = text.replace("~", "\\(ti").replace("^", "\\(ha")
    return "\n".join("\\&" + line if line.startswith(".") else line for line in text.split("\n"))


def literal(lines):
    return [".nf", *(roff(line) for line in lines), ".fi"]


def items_and_paragraphs(block):
    """A block of help without empty lines: flush text is a paragraph, two blanks begin an item,
    more blanks go on with it."""
    out, told = [], False
    for line in block:
        item = ITEM.match(line)
        if item and not line.startswith("   "):
            out += [".TP", ".B " + roff(item[1])] + ([roff(item[2])] if item[2] else [])
        elif line.startswith(" "):
            out.append(roff(line.strip()))
        else:
            out += ([] if told else [".PP"]) + [roff(line)]
        told = not line.startswith(" ")
    return out


def body(text):
    """The sections of a page, from a help text."""
    usage, _, rest = text.partition("\n\n")
    lines = usage.split("\n")
    lines = [re.sub(r"^(usage: |       )", "", line) for line in lines]
    out = [".SH SYNOPSIS", *literal(lines), ".SH DESCRIPTION"]
    for block in rest.strip("\n").split("\n\n"):
        block = block.split("\n")
        if block[0].startswith("Exit code:"):
            out += [".SH EXIT STATUS"]
            block[0] = block[0][len("Exit code: "):]
        out += items_and_paragraphs(block)
    return out


def page(name, section, tells, sections, also):
    title = f'.TH "{roff(name).upper()}" "{section}" "" "AI Utilities" "AI Utilities"'
    head = ['.\\" SPDX-FileCopyrightText: The AI Utilities authors',
            '.\\" SPDX-License-Identifier: Apache-2.0',
            '.\\" Made by tools/man_pages.py from --help. Do not edit.',
            title, ".SH NAME", f"{roff(name)} \\- {roff(tells)}"]
    links = [f".BR {roff(other)} ({number})," for other, number in also]
    links[-1] = links[-1].rstrip(",")
    return "\n".join([*head, *sections, ".SH SEE ALSO", *links]) + "\n"


def pages(folder):
    """Every page: file name and text."""
    aiu = folder / "aiu"
    commands = dict(ENTRY.findall(ask(aiu, "help")))
    also = [("aiu", 1), ("aiu.yaml", 5)]
    for command, tells in commands.items():
        help_text = ask(aiu, command, "--help")
        name = f"aiu-{command}"
        verbs = dict(ENTRY.findall(help_text)) if "VERB" in help_text.split("\n", 1)[0] else {}
        verb_pages = [(f"{name}-{verb}", 1) for verb in verbs]
        yield f"{name}.1", page(name, 1, tells, body(help_text), also + verb_pages)
        for verb, verb_tells in verbs.items():
            text = ask(aiu, command, verb, "--help")
            yield f"{name}-{verb}.1", page(f"{name}-{verb}", 1, verb_tells, body(text),
                                           [(name, 1)] + also)
    for program, tells in PROGRAMS.items():
        yield f"{program}.1", page(program, 1, tells, body(ask(folder / program, "--help")), also)
    names = [(f"aiu-{command}", 1) for command in commands] + [(name, 1) for name in PROGRAMS]
    yield "aiu.1", page("aiu", 1, "the security layer between applications and AI providers",
                        body(ask(aiu, "help")), names + [("aiu.yaml", 5)])
    example = ask(aiu, "config", "example").rstrip("\n").split("\n")
    where = ["Read by \\fBaiu gateway\\fP and by every command that acts on a gateway: the file of "
             "\\-\\-config, of $AIU_CONFIG,", "\\(ti/.config/aiu/config.yaml or "
             "/etc/aiu/config.yaml. Without one the embedded defaults hold.",
             "\\fBaiu config explain KEY\\fP tells about one key, \\fBaiu config check\\fP whether "
             "a file would be taken."]
    yield "aiu.yaml.5", page("aiu.yaml", 5, "configuration of the AI Utilities gateway",
                             [".SH DESCRIPTION", *where, ".SH KEYS", *literal(example)],
                             [("aiu-config", 1), ("aiu-gateway", 1)])


def main():
    folder = pathlib.Path(sys.argv[1])
    made = dict(pages(folder))
    there = {file.name for file in PAGES.glob("*.[15]")}
    if sys.argv[2:] == ["--check"]:
        bad = there ^ made.keys()
        bad |= {name for name, text in made.items()
                if name in there and (PAGES / name).read_text() != text}
        for name in sorted(bad):
            print(f"docs/man/{name}: not what --help says; run tools/man_pages.py", file=sys.stderr)
        return 1 if bad else 0
    PAGES.mkdir(exist_ok=True)
    for name in there - made.keys():
        (PAGES / name).unlink()
    for name, text in made.items():
        (PAGES / name).write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
