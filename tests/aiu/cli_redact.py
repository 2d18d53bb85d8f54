# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
"""`aiu redact`, `aiu restore` and `aiu rules` from outside: cli_redact.py PROGRAM SOURCE"""
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest

SOURCE = sys.argv.pop()
PROGRAM = sys.argv.pop()
TEXT = "Mail bob@company.example.org, card 4111 1111 1111 1111, again bob@company.example.org.\n"


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="aiu-redact-")
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.state = ["--state-dir", self.path("state")]
        self.map = ["--map", self.path("m"), *self.state]

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text, mode=0o600):
        with open(self.path(name), "w") as f:
            f.write(text)
        os.chmod(self.path(name), mode)
        return self.path(name)

    def run_aiu(self, *words, stdin="", code=0):
        done = subprocess.run([PROGRAM, *words], input=stdin.encode(), capture_output=True,
                              timeout=60)
        self.assertEqual(done.returncode, code, done.stderr)
        self.stderr = done.stderr.decode()
        return done.stdout.decode()


class Redact(Folder):
    def test_the_modes(self):
        def redact(*words):
            return self.run_aiu("redact", *words, stdin=TEXT)
        tagged = "Mail [REDACTED:email], card [REDACTED:card], again [REDACTED:email].\n"
        self.assertEqual(redact(), tagged)
        self.assertEqual(redact("--mode", "tag"), tagged)
        self.assertEqual(redact("--plain"), "Mail [REDACTED], card [REDACTED], again [REDACTED].\n")
        self.assertEqual(redact("--mode", "drop"), "Mail , card , again .\n")
        masked = redact("--mode", "mask")
        self.assertIn("**** **** **** 1111", masked)
        self.assertNotIn("bob", masked)
        self.assertEqual(redact("--only", "pii.card").count("bob@"), 2)
        self.assertEqual(self.run_aiu("redact", stdin=tagged), tagged)

    def test_what_is_not_found_is_byte_for_byte(self):
        data = bytes(range(256)) * 300
        done = subprocess.run([PROGRAM, "redact", "--only", "pii.iban"], input=data,
                              capture_output=True)
        self.assertEqual(done.stdout, data)

    def test_a_slow_text_goes_on_as_soon_as_it_is_decided(self):
        with subprocess.Popen([PROGRAM, "redact"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as p:
            p.stdin.write(b"Write to bob@company.example.org today. And then some more words.")
            p.stdin.flush()
            wanted = b"Write to [REDACTED:email] today. And then some"
            self.assertEqual(p.stdout.read(len(wanted)), wanted)
            p.stdin.close()
            self.assertTrue(p.stdout.read().endswith(b"words."))

    def test_pseudonyms_come_back_and_stay_the_same(self):
        out = self.run_aiu("redact", "--mode", "pseudonym", *self.map, stdin=TEXT)
        self.assertNotIn("bob@", out)
        self.assertNotIn("4111 1111", out)
        token = out.split()[1].rstrip(",")
        self.assertEqual(out.count(token), 2)
        self.assertEqual(self.run_aiu("restore", *self.map, stdin=out), TEXT)
        again = self.run_aiu("redact", "--mode", "pseudonym", *self.state, stdin=TEXT)
        self.assertEqual(again, out)
        more = self.run_aiu("redact", "--mode", "pseudonym", *self.map,
                            stdin="ann@company.example.org")
        both = self.run_aiu("restore", *self.map, stdin=more + " " + token)
        self.assertEqual(both, "ann@company.example.org bob@company.example.org")

    def test_values_are_escaped_in_json(self):
        secret = 'postgres://bob:pa"ss@db.company.example.org/x'
        out = self.run_aiu("redact", "--mode", "pseudonym", *self.map, stdin="at " + secret + " .")
        token = out[3:-2]
        text = self.run_aiu("restore", "--json", *self.map, stdin=json.dumps({"a": token}))
        self.assertIn(json.loads(text)["a"], ("at " + secret + " ."))

    def test_the_map_is_sealed_and_its_files_are_private(self):
        self.run_aiu("redact", "--mode", "pseudonym", *self.map, stdin=TEXT)
        with open(self.path("m"), "rb") as f:
            sealed = f.read()
        self.assertNotIn(b"bob", sealed)
        self.assertTrue(sealed.startswith(b"aiu-seal"))
        self.assertEqual(stat.S_IMODE(os.stat(self.path("m")).st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(os.stat(self.path("state")).st_mode), 0o700)
        self.assertEqual(sorted(os.listdir(self.folder)), ["m", "state"])

    def test_a_map_of_another_key_or_one_that_was_changed_is_refused(self):
        out = self.run_aiu("redact", "--mode", "pseudonym", *self.map, stdin=TEXT)
        other = ["--map", self.path("m"), "--state-dir", self.path("other")]
        self.assertEqual(self.run_aiu("restore", *other, stdin=out, code=6), "")
        self.assertIn("no map of this key", self.stderr)
        self.run_aiu("redact", "--mode", "pseudonym", *other, stdin=TEXT, code=6)
        with open(self.path("m"), "r+b") as f:
            f.seek(60)
            f.write(b"x")
        self.assertEqual(self.run_aiu("restore", *self.map, stdin=out, code=6), "")

    def test_a_key_file_takes_a_map_to_another_machine(self):
        key = ["--map", self.path("m"), "--key", self.write("key", "k" * 40)]
        out = self.run_aiu("redact", "--mode", "pseudonym", *key, stdin=TEXT)
        self.assertEqual(self.run_aiu("restore", *key, stdin=out), TEXT)
        self.assertFalse(os.path.exists(self.path("state")))
        self.write("key", "short")
        self.run_aiu("restore", *key, stdin=out, code=3)
        self.write("key", "k" * 40, 0o644)
        self.run_aiu("restore", *key, stdin=out, code=3)

    def test_one_pipeline_may_write_the_map_and_read_it(self):
        script = ('"$0" redact --mode pseudonym --map m --state-dir s | sort | '
                  '"$0" restore --map m --state-dir s')
        done = subprocess.run(["bash", "-o", "pipefail", "-c", script, PROGRAM], cwd=self.folder,
                              input=TEXT.encode(), capture_output=True)
        self.assertEqual(done.stdout.decode(), TEXT, done.stderr)

    def test_numbers_of_a_region_that_is_named_need_no_word(self):
        text = "ring 030 901820 or 415 555 2671"
        self.assertEqual(self.run_aiu("redact", stdin=text), text)
        self.assertEqual(self.run_aiu("redact", "--phone-regions", "DE,US", stdin=text),
                         "ring [REDACTED:phone] or [REDACTED:phone]")
        self.run_aiu("redact", "--phone-regions", "UK", code=2)
        self.assertIn("there is no region UK", self.stderr)

    def test_usage_errors_are_2(self):
        for words in (["--mode", "x"], ["--mode"], ["--map", "m"], ["--nope", "x"],
                      ["--only", "nope"]):
            self.run_aiu("redact", *words, code=2)
        self.run_aiu("restore", code=2)
        self.run_aiu("restore", *self.map, stdin="x", code=6)  # there is no map
        self.run_aiu("redact", "--help")
        self.run_aiu("restore", "--help")

    def test_a_reader_that_went_away_ends_it_with_an_error(self):
        p = subprocess.Popen([PROGRAM, "redact"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL)
        p.stdout.close()
        p.communicate(b"x " * 1_000_000)
        self.assertNotEqual(p.returncode, 0)


RULE = """rules:
  - id: secret.shop_key
    description: key of the shop
    severity: high
    pattern: 'shop_[0-9a-f]{8}'
    examples: ['a ⟦shop_0123abcd⟧ b']
    counterexamples: ['shop_0123abc']
"""


class Rules(Folder):
    def test_all_examples_of_the_rules_that_are_built_in_hold(self):
        self.assertRegex(self.run_aiu("rules", "test"), r"^\d+ rules, \d+ examples, 0 failed\n$")

    def test_list_and_show(self):
        self.assertIn("pii.email", self.run_aiu("rules", "list"))
        self.assertNotIn("pii.", self.run_aiu("rules", "list", "secret"))
        rules = json.loads(self.run_aiu("rules", "list", "--json"))
        self.assertEqual(len({r["id"] for r in rules}), len(rules))
        self.assertEqual(set(rules[0]), {"id", "kind", "severity", "confidence", "tag", "certain",
                                         "opt_in", "description"})
        shown = self.run_aiu("rules", "show", "pii.iban", "pii.email")
        for word in ("pii.iban", "severity    high", "finds what is marked:", "leaves alone:"):
            self.assertIn(word, shown)
        self.run_aiu("rules", "show", "no.rule", code=1)
        self.run_aiu("rules", "list", "nothing", code=1)
        for words in ([], ["show"], ["nope"]):
            self.run_aiu("rules", *words, code=2)

    def test_the_rule_files_of_the_project_hold(self):
        folder = os.path.join(SOURCE, "rules")
        files = [os.path.join(folder, name) for name in sorted(os.listdir(folder))
                 if name.endswith(".yaml")]
        self.assertIn("0 failed", self.run_aiu("rules", "test", *files))

    def refused(self, old, new, line, reason):
        self.assertIn(old, RULE)
        path = self.write("r.yaml", RULE.replace(old, new))
        self.run_aiu("rules", "test", path, code=1)
        self.assertRegex(self.stderr, r"r\.yaml:%d: error: .*%s" % (line, reason))

    def test_what_is_wrong_with_a_rule_is_said_with_file_line_and_reason(self):
        self.run_aiu("rules", "test", self.write("r.yaml", RULE))
        self.refused("[0-9a-f]{8}", "[0-9a-f", 5, "")                     # bad pattern
        self.refused("    severity: high\n", "    severity: high\n    validator: nope\n", 5,
                     "nope|validator")
        self.refused("shop_0123abcd⟧", "shop_0123abcx⟧", 6, "does not find the example")
        self.refused("['shop_0123abc']", "['shop_0123abcd']", 7, "finds the counterexample")
        self.refused("'shop_[0-9a-f]{8}'", "'[0-9a-f]*'", 5, "")          # matches nothing at all
        self.refused("severity: high", "severity: huge", 4, "")
        self.refused("severity: high", "severty: high", 4, "")
        path = self.write("r.yaml", RULE + RULE.split("\n", 1)[1])
        self.run_aiu("rules", "test", path, code=1)
        self.assertRegex(self.stderr, r"r\.yaml:8: error: ")              # the id stands twice
        self.run_aiu("rules", "test", self.write("r.yaml", "rules: [\n"), code=1)
        self.run_aiu("rules", "test", self.path("none.yaml"), code=1)
        self.assertIn("none.yaml", self.stderr)


if __name__ == "__main__":
    unittest.main()
