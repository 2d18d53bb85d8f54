# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
"""The switches of an incident: revoked and rotated keys, requests that are cut, keys of providers
that are dropped (S73, S77, S78, S80)."""
import json
import os
import re
import signal
import subprocess
import time

import harness
from harness import exchange

SLOW = {"reply": "one two three four five six seven eight nine ten " * 8, "delay_ms": 100}


class Stream:
    """A stream that is under way."""

    def __init__(self, case, headers=None, model="mock-echo"):
        self.sock = harness.connect(case.gateway.address)
        case.addCleanup(self.sock.close)
        self.sock.sendall(harness.encode("POST", "/v1/chat/completions",
                                         headers or harness.bearer(),
                                         harness.chat_body("x", SLOW, model, stream=True)))
        self.reader = harness.Reader(self.sock)
        self.reader.more()

    def end(self):
        return self.reader.reply()


class Case(harness.Case):
    second = "second-key-of-an-application-0123456789abcdef"

    @classmethod
    def configure(cls, config):
        config["keys"].append({
            "id": "app2", "tenant": "other",
            "key": {"file": harness.write_private("%s/second.key" % cls.folder, cls.second)}})

    def aiu(self, *arguments, check=True):
        return self.gateway.aiu(*arguments, "--state-dir", self.gateway.state, check=check)

    def assert_cut(self, stream, code, began):
        reply = stream.end()
        self.assertLess(time.monotonic() - began, 1.0)
        self.assertFalse(reply.done(), reply.body[-300:])
        self.assertEqual(reply.stream_error()["code"], code)

    def records(self, kind, what):
        return [r for r in self.gateway.audit() if r["t"] == kind and r.get("what") == what]


class Revoked(Case):
    def test_a_revoked_key_is_refused_within_a_second_in_streams_under_way_too(self):
        stream, other = Stream(self), Stream(self, harness.bearer(self.second))
        began = time.monotonic()
        self.aiu("keys", "revoke", "app1", "--reason", "found in a public repository",
                 "--config", self.gateway.config_path)
        self.assert_cut(stream, "key_revoked", began)
        # S5: on connections that are open, and on new ones.
        self.assert_refused(self.chat(), 401, "key_revoked")
        self.mock.forget()
        self.assert_refused(self.chat(stream=True), 401, "key_revoked")
        self.assertEqual(self.mock.requests(), [])
        reply = other.end()
        self.assertTrue(reply.complete and reply.done(), reply.body[-300:])
        # S80: on record, with the reason and who says that they did it.
        record = self.records("key_event", "revoked")[-1]
        self.assertEqual((record["scope"], record["reason"]),
                         ("key:app1", "found in a public repository"))
        self.assertTrue(record["actor"])
        self.aiu("keys", "revoke", "app1", "--undo", "--config", self.gateway.config_path)
        harness.wait_until(lambda: self.chat().status == 200, 1, "the key's return")

    def test_an_id_that_nobody_has_is_noted(self):
        done = self.aiu("keys", "revoke", "nobody", "--config", self.gateway.config_path)
        self.assertIn(b"no key with this id", done.stderr)

    def test_a_revocation_outlives_a_restart(self):
        folder = os.path.join(self.folder, "again")
        os.mkdir(folder)
        gateway = harness.Gateway(folder, self.mock)
        self.addCleanup(lambda: gateway.stop())
        gateway.aiu("keys", "revoke", "app1", "--state-dir", gateway.state)
        gateway.stop()
        gateway = harness.Gateway(folder, self.mock)
        reply = exchange(gateway.address, "POST", "/v1/chat/completions", harness.bearer(),
                         harness.chat_body())
        self.assert_refused(reply, 401, "key_revoked")


