# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
"""Only what a verdict changes is changed: every other byte goes through as it came, both ways
(S24; FIELD.md on what other gateways lose)."""
import json
import re

import harness
from harness import PLANTS

# Odd but valid: blanks, escapes, numbers that no float holds, unknown fields at every level.
ODD = b'''{ "model" :"mock-echo",\t"n": 1,
 "messages":[ {"role":"developer","content":"a\\/b \\u00e9 \\ud83d\\ude00"},
  {"role":"user","content":[{"type":"text","text":"Hello","unknown":[1.0,1E+2,-0]}],"name":"x_1"}],
 "stop":"END","seed":12345678901234567890,"temperature":1.0e0,"max_tokens":7,
 "logit_bias":{"50256":-100},"metadata":{"a":"b"},"x_unknown":{"deep":[[[{}]]],"null":null},
 "parallel_tool_calls":true,"user":"u-1","service_tier":"auto","store":false}'''

REPLY = '''{"id" : "abc", "choices":[ {"index":0,"message":{"role":"assistant","content":"Hi \\u00e9 \\/ there",
 "x_more":[1.50,2E5,12345678901234567890]},"finish_reason":"stop"} ],"system_fingerprint":"fp_1",
 "service_tier":"flex","x_new":{"a":null}, "usage":{"prompt_tokens":1}}\n'''

STREAM = "".join('data: %s\n\n' % event for event in (
    '{"id": "abc","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":""}}],"obfuscation":"a1"}',
    '{"id": "abc", "choices":[{"index":0,"delta":{"content":"Hi \\u00e9","x_more":1.0e2}, "logprobs":null}],"x_new":[]}',
    '{"choices":[{"index":0,"delta":{"content":" there"}}],"service_tier":"default","system_fingerprint":"fp"}',
    '{"id":"abc","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}',
    '{"id":"abc","choices":[],"usage":{"prompt_tokens":12345678901234567890}}', '[DONE]'))


