# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
"""The gateway as a process: reload, stop, crash, and what it needs to start (S4, S26, S39;
SECURITY-TESTS rows 14-17 and AUDIT.md: every call of the provider is accounted for)."""
import collections
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time

import harness
from harness import exchange


def call(gateway, text="Hello", **fields):
    return exchange(gateway.address, "POST", "/v1/chat/completions", harness.bearer(),
                    harness.chat_body(text, **fields))


class Own(harness.Case):
    """Each test starts gateways of its own in front of the class's mock."""

    def start(self, name, change=None, **more):
        if harness.DIRECT:
            self.skipTest("needs a gateway")
        folder = os.path.join(self.folder, name)
        os.makedirs(folder, exist_ok=True)
        gateway = harness.Gateway(folder, self.mock, change, **more)
        self.addCleanup(self.stop_if_running, gateway)
        return gateway

    @staticmethod
    def stop_if_running(gateway):
        for pid in harness.tree(gateway.pid):
            if gateway.child.poll() is None:
                os.kill(pid, signal.SIGKILL)
        gateway.child.wait()

    def refused_start(self, config, state, *, wanted=None, listen="127.0.0.1:0"):
        """Exit code and stderr of a gateway that must not come up."""
        done = subprocess.run([harness.AIU, "gateway", "--config", config, "--listen", listen,
                               "--state-dir", state], capture_output=True, timeout=20,
                              stdin=subprocess.DEVNULL)
        text = done.stderr.decode()
        self.assertNotEqual(done.returncode, 0, text)
        self.assertNotIn("ready http", text)
        self.assertTrue(text.strip(), "it said nothing")
        if wanted is not None:
            self.assertEqual(done.returncode, wanted, text)
        return text


