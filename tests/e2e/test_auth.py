# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
"""Who may call, and what counts as a request at all: no work is done and nothing goes to the
provider for a caller without a key or a message that could be read in two ways (S89;
SECURITY-TESTS rows 1, 4, 10, 13, 14, 18, 24, 27, 28)."""
import base64
import json
import socket
import time

import harness
from harness import APP_KEY, encode, exchange, raw

ROUTES = [("POST", "/v1/chat/completions"), ("POST", "/v1/embeddings"), ("GET", "/v1/models"),
          ("GET", "/v1/models/mock-echo")]
BODY = harness.chat_body("Hello")


class Auth(harness.Case):
    @classmethod
    def configure(cls, config):
        config["limits"] = {"max_body": "64KiB"}
        config["keys"].append({
            "id": "narrow", "models": ["mock-echo"],
            "key": {"file": harness.write_private(cls.folder + "/narrow.key", "n" * 40)}})

    def setUp(self):
        self.mock.forget()

    def assert_nothing_arrived(self):
        self.assertEqual(self.mock.requests(), [])

    def call(self, headers, method="POST", path="/v1/chat/completions", body=BODY):
        if method == "GET":
            body = b""
        return exchange(self.gateway.address, method, path, headers, body)

    def test_without_a_right_key_every_route_answers_401(self):
        credentials = {
            "missing": [],
            "wrong": [("authorization", "Bearer " + APP_KEY[:-1] + "!")],
            "prefix": [("authorization", "Bearer " + APP_KEY[:20])],
            "longer": [("authorization", "Bearer " + APP_KEY + "x")],
            "empty": [("authorization", "")],
            "no value": [("authorization", "Bearer ")],
            "other scheme": [("authorization", "Basic " + harness.b64("app1:" + APP_KEY))],
            "no scheme": [("authorization", APP_KEY)],
            "doubled": [("authorization", "Bearer " + APP_KEY)] * 2,
            "two that differ": [("authorization", "Bearer " + APP_KEY), ("x-api-key", "other")],
            "the provider's": [("authorization", "Bearer " + harness.PROVIDER_KEY)],
            "SQL": [("authorization", "Bearer ' OR '1'='1")],
            "empty x-api-key": [("x-api-key", "")],
            "long": [("authorization", "Bearer " + "a" * 4000)],
        }
        for method, path in ROUTES:
            for name, headers in credentials.items():
                with self.subTest(route=path, credential=name):
                    reply = self.call(headers + [("content-type", "application/json")],
                                      method, path)
                    self.assert_refused(reply, 401, "invalid_api_key")
                    self.assertNotIn(APP_KEY.encode(), reply.body)
        self.assert_nothing_arrived()

    def test_a_key_in_the_query_is_no_key(self):
        reply = self.call([], path="/v1/chat/completions?api_key=" + APP_KEY)
        self.assertIn(reply.status, (400, 401, 404))
        self.assert_nothing_arrived()

    def test_each_usual_header_carries_the_key(self):
        for name in ("authorization", "Authorization", "x-api-key", "api-key", "x-goog-api-key",
                     "X-API-Key"):
            value = "Bearer " + APP_KEY if name.lower() == "authorization" else APP_KEY
            with self.subTest(header=name):
                reply = self.call([(name, value), ("content-type", "application/json")])
                self.assertEqual(reply.status, 200, reply.body)
                self.assertNotIn(APP_KEY.encode(), self.mock.record_bytes())

    def test_the_scheme_has_no_case(self):
        reply = self.call([("authorization", "bearer " + APP_KEY),
                           ("content-type", "application/json")])
        self.assertEqual(reply.status, 200, reply.body)

    def test_the_provider_gets_its_own_key_and_only_that(self):
        self.assertEqual(self.call(harness.bearer()).status, 200)
        headers = self.mock.requests()[0]["headers"]
        self.assertEqual(headers["authorization"], "Bearer " + harness.PROVIDER_KEY)
        for name in ("x-api-key", "api-key", "x-goog-api-key", "cookie"):
            self.assertNotIn(name, headers)

    def test_a_model_outside_the_keys_list_answers_403(self):
        headers = harness.bearer("n" * 40)
        allowed = self.post(harness.chat_body("x", model="mock-echo"), headers)
        self.assertEqual(allowed.status, 200, allowed.body)
        self.mock.forget()
        reply = self.post(harness.chat_body("x", model="gpt-4o"), headers)
        self.assert_refused(reply, 403, "model_not_allowed")
        self.assert_nothing_arrived()

    def test_what_is_in_the_request_never_chooses_the_upstream(self):
        fields = {"api_base": "http://127.0.0.1:9", "base_url": "http://127.0.0.1:9",
                  "custom_host": "127.0.0.1:9"}
        headers = harness.bearer() + [("x-forwarded-host", "127.0.0.1:9"),
                                      ("x-portkey-custom-host", "http://127.0.0.1:9"),
                                      ("x-base-url", "http://127.0.0.1:9")]
        reply = self.post(harness.chat_body("x", **fields), headers)
        self.assertEqual(reply.status, 200, reply.body)
        self.assertEqual(len(self.mock.requests()), 1)

    def test_an_unknown_route_answers_404_and_another_method_405(self):
        for path in ("/", "/v1", "/v1/", "/v2/chat/completions", "/v1/chat/completions/",
                     "/v1//chat/completions", "/v1/chat/./completions", "/V1/chat/completions",
                     "/v1/models/../chat/completions", "/v1/chat%2fcompletions",
                     "/v1/files", "/v1/responses", "/admin/v1/keys", "/metrics",
                     "/v1/organization/api_keys"):
            with self.subTest(path=path):
                reply = self.call(harness.bearer(), path=path)
                self.assertIn(reply.status, (404, 400), reply.body)
        self.assert_refused(self.call(harness.bearer(), "POST", "/v1/nothing"), 404,
                            "route_not_found")
        reply = self.call(harness.bearer(), "GET", "/v1/chat/completions")
        self.assert_refused(reply, 405, "method_not_allowed")
        for method in ("PUT", "DELETE", "TRACE", "CONNECT", "PATCH"):
            with self.subTest(method=method):
                reply = self.call(harness.bearer(), method)
                self.assertIn(reply.status, (400, 405, 501), reply.body)
        self.assert_nothing_arrived()

    def test_a_body_over_the_limit_answers_413_before_it_is_read(self):
        with harness.connect(self.gateway.address) as s:
            s.sendall(encode("POST", "/v1/chat/completions",
                             harness.bearer() + [("content-length", "10737418240")]))
            began = time.monotonic()
            reply = harness.Reader(s).reply()
        self.assert_refused(reply, 413, "body_too_large")
        self.assertLess(time.monotonic() - began, 2)
        self.assert_nothing_arrived()

    def test_a_chunked_body_over_the_limit_answers_413_as_soon_as_it_is(self):
        with harness.connect(self.gateway.address) as s:
            s.sendall(encode("POST", "/v1/chat/completions",
                             harness.bearer() + [("transfer-encoding", "chunked")]))
            try:
                for _ in range(40):
                    s.sendall(b"1000\r\n" + b" " * 4096 + b"\r\n")
            except OSError:
                pass
            reply = harness.Reader(s).reply()
        self.assert_refused(reply, 413, "body_too_large")

    def test_an_eight_megabyte_body_gets_its_413_through(self):
        reply = exchange(self.gateway.address, "POST", "/v1/chat/completions", harness.bearer(),
                         b" " * (8 << 20))
        self.assert_refused(reply, 413, "body_too_large")

    def test_a_chunked_body_within_the_limit_is_taken(self):
        chunks = b"".join(b"%x\r\n%c\r\n" % (1, byte) for byte in BODY) + b"0\r\n\r\n"
        with harness.connect(self.gateway.address) as s:
            s.sendall(encode("POST", "/v1/chat/completions",
                             harness.bearer() + [("transfer-encoding", "chunked")], chunks))
            reply = harness.Reader(s).reply()
        self.assertEqual(reply.status, 200, reply.body)
        self.assertEqual(self.mock.requests()[0]["body"].encode(), BODY)

    def test_what_is_no_clean_json_answers_400(self):
        name = "\\u006dessages"
        bad = {
            "nothing": (b"", None),
            "half": (BODY[:-1], "invalid_json"),
            "trailing": (BODY + b"x", "invalid_json"),
            "a list": (b"[]", None),
            "a number": (b"1", None),
            "NaN": (b'{"model":NaN}', "invalid_json"),
            "byte order mark": (b"\xef\xbb\xbf" + BODY, "invalid_json"),
            "deep": (b'{"messages":' + b"[" * 10000 + b"]" * 10000 + b"}", "json_too_deep"),
            "the same key twice": (b'{"model":"a","model":"b","messages":[]}',
                                   "json_duplicate_key"),
            "the same key escaped": (('{"messages":[],"%s":[]}' % name).encode(),
                                     "json_duplicate_key"),
            "invalid UTF-8": (BODY.replace(b"Hello", b"\xff\xfe"), "invalid_utf8"),
            "overlong": (BODY.replace(b"Hello", b"\xc0\xaf"), "invalid_utf8"),
            "surrogate": (BODY.replace(b"Hello", b"\xed\xa0\x80"), "invalid_utf8"),
            "half an escape": (BODY.replace(b"Hello", b"\\ud800"), None),
            "NUL": (BODY.replace(b"Hello", b"\x00"), "invalid_json"),
        }
        for why, (body, code) in bad.items():
            with self.subTest(why):
                reply = self.post(body)
                self.assertEqual(reply.status, 400, reply.body)
                if code:
                    self.assert_refused(reply, 400, code)
        self.assert_nothing_arrived()

    def test_a_member_of_another_case_is_another_member(self):
        body = b'{"Model":"x","model":"mock-echo","messages":[{"role":"user","content":"a"}]}'
        reply = self.post(body)
        self.assertEqual(reply.status, 200, reply.body)
        self.assertEqual(self.mock.requests()[0]["body"].encode(), body)

    def test_an_encoded_body_answers_415(self):
        for encoding in ("gzip", "br", "zstd", "deflate", "gzip, identity"):
            with self.subTest(encoding):
                reply = self.post(BODY, harness.bearer() + [("content-encoding", encoding)])
                self.assert_refused(reply, 415, "unsupported_media_type")
        reply = self.post(BODY, harness.bearer() + [("content-encoding", "identity")])
        self.assertIn(reply.status, (200, 415))

    def test_no_smuggling_payload_brings_the_provider_more_than_a_clean_request(self):
        path = harness.shared("conformance/smuggling/http-garden-payloads.json")
        with open(path, encoding="utf-8") as f:
            payloads = [base64.b64decode(p["b64"]) for p in json.load(f)]
        with_key = ("\r\nAuthorization: Bearer %s\r\n" % APP_KEY).encode()
        for n, payload in enumerate(payloads):
            raw(self.gateway.address, payload, 0.3)
            # The same aimed at a real route with a real key: what is clean then is one request.
            aimed = payload.replace(b" / ", b" /v1/models ", 1).replace(b"\r\n", with_key, 1)
            self.mock.forget()
            raw(self.gateway.address, aimed, 0.3)
            arrived = self.mock.requests()
            with self.subTest(payload=n):
                for request in arrived:
                    self.assertNotIn("malformed", request, request)
                    self.assertEqual(request["path"], "/v1/models")
                self.assertLessEqual(len(arrived), 1)

    def test_messages_of_two_readings_are_refused_and_closed(self):
        start = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n" + \
            b"authorization: Bearer %s\r\ncontent-type: application/json\r\n" % APP_KEY.encode()
        n = b"content-length: %d\r\n" % len(BODY)
        chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
        bad = {
            "length and chunks": n + b"transfer-encoding: chunked\r\n\r\n" + chunked,
            "two lengths": n + b"content-length: 1\r\n\r\n" + BODY,
            "the same length twice": n + n + b"\r\n" + BODY,
            "length with a plus": b"content-length: +%d\r\n\r\n" % len(BODY) + BODY,
            "blank before the colon": b"content-length : %d\r\n\r\n" % len(BODY) + BODY,
            "line folded": b"x: a\r\n b\r\n" + n + b"\r\n" + BODY,
            "bare line feed": n.replace(b"\r", b"") + b"\r\n" + BODY,
            "NUL in a value": b"x: a\0b\r\n" + n + b"\r\n" + BODY,
            "other coding": b"transfer-encoding: xchunked\r\n\r\n" + chunked,
            "chunked twice": b"transfer-encoding: chunked, chunked\r\n\r\n" + chunked,
            "chunk size with sign": b"transfer-encoding: chunked\r\n\r\n+" + chunked,
            "second host": b"host: y\r\n" + n + b"\r\n" + BODY,
            "upgrade with a body": b"connection: upgrade\r\nupgrade: h2c\r\n" + n + b"\r\n" + BODY,
        }
        follow = b"GET /v1/models HTTP/1.1\r\nhost: x\r\nauthorization: Bearer %s\r\n\r\n" % \
            APP_KEY.encode()
        for why, rest in bad.items():
            with self.subTest(why):
                got = raw(self.gateway.address, start + rest + follow, 1.0)
                self.assertRegex(got[:20], rb"^HTTP/1\.1 (400|501|505)")
                self.assertEqual(got.count(b"HTTP/1.1 "), 1)
        self.assert_nothing_arrived()

    def test_header_bombs_answer_431(self):
        many = "".join("x-%d: a\r\n" % i for i in range(2000))
        one = "x: " + "a" * (1 << 20) + "\r\n"
        for why, fields in {"many": many, "long": one}.items():
            with self.subTest(why):
                got = raw(self.gateway.address, ("GET /v1/models HTTP/1.1\r\nhost: x\r\n" + fields +
                                                 "\r\n").encode(), 2.0)
                self.assertRegex(got[:20], rb"^HTTP/1\.1 (431|400)")

    def test_pipelined_requests_are_answered_in_order(self):
        one = encode("POST", "/v1/chat/completions", harness.bearer(), harness.chat_body("one"))
        two = encode("POST", "/v1/chat/completions", harness.bearer(), harness.chat_body("two"))
        with harness.connect(self.gateway.address) as s:
            s.sendall(one + two)
            reader = harness.Reader(s)
            self.assertEqual([reader.reply().text(), reader.reply().text()], ["one", "two"])

    def test_a_stranger_who_sends_slowly_keeps_nobody_out(self):
        slow = [harness.connect(self.gateway.address) for _ in range(200)]
        for s in slow:
            s.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nhost")
        self.assertEqual(self.call(harness.bearer()).status, 200)
        for s in slow:
            s.close()

    def test_answers_are_not_for_shared_caches(self):
        for reply in (self.call(harness.bearer()), self.call([])):
            self.assertIn("no-store", reply.header("cache-control") or "")


if __name__ == "__main__":
    harness.main()