class Fidelity(harness.Case):
    def setUp(self):
        self.mock.forget()

    def arrived(self):
        requests = self.mock.requests()
        self.assertEqual(len(requests), 1, requests)
        return requests[0]

    def test_a_request_without_findings_arrives_byte_for_byte(self):
        self.assertEqual(self.post(ODD).status, 200)
        self.assertEqual(self.arrived()["body"].encode(), ODD)
        self.assertEqual(self.arrived()["headers"]["content-length"], str(len(ODD)))

    def test_a_redaction_changes_only_its_own_bytes(self):
        body = ODD.replace(b"Hello", ("pay with %s now" % PLANTS["card"]).encode())
        self.assertEqual(self.post(body).status, 200)
        got = self.arrived()["body"].encode()
        before, after = body.split(PLANTS["card"].encode())
        self.assertTrue(got.startswith(before) and got.endswith(after), got)
        self.assertRegex(got[len(before):-len(after)], rb"^\[REDACTED(:[a-z_]+)?\]$")

    def test_an_answer_without_findings_comes_byte_for_byte(self):
        reply = self.chat(mock={"body": REPLY})
        self.assertEqual(reply.status, 200, reply.body)
        self.assertEqual(reply.body.decode(), REPLY)

    def test_a_redaction_in_an_answer_changes_only_its_own_bytes(self):
        reply = self.chat(mock={"body": REPLY.replace("there", "{{email}} there")})
        parts = re.split(r"\[REDACTED[^\]]*\] ", reply.body.decode())
        self.assertEqual("".join(parts), REPLY)
        self.assertEqual(len(parts), 2)

    def test_a_stream_without_findings_comes_byte_for_byte(self):
        for write in (0, 1, 17):
            mock = {"body": STREAM, "content_type": "text/event-stream", "write": write}
            reply = self.chat(mock=mock, stream=True)
            self.assertEqual(reply.status, 200, reply.body)
            self.assertEqual(reply.body.decode(), STREAM)

    def test_headers_that_mean_something_to_the_provider_go_on(self):
        sent = {"idempotency-key": "idem-1", "x-client-request-id": "client-1",
                "openai-beta": "assistants=v2",
                "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
        reply = self.post(harness.chat_body(), harness.bearer() + list(sent.items()))
        self.assertEqual(reply.status, 200, reply.body)
        headers = self.arrived()["headers"]
        for name, value in sent.items():
            if name == "traceparent":
                self.assertEqual(headers[name].split("-")[1], value.split("-")[1])
            else:
                self.assertEqual(headers[name], value)
        self.assertTrue(headers["content-type"].startswith("application/json"))
        self.assertEqual(headers["host"], "%s:%d" % self.mock.address)

    def test_headers_that_do_not_concern_the_provider_stay(self):
        never = [("cookie", "a=b"), ("x-forwarded-for", "10.0.0.1"), ("x-forwarded-host", "evil"),
                 ("x-forwarded-proto", "https"), ("forwarded", "for=10.0.0.1"),
                 ("x-real-ip", "10.0.0.1"), ("openai-organization", "org-1"),
                 ("openai-project", "proj-1"), ("proxy-authorization", "Basic abc"),
                 ("te", "trailers"), ("keep-alive", "timeout=5"), ("x-hop", "1"),
                 ("connection", "keep-alive, x-hop"), ("expect", "100-continue")]
        reply = self.post(harness.chat_body(), harness.bearer() + never)
        self.assertEqual(reply.status, 200, reply.body)
        headers = self.arrived()["headers"]
        for name, _ in never:
            if name != "connection":
                self.assertNotIn(name, headers)
        self.assertNotIn("x-hop", headers.get("connection", ""))
        self.assertIn(headers.get("accept-encoding", "identity"), ("identity",))

    def test_headers_of_the_answer(self):
        reply = self.chat(mock={"headers": {"x-ratelimit-limit-requests": "123", "alt-svc": "h3",
                                            "x-ratelimit-reset-tokens": "6ms",
                                            "connection": "x-internal", "x-internal": "1"}})
        self.assertEqual(reply.header("x-ratelimit-limit-requests"), "123")
        self.assertEqual(reply.header("x-ratelimit-reset-tokens"), "6ms")
        self.assertRegex(reply.header("aiu-upstream-request-id") or "", "^req_mock_")
        self.assertNotIn("req_mock", reply.header("x-request-id"))
        for name in ("set-cookie", "openai-organization", "alt-svc", "x-internal"):
            self.assertIsNone(reply.header(name), name)
        self.assertNotEqual(reply.header("server"), "aiu-mock")
        self.assertTrue(reply.header("content-type").startswith("application/json"))

    def test_a_line_end_in_a_header_of_the_provider_injects_nothing(self):
        raw = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-a: b\rset-cookie: c\r\n" \
            b"content-length: 2\r\n\r\n{}"
        reply = self.chat(mock={"raw_b64": harness.b64(raw)})
        self.assertEqual(reply.status, 502, reply.body)

    def test_every_parameter_arrives_on_every_endpoint(self):
        body = json.dumps({"model": "e", "input": ["a", "b"], "dimensions": 8, "user": "u",
                           "encoding_format": "base64", "x_unknown": 1}).encode()
        reply = self.post(body, path="/v1/embeddings")
        self.assertEqual(reply.status, 200, reply.body)
        self.assertEqual(self.arrived()["body"].encode(), body)
        self.assertIsInstance(reply.json()["data"][1]["embedding"], str)

    def test_a_large_prompt_and_a_large_answer(self):
        text = "The quick brown fox. " * 9000
        reply = self.chat(text)
        self.assertEqual(reply.text(), text)
        reply = self.chat(text, stream=True)
        self.assertEqual(reply.text(), text)

    def test_a_connection_serves_many_requests(self):
        with harness.connect(self.gateway.address) as s:
            reader = harness.Reader(s)
            for i in range(50):
                s.sendall(harness.encode("POST", "/v1/chat/completions", harness.bearer(),
                                         harness.chat_body("turn %d" % i, stream=i % 2 == 1)))
                self.assertEqual(reader.reply().text(), "turn %d" % i)
        self.assertLess(self.mock.stats()["connections"], 200)

    def test_a_number_alone_is_an_answer(self):
        """Identifiers of weak form are looked for where a word says so, not in every number."""
        for number in ("1073741824", "1764000000", "987654321", "0123456789", "12345678903",
                       "300000000000", "7523169263"):
            reply = self.chat(number)
            self.assertEqual((reply.header("aiu-verdict"), reply.text()), ("pass", number))


if __name__ == "__main__":
    harness.main()
