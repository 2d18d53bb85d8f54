# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
"""Captured content: sealed, readable for whoever holds the state, erased with its subject's key
(GDPR Art. 17) while the log still verifies."""
import fcntl
import json
import os
import shutil
import signal
import stat
import unittest

import harness

CANARY = "the-canary-sings-of-quarterly-figures"


def files_below(folder):
    """Regular files; names of files that are still being written come and go."""
    for top, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(top, name)
            if not name.endswith(".new") and os.path.isfile(path) and not os.path.islink(path):
                yield path


def holds(folder, text):
    """Files below `folder` in whose bytes `text` stands."""
    found = []
    for path in files_below(folder):
        with open(path, "rb") as f:
            if text.encode() in f.read():
                found.append(path)
    return found


class Captured(harness.Case):
    MODE = "all"
    QUEUE = None

    @classmethod
    def configure(cls, config):
        config["audit"] = {"capture": cls.MODE}
        config["policies"] = [{"name": "default", "request": {"secrets": "block"}}]
        if cls.QUEUE:
            config["audit"]["capture_queue"] = cls.QUEUE

    def ask(self, *arguments, check=True):
        return self.gateway.aiu("audit", *arguments, "--state-dir", self.gateway.state,
                                check=check)

    def capture_dir(self):
        return os.path.join(self.gateway.state, "audit", "capture")

    def send(self, text, **more):
        reply = self.chat(text, model="mock-echo", **more)
        self.assertEqual(reply.status, 200)
        return reply.header("x-request-id")

    def records(self, request):
        mine = [e for e in self.gateway.audit() if e.get("id") == request]
        return [e for e in mine if e["t"] == "decision"][0], \
               [e for e in mine if e["t"] == "result"][0]

    def wait_file(self, request, part):
        def there():
            return [p for p in files_below(self.capture_dir())
                    if p.endswith("/%s.%s" % (request, part))]
        return harness.wait_until(there, what="the captured file")[0]

    def show(self, request, *more, check=True):
        return self.ask("show", request, *more, check=check)

    def erase(self, *who, check=True):
        return self.ask("erase-subject", *who, check=check)

    def verified(self):
        def done():
            return self.ask("verify", check=False).returncode == 0
        harness.wait_until(done, what="a log that verifies")


