# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
"""What the end-to-end tests share: a mock provider, a gateway in front of it, and clients on raw
sockets that see every byte. Python's standard library only.

Each test class has its own mock and gateway on ports that the kernel chose, and its own folder, so
that all of them may run at the same time.

  AIU_BINARY      build folder (bin/aiu and bin/aiu-mock)
  AIU_SHARED      folder of the shared test data
  AIU_E2E_DIRECT  set: talk to the mock without a gateway, to try the tests themselves; tests of
                  what the gateway does must fail then
"""
import base64
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.parse

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.environ.get("AIU_BINARY", os.path.join(SOURCE, "build"))
SHARED = os.environ.get("AIU_SHARED", os.path.join(os.path.dirname(SOURCE), "shared"))
DIRECT = bool(os.environ.get("AIU_E2E_DIRECT"))
AIU = os.path.join(BINARY, "bin", "aiu")
MOCK = os.path.join(BINARY, "bin", "aiu-mock")

# What the mock plants (src/mock/plant.c), joined here for the same reason as there.
PLANTS = {
    "card": "4539 " + "1488 " + "0343 " + "6467",
    "card_plain": "4371" + "8510" + "2937" + "4625",
    "email": "ada.lovelace" + "@" + "analytical-engines" + ".org",
    "us_ssn": "536" + "-22-" + "8762",
    "iban": "DE44" + "50010517" + "5407324931",
    "openai_key": "sk" + "-Eeeby3abP3E2Zs8IQ9Y7" + "T3Blbk" + "FJaJZqhB6baeCN6Zj4a3dD",
    "github_pat": "gh" + "p_" + "Ky9Pf34qY6Nb3wWD25RQ4F5ZR3qa7y" + "3gm1IL",
    "aws_key": "AK" + "IA" + "73U55XTP" + "LPFT7V4S",
}


def shared(name):
    """Path of a file of the shared test data; skips the test where it is not there."""
    path = os.path.join(SHARED, "data", name)
    if not os.path.exists(path):
        raise unittest.SkipTest("the shared test data has no %s here" % name)
    return path


def wait_until(condition, seconds=10.0, what="the condition"):
    """The first true value of condition()."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError("%s did not come within %g s" % (what, seconds))
        time.sleep(0.002)


class Process:
    """A program that says "ready ADDRESS" on stderr, which goes to a file."""

    def __init__(self, argv, log, env=None):
        self.log_path = log
        with open(log, "ab") as out:
            self.start = os.path.getsize(log)
            self.child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                          env=env)
        self.pid = self.child.pid

    def log(self):
        with open(self.log_path, "rb") as f:
            f.seek(self.start)
            return f.read().decode("utf-8", "replace")

    def wait_ready(self, seconds=20.0):
        def ready():
            found = re.search(r"^ready (\S+)$", self.log(), re.M)
            if not found and self.child.poll() is not None:
                raise AssertionError("%s ended with %d before it was ready:\n%s" % (
                    self.child.args[0], self.child.returncode, self.log()[-2000:]))
            return found
        return wait_until(ready, seconds, "ready").group(1)

    def stop(self, number=signal.SIGTERM, seconds=30.0):
        """The exit code."""
        if self.child.poll() is None:
            self.child.send_signal(number)
        try:
            return self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
            raise AssertionError("%s did not end within %g s" % (self.child.args[0], seconds))


def host_and_port(url):
    parts = urllib.parse.urlsplit(url)
    return parts.hostname, parts.port


class Mock(Process):
    def __init__(self, folder, listen="127.0.0.1:0"):
        self.record_path = os.path.join(folder, "mock.jsonl")
        super().__init__([MOCK, "--listen", listen, "--record", self.record_path, "--quiet"],
                         os.path.join(folder, "mock.log"))
        self.url = self.wait_ready()
        self.address = host_and_port(self.url)

    def lines(self):
        with open(self.record_path, encoding="utf-8") as f:
            return [json.loads(line) for line in f if line.endswith("\n")]

    def requests(self):
        """What arrived, without the tests' own look at /_mock/stats."""
        return [r for r in self.lines() if r.get("path") != "/_mock/stats"]

    def record_bytes(self):
        with open(self.record_path, "rb") as f:
            return f.read()

    def forget(self):
        with open(self.record_path, "r+b") as f:
            f.truncate(0)

    def stats(self):
        return exchange(self.address, "GET", "/_mock/stats").json()


APP_KEY = "aiu-e2e-key-of-the-application-0123456789abcdefghij"
PROVIDER_KEY = "e2e-key-of-the-provider-9876543210zyxwvutsrq"