class Cut(Case):
    def tearDown(self):
        self.aiu("maintenance", "off", "--scope", "key:app1")

    def test_maintenance_cuts_requests_of_its_scope_where_it_is_asked_to(self):
        stream, other = Stream(self), Stream(self, harness.bearer(self.second))
        began = time.monotonic()
        self.aiu("maintenance", "on", "--scope", "key:app1", "--in-flight", "cut")
        self.assert_cut(stream, "maintenance", began)
        self.assert_refused(self.chat(), 503, "maintenance")
        self.assertTrue(other.end().done())
        self.assertEqual(self.records("maintenance", "maintenance")[-1]["in_flight"], "cut")
        # The log balances: what was cut has a result.
        log = self.gateway.audit()
        self.assertEqual(sum(r["t"] == "decision" for r in log),
                         sum(r["t"] == "result" for r in log))

    def test_a_wrong_word_is_refused(self):
        self.assertEqual(self.aiu("maintenance", "on", "--in-flight", "burn",
                                  check=False).returncode, 2)


class File(Case):
    """What people may write by hand."""

    def write(self, text):
        path = os.path.join(self.gateway.state, "control.json")
        harness.write_private(path + ".tmp", text)
        os.rename(path + ".tmp", path)

    def tearDown(self):
        os.unlink(os.path.join(self.gateway.state, "control.json"))
        harness.wait_until(lambda: self.chat().status == 200, 2, "the end")

    def test_a_command_never_replaces_what_it_does_not_understand(self):
        text = '{"revoked":[{"key":"app2"}],"maintenence":[]}'
        self.write(text)
        self.assert_refused_soon()
        for command in (("maintenance", "off"), ("maintenance", "on", "--scope", "model:x"),
                        ("keys", "revoke", "other"), ("keys", "revoke", "other", "--undo")):
            run = self.aiu(*command, check=False)
            self.assertNotEqual(run.returncode, 0, command)
            self.assertIn(b"cannot be understood", run.stderr)
        with open(os.path.join(self.gateway.state, "control.json"), encoding="utf-8") as f:
            self.assertEqual(f.read(), text)
        self.assertEqual(self.chat().status, 503)

    def test_a_name_that_gateways_do_not_take_is_not_written(self):
        self.aiu("keys", "revoke", "other")
        self.assertNotEqual(self.aiu("keys", "revoke", "x" * 300, check=False).returncode, 0)
        time.sleep(0.5)
        self.assertEqual(self.chat().status, 200)

    def assert_refused_soon(self):
        harness.wait_until(lambda: self.chat().status == 503, 2, "the stop")

    def test_a_file_that_is_not_understood_stops_everything(self):
        for text in ("", "{", "[]", '{"maintenence":[]}', '{"revoked":[{"kye":"app1"}]}',
                     '{"maintenance":[{"scope":"everything"}]}',
                     '{"maintenance":[{"scope":"all","in_flight":"soon"}]}',
                     '{"retired":[{"key":"app1","hash":"h1:short"}]}', '{"revoked":["app1"]}'):
            self.write(text)
            harness.wait_until(lambda: self.chat().status == 503, 1, text)
            self.write("{}")
            harness.wait_until(lambda: self.chat().status == 200, 1, "the end of " + text)


class Recorded(Case):
    """S27: what happens to the process, with names and never values."""

    def test_loaded_keys_and_what_changed_are_on_record(self):
        log = self.gateway.audit()
        self.assertEqual(log[0]["t"], "boot")
        loaded = [r for r in log if r["t"] == "key_event" and r["what"] == "loaded"]
        self.assertEqual([(r["provider"], r["source"]) for r in loaded], [("mock", "file")])
        self.assertNotIn(harness.PROVIDER_KEY, json.dumps(log))
        self.gateway.config["limits"] = {"max_body": "1MiB"}
        self.gateway.config["keys"][0]["limits"] = {"requests_per_minute": 1000}
        self.gateway.write_config()
        os.kill(self.gateway.pid, signal.SIGHUP)
        change = harness.wait_until(lambda: [r for r in self.gateway.audit()
                                             if r["t"] == "config_change"], 5, "the change")[0]
        self.assertEqual(change["before"], log[0]["cfg"])
        self.assertNotEqual(change["cfg"], change["before"])
        self.assertEqual(set(change["changed"].split()),
                         {"limits.max_body", "keys[app1].limits.requests_per_minute"})


