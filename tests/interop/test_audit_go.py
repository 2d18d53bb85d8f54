# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
"""A log that a gateway wrote under load, verified by other people's code: the libraries of Go's
checksum database (golang.org/x/mod/sumdb), through audit_go (S62). Then by ours, whole and tampered
with in each way that verification must find."""
import itertools
import json
import os
import shutil
import struct
import subprocess
import sys
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
import harness
from harness import exchange

GO_PATH = "/usr/share/gocode"
CLIENTS, CALLS, KEPT = 8, 250, 6


def audit_go():
    """The Go program; skips the test where it cannot be built."""
    source = os.path.join(harness.SOURCE, "tests", "interop", "audit_go", "main.go")
    if not os.path.isdir(os.path.join(GO_PATH, "src/golang.org/x/mod/sumdb/tlog")):
        raise unittest.SkipTest("apt-get install golang-golang-x-mod-dev")
    if not shutil.which("go"):
        raise unittest.SkipTest("apt-get install golang-go")
    program = os.path.join(harness.BINARY, "bin", "audit_go")
    env = dict(os.environ, GO111MODULE="off", GOPATH=GO_PATH, GOFLAGS="",
               GOCACHE=os.path.join(harness.BINARY, "go-cache"))
    subprocess.run(["go", "build", "-o", program, source], check=True, env=env, timeout=300)
    return program


def read(*path):
    with open(os.path.join(*path), "rb") as f:
        return f.read()


def size_of(note):
    return int(note.split(b"\n")[1])


CRC_TABLE = []
for _byte in range(256):
    for _ in range(8):
        _byte = _byte >> 1 ^ (0x82F63B78 if _byte & 1 else 0)
    CRC_TABLE.append(_byte)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ CRC_TABLE[(crc ^ byte) & 255]
    return crc ^ 0xFFFFFFFF


def frame(index, entry):
    head = struct.pack("<IQ", len(entry), index)
    data = b"AUW1" + head + struct.pack("<I", crc32c(head + entry)) + entry
    return data + bytes(-len(data) % 8)


class Segment:
    """Entries of a segment file, to be changed and written again with checksums that are right."""

    def __init__(self, path):
        self.path = path
        data = read(path)
        self.header, self.size = data[:64], len(data)
        self.first = struct.unpack_from("<Q", data, 16)[0]
        self.entries, at = [], 64
        while data[at:at + 4] == b"AUW1":
            n = struct.unpack_from("<I", data, at + 4)[0]
            self.entries.append(data[at + 20:at + 20 + n])
            at += 20 + n + -(20 + n) % 8

    def write(self):
        data = self.header + b"".join(frame(self.first + i, e)
                                      for i, e in enumerate(self.entries))
        with open(self.path, "wb") as f:
            f.write(data + bytes(4096))


