# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
"""What the audit log survives (S60-S64; SECURITY-TESTS rows 9-16): kill -9 of every process in
turn, a full, failing and read-only disk, an old copy put back, deleted tiles. After each:
decisions = results + abandoned, the tree proves the entries, and no two signed trees contradict
each other.

  AIU_KILLS  how many kills under load (40)"""
import base64
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import threading
import time

import harness
from harness import exchange

KILLS = int(os.environ.get("AIU_KILLS", "40"))
PRELOAD = os.path.join(harness.BINARY, "lib", "fail_sync.so")


def roots_of(lines, sizes):
    """{size: root} of the first entries, by RFC 6962 with nothing of the product's."""
    levels, roots = [], {}
    for n, line in enumerate(lines):
        h, i = hashlib.sha256(b"\0" + line).digest(), 0
        while n >> i & 1:
            h, i = hashlib.sha256(b"\1" + levels[i] + h).digest(), i + 1
        levels[i:i + 1] = [h]
        if n + 1 in sizes:
            root = None
            for i, h in enumerate(levels):
                if n + 1 >> i & 1:
                    root = h if root is None else hashlib.sha256(b"\1" + h + root).digest()
            roots[n + 1] = root
    return roots


class Survival(harness.Case):
    def setUp(self):
        if harness.DIRECT:
            self.skipTest("needs a gateway")
        self.seen = set()  # (size, root) of every checkpoint and signer state that was met

    def gateway_at(self, name, state=None, **more):
        folder = os.path.join(self.folder, name)
        os.makedirs(folder, exist_ok=True)
        gateway = harness.Gateway(folder, self.mock, state=state, **more)
        self.addCleanup(self.kill_all, gateway)
        return gateway

    @staticmethod
    def kill_all(gateway):
        if gateway.child.poll() is None:
            for pid in harness.tree(gateway.pid):
                try:
                    os.kill(pid, signal.SIGKILL)
                except OSError:
                    pass
        gateway.child.wait()

    @staticmethod
    def log_of(gateway):
        return os.path.join(gateway.state, "audit", "main")

    def call(self, gateway, text="Hello", **fields):
        try:
            return exchange(gateway.address, "POST", "/v1/chat/completions", harness.bearer(),
                            harness.chat_body(text, **fields), timeout=5).status
        except OSError:
            return None

    def look(self, gateway):
        """Remember what is signed now; the size of the published tree."""
        size = 0
        for path, skip in ((self.log_of(gateway) + "/checkpoint", 0),
                           (gateway.state + "/audit-signing.state", 1)):
            try:
                with open(path) as f:
                    lines = f.read().split("\n")[skip:]
            except FileNotFoundError:
                continue
            signed = int(lines[1].split()[-1])
            root = base64.b64decode(lines[2].split()[-1])
            if signed:
                self.seen.add((signed, root))
            size = signed if path.endswith("/checkpoint") else size
        return size

    def wait_published(self, gateway):
        """Until the checkpoint has all entries that there are now."""
        n = len(gateway.audit())
        harness.wait_until(lambda: self.look(gateway) >= n, 15, "a checkpoint of %d entries" % n)

    def assert_whole(self, gateway):
        """Of a stopped gateway's log."""
        self.look(gateway)
        out = gateway.aiu("audit", "export", "--dir", self.log_of(gateway)).stdout
        lines = out.split(b"\n")[:-1]
        roots = roots_of(lines, {size for size, _ in self.seen})
        for size, root in self.seen:
            self.assertLessEqual(size, len(lines), "signed entries are gone")
            self.assertEqual(roots[size], root, "two histories were signed, at %d" % size)
        entries = [json.loads(line) for line in lines]
        ids = {t: [e["id"] for e in entries if e["t"] == t]
               for t in ("decision", "result", "abandoned")}
        for t, all_of in ids.items():
            self.assertEqual(len(all_of), len(set(all_of)), t)
        self.assertEqual(sorted(ids["decision"]), sorted(ids["result"] + ids["abandoned"]))
        gateway.aiu("audit", "verify", "--dir", self.log_of(gateway))
        return entries

    def load(self, gateways, stop, counts):
        def work(i):
            n = 0
            while not stop.is_set():
                n += 1
                if self.call(gateways[-1], "nonce %d %d" % (i, n), stream=n % 2 == 0) == 200:
                    counts[i] += 1
                else:
                    time.sleep(0.005)
        threads = [threading.Thread(target=work, args=(i,)) for i in range(len(counts))]
        for t in threads:
            t.start()
        return threads