def write_private(path, text):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(fd, "w") as f:
        f.write(text)
    return path


def certificate(folder, name, subject_alternative="IP:127.0.0.1"):
    """A key, and beside it with .crt a certificate for it, which everybody may read."""
    pem = os.path.join(folder, name + ".pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-keyout", pem, "-out", pem + ".crt",
                    "-days", "2", "-subj", "/CN=" + name, "-addext",
                    "subjectAltName=" + subject_alternative], check=True, capture_output=True)
    os.chmod(pem, 0o600)
    os.chmod(pem + ".crt", 0o644)
    return pem


def default_config(folder, mock_url):
    """A configuration as a dict; JSON is YAML."""
    return {
        "version": 1,
        "providers": [{
            "name": "mock", "dialect": "openai", "base_url": mock_url + "/v1",
            "api_key": {"file": write_private(os.path.join(folder, "provider.key"), PROVIDER_KEY)},
            "timeouts": {"connect": "2s", "first_byte": "5s", "idle": "5s", "total": "60s"},
        }],
        "models": [{"name": "*", "provider": "mock"}],
        "keys": [{
            "id": "app1", "tenant": "acme", "policy": "default",
            "key": {"file": write_private(os.path.join(folder, "app.key"), APP_KEY)},
        }],
        "log": {"level": "debug"},
    }


class Gateway(Process):
    """`aiu gateway` in front of `mock`. `change(config)` may edit the configuration first."""

    def __init__(self, folder, mock, change=None, env=None, arguments=(), state=None):
        self.folder = folder
        self.mock = mock
        self.state = state or os.path.join(folder, "state")
        self.config_path = os.path.join(folder, "config.yaml")
        self.config = default_config(folder, mock.url)
        if change:
            change(self.config)
        self.write_config()
        self.environment = dict(os.environ, **(env or {}))
        for name in [n for n in self.environment if n.startswith("AI_") and n not in (env or {})]:
            del self.environment[name]
        if DIRECT:
            self.url, self.address, self.pid = mock.url, mock.address, mock.pid
            self.child, self.log_path, self.start = None, mock.log_path, 0
            return
        if not os.access(AIU, os.X_OK):
            raise RuntimeError("there is no %s" % AIU)
        super().__init__([AIU, "gateway", "--config", self.config_path, "--listen", "127.0.0.1:0",
                          "--state-dir", self.state, *arguments],
                         os.path.join(folder, "gateway.log"), self.environment)
        self.url = self.wait_ready()
        self.address = host_and_port(self.url)

    def write_config(self, text=None):
        write_private(self.config_path, text or json.dumps(self.config, indent=1) + "\n")

    def stop(self, number=signal.SIGTERM, seconds=30.0):
        return 0 if DIRECT else super().stop(number, seconds)

    def aiu(self, *arguments, check=True, stdin=None):
        """Run another subcommand against this gateway's state; its result."""
        done = subprocess.run([AIU, *arguments], input=stdin, capture_output=True, timeout=60,
                              env=self.environment)
        if check and done.returncode != 0:
            raise AssertionError("aiu %s: %d\n%s" % (" ".join(arguments), done.returncode,
                                                     done.stderr.decode("utf-8", "replace")))
        return done

    def admin(self, method, path, body=b""):
        return exchange(os.path.join(self.state, "admin.sock"), method, path, body=body)

    def metrics(self):
        """{name{labels}: value}"""
        values = {}
        for line in self.admin("GET", "/metrics").body.decode().splitlines():
            if line and not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                values[name] = float(value)
        return values

    def audit(self):
        """The entries of the audit log, oldest first."""
        done = self.aiu("audit", "export", "--state-dir", self.state)
        return [json.loads(line) for line in done.stdout.splitlines() if line.strip()]

    def processes(self):
        """Ids of the gateway's processes, the supervisor's first."""
        return tree(self.pid)

    def workers(self):
        return [pid for pid in self.processes()[1:] if name_of(pid) != "aiu-signer"]

    def signer(self):
        """The process that signs the audit log; None while there is none."""
        return next((pid for pid in self.processes()[1:] if name_of(pid) == "aiu-signer"), None)


def name_of(pid):
    try:
        with open("/proc/%d/comm" % pid) as f:
            return f.read().strip()
    except OSError:
        return None


def tree(pid):
    """`pid` and all its descendants, children of any of its threads included."""
    found, queue = [], [pid]
    while queue:
        one = queue.pop(0)
        found.append(one)
        try:
            for task in os.listdir("/proc/%d/task" % one):
                with open("/proc/%d/task/%s/children" % (one, task)) as f:
                    queue += [int(child) for child in f.read().split()]
        except OSError:
            pass
    return found


