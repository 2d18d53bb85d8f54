# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
"""Exporters and alerts (S71, S92): collectors that are there, away, slow, or Debian's rsyslog."""
import base64
import hashlib
import hmac
import http.server
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time
import unittest

import harness
from harness import exchange

HOOK_SECRET = "hook-secret-" + "x7" * 16


class Collector:
    """Takes octet-counted syslog over TCP, with TLS where it has a context."""

    def __init__(self, port=0, context=None):
        self.listener = socket.create_server(("127.0.0.1", port))
        self.port = self.listener.getsockname()[1]
        self.context, self.messages, self.connections = context, [], []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                conn, _ = self.listener.accept()
                if self.context:
                    conn = self.context.wrap_socket(conn, server_side=True)
            except OSError:
                return
            self.connections.append(conn)
            threading.Thread(target=self.take, args=(conn,), daemon=True).start()

    def take(self, conn):
        data = b""
        while True:
            try:
                part = conn.recv(65536)
            except OSError:
                return
            if not part:
                return
            data += part
            while match := re.match(rb"(\d+) ", data):
                end = match.end() + int(match.group(1))
                if len(data) < end:
                    break
                self.messages.append(data[match.end():end].decode())
                data = data[end:]

    def close(self):
        try:
            self.listener.shutdown(socket.SHUT_RDWR)  # accept() would keep it open
        except OSError:
            pass
        self.listener.close()
        for conn in self.connections:
            try:
                conn.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            conn.close()


def entry_of(message):
    return json.loads(message[message.index("] ") + 2:])


def index_of(message):
    return int(re.search(r'idx="(\d+)"', message).group(1))


class Http(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        status = self.server.statuses.pop(0) if self.server.statuses else 200
        self.server.posts.append((status, dict(self.headers), body))
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def http_server(case):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Http)
    server.posts, server.statuses = [], []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    case.addClassCleanup(server.server_close)
    case.addClassCleanup(server.shutdown)
    server.url = "http://127.0.0.1:%d" % server.server_address[1]
    return server


class Case(harness.Case):
    def chats(self, count):
        for _ in range(count):
            self.assertEqual(self.chat().status, 200)


class Syslog(Case):
    @classmethod
    def configure(cls, config):
        cls.collector = Collector()
        cls.addClassCleanup(lambda: cls.collector.close())
        cls.datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        cls.datagrams.bind(("127.0.0.1", 0))
        cls.datagrams.settimeout(5)
        cls.addClassCleanup(cls.datagrams.close)
        config["audit"] = {"exports": [
            {"name": "tcp", "to": "syslog_tcp", "from_start": True,
             "address": "127.0.0.1:%d" % cls.collector.port},
            {"name": "udp", "to": "syslog_udp", "format": "ocsf",
             "address": "127.0.0.1:%d" % cls.datagrams.getsockname()[1]}]}
        config["alerts"] = {"off": True}

    def indexes(self):
        return [index_of(m) for m in self.collector.messages]

    def wait_for_all(self):
        last = len(self.gateway.audit()) - 1
        harness.wait_until(lambda: last in self.indexes(), 10, "the last entry")

    def test_every_entry_arrives_as_it_is_and_a_collector_may_be_away(self):
        self.chats(3)
        self.wait_for_all()
        log = self.gateway.audit()
        self.assertEqual([entry_of(m) for m in self.collector.messages], log)
        self.assertEqual(self.indexes(), list(range(len(log))))
        one = self.collector.messages[1]
        leaf = re.search(r'leaf="([^"]+)"', one).group(1)
        raw = self.gateway.aiu("audit", "export", "--state-dir",
                               self.gateway.state).stdout.splitlines()[1]
        self.assertEqual(leaf, base64.b64encode(hashlib.sha256(b"\0" + raw).digest()).decode())
        # Away: requests go on, nothing is lost, each entry comes at least once and in order.
        port = self.collector.port
        self.collector.close()
        self.chats(5)
        fresh = Collector(port)
        seen = len(log)
        type(self).collector = fresh
        self.chats(1)
        self.wait_for_all()
        got = self.indexes()
        self.assertEqual(sorted(set(got)), list(range(min(got), len(self.gateway.audit()))))
        self.assertLessEqual(min(got), seen)
        # A restart goes on where it was.
        self.gateway.stop()
        count = len(fresh.messages)
        type(self).gateway = harness.Gateway(self.folder, self.mock, self.again)
        self.chats(1)
        self.wait_for_all()
        self.assertGreater(min(self.indexes()[count:]), seen)
        metrics = self.gateway.metrics()
        self.assertEqual(metrics['aiu_export_failures{export="tcp"}'], 0)

    def again(self, config):
        config.update({k: self.gateway.config[k] for k in ("audit", "alerts")})

    def test_datagrams_hold_ocsf_events(self):
        self.chats(1)
        line = self.datagrams.recv(65536).decode()
        event = json.loads(line[line.index(" AUDIT - ") + 9:])
        self.assertIn(event["class_uid"], (6003, 2004))