class Kills(Survival):
    def test_kill_9_of_each_process_in_turn_under_load_S62_S64(self):
        self.mock.forget()
        gateways = [self.gateway_at("kills")]
        stop, counts = threading.Event(), [0] * 6
        threads = self.load(gateways, stop, counts)
        rng = random.Random(5)
        try:
            for i in range(KILLS):
                time.sleep(rng.uniform(0, 0.25))
                gateway = gateways[-1]
                self.look(gateway)
                victim = ("worker", "signer", "supervisor")[i % 3]
                if victim == "supervisor":
                    everybody = gateway.processes()
                    os.kill(gateway.pid, signal.SIGKILL)
                    gateway.child.wait()
                    harness.wait_until(lambda: all(harness.name_of(p) is None for p in everybody),
                                       40, "the end of worker and signer")
                    self.look(gateway)
                    gateways.append(self.gateway_at("kills"))
                    continue
                pid = harness.wait_until(
                    lambda: gateway.signer() if victim == "signer" else
                    next(iter(gateway.workers()), None), 10, "a " + victim)
                os.kill(pid, signal.SIGKILL)
                self.look(gateway)
                harness.wait_until(lambda: self.call(gateway) == 200, 10, "an answer")
        finally:
            stop.set()
            for t in threads:
                t.join()
        gateway = gateways[-1]
        self.assertEqual(self.call(gateway), 200)
        self.assertEqual(gateway.stop(), 0)
        entries = self.assert_whole(gateway)
        self.assertGreater(sum(counts), KILLS)
        # Every call that the provider saw is a decision in the log.
        decisions = sum(e["t"] == "decision" for e in entries)
        self.assertGreaterEqual(decisions, len(self.mock.requests()))
        # At the end all is signed: the record of the shutdown, too.
        self.assertEqual(self.look(gateway), len(entries))
        self.assertIn("shutdown", [e["t"] for e in entries[-3:]])


class OldCopies(Survival):
    def refused(self, gateway):
        done = subprocess.run([harness.AIU, "gateway", "--config", gateway.config_path, "--listen",
                               "127.0.0.1:0", "--state-dir", gateway.state], capture_output=True,
                              timeout=30, stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, 78, done.stderr.decode())
        self.assertNotIn(b"ready http", done.stderr)
        return done.stderr.decode()

    def test_an_old_copy_of_the_log_is_refused_and_never_signed(self):
        gateway = self.gateway_at("old")
        self.assertEqual(self.call(gateway), 200)
        gateway.stop()
        log, copy, good = self.log_of(gateway), gateway.folder + "/copy", gateway.folder + "/good"
        shutil.copytree(log, copy)
        gateway = self.gateway_at("old")
        self.assertEqual(self.call(gateway), 200)
        gateway.stop()
        self.assert_whole(gateway)
        os.rename(log, good)
        shutil.copytree(copy, log)
        self.assertIn("not what was signed", self.refused(gateway))
        shutil.rmtree(log)
        self.assertIn("not what was signed", self.refused(gateway))  # nor an empty one
        os.rename(good, log) if not os.path.exists(log) else (shutil.rmtree(log),
                                                              os.rename(good, log))
        gateway = self.gateway_at("old")
        self.assertEqual(self.call(gateway), 200)
        gateway.stop()
        self.assert_whole(gateway)

    def test_a_log_with_another_history_of_the_same_length_is_refused(self):
        gateway = self.gateway_at("fork")
        self.assertEqual(self.call(gateway), 200)
        gateway.stop()
        self.look(gateway)
        state = gateway.state + "/audit-signing.state"
        with open(state) as f:
            text = f.read().split("\n")
        root = bytearray(base64.b64decode(text[3].split()[1]))
        root[0] ^= 1
        text[3] = "root " + base64.b64encode(root).decode()
        harness.write_private(state, "\n".join(text))
        self.assertIn("not what was signed", self.refused(gateway))

    def test_deleted_tiles_and_checkpoint_come_back_the_same(self):
        gateway = self.gateway_at("tiles")
        for _ in range(5):
            self.assertEqual(self.call(gateway), 200)
        gateway.stop()
        log = self.log_of(gateway)
        names = [os.path.join(d, f)
                 for d, _, files in os.walk(log + "/tile") for f in files] + [log + "/checkpoint"]
        before = {}
        for name in names:
            with open(name, "rb") as f:
                before[name] = f.read()
        shutil.rmtree(log + "/tile")
        os.remove(log + "/checkpoint")
        gateway = self.gateway_at("tiles")
        self.wait_published(gateway)
        gateway.stop()
        entries = self.assert_whole(gateway)
        largest = max((n for n in before if "/tile/0/" in n), key=lambda n: len(before[n]))
        with open("%s/tile/0/000.p/%d" % (log, len(entries)), "rb") as f:
            self.assertTrue(f.read().startswith(before[largest]))


