# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
"""The first thing a newcomer tries, with curl itself: what is secret never reaches the provider,
and what the provider lets slip never reaches the caller (S7, S54, S57-S59)."""
import json
import subprocess
import tempfile
import unittest

import harness
from harness import PLANTS

PROMPT = "My card is %s and my key is %s, thanks." % (PLANTS["card"], PLANTS["openai_key"])


class Curl(harness.Case):
    def curl(self, body, *arguments, key=harness.APP_KEY):
        """Status, header dict and body as curl gives them."""
        with tempfile.NamedTemporaryFile() as head:
            done = subprocess.run(
                ["curl", "-sS", "-N", "--max-time", "20", "-D", head.name,
                 "-H", "Authorization: Bearer " + key, "-H", "Content-Type: application/json",
                 "--data-binary", "@-", *arguments, self.gateway.url + "/v1/chat/completions"],
                input=body, capture_output=True, timeout=30)
            heads = head.read().decode("latin-1").strip().split("\r\n\r\n")
            lines = heads[-1].splitlines()  # after "100 Continue"
        self.assertEqual(done.returncode, 0, done.stderr)
        fields = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
        return int(lines[0].split()[1]), fields, done.stdout

    def test_a_card_and_a_key_in_the_prompt_never_reach_the_provider(self):
        status, fields, body = self.curl(harness.chat_body(PROMPT))
        self.assertEqual(status, 200, body)
        self.assert_no_secret(self.mock.record_bytes())
        answer = json.loads(body)["choices"][0]["message"]["content"]
        self.assertIn("My card is [REDACTED", answer)
        self.assertIn("and my key is [REDACTED", answer)
        self.assertTrue(answer.endswith(", thanks."), answer)
        self.assertEqual(fields["aiu-verdict"], "redact")

    def test_the_same_streamed(self):
        status, fields, body = self.curl(harness.chat_body(PROMPT, stream=True))
        self.assertEqual(status, 200, body)
        self.assertTrue(fields["content-type"].startswith("text/event-stream"))
        self.assert_no_secret(self.mock.record_bytes())
        self.assert_no_secret(body)
        self.assertIn(b"REDACTED", body)
        self.assertTrue(body.endswith(b"data: [DONE]\n\n"))

    def test_secrets_in_the_answer_never_reach_the_caller(self):
        for stream in (False, True):
            with self.subTest(stream=stream):
                mock = {"reply": "It is {{card}}, write to {{email}}.", "plant": ["github_pat"]}
                status, _, body = self.curl(harness.chat_body("x", mock, stream=stream))
                self.assertEqual(status, 200, body)
                self.assert_no_secret(body)
                self.assertIn(b"REDACTED", body)

    def test_an_answer_says_what_was_decided_and_what_it_cost(self):
        status, fields, _ = self.curl(harness.chat_body("Hello"))
        self.assertEqual(status, 200)
        self.assertRegex(fields["x-request-id"], r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-")
        self.assertEqual(fields["aiu-verdict"], "pass")
        self.assertRegex(fields["aiu-overhead-us"], r"^[0-9]+$")
        self.assertLess(int(fields["aiu-overhead-us"]), 5_000_000)

    def test_each_request_has_its_own_id_which_stands_in_the_audit_log(self):
        ids = [self.curl(harness.chat_body("Hello"))[1]["x-request-id"] for _ in range(3)]
        self.assertEqual(len(set(ids)), 3)
        exported = json.dumps(self.gateway.audit())
        for one in ids:
            self.assertIn(one, exported)

    def test_a_large_body_sent_with_expect_arrives_whole(self):
        text = "word " * 40_000
        status, _, body = self.curl(harness.chat_body(text), "-H", "Expect: 100-continue")
        self.assertEqual(status, 200, body[:300])
        self.assertEqual(json.loads(body)["choices"][0]["message"]["content"], text)

    def test_embeddings_and_models_answer(self):
        reply = harness.exchange(self.gateway.address, "GET", "/v1/models", harness.bearer())
        self.assertEqual(reply.status, 200, reply.body)
        self.assertEqual(reply.json()["object"], "list")
        reply = harness.exchange(self.gateway.address, "GET", "/v1/models/mock-echo",
                                 harness.bearer())
        self.assertEqual(reply.json()["id"], "mock-echo")
        body = json.dumps({"model": "e", "input": "mail " + PLANTS["email"], "dimensions": 4})
        reply = self.post(body.encode(), path="/v1/embeddings")
        self.assertEqual(reply.status, 200, reply.body)
        self.assertEqual(len(reply.json()["data"][0]["embedding"]), 4)
        self.assert_no_secret(self.mock.record_bytes())

    def test_health_needs_no_key(self):
        for path in ("/healthz", "/readyz"):
            self.assertEqual(harness.exchange(self.gateway.address, "GET", path).status, 200, path)


if __name__ == "__main__":
    harness.main()
