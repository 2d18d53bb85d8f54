# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
"""Every example of every rule for secrets, sent as a prompt, as the result of a tool and as a
streamed answer: nothing of what the example marks arrives (S9, S57, S58)."""
import json
import re
import subprocess

import harness
from harness import AIU, bearer, exchange

OPEN_KEY = "aiu-e2e-key-that-may-send-all-0123456789abcdefghijklm"
OPENING, CLOSING = "⟦", "⟧"
PIECE = 8  # characters of a secret that may not be seen in a row


def examples():
    """(rule, text, what is marked in it) of each example of a secret."""
    done = subprocess.run([AIU, "rules", "show", "--json", "secret"], capture_output=True,
                          check=True, timeout=60)
    for rule in json.loads(done.stdout):
        if rule["opt_in"]:
            continue
        for example in rule["examples"]:
            before, _, rest = example.partition(OPENING)
            marked, _, after = rest.partition(CLOSING)
            yield rule["id"], before + marked + after, marked, before + after


def seen_of(secret, around, text):
    """The first piece of the secret that `text` shows; what the example says beside it is none, nor
    what the tags say."""
    text = re.sub(r"\[REDACTED:\w+\]", "\0", text)
    size = min(PIECE, len(secret))
    for i in range(len(secret) - size + 1):
        piece = secret[i:i + size]
        if piece not in around and piece in text:
            return piece
    return None


class EveryRule(harness.Case):
    @classmethod
    def configure(cls, config):
        path = harness.write_private(cls.folder + "/open.key", OPEN_KEY)
        config["policies"] = [
            {"name": "default", "request": {"secrets": "redact"}},
            {"name": "open", "request": {"secrets": "allow", "pii": "allow", "injection": "allow",
                                         "hidden_text": "allow"},
             "response": {"secrets": "redact"}}]
        config["keys"].append({"id": "open", "tenant": "acme", "policy": "open",
                               "key": {"file": path}})

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.examples = list(examples())

    def test_there_are_rules_enough(self):
        rules = {rule for rule, _, _, _ in self.examples}
        self.assertGreaterEqual(len(rules), 300)
        self.assertTrue(all(marked for _, _, marked, _ in self.examples))

    def send(self, messages):
        """Each example in its own request; what arrived at the provider, by number."""
        for number, (_, text, _, _) in enumerate(self.examples):
            body = {"model": "mock-echo", "case": number, "messages": messages(text)}
            reply = self.post(json.dumps(body).encode())
            self.assertIn(reply.status, (200, 400), reply.body[:300])
            if reply.status == 400:
                self.assertEqual(reply.error_object()["code"], "content_blocked")
        return {json.loads(r["body"])["case"]: r["body"] for r in self.mock.requests()
                if '"case"' in r["body"]}

    def assert_nothing_arrives(self, arrived):
        leaks = []
        for number, (rule, _, marked, around) in enumerate(self.examples):
            if number in arrived:
                text = json.loads(arrived[number])["messages"][-1]["content"]
                if seen_of(marked, around, text) is not None:
                    leaks.append("%s: %r" % (rule, text))
        self.assertEqual(leaks, [])

    def test_prompts(self):
        self.mock.forget()
        self.assert_nothing_arrives(
            self.send(lambda text: [{"role": "user", "content": text}]))

    def test_results_of_tools(self):
        call = {"id": "call_1", "type": "function",
                "function": {"name": "read_file", "arguments": "{}"}}
        self.mock.forget()
        self.assert_nothing_arrives(self.send(lambda text: [
            {"role": "user", "content": "read it"},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "call_1", "content": text}]))

    def test_streamed_answers(self):
        leaks = []
        for number, (rule, text, marked, around) in enumerate(self.examples):
            mock = {"reply_b64": harness.b64(text), "chunk": 3 + number % 11}
            reply = self.chat("x", mock, headers=bearer(OPEN_KEY), stream=True)
            self.assertEqual(reply.status, 200, reply.body[:300])
            self.assertTrue(reply.done(), reply.body[-300:])
            if seen_of(marked, around, reply.text()) is not None:
                leaks.append("%s: %r" % (rule, reply.text()))
        self.assertEqual(leaks, [])

    def test_the_examples_do_arrive_where_nothing_is_stopped(self):
        """The test can fail: the open policy lets the same prompts pass."""
        _, text, marked, _ = self.examples[0]
        self.mock.forget()
        exchange(self.gateway.address, "POST", "/v1/chat/completions", bearer(OPEN_KEY),
                 harness.chat_body(text))
        self.assertIn(marked, self.mock.requests()[-1]["body"])


if __name__ == "__main__":
    harness.main()
