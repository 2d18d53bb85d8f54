# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
"""The raw requests of 18 clients, as they came off the socket, replayed with nothing changed but
the key: what is served answers 200 and arrives byte for byte, what is not served yet gets a 404 in
its own dialect (CLIENTS.md)."""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
import harness


def requests_of(path):
    """(head lines, body) of each request of a file."""
    with open(path, "rb") as f:
        data = f.read()
    for part in re.split(rb"^### .*\n", data, flags=re.M)[1:]:
        head, body = part.split(b"\n\n", 1)
        length = re.search(rb"^content-length: *([0-9]+)", head, re.M | re.I)
        yield head.split(b"\n"), body[:int(length.group(1))] if length else b""


class Wire(harness.Case):
    def replay(self, lines, body):
        head = b"\r\n".join(lines).replace(b"sk-dummy", harness.APP_KEY.encode())
        with harness.connect(self.gateway.address) as s:
            s.sendall(head + b"\r\n\r\n" + body)
            return harness.Reader(s).reply()

    def check_chat(self, reply, body):
        self.assertEqual(reply.status, 200, reply.body[:300])
        self.assertTrue(reply.complete)
        self.assertEqual(reply.done(), re.search(rb'"stream": ?true', body) is not None)
        self.assertEqual(self.mock.requests()[-1]["body"].encode(), body)

    def check_refused(self, reply, path):
        self.assertEqual(reply.status, 404, reply.body[:300])
        self.assertTrue(reply.header("content-type").startswith("application/json"))
        answer = reply.json()
        if path.startswith("/v1/messages"):
            self.assertEqual((answer["type"], answer["error"]["type"]), ("error", "not_found_error"))
        elif "enerateContent" in path:
            self.assertEqual((answer["error"]["code"], answer["error"]["status"]),
                             (404, "NOT_FOUND"))
        else:
            self.assertEqual(answer["error"]["code"], "route_not_found")
        self.assertTrue(answer["error"]["message"])

    def test_every_recorded_request_replays(self):
        folder = harness.shared("wire")
        count = 0
        for name in sorted(os.listdir(folder)):
            for lines, body in requests_of(os.path.join(folder, name)):
                path = lines[0].split(b" ")[1].decode()
                with self.subTest(client=name, path=path):
                    count += 1
                    reply = self.replay(lines, body)
                    if path == "/v1/chat/completions":
                        self.check_chat(reply, body)
                    else:
                        self.check_refused(reply, path)
        self.assertGreaterEqual(count, 30)


if __name__ == "__main__":
    harness.main()
