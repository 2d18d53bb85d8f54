# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
"""`aiu audit verify`, `prove`, `checkpoint`, `key`, `aiu-verify` and `aiu-witness` as programs:
cli_verify.py FOLDER-OF-PROGRAMS (S62, S64)
"""
import base64
import hashlib
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

PROGRAMS = sys.argv.pop(1)
ENTRIES, SEGMENT, SIZES = 3000, 700, ["1000", "2000", "2900"]


def run(*words, **options):
    return subprocess.run([os.path.join(PROGRAMS, words[0]), *words[1:]], capture_output=True,
                          check=False, timeout=60, **options)


def read(*path):
    with open(os.path.join(*path), "rb") as f:
        return f.read()


def flip(path, at):
    with open(path, "r+b") as f:
        f.seek(at)
        byte = f.read(1)[0]
        f.seek(at)
        f.write(bytes([byte ^ 1]))


class Case(unittest.TestCase):
    def setUp(self):
        top = tempfile.TemporaryDirectory()
        self.addCleanup(top.cleanup)
        self.top = top.name
        self.log = os.path.join(self.top, "log")
        made = run("make_log", self.log, str(ENTRIES), str(SEGMENT), *SIZES)
        self.assertEqual(made.returncode, 0, made.stderr)
        self.vkey = read(self.log, "vkey").decode().strip()

    def verify(self, *words):
        """Both programs must say the same. The report and the exit code."""
        a = run("aiu-verify", "--dir", self.log, "--json", *words)
        b = run("aiu", "audit", "verify", "--dir", self.log, "--json", *words)
        self.assertEqual((a.returncode, a.stdout), (b.returncode, b.stdout), a.stderr + b.stderr)
        return (json.loads(a.stdout) if a.stdout else None), a.returncode

    def write(self, name, data):
        path = os.path.join(self.top, name)
        with open(path, "wb") as f:
            f.write(data)
        return path


class Verify(Case):
    def test_a_good_log_is_good_with_key_file_policy_or_none(self):
        """S62: verify prints size, root and key id."""
        policy = self.write("policy", b"log %s\nquorum none\n" % self.vkey.encode())
        for words in (["--key", self.vkey], ["--key", os.path.join(self.log, "vkey")],
                      ["--policy", policy], []):
            report, code = self.verify(*words)
            self.assertEqual(code, 0)
            self.assertTrue(report["good"])
            self.assertEqual(report["size"], 2900)
            self.assertEqual(report["entries"], 3000)
            self.assertEqual(report["key_given"], bool(words))
        out = run("aiu-verify", "--dir", self.log, "--key", self.vkey).stdout.decode()
        root = read(self.log, "checkpoint").split(b"\n")[2].decode()
        self.assertRegex(out, r"(?m)^size +2900$")
        self.assertIn(root, out)
        self.assertIn(self.vkey.split("+")[1], out)
        out = run("aiu-verify", "--dir", self.log).stdout.decode()
        self.assertIn("found beside the log", out)

    def test_tampering_is_told_with_its_entry(self):
        flip(os.path.join(self.log, "wal", "%020d.wal" % 700), 64 + 30)
        report, code = self.verify("--key", self.vkey)
        self.assertEqual(code, 1)
        self.assertEqual((report["good"], report["fault"], report["bad_index"]),
                         (False, "damaged", 700))
        out = run("aiu-verify", "--dir", self.log, "--key", self.vkey)
        self.assertEqual(out.returncode, 1)
        self.assertIn(b"first bad    entry 700\n", out.stdout)

    def test_a_remembered_checkpoint_finds_a_rolled_back_log(self):
        old = os.path.join(self.log, "2000.note")
        report, code = self.verify("--key", self.vkey, "--since", old)
        self.assertEqual(code, 0)
        newest = self.write("kept", read(self.log, "2900.note"))
        shutil.copy(old, os.path.join(self.log, "checkpoint"))
        report, code = self.verify("--key", self.vkey, "--since", newest)
        self.assertEqual((code, report["fault"], report["bad_index"]), (1, "rolled_back", 2000))

    def test_another_key_is_a_foreign_key(self):
        other = "log.example/1+2af4a5e4+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
        key = hashlib.sha256(b"log.example/1\n" + base64.b64decode(other.split("+", 2)[2]))
        other = other.replace("2af4a5e4", key.hexdigest()[:8])
        report, code = self.verify("--key", other)
        self.assertEqual((code, report["fault"]), (1, "foreign_key"))

    def test_mistakes_are_usage(self):
        for words in (["--bogus"], ["--key"], ["--dir"], ["--key", "/nowhere"], ["--threads", "x",
                      "--dir", self.log], ["--since", "/nowhere", "--dir", self.log], []):
            out = run("aiu-verify", *words)
            self.assertIn(out.returncode, (2, 6), words)
            self.assertEqual(out.stdout, b"")
        self.assertEqual(run("aiu-verify", "--help").returncode, 0)
        os.unlink(os.path.join(self.log, "vkey"))
        out = run("aiu-verify", "--dir", self.log)
        self.assertEqual(out.returncode, 2)
        self.assertIn(b"--key", out.stderr)

    def test_the_static_program_needs_no_library(self):
        out = subprocess.run(["ldd", os.path.join(PROGRAMS, "aiu-verify")], capture_output=True,
                             check=False).stdout + b"statically linked"
        self.assertNotIn(b"crypto", out)
        self.assertNotIn(b"libuv", out)