class Slow(Case):
    @classmethod
    def configure(cls, config):
        cls.listener = socket.create_server(("127.0.0.1", 0), backlog=1)
        cls.addClassCleanup(cls.listener.close)
        config["audit"] = {"exports": [
            {"name": "stuck", "to": "syslog_tcp", "from_start": True,
             "address": "127.0.0.1:%d" % cls.listener.getsockname()[1]}]}

    def test_a_collector_that_hangs_holds_up_nobody(self):
        began = time.monotonic()
        self.chats(200)
        self.assertLess(time.monotonic() - began, 20)
        began = time.monotonic()
        self.gateway.stop()
        self.assertLess(time.monotonic() - began, 15)


class Hanging(Case):
    """Collectors, a webhook and a command that never answer, all at once."""

    @classmethod
    def configure(cls, config):
        cls.listener = socket.create_server(("127.0.0.1", 0), backlog=64)  # nobody accepts
        cls.addClassCleanup(cls.listener.close)
        url = "http://127.0.0.1:%d" % cls.listener.getsockname()[1]
        program = os.path.join(cls.folder, "hang")
        with open(program, "w", encoding="utf-8") as f:
            f.write("#!/bin/sh\nexec sleep 60\n")
        os.chmod(program, 0o700)
        config["audit"] = {"exports": [
            {"name": name, "to": "otlp", "from_start": True, "url": url + "/v1/logs"}
            for name in ("one", "two", "three")]}
        config["alerts"] = {
            "rules": [{"name": "started", "when": "event", "event": "boot"},
                      {"name": "ended", "when": "event", "event": "maintenance"}],
            "to": [{"name": "page", "to": "command", "command": program},
                   {"name": "hook", "to": "webhook", "url": url + "/hook"},
                   {"name": "other", "to": "webhook", "url": url + "/other"}]}

    def test_the_end_waits_for_none_of_them(self):
        self.chats(3)
        self.gateway.aiu("maintenance", "on", "--scope", "model:x", "--state-dir",
                         self.gateway.state)
        harness.wait_until(lambda: self.gateway.metrics()["aiu_alerts_total"] > 0, 5, "an alert")
        began = time.monotonic()
        self.assertEqual(self.gateway.stop(), 0)
        self.assertLess(time.monotonic() - began, 4)


class Tls(Case):
    @classmethod
    def configure(cls, config):
        pem = harness.certificate(cls.folder, "collector", "DNS:localhost")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem + ".crt", pem)
        cls.collector, cls.stranger = Collector(context=context), Collector(context=context)
        cls.addClassCleanup(cls.collector.close)
        cls.addClassCleanup(cls.stranger.close)
        config["audit"] = {"exports": [
            {"name": "known", "to": "syslog_tls", "from_start": True, "ca_file": pem + ".crt",
             "address": "localhost:%d" % cls.collector.port},
            {"name": "stranger", "to": "syslog_tls", "from_start": True,
             "address": "localhost:%d" % cls.stranger.port}]}

    def test_a_certificate_is_verified(self):
        self.chats(1)
        harness.wait_until(lambda: len(self.collector.messages) >= 3, 10, "entries")
        harness.wait_until(lambda: self.gateway.metrics()[
            'aiu_export_failures{export="stranger"}'] > 0, 10, "the refusal")
        self.assertEqual(self.stranger.messages, [])


