# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
"""The offline provider itself, as docs/mock.md describes it: a judge that is wrong judges wrong."""
import gzip
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import unittest

import harness
from harness import PLANTS, exchange


class Mock(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="aiu-e2e-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        cls.mock = harness.Mock(cls.folder)
        cls.addClassCleanup(cls.mock.stop)

    def chat(self, text="Hello", mock=None, **fields):
        return exchange(self.mock.address, "POST", "/v1/chat/completions", (),
                        harness.chat_body(text, mock, **fields))

    def test_it_echoes_what_arrived(self):
        for text in ("Hello", "caf\u00e9 \U0001f600 \" \\ \n", "x" * 100_000):
            self.assertEqual(self.chat(text).text(), text)
            self.assertEqual(self.chat(text, stream=True).text(), text)

    def test_the_same_request_has_the_same_answer(self):
        first, second = (re.sub(rb"mock[0-9]{8}", b"", self.chat("x", n=2).body) for _ in "ab")
        self.assertEqual(first, second)

    def test_it_records_each_request_before_it_answers(self):
        self.mock.forget()
        body = harness.chat_body("recorded \u00e9")
        exchange(self.mock.address, "POST", "/v1/chat/completions",
                 [("X-One", "a"), ("x-one", "b")], body)
        exchange(self.mock.address, "POST", "/v1/x?y=z", (), b"\xff\xfe")
        first, second = self.mock.requests()
        self.assertEqual((first["method"], first["path"]), ("POST", "/v1/chat/completions"))
        self.assertEqual(first["headers"]["x-one"], "a, b")
        self.assertEqual(first["body"].encode(), body)
        self.assertEqual((second["path"], second["body_b64"]), ("/v1/x?y=z", "//4="))

    def test_what_is_no_clean_request_is_recorded_as_that(self):
        self.mock.forget()
        bad = [b"GET / HTTP/1.1\r\nhost : x\r\n\r\n", b"\x16\x03\x01",
               b"POST /v1/x HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
               b"POST /v1/x HTTP/1.1\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
               b"POST /v1/x HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n2\r\na\r\n",
               b"POST /v1/x HTTP/1.1\r\ncontent-length: 5\r\n\r\nab", b"GET /v1/models HTTP/1.1\nhost: x\n\n"]
        for data in bad:
            harness.raw(self.mock.address, data, 1)
        lines = self.mock.requests()
        self.assertEqual(len(lines), len(bad))
        self.assertTrue(all(line.get("malformed") for line in lines), lines)

    def test_pipelined_and_chunked_requests(self):
        one = harness.encode("GET", "/v1/models")
        two = harness.encode("POST", "/v1/chat/completions", [("transfer-encoding", "chunked")],
                             b"%x\r\n%s\r\n0\r\n\r\n" % (len(harness.chat_body("two")),
                                                      harness.chat_body("two")))
        with harness.connect(self.mock.address) as s:
            s.sendall(one + two)
            reader = harness.Reader(s)
            self.assertEqual(reader.reply("GET").json()["object"], "list")
            self.assertEqual(reader.reply().text(), "two")

    def test_planted_secrets_stand_in_the_answer_and_not_in_the_request(self):
        for name, secret in PLANTS.items():
            mock = {"reply": "a {{%s}} b {{none}}" % name, "plant": [name]}
            self.assertNotIn(secret.encode(), harness.chat_body("x", mock))
            text = self.chat(mock=mock).text()
            self.assertEqual(text, "a %s b {{none}} %s: %s" % (secret, name, secret))

    def test_every_channel_and_every_cut_puts_together_the_same_text(self):
        for channel in ("content", "refusal", "reasoning", "tool", "logprobs"):
            for size in (1, 2, 7, 100):
                reply = self.chat(mock={"reply": "caf\u00e9 {{card}}", "channel": channel,
                                        "chunk": size, "write": size}, stream=True, n=2)
                for choice in (0, 1):
                    text = reply.text(channel, choice)
                    if channel == "tool":
                        text = json.loads(text)["text"]
                    self.assertEqual(text, "caf\u00e9 " + PLANTS["card"])
                self.assertTrue(reply.done() and reply.complete)

    def test_cuts_are_where_they_were_asked_for(self):
        reply = self.chat(mock={"reply": "abcdefgh", "cut": [1, 3]}, stream=True)
        parts = [c["choices"][0]["delta"].get("content") for c in reply.chunks()]
        self.assertEqual([p for p in parts if p], ["a", "bcd", "efgh"])

    def test_faults(self):
        def fault(kind, stream=False, **more):
            return self.chat(mock={"reply": "one two", "fault": dict(kind=kind, **more)},
                             stream=stream)
        for stream in (False, True):
            for after in (0, 1, 100):
                reply = fault("fin", stream, after=after)
                self.assertEqual((reply.complete, reply.error), (False, None))
                self.assertIsInstance(fault("reset", stream, after=after).error,
                                      ConnectionResetError)
                self.assertFalse(fault("garbage", True, after=after).complete)
        self.assertTrue(fault("html").header("content-type").startswith("text/html"))
        self.assertEqual(fault("empty").body, b"")
        self.assertEqual(fault("redirect").status, 307)
        self.assertFalse(fault("wrong_length").complete)
        self.assertEqual([n for n, _ in fault("dup_length").headers].count("content-length"), 2)
        self.assertIn(b"one two", gzip.decompress(fault("gzip").body))
        self.assertIn(b"one", gzip.decompress(fault("gzip", True).body))
        with self.assertRaises(ValueError):
            fault("bad_json").json()
        self.assertEqual(fault("json_for_stream", True).json()["object"], "chat.completion")
        self.assertFalse(fault("no_done", True).done())
        self.assertEqual(fault("early_hints", after=5).status, 200)
        self.assertGreater(len(fault("no_newline", True, size=1 << 20).body), 1 << 20)

    def test_statuses_errors_and_headers(self):
        reply = self.chat(mock={"status": 429, "headers": {"retry-after": "7", "x-a": ["1", "2"]}})
        self.assertEqual((reply.status, reply.header("retry-after")), (429, "7"))
        self.assertEqual([v for n, v in reply.headers if n == "x-a"], ["1", "2"])
        self.assertEqual(reply.error_object()["code"], "rate_limit_exceeded")
        error = {"message": "{{email}}", "type": "t", "param": None, "code": "c"}
        self.assertEqual(self.chat(mock={"status": 400, "error": error}).error_object()["message"],
                         PLANTS["email"])

    def test_a_wish_that_it_does_not_know_is_an_error(self):
        for mock in ({"replly": "x"}, {"chunk": "x"}, {"fault": {"kind": "x"}}, {"plant": ["x"]}, 1):
            self.assertEqual(self.chat(mock=mock).error_object()["code"], "bad_mock", mock)

    def test_a_schema_gives_a_value_that_fits(self):
        schema = {"$defs": {"P": {"type": "object", "properties": {"q": {"$ref": "#/$defs/P"}}}},
                  "type": "object", "properties": {
                      "a": {"enum": ["x", "y"]}, "b": {"type": ["integer", "null"], "minimum": 3},
                      "c": {"type": "array", "items": {"type": "boolean"}, "minItems": 2},
                      "d": {"anyOf": [{"const": None}, {"type": "string"}]}, "e": {"$ref": "#/$defs/P"}}}
        reply = self.chat(response_format={"type": "json_schema", "json_schema": {"schema": schema}})
        value = json.loads(reply.text())
        self.assertEqual((value["a"], value["b"], value["c"], value["d"]), ("x", 3, [True] * 2, None))

    def test_the_benchmarks_answers_have_their_sizes(self):
        self.assertEqual(len(self.chat(model="mock-bench").body), 749)
        reply = exchange(self.mock.address, "POST", "/v1/chat/completions", (),
                         b'{"model":"mock-bench","stream":true}')
        self.assertEqual(len(reply.events()), 43)
        self.assertTrue(10_500 < len(reply.body) < 11_000, len(reply.body))

    def test_the_command_line(self):
        def run(*arguments):
            return subprocess.run([harness.MOCK, *arguments], capture_output=True, timeout=10)
        self.assertEqual(run("--version").returncode, 0)
        self.assertIn(b"usage", run("--help").stdout)
        for bad in ((), ("--listen",), ("--listen", "nowhere"), ("--listen", "1.2.3.4:x"),
                    ("--nonsense",), ("--listen", "127.0.0.1:0", "more")):
            self.assertEqual(run(*bad).returncode, 2, bad)
        taken = "%s:%d" % self.mock.address
        self.assertNotIn(run("--listen", taken).returncode, (0, 2))

    def test_a_unix_socket_and_a_signal(self):
        path = os.path.join(self.folder, "mock.sock")
        process = harness.Process([harness.MOCK, "--listen", "unix:" + path, "--quiet"],
                                  os.path.join(self.folder, "unix.log"))
        self.assertEqual(process.wait_ready(), "unix:" + path)
        idle = harness.connect(path)
        self.assertEqual(exchange(path, "GET", "/v1/models/mock-echo").status, 200)
        self.assertEqual(process.stop(signal.SIGTERM), 0)
        idle.close()


if __name__ == "__main__":
    harness.main()
