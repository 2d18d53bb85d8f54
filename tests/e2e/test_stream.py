# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
"""Streams: what is secret is found however the provider cuts it and in whatever channel, all else
comes through as it was and at once, and a stream that breaks never looks whole (S57-S59, S24, S26;
SECURITY-TESTS rows 1-5, 25, 26, 28-30)."""
import json
import os
import re
import time

import harness
from harness import PLANTS, exchange

TEXT = "Before {{card}} middle {{email}} and {{openai_key}} end."
PARTS = ["Before ", " middle ", " and ", " end."]
CHANNELS = ["content", "refusal", "reasoning", "tool"]


def seen_text(reply, channel, choice=0):
    text = reply.text(channel, choice)
    return json.loads(text)["text"] if channel == "tool" else text


def logprob_bytes(reply):
    values = []
    for chunk in reply.chunks():
        for choice in chunk["choices"]:
            for token in (choice.get("logprobs") or {}).get("content") or []:
                values += token.get("bytes") or []
    return bytes(values)


class Redaction(harness.Case):
    """Planted secrets, in every channel and every cut."""

    def assert_clean(self, reply, channel="content", choice=0):
        self.assertEqual(reply.status, 200, reply.body[:500])
        self.assertTrue(reply.complete)
        self.assertTrue(reply.done())
        text = seen_text(reply, channel, choice)
        self.assert_no_secret(text)
        self.assert_no_secret(reply.body)
        self.assertEqual(re.split(r"\[REDACTED[^\]]*\]", text), PARTS)

    def test_every_size_of_delta_in_every_channel(self):
        for channel in CHANNELS:
            for size in range(1, 65):
                with self.subTest(channel=channel, chunk=size):
                    mock = {"reply": TEXT, "chunk": size, "channel": channel}
                    self.assert_clean(self.chat(mock=mock, stream=True), channel)

    def test_every_place_of_one_cut(self):
        for at in range(1, 120):
            with self.subTest(cut=at):
                self.assert_clean(self.chat(mock={"reply": TEXT, "cut": [at]}, stream=True))

    def test_one_byte_a_write(self):
        for channel in CHANNELS:
            for size in (1, 7, 1000):
                with self.subTest(channel=channel, chunk=size):
                    mock = {"reply": TEXT, "chunk": size, "channel": channel, "write": 1}
                    self.assert_clean(self.chat(mock=mock, stream=True), channel)

    def test_text_written_in_escapes(self):
        for channel in CHANNELS:
            for size in (1, 5, 1000):
                with self.subTest(channel=channel, chunk=size):
                    mock = {"reply": TEXT, "chunk": size, "channel": channel, "escape": True}
                    self.assert_clean(self.chat(mock=mock, stream=True), channel)

    def test_several_choices_come_interleaved_and_each_is_clean(self):
        for channel in CHANNELS:
            for size in (1, 3, 10, 60):
                with self.subTest(channel=channel, chunk=size):
                    reply = self.chat(mock={"reply": TEXT, "chunk": size, "channel": channel},
                                      stream=True, n=3)
                    for choice in range(3):
                        self.assert_clean(reply, channel, choice)

    def test_two_tool_calls_at_once(self):
        for size in (1, 4, 33):
            reply = self.chat(mock={"reply": TEXT, "chunk": size, "channel": "tool", "tools": 2},
                              stream=True)
            calls = {0: "", 1: ""}
            for chunk in reply.chunks():
                for call in chunk["choices"][0]["delta"].get("tool_calls") or []:
                    calls[call["index"]] += call["function"].get("arguments", "")
            for arguments in calls.values():
                self.assert_no_secret(arguments)
                self.assertEqual(re.split(r"\[REDACTED[^\]]*\]", json.loads(arguments)["text"]),
                                 PARTS)

    def test_logprobs_do_not_tell_what_the_text_hides(self):
        for channel in ("content", "logprobs"):
            for size in (1, 5, 1000):
                with self.subTest(channel=channel, chunk=size):
                    reply = self.chat(mock={"reply": TEXT, "chunk": size, "channel": channel},
                                      stream=True, logprobs=True)
                    self.assertEqual(reply.status, 200, reply.body[:300])
                    self.assert_no_secret(reply.text("logprobs"))
                    self.assert_no_secret(logprob_bytes(reply))
                    self.assert_no_secret(reply.body)

    def test_whole_answers_in_every_channel(self):
        for channel in CHANNELS:
            for escape in (False, True):
                with self.subTest(channel=channel, escape=escape):
                    reply = self.chat(mock={"reply": TEXT, "channel": channel, "escape": escape},
                                      n=2)
                    self.assertEqual(reply.status, 200, reply.body[:300])
                    self.assert_no_secret(reply.body)
                    for choice in range(2):
                        text = seen_text(reply, channel, choice)
                        self.assertEqual(re.split(r"\[REDACTED[^\]]*\]", text), PARTS)

    def test_every_planted_kind(self):
        for name in PLANTS:
            for stream in (False, True):
                with self.subTest(kind=name, stream=stream):
                    mock = {"reply": "a {{%s}} b" % name, "chunk": 3}
                    reply = self.chat(mock=mock, stream=stream)
                    self.assert_no_secret(reply.text(), [name])

    def test_a_secret_at_the_very_end_and_a_secret_alone(self):
        for text in ("x {{card}}", "{{card}}", "{{card}}{{email}}", "{{github_pat}}"):
            for size in (1, 2, 1000):
                with self.subTest(text=text, chunk=size):
                    reply = self.chat(mock={"reply": text, "chunk": size}, stream=True)
                    self.assert_no_secret(reply.text())
                    self.assertTrue(reply.done())

    def test_a_key_of_many_lines(self):
        for size in (1, 11, 1000):
            reply = self.chat(mock={"reply": "a {{pem}} b", "chunk": size}, stream=True)
            self.assertNotIn("MIIEowIBAAKCAQEA", reply.text())