class Otlp(Case):
    @classmethod
    def configure(cls, config):
        cls.server = http_server(cls)
        cls.server.statuses = [503, 401, 200]
        config["audit"] = {"exports": [
            {"name": "otel", "to": "otlp", "from_start": True, "url": cls.server.url + "/v1/logs",
             "token": {"file": harness.write_private("%s/token" % cls.folder, "otlp-token")}}]}
        config["alerts"] = {"off": True}

    def records(self):
        return [r for status, _, body in self.server.posts if status == 200
                for r in json.loads(body)["resourceLogs"][0]["scopeLogs"][0]["logRecords"]]

    def test_batches_are_posted_and_posted_again(self):
        self.chats(2)
        want = len(self.gateway.audit())
        harness.wait_until(lambda: len(self.records()) >= want, 15, "the records")
        self.assertEqual(self.server.posts[0][0], 503)
        self.assertEqual([json.loads(r["body"]["stringValue"]) for r in self.records()],
                         self.gateway.audit())
        headers = {k.lower(): v for k, v in self.server.posts[0][1].items()}
        self.assertEqual(headers["authorization"], "Bearer otlp-token")


class Alerts(Case):
    environment = {"DEPLOY_TOKEN": "canary-of-the-environment"}

    @classmethod
    def configure(cls, config):
        cls.server = http_server(cls)
        cls.out = os.path.join(cls.folder, "alert.out")
        program = os.path.join(cls.folder, "page")
        with open(program, "w", encoding="utf-8") as f:
            f.write("#!/bin/sh\nenv >>%s.env\ncat >>%s\necho >>%s\n" % ((cls.out,) * 3))
        os.chmod(program, 0o700)
        config["alerts"] = {
            "rules": [{"name": "guessing", "when": "auth_failures", "more_than": 3,
                       "severity": "high"},
                      {"name": "denied", "when": "denials", "more_than": 2},
                      {"name": "switched", "when": "event", "event": "maintenance"}],
            "to": [{"name": "hook", "to": "webhook", "url": cls.server.url + "/hook",
                    "secret": {"file": harness.write_private("%s/hook" % cls.folder,
                                                             HOOK_SECRET)}},
                   {"name": "page", "to": "command", "command": program}]}
        config["policies"] = [{"name": "default", "request": {"pii": "block"}}]

    def posted(self, name):
        return [json.loads(body) for status, _, body in self.server.posts
                if status == 200 and json.loads(body)["alert"] == name]

    def test_wrong_keys_in_a_row_raise_one_alert_that_is_signed_and_tried_again(self):
        self.server.statuses = [500]
        for _ in range(6):
            self.chat(headers=harness.bearer("guess"))
        alert = harness.wait_until(lambda: self.posted("guessing"), 10, "the alert")[0]
        self.assertEqual((alert["severity"], alert["subject"]), ("high", "all"))
        _, headers, body = next(p for p in self.server.posts if b'"guessing"' in p[2])
        value = {k.lower(): v for k, v in headers.items()}["aiu-signature"]
        stamp, digest = re.fullmatch(r"t=(\d+),v1=([0-9a-f]{64})", value).groups()
        self.assertEqual(digest, hmac.new(HOOK_SECRET.encode(), stamp.encode() + b"." + body,
                                          hashlib.sha256).hexdigest())
        self.assertLess(abs(time.time() - int(stamp)), 60)
        self.assertEqual(len(self.posted("guessing")), 1)
        harness.wait_until(lambda: os.path.exists(self.out) and "guessing" in self.paged(), 10,
                           "the command")
        with open(self.out + ".env", encoding="utf-8") as f:
            variables = f.read()
        self.assertIn("PATH=", variables)
        self.assertNotIn("canary-of-the-environment", variables)
        # On record too, where it raises nothing.
        recorded = harness.wait_until(
            lambda: [e for e in self.gateway.audit() if e["t"] == "alert" and
                     e["alert"] == "guessing"], 5, "the record")
        self.assertEqual(len(recorded), 1)

    def paged(self):
        with open(self.out, encoding="utf-8") as f:
            return [json.loads(line)["alert"] for line in f if line.strip()]

    def test_repeated_denials_are_told_of_the_key(self):
        for _ in range(4):
            self.assert_refused(self.chat("mail " + harness.PLANTS["email"]), 400,
                                "content_blocked")
        alert = harness.wait_until(lambda: self.posted("denied"), 10, "the alert")[0]
        self.assertEqual(alert["subject"], "key:app1")
        self.assertNotIn(harness.PLANTS["email"], json.dumps(alert))

    def test_a_switch_is_told_at_once(self):
        began = time.monotonic()
        self.gateway.aiu("maintenance", "on", "--scope", "model:x", "--state-dir",
                         self.gateway.state)
        harness.wait_until(lambda: self.posted("switched"), 5, "the alert")
        self.assertLess(time.monotonic() - began, 2)
        self.gateway.aiu("maintenance", "off", "--scope", "model:x", "--state-dir",
                         self.gateway.state)

    def test_the_test_command_reaches_every_target(self):
        done = self.gateway.aiu("alerts", "test", "--config", self.gateway.config_path)
        self.assertIn(b"hook", done.stdout)
        harness.wait_until(lambda: self.posted("test"), 5, "the test")
        self.assertIn("test", self.paged())
        listed = self.gateway.aiu("alerts", "list", "--config", self.gateway.config_path).stdout
        self.assertIn(b"guessing", listed)

    def test_a_reload_takes_other_rules(self):
        self.gateway.config["alerts"]["rules"].append(
            {"name": "reloaded", "when": "event", "event": "config_change"})
        self.gateway.write_config()
        os.kill(self.gateway.pid, signal.SIGHUP)
        harness.wait_until(lambda: self.posted("reloaded"), 10, "the alert of the reload itself")