class Months(Case):
    def test_months_are_checked_in_order_and_must_be_linked(self):
        """S62: a month that does not begin with the end of the one before is another history."""
        state = os.path.join(self.top, "audit")
        os.mkdir(state)
        shutil.copytree(self.log, os.path.join(state, "2026-10"))
        shutil.copytree(self.log, os.path.join(state, "main"))
        for program in (["aiu-verify"], ["aiu", "audit", "verify"]):
            out = run(*program, "--dir", state, "--json")
            reports = [json.loads(line) for line in out.stdout.splitlines()]
            self.assertEqual([r["fault"] for r in reports], ["good", "unlinked"])
            self.assertEqual(out.returncode, 1)
        out = run("aiu", "audit", "verify", "--state-dir", self.top)
        self.assertRegex(out.stdout.decode(), r"(?s)^== 2026-10\ngood: .*\n== main\nunlinked: ")
        shutil.rmtree(os.path.join(state, "2026-10"))
        out = run("aiu", "audit", "verify", "--state-dir", self.top)
        self.assertEqual((out.returncode, out.stdout[:5]), (0, b"good:"))


class Receipts(Case):
    def prove(self, index, *words):
        receipt, entry = os.path.join(self.top, "r.tlog-proof"), os.path.join(self.top, "entry")
        out = run("aiu", "audit", "prove", "--index", str(index), "--out", receipt, "--entry",
                  entry, "--dir", self.log, *words)
        return receipt, entry, out

    def test_a_receipt_proves_an_entry_to_anybody(self):
        """S64: offline, with the public key alone."""
        receipt, entry, out = self.prove(1234)
        self.assertEqual(out.returncode, 0, out.stderr)
        shutil.rmtree(self.log)
        for program in (["aiu-verify"], ["aiu", "audit", "verify"]):
            out = run(*program, "--receipt", receipt, "--entry", entry, "--key", self.vkey)
            self.assertEqual(out.returncode, 0, out.stdout + out.stderr)
            self.assertIn(b"index 1234 ", out.stdout)
        data = read(entry)
        self.write("entry", data.replace(b"1234", b"1235", 1))
        out = run("aiu-verify", "--receipt", receipt, "--entry", entry, "--key", self.vkey)
        self.assertEqual(out.returncode, 1)
        self.write("entry", data + b"\n")
        out = run("aiu-verify", "--receipt", receipt, "--entry", entry, "--key", self.vkey)
        self.assertEqual(out.returncode, 0)

    def test_what_is_not_signed_yet_or_not_there_is_told(self):
        self.assertIn(b"not signed for yet", self.prove(2950)[2].stderr)
        self.assertEqual(self.prove(9999)[2].returncode, 1)
        out = run("aiu", "audit", "prove", "0" * 36, "--dir", self.log)
        self.assertEqual(out.returncode, 1)
        for words in ([], ["x"], ["--index"], ["--index", "1", "0" * 36]):
            self.assertEqual(run("aiu", "audit", "prove", *words).returncode, 2, words)

    def test_an_index_counts_in_the_month_that_is_asked_for(self):
        months = os.path.join(self.top, "audit")
        shutil.copytree(self.log, os.path.join(months, "2026-10"))
        made = run("make_log", os.path.join(months, "main"), "300", "100", "280")
        self.assertEqual(made.returncode, 0, made.stderr)
        self.log = months
        receipt, entry, out = self.prove(1234, "--month", "2026-10")
        self.assertEqual(out.returncode, 0, out.stderr)
        self.assertIn(b"entry 1234 of log.example/1: ", out.stdout)
        checked = run("aiu-verify", "--receipt", receipt, "--entry", entry, "--key", self.vkey)
        self.assertIn(b"index 1234 ", checked.stdout)
        self.assertEqual(self.prove(123)[2].returncode, 0)
        _, _, out = self.prove(1234)
        self.assertEqual(out.returncode, 1)
        self.assertIn(b"--month looks into 2026-10\n", out.stderr)
        self.assertEqual(self.prove(1, "--month", "2026-09")[2].returncode, 2)

    def test_a_log_that_does_not_hold_gives_no_receipt(self):
        flip(os.path.join(self.log, "tile", "0", "004"), 5)
        self.assertEqual(self.prove(1025)[2].returncode, 78)
        self.assertFalse(os.path.exists(os.path.join(self.top, "r.tlog-proof")))

    def test_checkpoint_and_key_are_printed_as_they_are(self):
        out = run("aiu", "audit", "checkpoint", "--dir", self.log)
        self.assertEqual(out.stdout, read(self.log, "checkpoint"))
        self.assertEqual(run("aiu", "audit", "key", "--dir", self.log).stdout,
                         read(self.log, "vkey"))
        os.unlink(os.path.join(self.log, "checkpoint"))
        out = run("aiu", "audit", "checkpoint", "--dir", self.log)
        self.assertEqual(out.returncode, 6)