class UnderLoad(harness.Case):
    """One gateway, some thousand calls, checkpoints kept on the way; then everything offline."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if harness.DIRECT:
            raise unittest.SkipTest("needs a gateway")
        cls.log = os.path.join(cls.gateway.state, "audit", "main")
        cls.kept = os.path.join(cls.folder, "kept")
        cls.live = []
        os.makedirs(cls.kept)
        cls.run_load()
        cls.keep()
        cls.gateway.stop()
        lines = read(cls.log, "vkey").decode().splitlines()
        origin = read(cls.log, "checkpoint").split(b"\n")[0].decode()
        cls.vkey = next(line for line in lines if line.startswith(origin + "+"))
        cls.notes = sorted((os.path.join(cls.kept, n) for n in os.listdir(cls.kept)),
                           key=lambda path: size_of(read(path)))

    @classmethod
    def run_load(cls):
        failures = []

        def work():
            for i in itertools.count():
                if i >= CALLS and len(os.listdir(cls.kept)) >= KEPT:
                    return
                reply = exchange(cls.gateway.address, "POST", "/v1/chat/completions",
                                 harness.bearer(), harness.chat_body("call %d" % i))
                if reply.status != 200:
                    failures.append(reply.status)
        threads = [threading.Thread(target=work) for _ in range(CLIENTS)]
        for t in threads:
            t.start()
        while any(t.is_alive() for t in threads):
            threads[0].join(0.1)
            cls.keep()
            cls.live.append(cls.verify_live())
        assert not failures, failures[:3]
        harness.wait_until(lambda: size_of(cls.keep() or b"\n0") >= 2 * CLIENTS * CALLS,
                           what="a checkpoint of all calls")

    @classmethod
    def verify_live(cls):
        """What verification says while the gateway writes; None while nothing is signed yet."""
        if not os.path.exists(os.path.join(cls.log, "vkey")):
            return None
        done = subprocess.run([os.path.join(harness.BINARY, "bin", "aiu"), "audit", "verify",
                               "--dir", cls.log, "--json"], capture_output=True, timeout=120,
                              check=False)
        return done.stdout.decode() + done.stderr.decode()

    @classmethod
    def keep(cls):
        """Keep a copy of the checkpoint as it is now, as an outsider would."""
        try:
            note = read(cls.log, "checkpoint")
        except FileNotFoundError:
            return None
        with open(os.path.join(cls.kept, "%d.note" % size_of(note)), "wb") as f:
            f.write(note)
        return note

    def copy(self):
        """A copy of the log, which a test may destroy."""
        to = os.path.join(self.folder, "copy")
        shutil.rmtree(to, ignore_errors=True)
        shutil.copytree(self.log, to)
        return to

    def verify(self, folder, *words):
        reports = []
        for program in (["aiu-verify"], ["aiu", "audit", "verify"]):
            done = subprocess.run([os.path.join(harness.BINARY, "bin", program[0]), *program[1:],
                                   "--dir", folder, "--key", self.vkey, "--json", *words],
                                  capture_output=True, timeout=120, check=False)
            self.assertIn(done.returncode, (0, 1), done.stderr)
            reports.append(json.loads(done.stdout))
            self.assertEqual(done.returncode, 0 if reports[-1]["good"] else 1)
        self.assertEqual(*reports)
        return reports[0]

    def assert_found(self, folder, fault, index, *words):
        report = self.verify(folder, *words)
        self.assertEqual((report["fault"], report["bad_index"]), (fault, index), report)

    def segment(self, folder):
        wal = os.path.join(folder, "wal")
        return Segment(os.path.join(wal, sorted(n for n in os.listdir(wal) if n[0] == "0")[0]))

    def test_go_agrees_with_checkpoints_inclusion_and_consistency(self):
        """S62: note and tlog of golang.org/x/mod, which share no code with ours."""
        program = audit_go()
        done = subprocess.run([program, self.vkey, self.log, *self.notes], capture_output=True,
                              timeout=120, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn(b"good: ", done.stdout)
        self.assertGreaterEqual(len(self.notes), KEPT)
        # And it does find what is wrong: one bit of one tile.
        copy = self.copy()
        with open(os.path.join(copy, "tile", "0", "003"), "r+b") as f:
            byte = f.read(1)[0]
            f.seek(0)
            f.write(bytes([byte ^ 1]))
        done = subprocess.run([program, self.vkey, copy], capture_output=True, timeout=120,
                              check=False)
        self.assertEqual(done.returncode, 1, done.stdout)

    def test_ours_agrees_with_every_checkpoint_that_was_kept(self):
        words = [w for note in self.notes[:16] for w in ("--since", note)]
        report = self.verify(self.log, *words)
        self.assertTrue(report["good"], report)
        self.assertGreaterEqual(report["size"], 2 * CLIENTS * CALLS)

    def test_a_log_that_is_being_written_verifies_too(self):
        """No lock, no pause, no false alarm: what looks unfinished is looked at again."""
        said = [text for text in self.live if text]
        self.assertGreater(len(said), 3)
        for text in said:
            self.assertTrue(json.loads(text)["good"], text)

    def test_a_receipt_of_a_request_is_checked_by_anybody(self):
        """S64: every request has a record; its receipt needs nothing but the public key."""
        entry = json.loads(self.segment(self.log).entries[1000])
        receipt, record = (os.path.join(self.folder, n) for n in ("r.tlog-proof", "record"))
        words = ["--result"] if entry["t"] == "result" else []
        self.gateway.aiu("audit", "prove", entry["id"], *words, "--dir", self.log, "--out",
                         receipt, "--entry", record)
        done = subprocess.run([os.path.join(harness.BINARY, "bin", "aiu-verify"), "--receipt",
                               receipt, "--entry", record, "--key", self.vkey],
                              capture_output=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn(b"index 1000 ", done.stdout)
        self.assertEqual(json.loads(read(record)), entry)

    def test_each_tampering_is_found_with_its_entry(self):
        """S62: edited, deleted, inserted, reordered, cut off; checksums made right again."""
        def edit(entries):
            entries[1500] = entries[1500].replace(b'"v":1', b'"v":2', 1)

        def insert(entries):
            entries.insert(1500, b'{"v":1,"t":"boot","x":"never happened"}')

        def delete(entries):
            del entries[1500]

        def reorder(entries):
            entries[1500], entries[1501] = entries[1501], entries[1500]

        def cut(entries):
            del entries[1500:]
        for fault, change in (("edited", edit), ("inserted", insert), ("deleted", delete),
                              ("reordered", reorder), ("truncated", cut)):
            with self.subTest(fault):
                copy = self.copy()
                segment = self.segment(copy)
                change(segment.entries)
                segment.write()
                self.assert_found(copy, fault, 1500)

    def test_a_changed_or_missing_tile_is_found(self):
        copy = self.copy()
        path = os.path.join(copy, "tile", "0", "003")
        data = bytearray(read(path))
        data[32 * 7] ^= 1
        with open(path, "wb") as f:
            f.write(data)
        self.assert_found(copy, "tile_changed", 3 * 256 + 7)
        os.unlink(path)
        self.assert_found(copy, "tile_missing", 3 * 256)

    def test_rolled_back_and_foreign_logs_are_found(self):
        copy = self.copy()
        shutil.copy(self.notes[1], os.path.join(copy, "checkpoint"))
        self.assert_found(copy, "rolled_back", size_of(read(self.notes[1])), "--since",
                          self.notes[-1])
        other = os.path.join(self.folder, "other")
        gateway = harness.Gateway(self.make_folder(other), self.mock)
        log = os.path.join(gateway.state, "audit", "main")
        harness.wait_until(lambda: os.path.exists(os.path.join(log, "checkpoint")))
        gateway.stop()
        shutil.copy(os.path.join(log, "checkpoint"), os.path.join(copy, "checkpoint"))
        self.assert_found(copy, "foreign_key", 0)

    def test_a_fork_is_found(self):
        """The same key, another history: a second gateway with a copy of the state folder's key."""
        other = self.make_folder(os.path.join(self.folder, "fork"))
        state = os.path.join(other, "state")
        os.makedirs(state, mode=0o700)
        for name in os.listdir(self.gateway.state):
            if name.endswith(".key"):
                shutil.copy(os.path.join(self.gateway.state, name), state)
        gateway = harness.Gateway(other, self.mock)
        log = os.path.join(gateway.state, "audit", "main")
        first = size_of(read(self.notes[0]))

        def grown():
            exchange(gateway.address, "POST", "/v1/chat/completions", harness.bearer(),
                     harness.chat_body("another history"))
            path = os.path.join(log, "checkpoint")
            return os.path.exists(path) and size_of(read(path)) >= first
        harness.wait_until(grown, 60, "a log as long as the first checkpoint that was kept")
        gateway.stop()
        report = self.verify(log)
        self.assertTrue(report["good"], report)  # without an outside copy nobody can tell
        report = self.verify(log, "--since", self.notes[0])
        self.assertEqual((report["fault"], report["bad_index"], report["bad_until"]),
                         ("forked", 0, first))

    @staticmethod
    def make_folder(path):
        shutil.rmtree(path, ignore_errors=True)
        os.makedirs(path)
        return path


if __name__ == "__main__":
    harness.main()