class Flow(harness.Case):
    """What has nothing to hide."""

    def test_harmless_text_comes_through_as_it_was(self):
        texts = ["plain words", "digits 4111 and 12:30 and 3.14159, 2026-11-24",
                 "caf\u00e9 na\u00efve \u65e5\u672c\u8a9e \U0001f469\u200d\U0001f4bb \u0939\u093f\u0928\u094d\u0926\u0940",
                 'quotes " back \\ slash / tab \t line\nend', "a@b and sk- and ghp_ and AKIA",
                 "[REDACTED] is not ours", "x" * 5000]
        for text in texts:
            for size in (1, 2, 3, 16, 4000):
                with self.subTest(text=text[:20], chunk=size):
                    reply = self.chat(mock={"reply": text, "chunk": size}, stream=True)
                    self.assertEqual(reply.text(), text)
                    self.assertTrue(reply.complete and reply.done())

    def test_words_come_when_they_come(self):
        mock = {"reply": "one two three four five six seven eight", "delay_ms": 100}
        with harness.connect(self.gateway.address) as s:
            began = time.monotonic()
            s.sendall(harness.encode("POST", "/v1/chat/completions", harness.bearer(),
                                     harness.chat_body("x", mock, stream=True)))
            got = b""
            while b'"one' not in got:
                got += s.recv(65536)
            first = time.monotonic() - began
            while b"[DONE]" not in got:
                got += s.recv(65536)
            whole = time.monotonic() - began
        self.assertLess(first, whole - 0.4, "the stream was buffered")

    def test_events_are_written_as_clients_need_them(self):
        reply = self.chat(mock={"reply": "one two three"}, stream=True,
                          stream_options={"include_usage": True})
        self.assertTrue(reply.header("content-type").startswith("text/event-stream"))
        for line in reply.body.split(b"\n"):
            self.assertRegex(line, rb"^(data: \S.*)?$|^: ?")
        self.assertNotIn(b"\r", reply.body)
        self.assertEqual(reply.chunks()[-1]["usage"]["total_tokens"],
                         reply.chunks()[-1]["usage"]["prompt_tokens"] +
                         reply.chunks()[-1]["usage"]["completion_tokens"])

    def test_a_caller_who_leaves_is_noticed_by_the_provider(self):
        before = self.mock.stats()["aborted"]
        s = harness.connect(self.gateway.address)
        s.sendall(harness.encode("POST", "/v1/chat/completions", harness.bearer(), harness.chat_body(
            "x", {"reply": "word " * 500, "delay_ms": 50}, stream=True)))
        self.assertIn(b"200", s.recv(1000))
        s.close()
        harness.wait_until(lambda: self.mock.stats()["aborted"] > before, 2, "the provider's side")

    def test_a_caller_who_does_not_read_costs_no_memory(self):
        harness.needs_true_memory()
        before = harness.resident_kib(self.gateway.processes())
        mock = {"reply": "word " * 20_000, "chunk": 2000}
        with harness.connect(self.gateway.address) as s:
            s.sendall(harness.encode("POST", "/v1/chat/completions", harness.bearer(),
                                     harness.chat_body("x", mock, stream=True, n=100)))
            time.sleep(1.5)
            self.assertLess(harness.resident_kib(self.gateway.processes()) - before, 8 << 10)

    def test_a_hundred_streams_at_once_do_not_mix(self):
        def one(i):
            reply = self.chat("nonce-%d" % i, {"reply": "answer %d {{email}} end %d" % (i, i),
                                               "chunk": 1 + i % 9, "delay_ms": 1}, stream=True)
            return re.sub(r"\[REDACTED[^\]]*\]", "", reply.text())
        answers = harness.run_parallel(100, one)
        self.assertEqual(answers, ["answer %d  end %d" % (i, i) for i in range(100)])