class Reload(Own):
    def test_a_good_file_takes_effect_and_a_bad_one_changes_nothing(self):
        gateway = self.start("reload")
        gateway.config["keys"].append({
            "id": "late", "key": {"file": harness.write_private(gateway.folder + "/late.key",
                                                                "l" * 40)}})

        def with_late_key():
            return exchange(gateway.address, "POST", "/v1/chat/completions",
                            harness.bearer("l" * 40), harness.chat_body())
        self.assertEqual(with_late_key().status, 401)
        gateway.write_config()
        os.kill(gateway.pid, signal.SIGHUP)
        harness.wait_until(lambda: with_late_key().status == 200, 3, "the new key")

        good = gateway.config
        bad = ["version: 1\nproviders: [", json.dumps(dict(good, unknown_name=1)),
               json.dumps(dict(good, keys=[{"id": "x", "key": {"file": "/nonexistent"}}])),
               json.dumps(dict(good, keys=[dict(good["keys"][0], policy="none")])), ""]
        for text in bad:
            with self.subTest(text=text[:40]):
                gateway.write_config(text or "\n")
                seen = len(gateway.log())
                os.kill(gateway.pid, signal.SIGHUP)
                harness.wait_until(lambda: len(gateway.log()) > seen, 3, "a word about it")
                self.assertEqual(call(gateway).status, 200)
                self.assertEqual(with_late_key().status, 200)

        gateway.config["keys"] = gateway.config["keys"][:1]
        gateway.write_config()
        os.kill(gateway.pid, signal.SIGHUP)
        harness.wait_until(lambda: with_late_key().status == 401, 3, "the key's end")
        harness.wait_until(lambda: len([e for e in gateway.audit() if e["t"] == "config_change"]) >= 2,
                           3, "both changes in the audit log")

    def test_keys_of_the_environment_survive_a_reload(self):
        def from_environment(config):
            config["keys"][0]["key"] = {"env": "TEST_APP_KEY"}
            config["providers"][0]["api_key"] = {"env": "TEST_PROVIDER_KEY"}
        gateway = self.start("env-reload", from_environment, env={
            "TEST_APP_KEY": harness.APP_KEY, "TEST_PROVIDER_KEY": harness.PROVIDER_KEY})
        for times in (1, 2):
            os.kill(gateway.pid, signal.SIGHUP)
            harness.wait_until(lambda: gateway.log().count(" reloaded ") == times, 5, "a reload")
            self.assertEqual(call(gateway).status, 200)
            self.assertEqual(self.mock.requests()[-1]["headers"]["authorization"],
                             "Bearer " + harness.PROVIDER_KEY)
        gateway.config["keys"][0]["key"] = {"env": "TEST_NO_SUCH_KEY"}
        gateway.write_config()
        os.kill(gateway.pid, signal.SIGHUP)
        harness.wait_until(lambda: "keys[0].key: is empty or not set" in gateway.log(), 5, "no")
        self.assertEqual(call(gateway).status, 200)

    def test_no_request_fails_while_it_reloads(self):
        gateway = self.start("busy-reload")
        stop, failures, count = threading.Event(), [], [0]

        def load():
            while not stop.is_set():
                reply = call(gateway)
                count[0] += 1
                if reply.status != 200 or not reply.complete:
                    failures.append((reply.status, reply.body, reply.error))
        threads = [threading.Thread(target=load) for _ in range(8)]
        for t in threads:
            t.start()
        for _ in range(10):
            os.kill(gateway.pid, signal.SIGHUP)
            time.sleep(0.1)
        stop.set()
        for t in threads:
            t.join()
        self.assertEqual(failures, [])
        self.assertGreater(count[0], 20)

    def test_a_stream_under_way_outlives_a_reload(self):
        gateway = self.start("stream-reload")
        mock = {"reply": "one two three four five six", "delay_ms": 100}
        with harness.connect(gateway.address) as s:
            s.sendall(harness.encode("POST", "/v1/chat/completions", harness.bearer(),
                                     harness.chat_body("x", mock, stream=True)))
            reader = harness.Reader(s)
            reader.more()
            os.kill(gateway.pid, signal.SIGHUP)
            reply = reader.reply()
        self.assertEqual(reply.text(), mock["reply"])
        self.assertTrue(reply.done() and reply.complete)

    def test_logs_are_opened_anew(self):
        log = os.path.join(self.folder, "gateway-own.log")

        def to_file(config):
            config["log"]["file"] = log
        gateway = self.start("logs", to_file)
        call(gateway)
        os.rename(log, log + ".1")
        os.kill(gateway.pid, signal.SIGUSR1)
        harness.wait_until(lambda: os.path.exists(log), 3, "the new file")
        call(gateway)


class Stop(Own):
    def test_sigterm_lets_streams_finish_and_takes_no_new_ones(self):
        gateway = self.start("drain")
        mock = {"reply": "one two three four five six seven", "delay_ms": 150}

        def stream(_):
            with harness.connect(gateway.address) as s:
                s.sendall(harness.encode("POST", "/v1/chat/completions", harness.bearer(),
                                         harness.chat_body("x", mock, stream=True)))
                reader = harness.Reader(s)
                reader.more()
                started.release()
                return reader.reply()
        started = threading.Semaphore(0)
        codes = []

        def stop():
            for _ in range(20):
                started.acquire()
            codes.append(gateway.stop(seconds=20))
        stopper = threading.Thread(target=stop)
        stopper.start()
        replies = harness.run_parallel(20, stream)
        stopper.join()
        for reply in replies:
            self.assertTrue(reply.done() and reply.complete, reply.body[-200:])
        self.assertEqual(codes, [0])
        with self.assertRaises(OSError):
            socket.create_connection(gateway.address, 1)
        kinds = collections.Counter(e["t"] for e in gateway.audit())
        self.assertEqual(kinds["decision"], kinds["result"])
        self.assertEqual(kinds["shutdown"], 1)

    def test_what_does_not_finish_in_time_gets_an_error(self):
        def impatient(config):
            config["timeouts"] = {"drain": "1s"}
        gateway = self.start("impatient", impatient)
        mock = {"reply": "word " * 200, "delay_ms": 100}
        with harness.connect(gateway.address) as s:
            s.sendall(harness.encode("POST", "/v1/chat/completions", harness.bearer(),
                                     harness.chat_body("x", mock, stream=True)))
            reader = harness.Reader(s)
            reader.more()
            began = time.monotonic()
            gateway.child.send_signal(signal.SIGTERM)
            reply = reader.reply()
        self.assertFalse(reply.complete)
        self.assertIsNotNone(reply.stream_error())
        self.assertEqual(gateway.child.wait(10), 0)
        self.assertLess(time.monotonic() - began, 5)

    def test_an_idle_gateway_stops_at_once(self):
        gateway = self.start("idle")
        idle = harness.connect(gateway.address)
        began = time.monotonic()
        self.assertEqual(gateway.stop(), 0)
        self.assertLess(time.monotonic() - began, 2)
        idle.close()

    def test_it_is_ready_soon(self):
        began = time.monotonic()
        gateway = self.start("soon")
        gateway.stop()
        gateway = self.start("soon")  # the state folder is there already
        self.assertLess(time.monotonic() - began, 10)
        self.assertEqual(call(gateway).status, 200)


