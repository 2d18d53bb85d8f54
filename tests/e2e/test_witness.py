# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
"""A gateway whose checkpoints go to a witness, aiu-witness as a second site (S62)."""
import http.server
import json
import os
import shutil
import socket
import subprocess
import threading
import unittest

import harness
from harness import wait_until

WITNESS = os.path.join(harness.BINARY, "bin", "aiu-witness")
VERIFY = os.path.join(harness.BINARY, "bin", "aiu-verify")


def read(*path):
    with open(os.path.join(*path), "rb") as f:
        return f.read()


def size_of(note):
    return int(note.split(b"\n")[1])


class Witnessed(harness.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if harness.DIRECT:
            raise unittest.SkipTest("needs a gateway")
        cls.log = os.path.join(cls.gateway.state, "audit", "main")
        wait_until(lambda: os.path.exists(os.path.join(cls.log, "checkpoint")),
                   what="a first checkpoint")
        cls.state = os.path.join(cls.folder, "witness")
        cls.key = subprocess.run([WITNESS, "--name", "w.example/1", "--state", cls.state,
                                  "--print-key"], capture_output=True, check=True,
                                 text=True).stdout.strip()
        cls.start_witness()
        cls.addClassCleanup(lambda: cls.witness.stop())
        cls.restart()

    @classmethod
    def start_witness(cls, listen="127.0.0.1:0"):
        cls.witness = harness.Process(
            [WITNESS, "--name", "w.example/1", "--state", cls.state, "--log",
             os.path.join(cls.log, "vkey"), "--listen", listen],
            os.path.join(cls.folder, "witness.log"))
        cls.url = cls.witness.wait_ready()

    @classmethod
    def restart(cls):
        """The gateway again, with the witness in its configuration."""
        cls.gateway.stop()

        def configure(config):
            config["audit"] = {"anchor_interval": "1s", "witnesses": [
                {"name": "site-b", "url": cls.url, "vkey": cls.key}]}
        cls.gateway = harness.Gateway(cls.folder, cls.mock, configure,
                                      state=os.path.join(cls.folder, "state"))

    def grow(self):
        """A call, and the size that covers it."""
        before = size_of(read(self.log, "checkpoint"))
        self.assertEqual(self.chat("Hello").status, 200)
        wait_until(lambda: size_of(read(self.log, "checkpoint")) > before, what="a checkpoint")
        return before + 1

    def cosigned(self, size):
        path = os.path.join(self.log, "cosigned")
        return os.path.exists(path) and size_of(read(path)) >= size

    def policy(self):
        path = os.path.join(self.folder, "policy")
        vkey = read(self.log, "vkey").decode().splitlines()[0]
        with open(path, "w") as f:
            f.write("log %s\nwitness W %s\nquorum W\n" % (vkey, self.key))
        return path

    def verify(self, folder):
        done = subprocess.run([VERIFY, "--dir", folder, "--policy", self.policy(), "--json"],
                              capture_output=True, timeout=60)
        return json.loads(done.stdout)

    def test_1_checkpoints_are_cosigned_as_the_log_grows(self):
        for _ in range(3):
            size = self.grow()
            wait_until(lambda: self.cosigned(size), what="a cosignature")
        # The published checkpoint has it too, as long as no newer one has come.
        wait_until(lambda: b"w.example/1" in read(self.log, "checkpoint"), what="the line")
        report = self.verify(self.log)
        self.assertTrue(report["good"], report)
        self.assertEqual(report["cosigned"], 1)
        receipt, entry = (os.path.join(self.folder, n) for n in ("r.tlog-proof", "entry"))
        self.gateway.aiu("audit", "prove", "--index", "1", "--witnessed", "--out", receipt,
                         "--entry", entry, "--state-dir", self.gateway.state)
        done = subprocess.run([VERIFY, "--receipt", receipt, "--entry", entry, "--policy",
                               self.policy()], capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_2_a_witness_that_is_away_holds_up_nobody_and_is_told_once(self):
        address = "%s:%d" % harness.host_and_port(self.url)
        self.witness.stop()
        self.grow()

        def told():
            return [e for e in self.gateway.audit() if e.get("what") == "witness_unreachable"]
        wait_until(told, what="the record of it")
        size = self.grow()
        type(self).start_witness.__func__(type(self), address)
        wait_until(lambda: self.cosigned(size), 30, what="a cosignature")
        self.assertEqual(len(told()), 1)

    def test_3_a_log_that_was_set_back_is_an_incident(self):
        """The witness remembers more than there is: nobody at the gateway can talk that away."""
        self.gateway.stop()
        older = os.path.join(self.folder, "older")
        shutil.copytree(self.gateway.state, older, ignore=shutil.ignore_patterns("*.sock"))
        type(self).restart()
        size = self.grow()
        wait_until(lambda: self.cosigned(size), what="a cosignature")
        self.gateway.stop()
        # Everything as it was: log, keys and the signer's own memory.
        shutil.rmtree(self.gateway.state)
        shutil.copytree(older, self.gateway.state)
        type(self).restart()
        wait_until(lambda: [e for e in self.gateway.audit() if e["t"] == "incident"
                            and e.get("what") == "witness_conflict"], what="the incident")

    def test_4_a_key_that_is_none_is_refused_by_check(self):
        config = json.loads(json.dumps(self.gateway.config))
        config["audit"]["witnesses"][0]["vkey"] = "nonsense"
        path = harness.write_private(os.path.join(self.folder, "bad.yaml"), json.dumps(config))
        done = subprocess.run([harness.AIU, "gateway", "--check", "--config", path],
                              capture_output=True, timeout=30)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(b"audit.witnesses[0]", done.stderr)


class Collectors(harness.Case):
    """Checkpoints also go where entries go: what a collector has kept, nobody here can unsay."""

    @classmethod
    def configure(cls, config):
        cls.syslog = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        cls.syslog.bind(("127.0.0.1", 0))
        cls.syslog.settimeout(20)
        cls.addClassCleanup(cls.syslog.close)
        cls.posts = []

        class Otlp(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                cls.posts.append(self.rfile.read(int(self.headers["content-length"])))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *arguments):
                pass
        cls.otlp = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Otlp)
        threading.Thread(target=cls.otlp.serve_forever, daemon=True).start()
        cls.addClassCleanup(cls.otlp.shutdown)
        config["audit"] = {"anchor_interval": "1s", "exports": [
            {"name": "syslog", "to": "syslog_udp",
             "address": "127.0.0.1:%d" % cls.syslog.getsockname()[1]},
            {"name": "otlp", "to": "otlp",
             "url": "http://127.0.0.1:%d/v1/logs" % cls.otlp.server_address[1]}]}

    def test_syslog_and_otlp_get_the_checkpoints(self):
        if harness.DIRECT:
            self.skipTest("needs a gateway")
        self.assertEqual(self.chat("Hello").status, 200)
        checkpoint = os.path.join(self.gateway.state, "audit", "main", "checkpoint")
        message = b""
        while b'"t":"checkpoint"' not in message:
            message = self.syslog.recv(65536)
        self.assertTrue(message.startswith(b"<"), message)
        note = json.loads(message[message.index(b"{"):])["checkpoint"]
        vkey = read(os.path.dirname(checkpoint), "vkey").decode().splitlines()[0]
        kept = os.path.join(self.folder, "kept.note")
        with open(kept, "w", encoding="utf-8") as f:
            f.write(note)
        done = subprocess.run([VERIFY, "--dir", os.path.dirname(checkpoint), "--key", vkey,
                               "--since", kept], capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        wait_until(lambda: any(b"\\\"t\\\":\\\"checkpoint" in post for post in self.posts), 20,
                   "a checkpoint at the OTLP endpoint")


if __name__ == "__main__":
    harness.main()
