# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
"""The data address over TLS: chats and streams, certificates of callers, a certificate that is
renewed, and key files that cannot be used (S24-S26)."""
import json
import os
import signal
import ssl
import subprocess
import warnings

import harness
from harness import certificate


def text_of(path):
    with open(path) as f:
        return f.read()


def with_tls(config, pem, **more):
    config.setdefault("listen", {}).setdefault("data", {})["tls"] = {
        "certificate": {"file": pem + ".crt"}, "key": {"file": pem}, **more}


class TlsCase(harness.Case):
    """Its gateway shows a certificate."""

    @classmethod
    def configure(cls, config):
        cls.pem = certificate(cls.folder, "gateway")
        with_tls(config, cls.pem)

    def connect(self, gateway=None, client=None, cafile=None):
        context = ssl.create_default_context(cafile=cafile or self.pem + ".crt")
        if client:
            context.load_cert_chain(client + ".crt", client)
        s = harness.connect((gateway or self.gateway).address)
        return context.wrap_socket(s, server_hostname="127.0.0.1")

    def ask(self, s, text, **fields):
        s.sendall(harness.encode("POST", "/v1/chat/completions", harness.bearer(),
                                 harness.chat_body(text, **fields)))
        return harness.Reader(s).reply()


class Tls(TlsCase):
    def test_chats_and_streams_on_one_connection(self):
        large = "word " * 20000
        with self.connect() as s:
            for text in ("Hello", large, "card 4111 1111 1111 1111"):
                for stream in (False, True):
                    reply = self.ask(s, text, stream=stream)
                    self.assertEqual(reply.status, 200)
                    wanted = "card [REDACTED:card]" if text.startswith("card") else text
                    self.assertEqual(reply.text().strip(), wanted.strip())
        self.assertTrue(self.gateway.url.startswith("https://"))

    def test_a_caller_without_tls_learns_nothing(self):
        with harness.connect(self.gateway.address) as s:
            s.sendall(harness.encode("POST", "/v1/chat/completions", harness.bearer(),
                                     harness.chat_body("Hello")))
            said = b""
            try:
                while piece := s.recv(4096):
                    said += piece
            except ConnectionError:
                pass
        self.assertNotIn(b"200 OK", said)
        with self.connect() as s:
            self.assertEqual(self.ask(s, "and on").text(), "and on")

    def test_old_protocols_are_refused(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            context.wrap_socket(harness.connect(self.gateway.address))


class Own(TlsCase):
    """Gateways of their own: each test changes the files."""

    def start(self, name, pem, **more):
        folder = os.path.join(self.folder, name)
        os.makedirs(folder, exist_ok=True)
        gateway = harness.Gateway(folder, self.mock, lambda c: with_tls(c, pem, **more))
        self.addCleanup(gateway.stop)
        return gateway

    def shown(self, gateway, cafile):
        with self.connect(gateway, cafile=cafile) as s:
            return ssl.DER_cert_to_PEM_cert(s.getpeercert(True))

    def test_a_new_certificate_is_shown_to_new_connections(self):
        pem, both = certificate(self.folder, "one"), os.path.join(self.folder, "both.crt")
        other = certificate(self.folder, "two")
        first, second = text_of(pem + ".crt"), text_of(other + ".crt")
        with open(both, "w") as f:
            f.write(first + second)
        gateway = self.start("renewed", pem)
        self.assertEqual(self.shown(gateway, both), first)
        with self.connect(gateway, cafile=both) as old:
            os.replace(other, pem)
            os.replace(other + ".crt", pem + ".crt")
            os.kill(gateway.pid, signal.SIGHUP)
            harness.wait_until(lambda: self.shown(gateway, both) == second, 3, "the new one")
            self.assertEqual(self.ask(old, "Hello").text(), "Hello")
        os.replace(certificate(self.folder, "three") + ".crt", pem + ".crt")  # of another key
        os.kill(gateway.pid, signal.SIGHUP)
        harness.wait_until(lambda: "reload_refused" in gateway.log(), 3, "the refusal")
        self.assertEqual(self.shown(gateway, both), second)

    def test_callers_must_show_a_certificate_where_one_is_asked_for(self):
        pem, known = certificate(self.folder, "server"), certificate(self.folder, "known")
        stranger = certificate(self.folder, "stranger")
        gateway = self.start("mutual", pem, client_ca={"file": known + ".crt"})
        with self.connect(gateway, client=known, cafile=pem + ".crt") as s:
            self.assertEqual(self.ask(s, "Hello").text(), "Hello")
        self.mock.forget()
        for client in (None, stranger):
            with self.subTest(client=client), self.assertRaises((ssl.SSLError, ConnectionError)):
                with self.connect(gateway, client=client, cafile=pem + ".crt") as s:
                    self.ask(s, "Hello")  # in TLS 1.3 the refusal comes behind the handshake
                    s.recv(1)
                    raise ConnectionError
        self.assertEqual(self.mock.requests(), [])

    def test_files_that_cannot_be_used_are_named(self):
        good, other = certificate(self.folder, "good"), certificate(self.folder, "other")
        exposed = certificate(self.folder, "exposed")
        os.chmod(exposed, 0o644)
        text = os.path.join(self.folder, "text")
        with open(text, "w") as f:
            f.write("no certificate\n")
        folder = os.path.join(self.folder, "bad")
        os.makedirs(folder)
        for change, wanted in (({"key": {"file": exposed}}, "listen.data.tls.key"),
                               ({"key": {"file": other}}, "listen.data.tls"),
                               ({"certificate": {"file": text}}, "listen.data.tls"),
                               ({"client_ca": {"file": text}}, "listen.data.tls"),
                               ({"key": {"file": self.folder + "/none"}}, "listen.data.tls.key")):
            with self.subTest(change=change):
                config = harness.default_config(folder, self.mock.url)
                with_tls(config, good, **change)
                path = harness.write_private(os.path.join(folder, "config.yaml"),
                                             json.dumps(config))
                done = subprocess.run(
                    [harness.AIU, "gateway", "--config", path, "--listen", "127.0.0.1:0",
                     "--state-dir", os.path.join(folder, "state")], capture_output=True,
                    timeout=20, stdin=subprocess.DEVNULL)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(wanted, done.stderr.decode())
                self.assertNotIn("ready", done.stderr.decode())


if __name__ == "__main__":
    harness.main()