@unittest.skipIf(harness.DIRECT, "needs a gateway")
class All(Captured):
    def test_content_is_sealed_and_shown_to_whoever_holds_the_state(self):
        request = self.send(CANARY, user="ada")
        for part in ("prompt", "answer"):
            path = self.wait_file(request, part)
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
            self.assertIn(CANARY.encode(), self.show(request, "--" + part, "--raw").stdout)
        self.assertEqual(stat.S_IMODE(os.stat(self.capture_dir()).st_mode), 0o700)
        both = self.show(request).stdout.decode()
        self.assertIn("prompt:\n", both)
        self.assertIn("answer:\n", both)
        self.assertEqual(holds(self.gateway.state, CANARY), [])
        self.assertNotIn(CANARY, self.gateway.log())

    def test_the_records_name_the_hash_and_the_subject_only(self):
        request = self.send(CANARY, user="ada.of.the.engines")
        decision, result = self.records(request)
        self.assertRegex(decision["capture"], "^[0-9a-f]{64}$")
        self.assertRegex(result["capture"], "^[0-9a-f]{64}$")
        self.assertRegex(decision["subject"], "^[0-9a-f]{32}$")
        self.assertNotIn("engines", json.dumps(decision))
        other, _ = self.records(self.send(CANARY, user="grace"))
        nobody, _ = self.records(self.send(CANARY))
        self.assertEqual(len({decision["subject"], other["subject"], nobody["subject"]}), 3)

    def test_a_prompt_is_captured_as_it_was_sent_after_redaction(self):
        request = self.send("mail " + harness.PLANTS["email"], user="ada")
        self.wait_file(request, "prompt")
        shown = self.show(request, "--prompt", "--raw").stdout.decode()
        self.assertIn("mail ", shown)
        self.assertNotIn(harness.PLANTS["email"], shown)

    def test_what_was_blocked_is_not_captured(self):
        reply = self.chat("key " + harness.PLANTS["openai_key"], user="ada")
        self.assertEqual(reply.status, 400)
        decision, _ = self.records(reply.header("x-request-id"))
        self.assertNotIn("capture", decision)
        self.assertNotIn("subject", decision)

    def test_a_stream_is_captured_as_the_client_got_it(self):
        reply = self.chat(CANARY, model="mock-echo", stream=True, user="ada")
        self.assertTrue(reply.done())
        request = reply.header("x-request-id")
        self.wait_file(request, "answer")
        shown = self.show(request, "--answer", "--raw").stdout
        self.assertEqual(shown + b"data: [DONE]\n\n", reply.body)

    def test_a_file_that_was_changed_is_not_shown(self):
        request = self.send(CANARY, user="ada")
        path = self.wait_file(request, "prompt")
        with open(path, "r+b") as f:
            f.seek(100)
            byte = f.read(1)
            f.seek(100)
            f.write(bytes([byte[0] ^ 1]))
        done = self.show(request, "--prompt", check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(b"not what the log says", done.stderr)

    def readings(self, request):
        return [e for e in self.gateway.audit()
                if e["t"] == "content_read" and e["id"] == request]

    def test_whoever_reads_is_on_record_before_anything_is_shown(self):
        """S27: the actor and whose content it was, and nothing of it."""
        request = self.send(CANARY, user="ada")
        for part in ("prompt", "answer"):
            self.wait_file(request, part)
        self.show(request)
        reading = self.readings(request)[0]
        self.assertEqual(reading["what"], "prompt,answer")
        self.assertEqual(reading["subject"], self.records(request)[0]["subject"])
        self.assertTrue(reading["actor"])
        self.show(request, "--answer", "--raw")
        self.assertEqual([r["what"] for r in self.readings(request)], ["prompt,answer", "answer"])
        self.assertNotIn(CANARY, json.dumps(self.readings(request)))
        # Nothing is on record as read where nothing could be read.
        other = self.send(CANARY, user="gone")
        self.wait_file(other, "prompt")
        self.erase("--tenant", "acme", "--user", "gone")
        self.assertEqual(self.show(other, "--prompt", check=False).returncode, 1)
        self.assertEqual(self.readings(other), [])

    def assert_not_shown(self, request, why):
        done = self.show(request, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(done.stdout, b"")
        self.assertIn(why, done.stderr)

    def test_what_cannot_be_put_on_record_is_not_shown(self):
        request = self.send(CANARY, user="ada")
        self.wait_file(request, "prompt")
        self.wait_file(request, "answer")
        socket = os.path.join(self.gateway.state, "admin.sock")
        os.rename(socket, socket + ".away")
        self.assert_not_shown(request, b"by the gateway")
        os.rename(socket + ".away", socket)
        self.assertIn(CANARY.encode(), self.show(request).stdout)

        self.gateway.stop()
        with open(os.path.join(self.gateway.state, "audit", "main", "lock")) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.assert_not_shown(request, b"no gateway runs")
        self.assertIn(CANARY.encode(), self.show(request).stdout)
        type(self).gateway = harness.Gateway(self.folder, self.mock, change=self.configure)
        self.assertEqual(len(self.readings(request)), 2)
        self.verified()

    def test_an_unknown_request_is_a_no(self):
        done = self.show("01980000-0000-7000-8000-000000000000", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"no such request", done.stderr)


@unittest.skipIf(harness.DIRECT, "needs a gateway")
class Erased(Captured):
    def test_an_erased_subject_is_unreadable_for_ever_and_the_log_verifies(self):
        before = [self.send(CANARY, user="eve") for _ in range(3)]
        other = self.send(CANARY, user="other")
        for request in before + [other]:
            self.wait_file(request, "prompt")
            self.wait_file(request, "answer")
        self.assertEqual(self.show(before[0]).returncode, 0)
        done = self.erase("--tenant", "acme", "--user", "eve").stdout.decode()
        self.assertIn("1 keys destroyed, 6 records unreadable", done)
        self.assertIn("erasure is on record", done)
        for request in before:
            shown = self.show(request, check=False)
            self.assertEqual(shown.returncode, 1)
            self.assertEqual(shown.stdout, b"")
            self.assertIn(b"was erased", shown.stderr)
        self.assertIn(CANARY.encode(), self.show(other, "--prompt").stdout)

        # The gateway has forgotten the key as well: later content is under another.
        after = self.send(CANARY, user="eve")
        self.wait_file(after, "prompt")
        self.assertIn(CANARY.encode(), self.show(after, "--prompt").stdout)
        self.assertEqual(self.show(before[0], check=False).returncode, 1)
        was, now = self.records(before[0])[0], self.records(after)[0]
        self.assertEqual(was["subject"], now["subject"])

        erasures = [e for e in self.gateway.audit()
                    if e["t"] == "erasure" and e["subject"] == was["subject"]]
        self.assertEqual(len(erasures), 1)
        self.assertTrue(erasures[0]["actor"])
        self.assertEqual(erasures[0]["records"], 6)
        self.verified()

    def test_a_text_that_is_known_is_still_matched_after_an_erasure_as_the_docs_say(self):
        request = self.send(CANARY + " known", user="known")
        self.wait_file(request, "prompt")
        path = os.path.join(self.folder, "known.txt")
        self.wait_file(request, "answer")
        sent = json.loads(self.show(request, "--prompt", "--raw").stdout)
        with open(path, "w", encoding="utf-8") as f:
            f.write(sent["messages"][0]["content"])
        words = ("match", "--tenant", "acme", "--file", path)
        before = self.ask(*words, check=False)
        self.erase("--tenant", "acme", "--user", "known")
        self.assertEqual(self.show(request, check=False).returncode, 1)
        after = self.ask(*words, check=False)
        self.assertIn(request.encode(), after.stdout)
        self.assertEqual((after.returncode, after.stdout), (before.returncode, before.stdout))

    def test_who_has_no_key_is_a_no(self):
        done = self.erase("--tenant", "acme", "--user", "stranger", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"nothing readable", done.stderr)
        for wrong in (["--user", "eve"], ["--subject", "../keys"], []):
            self.assertEqual(self.erase(*wrong, check=False).returncode, 2)

    def test_requests_without_a_user_are_erased_by_their_key(self):
        request = self.send(CANARY)
        self.wait_file(request, "prompt")
        self.erase("--tenant", "acme", "--key", "app1")
        self.assertEqual(self.show(request, check=False).returncode, 1)

    def test_an_erasure_without_a_gateway_is_on_record_at_the_next_start(self):
        request = self.send(CANARY, user="late")
        self.wait_file(request, "prompt")
        subject = self.records(request)[0]["subject"]
        self.gateway.stop()
        done = self.erase("--subject", subject).stdout.decode()
        self.assertIn("at its next start", done)
        self.assertEqual(self.show(request, check=False).returncode, 1)
        type(self).gateway = harness.Gateway(self.folder, self.mock, change=self.configure)

        def recorded():
            return [e for e in self.gateway.audit()
                    if e["t"] == "erasure" and e["subject"] == subject]
        self.assertEqual(len(harness.wait_until(recorded, what="the erasure")), 1)
        self.verified()

    def test_a_backup_has_no_captured_content(self):
        request = self.send(CANARY, user="ada")
        self.wait_file(request, "prompt")
        to = os.path.join(self.folder, "backups")
        os.makedirs(to, 0o700, exist_ok=True)
        self.ask("backup", "--to", to)
        self.assertEqual([p for p in files_below(to) if "capture" in p or request in p
                          or p.endswith(".key")], [])
        shutil.rmtree(to)


@unittest.skipIf(harness.DIRECT, "needs a gateway")
class Prompts(Captured):
    MODE = "prompts"
    QUEUE = "64KiB"

    def test_only_prompts_are_captured(self):
        request = self.send(CANARY, user="ada")
        self.wait_file(request, "prompt")
        decision, result = self.records(request)
        self.assertIn("capture", decision)
        self.assertNotIn("capture", result)

    def test_what_does_not_fit_into_the_queue_is_skipped_and_the_record_says_so(self):
        request = self.send("word " * 20000, user="ada")
        decision, _ = self.records(request)
        self.assertEqual(decision["capture"], "skipped")
        self.assertIn(b"skipped", self.show(request, check=False).stderr)
        self.assertEqual(self.records(self.send("small", user="ada"))[0]["subject"],
                         decision["subject"])

    def test_a_reload_switches_it_off(self):
        self.gateway.config["audit"]["capture"] = "off"
        self.gateway.write_config()
        os.kill(self.gateway.pid, signal.SIGHUP)
        harness.wait_until(lambda: "reloaded" in self.gateway.log(), what="the reload")
        self.assertNotIn("capture", self.records(self.send(CANARY, user="ada"))[0])
        self.gateway.config["audit"]["capture"] = "prompts"
        self.gateway.write_config()
        os.kill(self.gateway.pid, signal.SIGHUP)
        harness.wait_until(lambda: self.gateway.log().count("reloaded") == 2, what="the reload")
        self.assertIn("capture", self.records(self.send(CANARY, user="ada"))[0])


@unittest.skipIf(harness.DIRECT, "needs a gateway")
class Off(harness.Case):
    def test_by_default_nothing_is_captured_and_there_is_no_file(self):
        reply = self.chat(CANARY, model="mock-echo", user="ada")
        self.assertEqual(reply.status, 200)
        entries = [e for e in self.gateway.audit() if e.get("id") == reply.header("x-request-id")]
        self.assertEqual(len(entries), 2)
        for entry in entries:
            self.assertNotIn("capture", entry)
            self.assertNotIn("subject", entry)
        self.assertFalse(os.path.exists(os.path.join(self.gateway.state, "audit", "capture")))
        done = self.gateway.aiu("audit", "show", reply.header("x-request-id"), "--state-dir",
                                self.gateway.state, check=False)
        self.assertEqual(done.returncode, 1)


if __name__ == "__main__":
    unittest.main()
