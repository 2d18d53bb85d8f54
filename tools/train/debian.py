#!/usr/bin/env python3
# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
"""debian.py OUT.jsonl: harmless texts out of the files that Debian's packages install.

Manual pages, changelogs, licences, readmes, translations of programs and Python's own sources: a
sample that depends on nothing but the files that are there. One {"text", "source"} a line.
"""
import glob
import gzip
import json
import os
import random
import re
import struct
import sys
import zlib

ROFF = re.compile(r"\\f[A-Z]|\\[&|%]|\\-|\\\(..|\\s[-+]?\d|\\[eE]")


def read(path, most=200_000):
    opener = gzip.open if path.endswith(".gz") else open
    try:
        with opener(path, "rb") as f:
            return f.read(most).decode("utf-8", "ignore")
    except (OSError, EOFError, zlib.error):
        return ""


def sample(paths, count):
    """Some of the files, the same on every machine that has the same files."""
    paths = sorted(p for p in paths if os.path.isfile(p))
    return sorted(paths, key=lambda p: zlib.crc32(p.encode()))[:count]


def pieces(text, rng, count):
    """Paragraphs, alone or a few together."""
    paragraphs = [p.strip() for p in re.split(r"\n\s*\n", text) if len(p.strip()) > 40]
    for _ in range(min(count, len(paragraphs))):
        first = rng.randrange(len(paragraphs))
        yield "\n\n".join(paragraphs[first : first + rng.choice((1, 1, 2, 4, 8))])[:6000]


def manuals(rng):
    for path in sample(glob.glob("/usr/share/man/**/*.gz", recursive=True), 2500):
        lines = []
        for line in read(path).splitlines():
            if line.startswith((".\\", "'\\")):
                continue
            lines.append("" if re.match(r"\.(PP|P|SH|TP|Pp|Sh)", line)
                         else ROFF.sub("", re.sub(r"^\.\w+ ?", "", line)))
        yield from pieces("\n".join(lines), rng, 2)


def documents(pattern, count, each):
    def texts(rng):
        for path in sample(glob.glob(pattern, recursive=True), count):
            yield from pieces(read(path), rng, each)
    return texts


def catalog(path):
    """The translated messages of a .mo file (gettext's format)."""
    with open(path, "rb") as f:
        data = f.read()
    order = "<" if data[:4] == b"\xde\x12\x04\x95" else ">"
    _, count, _, at = struct.unpack_from(order + "4I", data, 4)
    for i in range(1, count):
        n, start = struct.unpack_from(order + "2I", data, at + 8 * i)
        yield data[start : start + n].split(b"\0")[0].decode("utf-8", "ignore")


def translations(rng):
    by_language = {}
    for path in sorted(glob.glob("/usr/share/locale/*/LC_MESSAGES/*.mo")):
        by_language.setdefault(path.split("/")[4], []).append(path)
    for _, paths in sorted(by_language.items()):
        messages = [m for p in sample(paths, 12) for m in catalog(p) if len(m) > 25]
        rng.shuffle(messages)
        at = 0
        while at < min(len(messages), 300):
            n = rng.choice((1, 1, 1, 2, 3, 6))
            yield " ".join(messages[at : at + n])[:3000]
            at += n


SOURCES = {
    "manuals": manuals,
    "changelogs": documents("/usr/share/doc/*/changelog*.gz", 800, 3),
    "licences": documents("/usr/share/doc/*/copyright", 300, 2),
    "readmes": documents("/usr/share/doc/*/[A-Z]*", 800, 3),
    "html": documents("/usr/share/doc/**/*.html", 400, 2),
    "sources": documents("/usr/lib/python3*/**/*.py", 1500, 2),
    "headers": documents("/usr/include/**/*.h", 800, 2),
    "scripts": documents("/usr/share/perl/**/*.p[ml]", 300, 2),
    "translations": translations,
}


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], "w", encoding="utf-8") as out:
        for name, texts in SOURCES.items():
            count = 0
            for text in texts(random.Random(name)):
                text = text.encode("utf-8", "ignore").decode().replace("\0", " ")
                out.write(json.dumps({"text": text, "source": name}, ensure_ascii=False) + "\n")
                count += 1
            print(f"{name}: {count} texts")


if __name__ == "__main__":
    main()
