# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
"""LangChain (langchain-openai) against the gateway: the usual calls, and a stream that breaks."""
import os
import sys

import openai
from langchain_openai import ChatOpenAI, OpenAIEmbeddings

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
import harness


class LangChain(harness.Case):
    def model(self, **options):
        return ChatOpenAI(base_url=self.gateway.url + "/v1", api_key=harness.APP_KEY,
                          model="mock-echo", max_retries=0, use_responses_api=False, **options)

    def test_invoke_stream_and_batch(self):
        self.assertEqual(self.model().invoke("Hello").content, "Hello")
        self.assertEqual("".join(c.content for c in self.model().stream("one two")), "one two")
        self.assertEqual([m.content for m in self.model().batch(["a", "b", "c"])], ["a", "b", "c"])

    def test_tools_and_structured_output(self):
        def add(a: int, b: int) -> int:
            """Add two numbers."""
            return a + b
        answer = self.model().bind_tools([add]).invoke("1 + 1")
        self.assertEqual(answer.tool_calls[0]["name"], "add")
        schema = {"title": "Out", "type": "object", "properties": {"x": {"type": "integer"}},
                  "required": ["x"], "additionalProperties": False}
        answer = self.model().with_structured_output(schema, method="json_schema").invoke("x")
        self.assertEqual(answer, {"x": 1})

    def test_embeddings(self):
        embeddings = OpenAIEmbeddings(base_url=self.gateway.url + "/v1", api_key=harness.APP_KEY,
                                      model="text-embedding-3-small", dimensions=8,
                                      check_embedding_ctx_length=False)
        self.assertEqual(len(embeddings.embed_query("a")), 8)

    def test_a_broken_stream_raises_with_its_code(self):
        broken = {"reply": "one two three four five", "fault": {"kind": "fin", "after": 700}}
        with self.assertRaises(openai.APIError) as caught:
            list(self.model(extra_body={"mock": broken}).stream("x"))
        self.assertTrue(str(caught.exception.code).startswith("provider_"))


class Pseudonyms(harness.Case):
    """S57 through LangChain."""

    @classmethod
    def configure(cls, config):
        config["policies"] = [{"name": "default", "request": {"pii": "pseudonym"}}]

    def test_invoke_and_stream(self):
        text = "write to grace.hopper@navy.example today"
        model = ChatOpenAI(base_url=self.gateway.url + "/v1", api_key=harness.APP_KEY,
                           model="mock-echo", max_retries=0, use_responses_api=False)
        self.assertEqual(model.invoke(text).content, text)
        self.assertEqual("".join(c.content for c in model.stream(text)), text)
        for request in self.mock.requests()[-2:]:
            self.assertNotIn("grace.hopper", request["body"])


if __name__ == "__main__":
    harness.main()
