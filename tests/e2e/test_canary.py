# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
"""S1, S14, S17, S18: unique marks for the key, the prompt and the answer are driven through every
kind of request there is, and then looked for in everything that the gateway writes or shows."""
import os
import signal

import harness
from harness import exchange

APP = "canary-app-key-" + "q7Zr2mXw9LtYb4Nd8KsVh3Jp"
PROVIDER = "canary-provider-key-" + "f5Gc1Hv6Rk0TzQ2xWn7DyMa"
PROMPT = "canaryprompt" + "Xq8Lw3Zr"
ANSWER = "canaryanswer" + "Yt5Nm1Kd"
FIELD = "canaryfield" + "Zp4Bv9Hs"
MARKS = {"application key": APP, "provider key": PROVIDER, "prompt": PROMPT, "answer": ANSWER,
         "field": FIELD}


def find_marks(data):
    return [name for name, mark in MARKS.items()
            if mark.encode() in data or mark.encode().hex().encode() in data.lower() or
            harness.b64(mark)[:-4].encode() in data]


def read(path):
    with open(path, "rb") as f:
        return f.read()


class Canary(harness.Case):
    @classmethod
    def configure(cls, config):
        harness.write_private(os.path.join(cls.folder, "app.key"), APP)
        harness.write_private(os.path.join(cls.folder, "provider.key"), PROVIDER)
        config["providers"][0]["timeouts"].update(first_byte="1s", idle="1s")
        config["limits"] = {"max_body": "64KiB"}
        config["keys"].append({
            "id": "limited", "limits": {"requests_per_minute": 1}, "models": ["mock-echo"],
            "key": {"file": harness.write_private(os.path.join(cls.folder, "limited.key"),
                                                  "limited-" + APP)}})

    def drive(self):
        """One request of every kind; what the callers saw of errors."""
        key, shown = harness.bearer(APP), b""

        def send(body, headers=None, method="POST", path="/v1/chat/completions"):
            nonlocal shown
            reply = exchange(self.gateway.address, method, path, headers or key, body, 10)
            if reply.status != 200:
                shown += reply.body + repr(reply.headers).encode()
            elif reply.stream_error() is not None:
                shown += reply.events()[-1].encode()
            return reply

        def chat(**mock):
            fields = mock.pop("fields", {})
            text = "%s my mail is %s@example-%s.org" % (PROMPT, PROMPT, PROMPT)
            for stream in (False, True):
                send(harness.chat_body(text, mock or None, stream=stream, **{FIELD: FIELD},
                                       **fields))
        secret = "{{card}} " + ANSWER
        chat()
        chat(reply=secret, chunk=3)
        chat(reply=secret, channel="tool", escape=True)
        chat(reply=ANSWER, fields={"n": 2, "logprobs": True})
        for status in (400, 401, 429, 500, 503):
            chat(status=status, error={"message": "no" if status in (400, 429) else ANSWER,
                                       "type": "t", "param": None, "code": None})
        for kind in ("reset", "fin", "garbage", "silence"):
            chat(reply=ANSWER * 20, fault={"kind": kind, "after": 300})
        for kind in ("html", "empty", "wrong_length", "gzip", "bad_json", "redirect", "dup_length"):
            chat(reply=ANSWER, fault={"kind": kind})
        chat(raw_b64=harness.b64("HTTP/1.1 200 OK\r\n%s broken\r\n\r\n" % ANSWER))
        send(harness.chat_body(PROMPT + "\u202e\u2066hidden\U000e0041\U000e0042"))
        send(harness.chat_body(PROMPT)[:-1])
        send(b'{"%s":1,"%s":2}' % (FIELD.encode(), FIELD.encode()))
        send(harness.chat_body(PROMPT).replace(b"canaryprompt", b"canaryprompt\xff"))
        send(harness.chat_body(PROMPT * 10_000))
        send(harness.chat_body(PROMPT, model="another-model"), harness.bearer("limited-" + APP))
        for _ in range(2):
            send(harness.chat_body(PROMPT), harness.bearer("limited-" + APP))
        send(harness.chat_body(PROMPT), harness.bearer(APP + "x"))
        send(harness.chat_body(PROMPT), [("authorization", "Basic " + APP)])
        send(harness.chat_body(PROMPT), key + [("content-encoding", FIELD)])
        send(harness.chat_body(PROMPT), key + [(FIELD, FIELD), ("cookie", FIELD)])
        send(b"", method="GET", path="/v1/nowhere/" + FIELD)
        send(harness.chat_body(PROMPT), path="/v1/%s?api_key=%s" % (FIELD, APP))
        send(b'{"model":"e","input":"%s","%s":1}' % (PROMPT.encode(), FIELD.encode()),
             path="/v1/embeddings")
        shown += harness.raw(self.gateway.address, ("GET /%s HTTP/1.1\r\n%s : %s\r\n\r\n" % (
            FIELD, FIELD, APP)).encode(), 1)
        with harness.connect(self.gateway.address) as s:  # a caller who leaves
            s.sendall(harness.encode("POST", "/v1/chat/completions", key, harness.chat_body(
                PROMPT, {"reply": ANSWER * 50, "delay_ms": 20, "chunk": 5}, stream=True)))
            s.recv(500)
        with harness.connect(self.gateway.address) as s:  # and one who leaves half way
            s.sendall(harness.encode("POST", "/v1/chat/completions", key,
                                     harness.chat_body(PROMPT))[:-10])
        return shown

    def test_no_mark_stands_where_it_must_not(self):
        shown = self.drive()
        sinks = {"what callers were told": shown}
        if not harness.DIRECT:
            sinks["metrics"] = self.gateway.admin("GET", "/metrics").body
            for pid in self.gateway.processes():
                for name in ("environ", "cmdline", "comm"):
                    sinks["/proc/%d/%s" % (pid, name)] = read("/proc/%d/%s" % (pid, name))
            for arguments in (("maintenance", "status"), ("audit", "export"), ("audit", "fsck")):
                done = self.gateway.aiu(*arguments, "--state-dir", self.gateway.state, check=False)
                sinks["aiu " + " ".join(arguments)] = done.stdout + done.stderr
            os.kill(self.gateway.pid, signal.SIGHUP)
            for pid in self.gateway.workers()[:1]:
                os.kill(pid, signal.SIGABRT)  # no core, whatever the limits say
            harness.wait_until(self.answers, 5, "the next worker")
            self.gateway.stop()
        sinks["its log"] = read(self.gateway.log_path)
        for folder, _, files in os.walk(self.gateway.state):
            for name in files:
                path = os.path.join(folder, name)
                if not os.path.isfile(path):
                    continue  # a socket
                sinks["state: " + os.path.relpath(path, self.gateway.state)] = read(path)
        for name in os.listdir(os.getcwd()):
            self.assertFalse(name.startswith("core"), "a core file: " + name)
        self.assertGreater(len(sinks["its log"]), 100 if not harness.DIRECT else 0)
        for sink, data in sinks.items():
            with self.subTest(sink=sink):
                self.assertEqual(find_marks(data), [], sink)

    def answers(self):
        try:
            return exchange(self.gateway.address, "GET", "/healthz").status == 200
        except OSError:
            return False

    def test_the_marks_would_be_found(self):
        for name, mark in MARKS.items():
            self.assertEqual(find_marks(b"x" + mark.encode() + b"y"), [name])
            self.assertEqual(find_marks(mark.encode().hex().encode()), [name])


if __name__ == "__main__":
    harness.main()
