# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
"""What the audit log answers (S6, S61-S63, S72, S74, S92): query, match and report."""
import csv
import io
import json
import os
import shutil
import tempfile
import time

import harness

SECOND = "second-key-of-an-application-0123456789abcdef"
PROMPT = "Wann fährt der Zug nach Köln?"


class Reading(harness.Case):
    @classmethod
    def configure(cls, config):
        config["alerts"] = {"off": True}  # entries of their own would come in between
        config["keys"].append({
            "id": "app2", "tenant": "other",
            "key": {"file": harness.write_private("%s/second.key" % cls.folder, SECOND)}})

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        case = cls("test_a_report_sums_up_who_used_what")
        for i in range(6):
            assert case.chat("Hello", model="mock-echo" if i % 2 else "mock-small",
                             user="ada" if i < 4 else "grace").status == 200
        assert case.chat(PROMPT).status == 200
        assert case.chat("mail " + harness.PLANTS["email"], user="ada").status == 200
        assert case.chat("Hello", headers=harness.bearer(SECOND)).status == 200
        assert case.chat("Hello", headers=harness.bearer("nobody")).status == 401

    def ask(self, *arguments, check=True):
        return self.gateway.aiu("audit", *arguments, "--state-dir", self.gateway.state,
                                check=check)

    def query(self, *arguments):
        done = self.ask("query", *arguments, check=False)
        entries = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(done.returncode, 0 if entries else 1, done.stderr)
        return entries

    def decisions(self, *arguments):
        entries = self.query(*arguments)
        ids = [e["id"] for e in entries if e["t"] == "decision"]
        # Each decision comes with its result.
        self.assertEqual(sorted(ids), sorted(e["id"] for e in entries if e["t"] == "result"))
        return [e for e in entries if e["t"] == "decision"]

    def test_entries_are_found_by_what_they_are(self):
        self.assertEqual(len(self.decisions("--key", "app1")), 8)
        self.assertEqual(len(self.decisions("--tenant", "other")), 1)
        self.assertEqual(len(self.decisions("--model", "mock-small")), 3)
        redacted = self.decisions("--verdict", "redact")
        self.assertEqual([e["policy"]["rules"] for e in redacted], [["pii.email"]])
        self.assertEqual(redacted, self.decisions("--rule", "pii.email"))
        self.assertEqual(redacted, self.decisions("--rule", "pii."))
        self.assertEqual(redacted, self.decisions("--id", redacted[0]["id"]))
        self.assertEqual([e["code"] for e in self.query("--type", "auth_fail")],
                         ["invalid_api_key"])
        self.assertEqual(self.query("--key", "nobody"), [])
        self.assertEqual(self.ask("query", "--key", "app1", "--count").stdout, b"16\n")
        self.assertEqual(len(self.query("--key", "app1", "--limit", "3")), 3)

    def test_time_is_a_window(self):
        day = self.gateway.audit()[0]["ts"][:10]
        self.assertEqual(len(self.decisions("--since", day, "--key", "app1")), 8)
        self.assertEqual(len(self.decisions("--since", "1h", "--key", "app1")), 8)
        self.assertEqual(self.query("--until", "1h"), [])
        self.assertEqual(self.query("--since", "2100-01-01"), [])
        third = self.decisions("--key", "app1")[2]["ts"]
        self.assertEqual(len(self.decisions("--key", "app1", "--since", third)), 6)
        self.assertEqual(len(self.decisions("--key", "app1", "--until", third)), 2)

    def test_a_user_is_found_by_name_though_the_log_holds_no_name(self):
        self.assertEqual(len(self.decisions("--user", "ada", "--tenant", "acme")), 5)
        self.assertEqual(self.query("--user", "ada", "--tenant", "other"), [])
        one = self.decisions("--user", "grace", "--tenant", "acme")
        self.assertEqual(len(one), 2)
        self.assertNotIn("grace", json.dumps(one))
        self.assertEqual(one, self.decisions("--user", one[0]["user_mac"]))
        self.assertEqual(self.ask("query", "--user", "ada", check=False).returncode, 2)

    def test_a_prompt_is_found_by_its_text(self):
        path = os.path.join(self.folder, "prompt.txt")
        with open(path, "w", encoding="utf-8") as f:
            f.write(PROMPT)
        found = self.ask("match", "--tenant", "acme", "--file", path).stdout.splitlines()
        self.assertEqual([json.loads(line)["t"] for line in found], ["decision", "result"])
        with open(path, "a", encoding="utf-8") as f:
            f.write("!")
        self.assertEqual(self.ask("match", "--tenant", "acme", "--file", path,
                                  check=False).returncode, 1)
        self.assertEqual(self.ask("match", "--tenant", "other", "--file", path,
                                  check=False).returncode, 1)
        self.assertEqual(self.ask("match", "--file", path, check=False).returncode, 2)

    def report(self, *arguments):
        done = self.ask("report", "--format", "json", *arguments)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def test_a_report_sums_up_who_used_what(self):
        by_key = {g["key"]: g for g in self.report()}
        self.assertEqual({k: g["requests"] for k, g in by_key.items()}, {"app1": 8, "app2": 1})
        one = by_key["app1"]
        self.assertEqual((one["redact"], one["pass"], one["errors"]), (1, 7, 0))
        log = self.gateway.audit()
        results = [e for e in log if e["t"] == "result"]
        self.assertEqual(sum(g["tokens_out"] for g in by_key.values()),
                         sum(e["usage"]["out"] for e in results))
        self.assertEqual(one["first"], next(e["ts"] for e in log if e.get("vk") == "app1"))
        pairs = {(g["key"], g["model"]): g["requests"] for g in self.report("--by", "key,model")}
        self.assertEqual(pairs[("app1", "mock-small")], 3)
        self.assertEqual([g["requests"] for g in self.report("--by", "user", "--user", "ada",
                                                             "--tenant", "acme")], [5])
        self.assertEqual({g["rule"]: g["requests"] for g in self.report("--by", "rule")},
                         {"pii.email": 1})

    def test_a_report_is_a_table_or_csv_as_well(self):
        table = self.ask("report").stdout.decode().splitlines()
        self.assertTrue(table[0].startswith("key ") and table[1].startswith("app1 "), table)
        rows = list(csv.DictReader(io.StringIO(self.ask("report", "--format", "csv")
                                               .stdout.decode())))
        self.assertEqual([(r["key"], r["requests"]) for r in rows], [("app1", "8"), ("app2", "1")])

    def test_a_backup_of_a_live_log_restores(self):
        """S79, S90: also while the gateway runs; a drill first."""
        done = self.ask("backup", "--to", self.folder, "--json")
        made = json.loads(done.stdout)
        self.assertGreater(made["entries"], 20)
        drill = self.gateway.aiu("audit", "restore", made["path"], "--drill", "--json")
        self.assertEqual(json.loads(drill.stdout)["root"], made["root"])
        self.assertFalse(os.path.exists(json.loads(drill.stdout)["path"]))
        restored = os.path.join(self.folder, "restored")
        self.gateway.aiu("audit", "restore", made["path"], "--to", restored)
        done = self.gateway.aiu("audit", "export", "--dir", restored)
        self.assertEqual([json.loads(line) for line in done.stdout.splitlines()],
                         self.gateway.audit()[:made["entries"]])
        again = self.gateway.aiu("audit", "restore", made["path"], "--to", restored, check=False)
        self.assertNotEqual(again.returncode, 0)
        self.assertIn(b"not empty", again.stderr)

    def test_an_encrypted_backup_opens_with_its_key(self):
        """S79: one file; a drill and a restore with the key, a clear no without it."""
        keys = [os.path.join(self.folder, name) for name in ("backup.key", "other.key")]
        for key in keys:
            with open(key, "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as f:
                f.write(os.urandom(32))
        made = json.loads(self.ask("backup", "--to", self.folder, "--key", keys[0],
                                   "--json").stdout)
        self.assertTrue(made["path"].endswith(".sealed"), made)
        more = json.loads(self.ask("backup", "--to", self.folder, "--key", keys[0],
                                   "--json").stdout)
        self.assertNotEqual(more["path"], made["path"])
        self.assertEqual(os.stat(made["path"]).st_mode & 0o777, 0o600)
        with open(made["path"], "rb") as f:
            self.assertNotIn(b"decision", f.read())
        left = os.listdir(os.path.join(self.gateway.state, "audit"))
        self.assertEqual([name for name in left if name.startswith(".")], [])
        drill = self.gateway.aiu("audit", "restore", made["path"], "--drill", "--key", keys[0],
                                 "--json")
        self.assertEqual(json.loads(drill.stdout)["root"], made["root"])
        restored = os.path.join(self.folder, "unsealed")
        self.gateway.aiu("audit", "restore", made["path"], "--to", restored, "--key", keys[0])
        self.assertEqual([name for name in os.listdir(self.folder) if "unsealed-" in name], [])
        self.gateway.aiu("audit", "fsck", "--dir", restored)
        for words, code, said in ((["--key", keys[1]], 1, b"was not encrypted with the key"),
                                  ([], 2, b"--key FILE")):
            bad = self.gateway.aiu("audit", "restore", made["path"], "--drill", *words, check=False)
            self.assertEqual(bad.returncode, code, bad.stderr)
            self.assertIn(said, bad.stderr)

    def test_a_backup_has_the_months_that_have_ended(self):
        """S79: on the first of a month, too."""
        last = time.strftime("%Y-%m", time.gmtime(time.time() - 32 * 86400))
        month = os.path.join(self.gateway.state, "audit", last)
        made = json.loads(self.ask("backup", "--to", self.folder, "--json").stdout)
        shutil.copytree(made["path"], month)
        os.unlink(os.path.join(month, "MANIFEST.json"))
        self.addCleanup(shutil.rmtree, month)
        to = tempfile.mkdtemp(dir=self.folder)
        copies = [json.loads(line) for line in
                  self.ask("backup", "--to", to, "--json").stdout.splitlines()]
        self.assertEqual(len(copies), 2)
        self.assertIn("-%s-" % last, copies[0]["path"])
        self.assertEqual(copies[0]["root"], made["root"])
        for copy in copies:
            self.gateway.aiu("audit", "restore", copy["path"], "--drill")
        alone = self.gateway.aiu("audit", "backup", "--to", to, "--json", "--dir", month).stdout
        self.assertEqual(json.loads(alone)["root"], made["root"])

    def test_entries_are_exported_in_the_formats_of_others(self):
        harness.wait_until(lambda: "epoch_key" in {e["t"] for e in self.gateway.audit()}, 5,
                           "what the signer has to say")
        log = self.gateway.audit()
        rows = list(csv.DictReader(io.StringIO(self.ask("export", "--format", "csv")
                                               .stdout.decode())))
        self.assertEqual([r["t"] for r in rows], [e["t"] for e in log])
        otlp = json.loads(self.ask("export", "--format", "otlp").stdout)
        records = otlp["resourceLogs"][0]["scopeLogs"][0]["logRecords"]
        self.assertEqual([json.loads(r["body"]["stringValue"]) for r in records], log)
        lines = self.ask("export", "--format", "rfc5424", "--from", "1", "--to", "3").stdout
        self.assertEqual(len(lines.splitlines()), 2)
        events = [json.loads(x) for x in self.ask("export", "--format", "ocsf")
                  .stdout.splitlines()]
        self.assertEqual(len(events), len(log))
        self.assertEqual(self.ask("export", "--format", "xml", check=False).returncode, 2)

    def test_wrong_words_are_refused(self):
        for arguments in (("query", "--since", "yesterday"), ("query", "--colour", "red"),
                          ("report", "--by", "weather"), ("report", "--format", "xml"),
                          ("query", "--limit", "few"), ("match",)):
            self.assertEqual(self.ask(*arguments, check=False).returncode, 2, arguments)


class Hostile(harness.Case):
    def test_what_a_caller_chose_does_not_steer_a_terminal(self):
        """Tables are for people: no C1 controls, no reordering."""
        self.chat("Hello", model="mock-\u009b31m-\u202eecho")
        self.gateway.aiu("maintenance", "on", "--scope", "model:other", "--reason", "\u009b2J",
                         "--state-dir", self.gateway.state)
        shown = [self.gateway.aiu(*words, "--state-dir", self.gateway.state).stdout
                 for words in (("audit", "report", "--by", "model"), ("incident", "report"),
                               ("maintenance", "status"))]
        for text in shown:
            self.assertNotIn(b"\xc2\x9b", text)
            self.assertNotIn(b"\xe2\x80\xae", text)
        self.assertIn(b"\\u009b2J", shown[2])

if __name__ == "__main__":
    harness.main()
