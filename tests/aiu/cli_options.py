# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
"""A word that a command does not take, or an option without its value: exit 2, and the first line
says which. cli_options.py AIU"""
import subprocess
import sys
import unittest

UNKNOWN = ["alerts list", "audit backup", "audit checkpoint", "audit erase-subject", "audit export",
           "audit fsck", "audit match", "audit prove", "audit query", "audit report",
           "audit restore", "audit show", "audit tail", "audit verify", "config check",
           "evidence", "gateway", "incident report", "incident revoke-provider-key openai",
           "keys list", "keys new", "maintenance on", "redact", "restore", "scan"]
BARE = ["audit backup --to", "audit export --from", "audit prove --index", "audit query --since",
        "audit verify --dir", "config check --config", "evidence --since", "incident report --until",
        "incident revoke-provider-key openai --reason", "keys revoke a --reason",
        "maintenance on --scope", "redact --mode", "restore --map", "scan --format"]


class Options(unittest.TestCase):
    def check(self, words, wanted):
        done = subprocess.run([AIU, *words], stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=20)
        first = done.stderr.decode().split("\n")[0]
        self.assertEqual((done.returncode, done.stdout), (2, b""), done.stderr)
        self.assertIn(wanted, first)
        self.assertTrue(first.startswith("aiu"), first)

    def test_a_word_that_is_not_known_is_named(self):
        for line in UNKNOWN:
            with self.subTest(line):
                self.check([*line.split(), "--no-such-option"], "--no-such-option")

    def test_an_option_without_its_value_is_named(self):
        for line in BARE:
            with self.subTest(line):
                self.check(line.split(), line.split()[-1])

    def test_a_word_that_steers_a_terminal_is_made_harmless(self):
        for command in ("evidence", "audit show", "redact"):
            with self.subTest(command):
                self.check([*command.split(), "--\x1b[31mred"], "--?[31mred")


if __name__ == "__main__":
    AIU = sys.argv.pop(1)
    unittest.main(verbosity=1)
