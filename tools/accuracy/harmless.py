# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
"""Harmless corpora of our own kind: texts of tests/accuracy/harmless, generated logs and lock
files, and what Debian's packages hold on this machine. What is found in them is a false alarm, but
for the addresses of authors in source files, which are personal data."""
import collections
import functools
import glob
import gzip
import os

import generate
from figures import Table, rate, share
from scanner import SOURCE, scan

TEXTS = os.path.join(SOURCE, "tests", "accuracy", "harmless")

# Where packages put files, and the kinds of them by the ends of their names.
ROOTS = ["/usr/include", "/usr/lib", "/usr/share", "/usr/local/go/src"]
CODE = {
    "C": (".h", ".c"), "CMake": (".cmake",), "CSS": (".css",), "Go": (".go",),
    "JavaScript": (".js",), "Perl": (".pl", ".pm"), "PHP": (".php",), "Python": (".py",),
    "shell": (".sh",), "SQL": (".sql",), "Tcl": (".tcl",), "Vim script": (".vim",),
}
PROSE = {
    "licences": ("/copyright",), "changelogs": ("/changelog.Debian.gz", "/changelog.gz"),
    "manual, English": ("/man1", "/man5", "/man8"), "manual, German": ("/de/man1", "/de/man8"),
    "manual, French": ("/fr/man1", "/fr/man8"), "manual, Spanish": ("/es/man1", "/es/man8"),
    "manual, Russian": ("/ru/man1", "/ru/man8"), "manual, Polish": ("/pl/man1", "/pl/man8"),
    "manual, Japanese": ("/ja/man1", "/ja/man8"),
}
MOST_BYTES = 2_000_000  # of one corpus
MOST_FILE = 200_000

# Rules that say what is true of source files: who wrote them, where a server is.
TRUE_IN_CODE = {"pii.email", "pii.ip"}


def read_text(path):
    opener = gzip.open if path.endswith(".gz") else open
    try:
        with opener(path, "rb") as f:
            data = f.read(MOST_FILE)
    except (OSError, EOFError):
        return None
    return None if b"\0" in data else data.decode("utf-8", "replace")


@functools.cache
def files():
    """All regular files under the roots, sorted."""
    found = []
    for root in ROOTS:
        for folder, _, names in os.walk(root):
            found += [os.path.join(folder, name) for name in names]
    return sorted(found)


def is_of(path, ends):
    """The end of a name; of manuals the end of their folder."""
    if path.endswith(".gz") and "/man/" in path:
        folder = os.path.dirname(path)
        inside = folder.split("/man", 1)[1]
        return inside in ends
    return path.endswith(ends)


def collect(ends):
    """Every n-th file, so that no package fills the corpus."""
    paths = [p for p in files() if is_of(p, ends)]
    texts, size = [], 0
    for path in paths[::max(1, len(paths) // 300)]:
        text = read_text(path) if not os.path.islink(path) else None
        if text and size < MOST_BYTES:
            texts.append(text)
            size += len(text)
    return texts


def size_of(texts):
    return sum(len(t.encode("utf-8", "replace")) for t in texts)


def loudest(results):
    count = collections.Counter(f["rule"] for r in results for f in r.findings)
    return ", ".join("%s %d" % item for item in count.most_common(4)) or "-"


def add_rates(table, prefix, label, texts):
    results = scan(texts, "document")
    size = size_of(texts)
    numbers = sum(1 for r in results for f in r.of_kind("pii") if f["rule"] not in TRUE_IN_CODE)
    table.add(label, "%.2f MB" % (size / 1e6),
              rate("%s %s secrets" % (prefix, label),
                   sum(len(r.of_kind("secret")) for r in results), size),
              rate("%s %s numbers" % (prefix, label), numbers, size),
              rate("%s %s hidden" % (prefix, label),
                   sum(len(r.of_kind("hidden")) for r in results), size),
              share("%s %s injection" % (prefix, label),
                    sum(r.verdict != "pass" for r in results), len(results), "low"),
              loudest(results))


HEADS = ["corpus", "size", "secrets a MB", "personal data a MB", "hidden a MB", "texts flagged",
         "loudest rules"]


def generated():
    table = Table("Generated lock files and logs", HEADS,
                  "Addresses and IP addresses are not counted as false alarms, here and below.")
    for maker, text in zip(generate.LOCK_FILES + generate.LOGS,
                           generate.texts(generate.LOCK_FILES + generate.LOGS)):
        add_rates(table, "generated", maker.__name__.replace("_", " "), [text])
    return table


def cards():
    """Not harmless: what the rule that keeps numbers of logs out may not lose."""
    table = Table("Payment cards of all networks, our own",
                  ["where", "found with the exact span", "missed"],
                  "Unbroken, with blanks and with hyphens.")
    for place in generate.SENTENCES:
        made = generate.cards(place)
        missed, found = collections.Counter(), 0
        for (network, text, value), result in zip(made, scan([m[1] for m in made])):
            start = text.index(value)
            exact = any(f["start"] == start and f["end"] == start + len(value)
                        for f in result.of_rule("pii.card"))
            found += exact
            missed[network] += not exact
        names = ["%s %d" % (name, n) for name, n in missed.most_common() if n]
        table.add(place, share("cards %s" % place, found, len(made)), ", ".join(names) or "-")
    return table


def written():
    """Our own texts: name-of-kind.language.txt, texts parted by lines of three dashes."""
    table = Table("Everyday texts in several languages",
                  ["kind", "texts", "with any finding", "flagged as injection", "loudest rules"],
                  "E-mails, minutes, support chats, legal and medical texts, shop and travel "
                  "texts, none of which says anything about a person.")
    kinds = collections.defaultdict(list)
    for path in sorted(glob.glob(os.path.join(TEXTS, "*.txt"))):
        with open(path, encoding="utf-8") as f:
            kinds[os.path.basename(path).split(".")[0]] += f.read().split("\n---\n")
    for kind, texts in sorted(kinds.items()):
        results = scan(texts)
        table.add(kind, len(texts),
                  share("written %s findings" % kind, sum(bool(r.findings) for r in results),
                        len(texts), "low"),
                  share("written %s injection" % kind,
                        sum(r.verdict != "pass" for r in results), len(texts), "low"),
                  loudest(results))
    return table


def of_machine(title, corpora):
    table = Table(title, HEADS, "Every n-th file of the packages on the machine that measured: "
                                "not compared from run to run.")
    for label, ends in corpora.items():
        texts = collect(ends)
        if texts:
            add_rates(table, "machine", label, texts)
    return table


def machine():
    return [of_machine("Source code", CODE), of_machine("Documents", PROSE)]