class Rotation(Survival):
    def test_a_new_key_is_on_record_and_both_sign(self):
        gateway = self.gateway_at("rotation")
        self.assertEqual(self.call(gateway), 200)
        self.wait_published(gateway)
        harness.wait_until(lambda: gateway.metrics()["aiu_audit_tree_size"] >= 3, 10, "the metric")
        self.assertEqual(gateway.metrics()["aiu_audit_unsigned"], 0)
        old = gateway.aiu("audit", "key", "--state-dir", gateway.state).stdout.split()
        self.assertEqual(len(old), 1)
        gateway.aiu("audit", "key", "--rotate", "--state-dir", gateway.state)

        def keys():
            self.call(gateway)
            return gateway.aiu("audit", "key", "--state-dir", gateway.state).stdout.split()
        both = harness.wait_until(lambda: len(keys()) == 2 and keys(), 15, "the second key")
        self.assertEqual(both[0], old[0])
        harness.wait_until(lambda: any(e["t"] == "key_event" and e.get("what") == "audit_key" and
                                       e["vkey"].encode() == both[1] for e in gateway.audit()),
                           15, "the record")
        gateway.stop()
        self.assert_whole(gateway)
        for key in both:
            done = gateway.aiu("audit", "verify", "--dir", self.log_of(gateway), "--key",
                               key.decode())
            self.assertEqual(done.returncode, 0)


class Disks(Survival):
    def mount(self, options):
        folder = os.path.join(self.folder, "disk-%d" % time.monotonic_ns())
        os.makedirs(folder)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "aiu-test", folder],
                              capture_output=True)
        if done.returncode != 0:
            self.skipTest("a tmpfs cannot be mounted here")
        self.addCleanup(subprocess.run, ["umount", "-l", folder], capture_output=True)
        return folder

    def test_a_full_disk_refuses_and_a_freed_one_serves(self):
        disk = self.mount("size=100m")
        gateway = self.gateway_at("full", state=disk + "/state")
        self.assertEqual(self.call(gateway), 200)
        self.wait_published(gateway)
        with open(disk + "/filler", "wb") as f:
            try:
                while True:
                    f.write(bytes(1 << 20))
                    f.flush()
            except OSError:
                pass
        # What there is room for is still decided and recorded; then it says no.
        for _ in range(50):
            self.assertIn(self.call(gateway), (200, 503))
        os.remove(disk + "/filler")
        harness.wait_until(lambda: self.call(gateway) == 200, 20, "an answer")
        harness.wait_until(lambda: self.look(gateway) == len(gateway.audit()), 20, "a checkpoint")
        self.assertEqual(gateway.stop(), 0)
        self.assert_whole(gateway)

    def test_a_disk_that_becomes_read_only_refuses_and_signs_nothing(self):
        disk = self.mount("size=200m")
        gateway = self.gateway_at("readonly", state=disk + "/state")
        self.assertEqual(self.call(gateway), 200)
        self.wait_published(gateway)
        before = set(self.seen)
        gateway.stop()
        done = subprocess.run(["mount", "-o", "remount,ro", disk], capture_output=True)
        if done.returncode != 0:
            self.skipTest("cannot be made read-only here")
        self.look(gateway)
        before |= self.seen
        refused = subprocess.run([harness.AIU, "gateway", "--config", gateway.config_path,
                                  "--listen", "127.0.0.1:0", "--state-dir", gateway.state],
                                 capture_output=True, timeout=30, stdin=subprocess.DEVNULL)
        self.assertNotEqual(refused.returncode, 0)
        self.assertNotIn(b"ready http", refused.stderr)
        self.look(gateway)
        self.assertEqual(self.seen, before)
        self.assert_whole(gateway)

    def fail_on(self, name, what):
        if not os.path.exists(PRELOAD):
            self.skipTest("no " + PRELOAD)
        switch = os.path.join(self.folder, name + ".switch")
        gateway = self.gateway_at(name, env={"LD_PRELOAD": PRELOAD, "AIU_FAIL_SWITCH": switch})
        self.assertEqual(self.call(gateway), 200)
        self.wait_published(gateway)
        with open(switch + ".new", "w") as f:
            f.write(what)
        os.rename(switch + ".new", switch)
        harness.wait_until(lambda: self.call(gateway) == 503, 10, "a refusal")
        self.assertEqual(exchange(gateway.address, "GET", "/readyz").status, 503)
        os.remove(switch)
        # A failed sync is for good: what the kernel kept is unknown. A restart reads the disk.
        self.assertEqual(self.call(gateway), 503)
        self.kill_all(gateway)
        gateway = self.gateway_at(name)
        self.assertEqual(self.call(gateway), 200)
        self.assertEqual(gateway.stop(), 0)
        self.assert_whole(gateway)

    def test_eio_on_sync_is_for_good_and_a_restart_recovers(self):
        self.fail_on("eio-sync", "sync")

    def test_eio_on_write_is_for_good_and_a_restart_recovers(self):
        self.fail_on("eio-write", "write")


del Survival

if __name__ == "__main__":
    harness.main()