def resident_kib(pids):
    """Proportional set size of the processes together."""
    total = 0
    for pid in pids:
        with open("/proc/%d/smaps_rollup" % pid) as f:
            total += int(re.search(r"^Pss:\s+(\d+)", f.read(), re.M).group(1))
    return total


def needs_true_memory():
    """Skip where there is no gateway, or one under a sanitizer, which keeps what is freed."""
    if DIRECT:
        raise unittest.SkipTest("needs a gateway")
    with open(AIU, "rb") as f:
        program = f.read()
        if b"__asan_init" in program or b"__tsan_init" in program:
            raise unittest.SkipTest("a sanitizer build keeps memory that was freed")


def connect(address, timeout=20.0):
    if isinstance(address, str):
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(timeout)
        s.connect(address)
        return s
    s = socket.create_connection(address, timeout)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return s


class Reply:
    """One HTTP answer. `complete` is whether the body ended as its framing promised; `error` is
    what the socket said, if it broke."""

    def __init__(self):
        self.status, self.headers, self.body, self.complete, self.error = 0, [], b"", False, None
        self.head = b""

    def header(self, name):
        found = [v for n, v in self.headers if n == name.lower()]
        return found[0] if found else None

    def json(self):
        return json.loads(self.body)

    def error_object(self):
        return self.json()["error"]

    def events(self):
        """Data of each SSE event; the last may be cut."""
        return [part[6:].decode("utf-8", "replace")
                for part in self.body.replace(b"\r\n", b"\n").split(b"\n\n")
                if part.startswith(b"data: ")]

    def chunks(self):
        return [json.loads(e) for e in self.events() if e != "[DONE]"]

    def done(self):
        return "[DONE]" in self.events()

    def stream_error(self):
        """The error object of a stream that broke, or None."""
        for event in self.events():
            if event.startswith('{"error"'):
                return json.loads(event)["error"]
        return None

    def text(self, channel="content", choice=0):
        """A channel's text, put together from a stream or taken from a whole answer."""
        if self.header("content-type", ) and "event-stream" in self.header("content-type"):
            parts = []
            for chunk in self.chunks():
                for c in chunk.get("choices", []):
                    if c["index"] == choice:
                        parts.append(channel_text(c, c.get("delta", {}), channel))
            return "".join(parts)
        c = self.json()["choices"][choice]
        return channel_text(c, c["message"], channel)


def channel_text(choice, message, channel):
    if channel == "tool":
        calls = message.get("tool_calls") or []
        return "".join(call["function"].get("arguments", "") for call in calls)
    if channel == "logprobs":
        logprobs = choice.get("logprobs") or {}
        return "".join(t["token"] for t in logprobs.get("content") or [])
    key = {"reasoning": "reasoning_content"}.get(channel, channel)
    return message.get(key) or ""


class Reader:
    """Takes HTTP answers off a socket."""

    def __init__(self, sock):
        self.sock, self.buffer, self.ended, self.error = sock, bytearray(), False, None

    def more(self):
        if self.ended:
            return False
        try:
            data = self.sock.recv(65536)
        except OSError as e:
            self.error, data = e, b""
        self.ended = not data
        self.buffer += data
        return bool(data)

    def line(self):
        while (end := self.buffer.find(b"\r\n")) < 0:
            if not self.more():
                return None
        line = bytes(self.buffer[:end])
        del self.buffer[:end + 2]
        return line

    def take(self, n):
        """Up to n bytes; fewer when the connection ended."""
        while len(self.buffer) < n and self.more():
            pass
        taken = bytes(self.buffer[:n])
        del self.buffer[:n]
        return taken

    def head(self, reply):
        line = self.line()
        if line is None:
            return False
        reply.status = int(line.split(b" ")[1])
        reply.head = line
        while True:
            line = self.line()
            if line is None:
                return False
            if not line:
                return True
            name, _, value = line.partition(b":")
            reply.headers.append((name.decode("latin-1").lower(),
                                  value.strip().decode("latin-1")))

    def chunked(self, body):
        while True:
            line = self.line()
            if line is None or not re.fullmatch(rb"[0-9a-fA-F]+", line):
                return False
            size = int(line, 16)
            data = self.take(size)
            body += data
            if len(data) < size or self.take(2) != b"\r\n":
                return False
            if size == 0:
                return True

    def body(self, reply, method):
        if method == "HEAD" or reply.status in (204, 304):
            return True
        if "chunked" in (reply.header("transfer-encoding") or ""):
            body = bytearray()
            whole = self.chunked(body)
            reply.body = bytes(body)
            return whole
        if reply.header("content-length") is not None:
            wanted = int(reply.header("content-length"))
            reply.body = self.take(wanted)
            return len(reply.body) == wanted
        while self.more():
            pass
        reply.body = bytes(self.buffer)
        self.buffer.clear()
        return self.error is None

    def reply(self, method="POST"):
        while True:
            reply = Reply()
            if not self.head(reply):
                reply.error = self.error
                return reply
            if reply.status >= 200:
                break
        reply.complete = self.body(reply, method)
        reply.error = self.error
        return reply


