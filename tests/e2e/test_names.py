# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
"""What stands outside the texts is inspected too: model names, field values, queries, the names in an
answer that was blocked (S9, S14, S57)."""
import json

import harness
from harness import exchange

CARD = harness.PLANTS["card"]
TOKEN = harness.PLANTS["github_pat"]
MAIL = harness.PLANTS["email"]


class Names(harness.Case):
    @classmethod
    def configure(cls, config):
        config["models"] = [{"name": "*", "provider": "mock", "model": "upstream-name"}]
        config["policies"] = [{"name": "blocking", "response": {"secrets": "block", "pii": "redact"}}]
        config["keys"].append({
            "id": "blocked", "policy": "blocking",
            "key": {"file": harness.write_private(cls.folder + "/blocked.key", "blocking" * 5)}})

    def test_a_renamed_model_is_renamed_and_nothing_of_the_old_name_leaves(self):
        self.mock.forget()
        reply = self.chat("mail " + MAIL, model=CARD)
        self.assertEqual(reply.status, 200)
        body = self.mock.requests()[0]["body"]
        self.assertEqual(json.loads(body)["model"], "upstream-name")
        self.assertNotIn(CARD, body)
        self.assertNotIn(MAIL, body)

    def test_a_field_value_with_a_finding_does_not_go_on(self):
        self.mock.forget()
        self.chat(headers=harness.bearer() + [("x-note", "see " + TOKEN), ("x-plain", "kept")])
        headers = self.mock.requests()[0]["headers"]
        self.assertNotIn("x-note", headers)
        self.assertEqual(headers["x-plain"], "kept")

    def test_a_path_or_query_with_a_finding_is_refused(self):
        self.mock.forget()
        for path in ("/v1/models/" + TOKEN, "/v1/models?after=" + TOKEN):
            reply = exchange(self.gateway.address, "GET", path, harness.bearer(), b"", 10)
            self.assert_refused(reply, 400, "content_blocked")
        self.assertEqual(self.mock.requests(), [])

    def test_no_name_of_the_provider_is_in_the_ending_of_a_blocked_answer(self):
        for stream in (False, True):
            reply = self.chat(mock={"reply": "so {{github_pat}} there"}, stream=stream,
                              headers=harness.bearer("blocking" * 5), model="m " + MAIL)
            self.assertEqual(reply.status, 200)
            self.assertIn(b"content_filter", reply.body)
            for text in (TOKEN, MAIL, CARD):
                self.assertNotIn(text.encode(), reply.body)

    def test_the_audit_log_names_no_model_that_holds_a_finding(self):
        self.chat(model=CARD)
        log = self.gateway.aiu("audit", "export", "--state-dir", self.gateway.state).stdout
        self.assertIn(b'"model":"?"', log)
        for text in (TOKEN, MAIL, CARD):
            self.assertNotIn(text.encode(), log)

    def test_a_health_check_with_a_body_is_refused(self):
        reply = exchange(self.gateway.address, "GET", "/healthz", [], b"x" * 1000, 10)
        self.assertEqual(reply.status, 400)


if __name__ == "__main__":
    harness.main()