class Rsyslog(Case):
    """Debian's rsyslog as the collector."""

    @classmethod
    def configure(cls, config):
        program = shutil.which("rsyslogd", path=os.environ["PATH"] + ":/usr/sbin")
        if not program:
            raise unittest.SkipTest("there is no rsyslogd here")
        with socket.create_server(("127.0.0.1", 0)) as s:
            port = s.getsockname()[1]
        cls.out = os.path.join(cls.folder, "rsyslog.out")
        path = os.path.join(cls.folder, "rsyslog.conf")
        with open(path, "w", encoding="utf-8") as f:
            f.write('global(workDirectory="%s" maxMessageSize="64k")\n'
                    'module(load="imtcp")\ninput(type="imtcp" port="%d" address="127.0.0.1")\n'
                    'template(name="raw" type="string" string="%%rawmsg%%\\n")\n'
                    'action(type="omfile" file="%s" template="raw")\n' % (
                        cls.folder, port, cls.out))
        log = open(os.path.join(cls.folder, "rsyslog.log"), "wb")
        child = subprocess.Popen([program, "-n", "-f", path, "-i",
                                  os.path.join(cls.folder, "rsyslog.pid")],
                                 stdout=log, stderr=log)
        log.close()
        cls.addClassCleanup(child.wait)
        cls.addClassCleanup(child.kill)
        harness.wait_until(lambda: harness.connect(("127.0.0.1", port)).close() or True
                           if cls.listens(port) else False, 10, "rsyslogd")
        config["audit"] = {"exports": [{"name": "rsyslog", "to": "syslog_tcp", "from_start": True,
                                        "address": "127.0.0.1:%d" % port}]}

    @staticmethod
    def listens(port):
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", port)) == 0

    def lines(self):
        if not os.path.exists(self.out):
            return []
        with open(self.out, encoding="utf-8") as f:
            return [line for line in f if "[aiu@32473 " in line]

    def test_it_takes_every_entry(self):
        self.chats(20)
        want = len(self.gateway.audit())
        harness.wait_until(lambda: len(self.lines()) >= want, 15, "the lines")
        self.assertEqual([entry_of(line) for line in self.lines()][:want],
                         self.gateway.audit()[:want])


if __name__ == "__main__":
    harness.main()
