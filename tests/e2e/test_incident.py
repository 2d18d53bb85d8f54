# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
"""The commands of an incident (S71-S77, S80): the blast radius, and a provider's key that is made
worthless, with a provider whose admin API is the shape of OpenAI's."""
import http.server
import json
import os
import shutil
import threading

import harness

ADMIN = "sk-" + "admin-" + "Zk3" * 12
MODELS = {"object": "list", "data": [{"id": "m", "object": "model"}]}
ANSWER = {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [{
    "index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "ok"}}]}


class Provider(http.server.BaseHTTPRequestHandler):
    """Takes the key until it is deleted by the admin API."""

    protocol_version = "HTTP/1.1"
    deaf = False  # deletes nothing, and says that it did

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def bearer(self):
        return (self.headers.get("authorization") or "").removeprefix("Bearer ")

    def do_GET(self):
        alive = self.bearer() == harness.PROVIDER_KEY and not self.server.deleted
        self.server.calls.append(("GET", self.path))
        self.answer(200 if alive else 401, MODELS if alive else {"error": {"message": "no"}})

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.server.calls.append(("POST", self.path))
        self.answer(200, ANSWER)

    def do_DELETE(self):
        self.server.calls.append(("DELETE", self.path))
        if self.bearer() != ADMIN:
            self.answer(401, {"error": {"message": "no"}})
        elif self.path == "/v1/organization/projects/proj_1/api_keys/key_1":
            self.server.deleted = not self.server.deaf
            self.answer(200, {"object": "organization.project.api_key.deleted", "id": "key_1",
                              "deleted": True})
        else:
            self.answer(404, {"error": {"message": "no such key"}})

    def log_message(self, *_):
        pass


class Case(harness.Case):
    @classmethod
    def configure(cls, config):
        cls.provider = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
        cls.provider.deleted = cls.provider.deaf = False
        cls.provider.calls = []
        threading.Thread(target=cls.provider.serve_forever, daemon=True).start()
        cls.addClassCleanup(cls.provider.server_close)
        cls.addClassCleanup(cls.provider.shutdown)
        config["providers"][0]["base_url"] = "http://127.0.0.1:%d/v1" % (
            cls.provider.server_address[1])
        cls.admin_key = harness.write_private(os.path.join(cls.folder, "admin.key"), ADMIN)

    def setUp(self):
        self.provider.deleted = self.provider.deaf = False
        self.provider.calls.clear()
        harness.wait_until(lambda: self.chat().status == 200, 2, "the key")

    def incident(self, *arguments):
        return self.gateway.aiu("incident", *arguments, "--state-dir", self.gateway.state,
                                "--config", self.gateway.config_path, check=False)

    def revoke(self, *arguments):
        self.addCleanup(self.incident, "revoke-provider-key", "mock", "--undo")
        done = self.incident("revoke-provider-key", "mock", "--json", *arguments)
        steps = json.loads(done.stdout)
        return done.returncode, {s["step"]: s["outcome"] for s in steps["steps"]}, done


class Revoked(Case):
    def test_a_key_is_stopped_dropped_revoked_and_seen_dead(self):
        code, steps, done = self.revoke("--project", "proj_1", "--key-id", "key_1",
                                        "--admin-key-file", self.admin_key, "--reason", "leak 7")
        self.assertEqual(steps, dict.fromkeys(("stopped", "dropped", "revoked", "dead"), "done"))
        self.assertEqual(code, 0)
        self.assertNotIn(ADMIN.encode(), done.stdout + done.stderr)
        self.assertNotIn(harness.PROVIDER_KEY.encode(), done.stdout + done.stderr)
        self.provider.calls.clear()
        self.assert_refused(self.chat(), 503, "provider_key_revoked")
        self.assertEqual(self.provider.calls, [])
        # S80: the outcome is on record.
        def recorded():
            return [r["reason"] for r in self.gateway.audit()
                    if r["t"] == "incident" and r["on"] and
                    "at the provider: done" in r.get("reason", "")]
        reasons = harness.wait_until(recorded, 2, "the record")
        self.assertIn("leak 7", reasons[-1])

    def test_what_was_not_done_is_said(self):
        code, steps, done = self.revoke()
        self.assertEqual(code, 1)
        self.assertEqual(steps, {"stopped": "done", "dropped": "done", "revoked": "not_done",
                                 "dead": "failed"})
        self.assertIn(b"console", done.stdout)
        self.assert_refused(self.chat(), 503, "provider_key_revoked")

    def test_a_provider_that_only_says_so_is_found_out(self):
        self.provider.deaf = True
        code, steps, _ = self.revoke("--project", "proj_1", "--key-id", "key_1",
                                     "--admin-key-file", self.admin_key)
        self.assertEqual((code, steps["revoked"], steps["dead"]), (1, "done", "failed"))

    def test_a_wrong_key_id_is_a_failure(self):
        code, steps, _ = self.revoke("--project", "proj_1", "--key-id", "key_2",
                                     "--admin-key-file", self.admin_key)
        self.assertEqual((code, steps["revoked"]), (1, "failed"))
        _, steps, _ = self.revoke("--project", "../x", "--key-id", "key_1",
                                  "--admin-key-file", self.admin_key)
        self.assertEqual(steps["revoked"], "not_done")

    def test_a_hook_revokes_for_other_providers(self):
        out = os.path.join(self.folder, "hook.out")
        _, steps, _ = self.revoke("--hook", 'echo "$AIU_PROVIDER $AIU_KEY_ID" >%s' % out,
                                  "--key-id", "k-9")
        self.assertEqual(steps["revoked"], "done")
        with open(out, encoding="utf-8") as f:
            self.assertEqual(f.read(), "mock k-9\n")
        _, steps, _ = self.revoke("--hook", "exit 3")
        self.assertEqual(steps["revoked"], "failed")

    def test_undo_takes_the_key_again(self):
        self.revoke()
        self.assert_refused(self.chat(), 503, "provider_key_revoked")
        self.assertEqual(self.incident("revoke-provider-key", "mock", "--undo").returncode, 0)
        harness.wait_until(lambda: self.chat().status == 200, 1, "the key's return")

    def test_a_provider_that_nobody_has_is_refused(self):
        self.assertEqual(self.incident("revoke-provider-key", "nobody").returncode, 1)
        self.assertEqual(self.incident("revoke-provider-key").returncode, 2)


class Report(Case):
    def test_the_blast_radius_of_a_key(self):
        self.chat("mail " + harness.PLANTS["email"])
        self.chat("x", headers=harness.bearer("wrong"))
        done = self.incident("report", "--key", "app1", "--since", "1h", "--json")
        report = json.loads(done.stdout)
        self.assertEqual([g["name"] for g in report["key"]], ["app1"])
        self.assertEqual({g["name"]: g["requests"] for g in report["rule"]}, {"pii.email": 1})
        self.assertIn("auth_fail", {e["t"] for e in report["events"]})
        self.assertEqual(report["key"][0]["requests"],
                         sum(e["t"] == "decision" for e in self.gateway.audit()))
        text = self.incident("report", "--key", "app1", "--since", "1h").stdout.decode()
        self.assertIn("key app1: ", text)
        self.assertIn("rule pii.email: 1 requests", text)


class Evidence(Case):
    """S74: one folder, sealed by the log itself."""

    def make(self):
        done = self.gateway.aiu("evidence", "--to", self.folder, "--since", "1h", "--config",
                                self.gateway.config_path, "--state-dir", self.gateway.state)
        return done.stdout.decode().splitlines()[0]

    def check(self, bundle, *arguments):
        return self.gateway.aiu("evidence", "--check", bundle, *arguments, check=False)

    def test_a_bundle_is_whole_sealed_and_notices_every_change(self):
        self.chat("mail " + harness.PLANTS["email"])
        bundle = self.make()
        key = self.gateway.aiu("audit", "key", "--state-dir", self.gateway.state).stdout.decode()
        self.assertEqual(self.check(bundle, "--vkey", key.strip()).returncode, 0)
        names = set(os.listdir(bundle))
        self.assertLessEqual({"MANIFEST.json", "configuration", "entries.jsonl", "key",
                              "report.json", "seal.entry", "seal.tlog-proof", "verification.json",
                              "versions.json"}, names)
        with open(os.path.join(bundle, "entries.jsonl"), encoding="utf-8") as f:
            entries = [json.loads(line) for line in f]
        self.assertIn("pii.email", json.dumps(entries))
        for folder, _, files in os.walk(bundle):
            for name in files:
                path = os.path.join(folder, name)
                with open(path, "rb") as f:
                    content = f.read()
                self.assertNotIn(harness.PROVIDER_KEY.encode(), content, path)
                self.assertNotIn(harness.APP_KEY.encode(), content, path)
                if not content or name == "key":
                    continue
                with open(path, "wb") as f:
                    f.write(content[:len(content) // 2] + b"!" + content[len(content) // 2 + 1:])
                self.assertNotEqual(self.check(bundle, "--vkey", key.strip()).returncode, 0, path)
                with open(path, "wb") as f:
                    f.write(content)
        self.assertEqual(self.check(bundle, "--vkey", key.strip()).returncode, 0)

    def test_it_has_all_months_that_the_window_touches_and_tells_one_that_is_missing(self):
        self.chat("x")
        main = os.path.join(self.gateway.state, "audit", "main")
        harness.wait_until(lambda: os.path.exists(os.path.join(main, "checkpoint")), 10,
                           "a checkpoint")
        earlier = os.path.join(self.gateway.state, "audit", "2026-01")
        self.addCleanup(shutil.rmtree, earlier)
        shutil.copytree(main, earlier, ignore=shutil.ignore_patterns("next", "reserve", "lock"))
        bundle = self.make()
        self.assertEqual(sorted(os.listdir(os.path.join(bundle, "log"))), ["2026-01", "main"])
        with open(os.path.join(bundle, "MANIFEST.json"), encoding="utf-8") as f:
            self.assertEqual(json.load(f)["logs"], ["log/2026-01", "log/main"])
        self.assertEqual(self.check(bundle).returncode, 0)
        # The newer does not go on from the older: what was between them is missing.
        with open(os.path.join(bundle, "verification.json"), encoding="utf-8") as f:
            faults = [json.loads(line)["fault"] for line in f]
        self.assertEqual(faults, ["good", "unlinked"])
        with open(os.path.join(bundle, "fsck.json"), encoding="utf-8") as f:
            whole = [(r["month"], r["whole"]) for r in map(json.loads, f)]
        self.assertEqual(whole, [("2026-01", True), ("main", False)])
        shutil.rmtree(os.path.join(bundle, "log", "2026-01"))
        done = self.check(bundle)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"log/2026-01/MANIFEST.json is not what was sealed", done.stderr)

    def test_a_window_that_is_no_time_is_refused_before_anything_is_made(self):
        before = os.listdir(self.folder)
        done = self.gateway.aiu("evidence", "--to", self.folder, "--since", "soon", "--state-dir",
                                self.gateway.state, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertEqual(os.listdir(self.folder), before)

    def test_without_a_gateway_it_says_that_it_is_not_sealed(self):
        folder = os.path.join(self.folder, "stopped")
        os.mkdir(folder)
        gateway = harness.Gateway(folder, self.mock)
        gateway.stop()
        done = gateway.aiu("evidence", "--to", folder, "--config", gateway.config_path,
                           "--state-dir", gateway.state, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"NOT SEALED", done.stdout)


if __name__ == "__main__":
    harness.main()