def encode(method, path, headers=(), body=b"", host="localhost"):
    lines = ["%s %s HTTP/1.1" % (method, path), "host: %s" % host]
    lines += ["%s: %s" % (name, value) for name, value in headers]
    names = [name.lower() for name, _ in headers]
    if (body or method == "POST") and "content-length" not in names and \
            "transfer-encoding" not in names:
        lines.append("content-length: %d" % len(body))
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def exchange(address, method, path, headers=(), body=b"", timeout=20.0):
    """One request on a connection of its own."""
    with connect(address, timeout) as s:
        try:
            s.sendall(encode(method, path, headers, body))
        except OSError:
            pass  # refused early: the answer may be there all the same
        return Reader(s).reply(method)


def raw(address, data, timeout=5.0):
    """Send bytes, return all that comes back until the peer closes or falls silent."""
    got = b""
    with connect(address, timeout) as s:
        try:
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
            while True:
                part = s.recv(65536)
                if not part:
                    break
                got += part
        except OSError:
            pass
    return got


def bearer(key=APP_KEY):
    return [("authorization", "Bearer " + key), ("content-type", "application/json")]


def chat_body(text="Hello", mock=None, model="mock-echo", **fields):
    body = {"model": model, "messages": [{"role": "user", "content": text}], **fields}
    if mock is not None:
        body["mock"] = mock
    return json.dumps(body, ensure_ascii=False).encode()


class Case(unittest.TestCase):
    """A test with a mock and a gateway for the whole class. `configure(config)` may be overridden;
    `environment` is added to the gateway's."""

    environment = {}
    maxDiff = 2000

    @classmethod
    def configure(cls, config):
        pass

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="aiu-e2e-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        cls.mock = Mock(cls.folder)
        cls.addClassCleanup(cls.mock.stop)
        cls.gateway = Gateway(cls.folder, cls.mock, cls.configure, cls.environment)
        cls.addClassCleanup(cls.stop_gateway)

    @classmethod
    def stop_gateway(cls):
        cls.gateway.stop()

    def chat(self, text="Hello", mock=None, headers=None, timeout=20.0, **fields):
        return exchange(self.gateway.address, "POST", "/v1/chat/completions",
                        bearer() if headers is None else headers,
                        chat_body(text, mock, **fields), timeout)

    def post(self, body, headers=None, path="/v1/chat/completions", timeout=20.0):
        return exchange(self.gateway.address, "POST", path,
                        bearer() if headers is None else headers, body, timeout)

    def assert_refused(self, reply, status, code):
        """An error in OpenAI's shape, its code also at the end of the message (CLIENTS.md)."""
        self.assertEqual(reply.status, status, reply.body[:500])
        error = reply.error_object()
        self.assertEqual(error["code"], code)
        self.assertIn(code, error["message"])
        self.assertEqual(set(error), {"message", "type", "param", "code"})
        self.assertTrue(reply.header("content-type").startswith("application/json"))
        self.assertRegex(reply.header("x-request-id") or "", r"^[0-9a-f]{8}-[0-9a-f]{4}-7")

    def assert_no_secret(self, data, names=PLANTS):
        text = data if isinstance(data, bytes) else data.encode()
        for name in names:
            self.assertNotIn(PLANTS[name].encode(), text, "%s leaked" % name)


def run_parallel(count, work):
    """work(i) in `count` threads at once; the results, or the first exception."""
    results, errors = [None] * count, []

    def one(i):
        try:
            results[i] = work(i)
        except BaseException as e:  # handed to the test's own thread
            errors.append(e)
    threads = [threading.Thread(target=one, args=(i,)) for i in range(count)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    if errors:
        raise errors[0]
    return results


def b64(data):
    return base64.b64encode(data if isinstance(data, bytes) else data.encode()).decode()


def main():
    """unittest.main, with ctest's code for "skipped" where nothing could run."""
    program = unittest.main(module="__main__", exit=False, verbosity=2)
    result = program.result
    if not result.wasSuccessful():
        raise SystemExit(1)
    skipped_all = result.skipped and result.testsRun <= len(result.skipped)
    raise SystemExit(77 if skipped_all else 0)
