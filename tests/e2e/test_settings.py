# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
"""Settings that other tests leave as they are, each by what it does: a provider over TLS, where its
key comes from, addresses, limits of the whole gateway (S1-S5, S24-S27, docs/configuration.md)."""
import concurrent.futures
import json
import os
import socket
import ssl
import threading

import harness
from harness import bearer, certificate, chat_body, exchange


class Terminator:
    """TLS in front of a plain server, like a provider's."""

    def __init__(self, pem, target):
        self.target = target
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(pem + ".crt", pem)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def close(self):
        self.listener.close()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        try:
            with self.context.wrap_socket(client, server_side=True) as inner, \
                    socket.create_connection(self.target) as outer:
                back = threading.Thread(target=self.copy, args=(outer, inner), daemon=True)
                back.start()
                self.copy(inner, outer)
                back.join()
        except OSError:
            client.close()

    @staticmethod
    def copy(a, b):
        try:
            while piece := a.recv(65536):
                b.sendall(piece)
            b.shutdown(socket.SHUT_WR)
        except OSError:
            pass


class Settings(harness.Case):
    def start(self, change=None, **more):
        folder = os.path.join(self.folder, self.id().rsplit(".", 1)[1] + str(len(self.started)))
        os.makedirs(folder)
        gateway = harness.Gateway(folder, self.mock, change, **more)
        self.started.append(gateway)
        self.addCleanup(gateway.stop)
        return gateway

    def setUp(self):
        self.started = []
        self.mock.forget()

    def ask(self, gateway, text="Hello", mock=None, **fields):
        return exchange(gateway.address, "POST", "/v1/chat/completions", bearer(),
                        chat_body(text, mock, **fields))

    def provider_key(self):
        return self.mock.requests()[-1]["headers"].get("authorization")

    # A provider over TLS.

    def test_a_provider_over_tls(self):
        pem = certificate(self.folder, "provider")
        tls = Terminator(pem, self.mock.address)
        self.addCleanup(tls.close)

        def over_tls(config):
            config["providers"][0].update(base_url="https://127.0.0.1:%d/v1" % tls.port,
                                          ca_file=pem + ".crt")
        gateway = self.start(over_tls)
        for stream in (False, True):
            for text in ("Hello", "word " * 30000):
                self.assertEqual(self.ask(gateway, text, stream=stream).text(), text)

    def test_a_provider_that_cannot_prove_who_it_is_gets_nothing(self):
        pem, other = certificate(self.folder, "impostor"), certificate(self.folder, "authority")
        tls = Terminator(pem, self.mock.address)
        self.addCleanup(tls.close)
        for host, ca in (("127.0.0.1", other + ".crt"), ("localhost", pem + ".crt"),
                         ("127.0.0.1", None)):
            with self.subTest(host=host, ca=ca):
                def change(config, host=host, ca=ca):
                    config["providers"][0]["base_url"] = "https://%s:%d/v1" % (host, tls.port)
                    if ca:
                        config["providers"][0]["ca_file"] = ca
                reply = self.ask(self.start(change))
                self.assertEqual((reply.status, reply.error_object()["code"]),
                                 (502, "provider_tls_failed"))
        self.assertEqual(self.mock.requests(), [])

    def test_plain_http_to_another_machine_must_be_allowed_in_words(self):
        def change(config):
            config["providers"][0]["base_url"] = "http://192.0.2.1/v1"
        with self.assertRaises(AssertionError) as caught:
            self.start(change)
        self.assertIn("allow_plaintext", str(caught.exception))

    # Where a provider's key comes from.

    def test_the_sources_of_a_key(self):
        credentials = os.path.join(self.folder, "credentials")
        os.makedirs(credentials)
        harness.write_private(os.path.join(credentials, "openai"), "key-of-systemd-0123456789")
        for source, env, wanted in (
                ({"env": "E2E_KEY"}, {"E2E_KEY": "key-of-env-0123456789abc"},
                 "key-of-env-0123456789abc"),
                ({"command": ["/bin/echo", "key-of-command-0123456789"]}, {},
                 "key-of-command-0123456789"),
                ({"credential": "openai"}, {"CREDENTIALS_DIRECTORY": credentials},
                 "key-of-systemd-0123456789")):
            with self.subTest(source=source):
                def change(config, source=source):
                    config["providers"][0]["api_key"] = source
                gateway = self.start(change, env=env)
                self.assertEqual(self.ask(gateway).text(), "Hello")
                self.assertEqual(self.provider_key(), "Bearer " + wanted)
                for pid in gateway.processes():
                    with open("/proc/%d/environ" % pid, "rb") as f:
                        self.assertNotIn(wanted.encode(), f.read())

    def test_the_guides_variables_alone(self):
        """S1, S5: no providers, no models: AI_API_KEY, AI_BASE_URL."""
        def change(config):
            del config["providers"], config["models"]
        gateway = self.start(change, env={"AI_API_KEY": "key-of-the-guide-0123456789",
                                          "AI_BASE_URL": self.mock.url + "/v1"})
        self.assertEqual(self.ask(gateway).text(), "Hello")
        self.assertEqual(self.provider_key(), "Bearer key-of-the-guide-0123456789")

    def test_headers_of_the_account_go_on_only_where_that_is_wanted(self):
        extra = bearer() + [("OpenAI-Organization", "org-1"), ("OpenAI-Project", "proj-1")]
        for on in (False, True):
            def change(config, on=on):
                config["providers"][0]["account_headers"] = on
            gateway = self.start(change)
            reply = exchange(gateway.address, "POST", "/v1/chat/completions", extra, chat_body())
            self.assertEqual(reply.status, 200)
            sent = self.mock.requests()[-1]["headers"]
            self.assertEqual("openai-organization" in sent, on)
            self.assertEqual("openai-project" in sent, on)

    # Addresses.

    def test_an_admin_address_with_a_token(self):
        with socket.create_server(("127.0.0.1", 0)) as s:
            port = s.getsockname()[1]
        token = "token-of-the-operators-0123456789"
        path = harness.write_private(os.path.join(self.folder, "admin.token"), token)

        def change(config):
            config["listen"] = {"admin": {"address": "127.0.0.1:%d" % port,
                                          "token": {"file": path}}}
        self.start(change)
        admin = ("127.0.0.1", port)
        self.assertEqual(exchange(admin, "GET", "/metrics").status, 401)
        self.assertEqual(exchange(admin, "GET", "/metrics", bearer("wrong" * 6)).status, 401)
        reply = exchange(admin, "GET", "/metrics", bearer(token))
        self.assertEqual(reply.status, 200)
        self.assertIn(b"aiu_requests_total", reply.body)

    def test_data_on_a_unix_socket_and_on_ipv6(self):
        path = os.path.join(self.folder, "data.sock")
        gateway = self.start(arguments=["--listen", "unix:" + path])
        reply = exchange(path, "POST", "/v1/chat/completions", bearer(), chat_body("Hello"))
        self.assertEqual(reply.text(), "Hello")
        self.assertEqual(gateway.stop(), 0)
        self.assertFalse(os.path.exists(path))
        try:
            socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        except OSError:
            self.skipTest("no IPv6 here")
        gateway = self.start(arguments=["--listen", "[::1]:0"])
        self.assertEqual(self.ask(gateway).text(), "Hello")

    # Limits of the whole gateway.

    def test_the_largest_body_head_and_answer(self):
        def change(config):
            config["limits"] = {"max_body": "60KiB", "max_headers": "4KiB",
                                "max_response": "30KiB"}
        gateway = self.start(change)
        self.assertEqual(self.ask(gateway, "x " * 14000).status, 200)
        reply = self.ask(gateway, "x " * 32000)
        self.assertEqual((reply.status, reply.error_object()["code"]), (413, "body_too_large"))
        reply = exchange(gateway.address, "POST", "/v1/chat/completions",
                         bearer() + [("x-long", "y" * 5000)], chat_body())
        self.assertEqual(reply.status, 431)
        reply = self.ask(gateway, mock={"reply": "z " * 20000})
        self.assertEqual(reply.status, 502)
        reply = self.ask(gateway, mock={"reply": "z " * 20000}, stream=True)
        self.assertFalse(reply.done())
        self.assertIsNotNone(reply.stream_error())
        self.assertEqual(self.ask(gateway).text(), "Hello")

    def test_memory_that_all_requests_share(self):
        def change(config):
            config["limits"] = {"memory": "1MiB"}
        gateway = self.start(change)
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            replies = list(pool.map(lambda i: self.ask(gateway, "word " * 38000), range(16)))
        codes = {r.status for r in replies}
        self.assertIn(503, codes)
        self.assertLessEqual(codes, {200, 503})
        self.assertEqual(self.ask(gateway).text(), "Hello")

    def test_connections(self):
        def change(config):
            config["limits"] = {"connections": 8}
            config["workers"] = 1
        gateway = self.start(change)
        open_ones = [harness.connect(gateway.address) for _ in range(9)]
        try:
            for s in open_ones[:8]:
                s.sendall(b"POST /v1/chat/completions HTTP/1.1\r\n")
            harness.wait_until(lambda: self.ask(gateway).status == 503, 3, "the refusal")
        finally:
            for s in open_ones:
                s.close()
        harness.wait_until(lambda: self.ask(gateway).status == 200, 3, "room again")

    def test_a_caller_that_dawdles(self):
        def change(config):
            config["timeouts"] = {"header": "300ms", "body_idle": "300ms", "keep_alive": "300ms"}
        gateway = self.start(change)
        head = harness.encode("POST", "/v1/chat/completions", bearer(), chat_body())
        for part in (head[:30], head[:-5], b""):
            with self.subTest(part=part[:40]), harness.connect(gateway.address, 5) as s:
                s.sendall(part)
                said = b""
                while piece := s.recv(4096):
                    said += piece
                self.assertTrue(said == b"" or b" 408 " in said, said[:100])

    def test_the_log_as_json(self):
        gateway = self.start(lambda c: c.update(log={"level": "info", "format": "json"}))
        lines = [line for line in gateway.log().splitlines() if line.startswith("{")]
        self.assertTrue(lines)
        for line in lines:
            self.assertIn("event", json.loads(line))


if __name__ == "__main__":
    harness.main()