class Crash(Own):
    def test_a_killed_worker_is_back_within_a_second(self):
        gateway = self.start("worker")
        for _ in range(3):
            workers = gateway.workers()
            self.assertTrue(workers, "there is no worker process")
            os.kill(workers[0], signal.SIGKILL)
            began = time.monotonic()

            def answers():
                try:
                    return call(gateway).status == 200
                except OSError:
                    return False
            harness.wait_until(answers, 2, "an answer")
            self.assertLess(time.monotonic() - began, 1.0)
        self.assertIsNone(gateway.child.poll(), "the supervisor died too")

    def test_after_kill_9_under_load_every_call_of_the_provider_is_in_the_log(self):
        gateway = self.start("load")
        self.mock.forget()
        stop = threading.Event()

        def load(i):
            n = 0
            while not stop.is_set():
                n += 1
                try:
                    call(gateway, "nonce %d %d" % (i, n), stream=n % 2 == 0,
                         mock={"reply": "a b c d", "delay_ms": n % 3})
                except OSError:
                    time.sleep(0.01)
        threads = [threading.Thread(target=load, args=(i,)) for i in range(8)]
        for t in threads:
            t.start()
        for _ in range(5):
            time.sleep(0.5)
            for pid in gateway.workers():
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.3)
        for pid in reversed(gateway.processes()):
            os.kill(pid, signal.SIGKILL)
        stop.set()
        for t in threads:
            t.join()
        gateway.child.wait()
        arrived = len(self.mock.requests())
        gateway = self.start("load")  # recovery
        self.assertEqual(call(gateway).status, 200)
        gateway.stop()

        entries = gateway.audit()
        by_kind = collections.defaultdict(list)
        for e in entries:
            by_kind[e["t"]].append(e.get("id"))
        for kind in ("decision", "result", "abandoned"):
            self.assertEqual(len(by_kind[kind]), len(set(by_kind[kind])), kind)
        ended = set(by_kind["result"]) | set(by_kind["abandoned"])
        self.assertEqual(set(by_kind["decision"]), ended)
        self.assertFalse(set(by_kind["result"]) & set(by_kind["abandoned"]))
        self.assertGreaterEqual(len(by_kind["decision"]), arrived)
        self.assertGreater(arrived, 20)
        # Each answer that the provider began is named by at most one result.
        upstream = [e["upstream_id"] for e in entries if e["t"] == "result" and "upstream_id" in e]
        self.assertEqual(len(upstream), len(set(upstream)))
        self.assertEqual(gateway.aiu("audit", "fsck", "--state-dir", gateway.state).returncode, 0)


