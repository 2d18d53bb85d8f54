# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
"""Harmless corpora of our own kind: texts of tests/accuracy/harmless, generated logs and lock
files, and what Debian's packages hold on this machine. What is found in them is a false alarm, but
for the addresses of authors in source files, which are personal data."""
import collections
import glob
import gzip
import os

import generate
from figures import Table, rate, share
from scanner import SOURCE, scan

TEXTS = os.path.join(SOURCE, "tests", "accuracy", "harmless")

# Kinds of file, where packages put them, and how much of each is taken.
CODE = {
    "C": ["/usr/include/**/*.h", "/usr/share/**/*.c"],
    "CMake": ["/usr/share/cmake*/**/*.cmake"],
    "Go": ["/usr/local/go/src/**/*.go", "/usr/share/go*/**/*.go", "/usr/lib/go*/**/*.go"],
    "JavaScript": ["/usr/share/**/*.js", "/usr/lib/**/*.js"],
    "Perl": ["/usr/share/perl*/**/*.p[lm]"],
    "PHP": ["/usr/share/**/*.php"],
    "Python": ["/usr/lib/python3*/**/*.py"],
    "shell": ["/usr/share/**/*.sh", "/usr/lib/**/*.sh"],
    "SQL": ["/usr/share/**/*.sql"],
    "Vim script": ["/usr/share/vim/**/*.vim"],
    "Tcl": ["/usr/share/**/*.tcl", "/usr/lib/**/*.tcl"],
    "CSS": ["/usr/share/**/*.css"],
}
PROSE = {
    "licences": ["/usr/share/doc/*/copyright", "/usr/share/common-licenses/*"],
    "changelogs": ["/usr/share/doc/*/changelog*.gz"],
    "manual, English": ["/usr/share/man/man[158]/*.gz"],
    "manual, German": ["/usr/share/man/de/**/*.gz"],
    "manual, French": ["/usr/share/man/fr/**/*.gz"],
    "manual, Spanish": ["/usr/share/man/es/**/*.gz"],
    "manual, Russian": ["/usr/share/man/ru/**/*.gz"],
    "manual, Polish": ["/usr/share/man/pl/**/*.gz"],
    "manual, Japanese": ["/usr/share/man/ja/**/*.gz"],
    "manual, Chinese": ["/usr/share/man/zh*/**/*.gz"],
}
MOST_BYTES = 3_000_000  # of one corpus
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


def collect(patterns):
    """Every n-th file, so that no package fills the corpus."""
    paths = sorted({p for pattern in patterns for p in glob.glob(pattern, recursive=True)
                    if os.path.isfile(p) and not os.path.islink(p)})
    texts, size = [], 0
    for path in paths[::max(1, len(paths) // 400)]:
        text = read_text(path)
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
    for label, patterns in corpora.items():
        texts = collect(patterns)
        if texts:
            add_rates(table, "machine", label, texts)
    return table


def machine():
    return [of_machine("Source code", CODE), of_machine("Documents", PROSE)]