class Broken(harness.Case):
    """Providers that break off or answer what is no answer."""

    MOCK = {"reply": "one two three four"}

    @classmethod
    def configure(cls, config):
        config["providers"][0]["timeouts"].update(first_byte="1s", idle="1s")

    def body_length(self, stream):
        """Bytes on the wire after the head, up to and without the last event."""
        body = harness.chat_body("x", self.MOCK, stream=stream)
        with harness.connect(self.mock.address) as s:
            s.sendall(harness.encode("POST", "/v1/chat/completions", [("connection", "close")], body))
            got = b""
            while True:
                part = s.recv(65536)
                if not part:
                    break
                got += part
        body = got.split(b"\r\n\r\n", 1)[1]
        return body.index(b"[DONE]") if stream else len(body)

    def assert_broken(self, reply, code=None):
        """Either a real error status, or a stream that ends with an error and is cut off."""
        self.assertNotIn("[DONE]", reply.events())
        if reply.status != 200:
            self.assertIn(reply.status, (502, 504), reply.body)
            error = reply.error_object()
        else:
            error = reply.stream_error()
            self.assertIsNotNone(error, reply.body[-300:])
            self.assertFalse(reply.complete, "a broken stream ended cleanly")
            self.assertEqual(reply.events()[-1][:9], '{"error":')
        self.assertTrue(error["code"].startswith("provider_"), error)
        if code:
            self.assertEqual(error["code"], code)
        return reply

    def test_a_stream_that_breaks_at_any_byte_never_looks_whole(self):
        length = self.body_length(stream=True)
        for kind in ("reset", "fin", "garbage"):
            for after in list(range(0, length, 11)) + [length - 1]:
                with self.subTest(kind=kind, after=after):
                    mock = dict(self.MOCK, fault={"kind": kind, "after": after})
                    self.assert_broken(self.chat(mock=mock, stream=True))

    def test_an_answer_that_breaks_at_any_byte_is_a_502(self):
        length = self.body_length(stream=False)
        for kind in ("reset", "fin"):
            for after in list(range(0, length, 23)) + [length - 1]:
                with self.subTest(kind=kind, after=after):
                    mock = dict(self.MOCK, fault={"kind": kind, "after": after})
                    reply = self.chat(mock=mock)
                    self.assertEqual(reply.status, 502, reply.body)
                    self.assertTrue(reply.complete)
                    self.assertTrue(reply.error_object()["code"].startswith("provider_"))

    def test_a_head_that_breaks_at_any_byte_is_a_502(self):
        for kind in ("reset", "fin", "garbage"):
            for after in range(0, 120, 7):
                for stream in (False, True):
                    with self.subTest(kind=kind, after=after, stream=stream):
                        fault = {"kind": kind, "after": after, "from": "start"}
                        reply = self.chat(mock=dict(self.MOCK, fault=fault), stream=stream)
                        self.assertEqual(reply.status, 502, reply.body)

    def test_silence_before_the_first_byte_is_a_504(self):
        for stream in (False, True):
            began = time.monotonic()
            fault = {"kind": "silence", "after": 0, "from": "start"}
            reply = self.chat(mock=dict(self.MOCK, fault=fault), stream=stream)
            self.assert_refused(reply, 504, "provider_timeout")
            self.assertLess(time.monotonic() - began, 4)

    def test_silence_in_the_middle_ends_the_stream_with_an_error(self):
        for after in (0, 400, 900):
            with self.subTest(after=after):
                fault = {"kind": "silence", "after": after}
                reply = self.chat(mock=dict(self.MOCK, fault=fault), stream=True)
                self.assert_broken(reply, "provider_timeout")

    def test_what_is_no_answer_is_a_502(self):
        for kind in ("html", "empty", "wrong_length", "short_length", "dup_length", "gzip",
                     "bad_json"):
            with self.subTest(kind=kind):
                reply = self.chat(mock=dict(self.MOCK, fault={"kind": kind}))
                self.assertEqual(reply.status, 502, reply.body)
                self.assertNotIn(b"mock", reply.body.replace(b"x-request", b""))
                self.assertEqual(self.chat("after it").text(), "after it")

    def test_what_is_no_stream_is_a_502(self):
        for kind in ("html", "empty", "dup_length", "gzip", "json_for_stream", "redirect"):
            with self.subTest(kind=kind):
                reply = self.chat(mock=dict(self.MOCK, fault={"kind": kind}), stream=True)
                self.assertEqual(reply.status, 502, reply.body[:300])
                self.assertEqual(self.chat("after it").text(), "after it")

    def test_an_event_that_is_no_json_ends_the_stream(self):
        self.assert_broken(self.chat(mock=dict(self.MOCK, fault={"kind": "bad_json", "after": 2}),
                                     stream=True))

    def test_a_redirect_is_not_followed(self):
        self.mock.forget()
        reply = self.chat(mock=dict(self.MOCK, fault={"kind": "redirect"}))
        self.assertEqual(reply.status, 502, reply.body)
        self.assertIsNone(reply.header("location"))
        self.assertEqual([r["path"] for r in self.mock.requests()], ["/v1/chat/completions"])

    def test_interim_answers_are_skipped(self):
        reply = self.chat(mock=dict(self.MOCK, fault={"kind": "early_hints", "after": 3}))
        self.assertEqual(reply.status, 200, reply.body)
        flood = self.chat(mock=dict(self.MOCK, fault={"kind": "early_hints", "after": 9999}))
        self.assertIn(flood.status, (200, 502))

    def test_a_line_without_end_costs_no_memory(self):
        harness.needs_true_memory()
        before = harness.resident_kib(self.gateway.processes())
        most = 0
        mock = dict(self.MOCK, fault={"kind": "no_newline", "size": 100 << 20})
        with harness.connect(self.gateway.address) as s:
            s.sendall(harness.encode("POST", "/v1/chat/completions", harness.bearer(),
                                     harness.chat_body("x", mock, stream=True)))
            s.settimeout(0.05)
            got, deadline = b"", time.monotonic() + 20
            while time.monotonic() < deadline:
                most = max(most, harness.resident_kib(self.gateway.processes()))
                try:
                    part = s.recv(1 << 20)
                except TimeoutError:
                    continue
                except OSError:
                    break
                if not part:
                    break
                got += part
        self.assertIn(b'"error"', got[-1000:])
        self.assertNotIn(b"[DONE]", got)
        self.assertLess(most - before, 12 << 10)

    def test_the_provider_that_is_not_there_is_a_502(self):
        def nowhere(config):
            config["providers"][0]["base_url"] = "http://127.0.0.1:1/v1"
        if harness.DIRECT:
            self.skipTest("needs a gateway")
        folder = self.folder + "/nowhere"
        os.mkdir(folder)
        gateway = harness.Gateway(folder, self.mock, nowhere)
        try:
            reply = exchange(gateway.address, "POST", "/v1/chat/completions", harness.bearer(),
                             harness.chat_body("x"))
            self.assert_refused(reply, 502, "provider_unreachable")
        finally:
            gateway.stop()


if __name__ == "__main__":
    harness.main()