class Witness(Case):
    def setUp(self):
        super().setUp()
        self.state = os.path.join(self.top, "witness")
        self.start()

    def start(self):
        words = [os.path.join(PROGRAMS, "aiu-witness"), "--name", "w.example/1", "--state",
                 self.state, "--log", self.vkey, "--listen", "127.0.0.1:0"]
        self.program = subprocess.Popen(words, stderr=subprocess.PIPE)
        self.addCleanup(self.stop)
        ready = self.program.stderr.readline().decode()
        self.port = int(re.fullmatch(r"ready http://127\.0\.0\.1:([0-9]+)\n", ready).group(1))

    def stop(self, number=signal.SIGTERM):
        self.program.send_signal(number)
        code = self.program.wait(10)
        self.program.stderr.close()
        return code

    def ask(self, method, path, body=None):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        c.request(method, path, body)
        r = c.getresponse()
        data = r.read()
        c.close()
        return r.status, r.getheader("content-type"), data

    def add(self, old, name):
        return self.ask("POST", "/add-checkpoint",
                        b"old %d\n\n" % old + read(self.log, name + ".note"))

    def test_it_cosigns_and_a_policy_asks_for_it(self):
        """S62: with a witness not even the owner of the key can show two histories."""
        status, _, lines = self.add(0, "2900")
        self.assertEqual(status, 200)
        key = subprocess.run([os.path.join(PROGRAMS, "aiu-witness"), "--name", "w.example/1",
                              "--state", os.path.join(self.top, "other"), "--print-key"],
                             capture_output=True, check=True).stdout
        self.assertTrue(key.startswith(b"w.example/1+"))
        self.stop()
        key = run("aiu-witness", "--name", "w.example/1", "--state", self.state,
                  "--print-key").stdout.decode().strip()
        policy = self.write("policy", ("log %s\nwitness W %s\nquorum W\n" % (self.vkey, key))
                            .encode())
        report, code = self.verify("--policy", policy)
        self.assertEqual((code, report["fault"]), (1, "no_quorum"))
        with open(os.path.join(self.log, "checkpoint"), "ab") as f:
            f.write(lines)
        report, code = self.verify("--policy", policy)
        self.assertEqual((code, report["cosigned"]), (0, 1))
        self.start()

    def test_it_remembers_over_a_kill(self):
        self.assertEqual(self.add(0, "2000")[0], 200)
        self.stop(signal.SIGKILL)
        self.start()
        self.assertEqual(self.add(0, "2900"), (409, "text/x.tlog.size", b"2000\n"))
        self.assertEqual(self.add(2000, "2900")[0], 422)  # without a proof
        origin = hashlib.sha256(b"log.example/1").hexdigest()
        status, _, note = self.ask("GET", "/" + origin + "/checkpoint")
        self.assertEqual(status, 200)
        self.assertTrue(note.startswith(read(self.log, "2000.note")))

    def test_other_requests_are_refused(self):
        self.assertEqual(self.ask("POST", "/add-checkpoint", b"nonsense")[0], 400)
        self.assertEqual(self.ask("POST", "/other", b"")[0], 404)
        self.assertEqual(self.ask("PUT", "/add-checkpoint", b"")[0], 405)
        self.assertEqual(self.ask("GET", "/nonsense/checkpoint")[0], 404)
        self.assertEqual(self.ask("POST", "/add-checkpoint", b"x" * 400000)[0], 413)

    def test_its_state_belongs_to_one(self):
        out = run("aiu-witness", "--name", "w", "--state", self.state, "--log", self.vkey)
        self.assertEqual(out.returncode, 78)
        self.assertEqual(self.stop(), 0)
        os.chmod(self.state, 0o755)
        out = run("aiu-witness", "--name", "w", "--state", self.state, "--log", self.vkey)
        self.assertEqual(out.returncode, 78)
        os.chmod(self.state, 0o700)
        self.start()


if __name__ == "__main__":
    unittest.main()