class Rotated(Case):
    @classmethod
    def configure(cls, config):
        done = subprocess.run([harness.AIU, "keys", "new", "--id", "turning"], check=True,
                              capture_output=True, text=True)
        cls.first = done.stdout.splitlines()[0]
        digest = re.search(r'"(h1:[^"]+)"', done.stdout).group(1)
        config["keys"].append({"id": "turning", "hash": digest})

    def config_text(self):
        with open(self.gateway.config_path, encoding="utf-8") as f:
            return f.read()

    def status(self, key):
        return self.chat(headers=harness.bearer(key)).status

    def rotate(self, *arguments):
        done = self.aiu("keys", "rotate", "turning", *arguments, "--config",
                        self.gateway.config_path)
        return done.stdout.decode().splitlines()[0]

    def test_a_rotated_key_is_another_and_the_former_ends_with_its_grace(self):
        self.assertEqual(self.status(self.first), 200)
        before = self.config_text()
        second = self.rotate("--grace", "2s")
        harness.wait_until(lambda: self.status(second) == 200, 2, "the new key")
        self.assertEqual(self.status(self.first), 200)
        after = self.config_text()
        self.assertEqual(os.stat(self.gateway.config_path).st_mode & 0o777, 0o600)
        hashes = [re.search(r"h1:[\w-]{43}", t).group(0) for t in (before, after)]
        self.assertEqual(before.replace(hashes[0], ""), after.replace(hashes[1], ""))
        harness.wait_until(lambda: self.status(self.first) == 401, 4, "the end of the grace")
        third = self.rotate()
        harness.wait_until(lambda: self.status(third) == 200, 2, "the third key")
        self.assertEqual(self.status(second), 401)
        self.assertTrue(self.records("key_event", "retired"))

    def test_a_key_from_outside_is_not_rotated_here(self):
        done = self.aiu("keys", "rotate", "app1", "--config", self.gateway.config_path,
                        check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"outside of the configuration", done.stderr)


class ProviderKey(harness.Case):
    """S77: a key that is dropped is denied at once, is in no process, and does not come back."""

    secret = "provider-key-that-leaked-" + "q7Zt" * 8
    environment = {"LEAKED_KEY": secret}

    @classmethod
    def configure(cls, config):
        config["providers"][0]["api_key"] = {"env": "LEAKED_KEY"}

    def in_memory(self):
        """Whether a process of the gateway holds the key."""
        needle = self.secret.encode()
        for pid in self.gateway.processes():
            with open("/proc/%d/maps" % pid) as maps, open("/proc/%d/mem" % pid, "rb", 0) as mem:
                for line in maps:
                    bounds, rights = line.split()[:2]
                    if rights[0] != "r" or "[v" in line:
                        continue
                    start, end = (int(x, 16) for x in bounds.split("-"))
                    try:
                        mem.seek(start)
                        if needle in mem.read(end - start):
                            return True
                    except (OSError, ValueError, OverflowError):
                        pass
        return False

    def test_a_dropped_key_is_gone(self):
        harness.needs_true_memory()
        self.assertEqual(self.chat().status, 200)
        try:
            before = self.in_memory()
        except PermissionError:
            before = None  # not root: the process is closed to its own user
        path = os.path.join(self.gateway.state, "control.json")
        harness.write_private(path + ".tmp", json.dumps(
            {"provider_keys": [{"provider": "mock", "in_flight": "cut", "reason": "leaked"}]}))
        os.rename(path + ".tmp", path)
        harness.wait_until(lambda: self.chat().status == 503, 1, "the denial")
        self.mock.forget()
        self.assert_refused(self.chat(), 503, "provider_key_revoked")
        self.assertEqual(self.mock.requests(), [])
        if before is not None:
            self.assertTrue(before, "the search finds nothing")
            harness.wait_until(lambda: not self.in_memory(), 2, "the key's end in memory")
        for pid in self.gateway.workers():
            os.kill(pid, 9)
        harness.wait_until(lambda: self.answers() == 503, 5, "the next worker")
        self.assertEqual(self.mock.requests(), [])
        events = [r for r in self.gateway.audit() if r["t"] == "incident"]
        self.assertEqual(events[-1]["scope"], "provider:mock")

    def answers(self):
        try:
            return self.chat().status
        except OSError:
            return None


if __name__ == "__main__":
    harness.main()