class Start(Own):
    def setUp(self):
        if harness.DIRECT:
            self.skipTest("needs a gateway")
        self.home = os.path.join(self.folder, self.id().split(".")[-1])
        os.mkdir(self.home)
        self.config = harness.default_config(self.home, self.mock.url)
        self.config_path = os.path.join(self.home, "config.yaml")
        self.write()
        self.state = os.path.join(self.home, "state")

    def write(self):
        harness.write_private(self.config_path, json.dumps(self.config, indent=1))

    def test_a_second_gateway_on_the_same_state_is_refused(self):
        gateway = self.start("first")
        self.refused_start(self.config_path, gateway.state)
        self.assertEqual(call(gateway).status, 200)

    def test_a_port_in_use_is_refused(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            text = self.refused_start(self.config_path, self.state,
                                      listen="127.0.0.1:%d" % taken.getsockname()[1])
        self.assertIn("in use", text)

    def test_a_state_folder_that_cannot_be_written_is_refused(self):
        for path in ("/proc/aiu-state", os.path.join(self.config_path, "below-a-file")):
            self.refused_start(self.config_path, path)

    def test_a_missing_key_file_is_refused(self):
        os.unlink(os.path.join(self.home, "provider.key"))
        text = self.refused_start(self.config_path, self.state)
        self.assertIn("provider", text)

    def test_a_key_file_that_others_can_read_is_refused(self):
        os.chmod(os.path.join(self.home, "provider.key"), 0o644)
        text = self.refused_start(self.config_path, self.state)
        self.assertNotIn(harness.PROVIDER_KEY, text)

    def test_a_key_with_control_bytes_is_refused(self):
        harness.write_private(os.path.join(self.home, "provider.key"), "sk-a\r\nx-evil: 1")
        text = self.refused_start(self.config_path, self.state)
        self.assertNotIn("x-evil", text)

    def test_an_unknown_name_is_refused_with_its_place_and_a_suggestion(self):
        self.config["provders"] = self.config.pop("providers")
        self.write()
        text = self.refused_start(self.config_path, self.state)
        self.assertRegex(text, r"config\.yaml:[0-9]+:[0-9]+")
        self.assertIn("providers", text)

    def test_check_reads_the_file_and_starts_nothing(self):
        for good in (True, False):
            if not good:
                self.config["version"] = 2
                self.write()
            done = subprocess.run([harness.AIU, "gateway", "--check", "--config", self.config_path,
                                   "--state-dir", self.state], capture_output=True, timeout=20)
            self.assertEqual(done.returncode == 0, good, done.stderr)

    def test_its_files_are_for_its_owner_only(self):
        gateway = self.start("modes")
        call(gateway)
        gateway.stop()
        for folder, names, files in os.walk(gateway.state):
            for name in names:
                self.assertEqual(os.stat(os.path.join(folder, name)).st_mode & 0o077, 0, name)
            for name in files:
                self.assertEqual(os.stat(os.path.join(folder, name)).st_mode & 0o077, 0, name)
        self.assertEqual(os.stat(gateway.state).st_mode & 0o077, 0)

    def test_on_a_unix_socket(self):
        path = os.path.join(self.home, "data.sock")
        config = os.path.join(self.home, "unix.yaml")
        self.config["listen"] = {"data": {"address": "unix:" + path}}
        harness.write_private(config, json.dumps(self.config))
        process = harness.Process([harness.AIU, "gateway", "--config", config, "--state-dir",
                                   self.state], os.path.join(self.home, "log"))
        process.wait_ready()
        try:
            reply = exchange(path, "POST", "/v1/chat/completions", harness.bearer(),
                             harness.chat_body("over a socket"))
            self.assertEqual(reply.text(), "over a socket")
        finally:
            self.assertEqual(process.stop(), 0)

    def test_a_state_folder_copied_away_is_whole(self):
        gateway = self.start("copied")
        for _ in range(5):
            call(gateway)
        gateway.stop()
        copy = os.path.join(self.home, "copy")
        shutil.copytree(gateway.state, copy, ignore=shutil.ignore_patterns("*.sock"))
        self.assertEqual(gateway.aiu("audit", "fsck", "--state-dir", copy).returncode, 0)


if __name__ == "__main__":
    harness.main()
