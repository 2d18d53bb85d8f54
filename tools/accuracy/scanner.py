# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
"""Texts through `aiu scan --jsonl`: what is measured is what ships."""
import json
import os
import subprocess

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.environ.get("AIU_BINARY", os.path.join(SOURCE, "build"))
SHARED = os.environ.get("AIU_SHARED", os.path.join(SOURCE, "..", "shared"))
AIU = os.path.join(BINARY, "bin", "aiu")


class Result:
    """What one text gave. Spans are half-open byte offsets of its UTF-8."""

    def __init__(self, answer):
        self.findings = answer["findings"]
        self.verdict = answer["injection"]["verdict"]
        self.score = answer["injection"]["score"]

    def of_kind(self, kind):
        return [f for f in self.findings if f["kind"] == kind]

    def of_rule(self, rule):
        return [f for f in self.findings if f["rule"] == rule]


def scan(texts, role="user"):
    """The result of each text, in order."""
    lines = "".join(json.dumps({"id": i, "text": text, "role": role}) + "\n"
                    for i, text in enumerate(texts))
    done = subprocess.run([AIU, "scan", "--jsonl"], input=lines.encode(), capture_output=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    if done.returncode != 0 or len(answers) != len(texts):
        bad = [a for a in answers if "error" in a]
        raise SystemExit("aiu scan --jsonl failed: %s %s" % (done.stderr.decode(), bad[:3]))
    return [Result(a) for a in answers]


def utf8_offset(text, place):
    """The byte offset of a code point offset."""
    return len(text[:place].encode("utf-8", "surrogatepass"))
