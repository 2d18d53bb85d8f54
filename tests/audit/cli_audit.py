# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
"""`aiu audit` on logs written here by docs/audit-format.md alone: cli_audit.py PROGRAM

A second implementation of the format, in Python, so that the page and the code cannot drift apart.
"""
import base64
import calendar
import hashlib
import json
import os
import pty
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM = sys.argv.pop(1)
CRC_TABLE = []
for byte in range(256):
    for _ in range(8):
        byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
    CRC_TABLE.append(byte)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ CRC_TABLE[(crc ^ byte) & 255]
    return crc ^ 0xFFFFFFFF


def tree_head(entries):
    """RFC 6962 2.1, recursively as the standard writes it."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\0" + entries[0]).digest()
    k = 1
    while k * 2 < len(entries):
        k *= 2
    return hashlib.sha256(b"\1" + tree_head(entries[:k]) + tree_head(entries[k:])).digest()


def header(first, root, begun=1):
    rest = struct.pack("<Q", first) + root + struct.pack("<Q", begun)
    return b"AUWSEG01" + struct.pack("<II", 1, crc32c(rest)) + rest


def frame(index, entry):
    head = struct.pack("<IQ", len(entry), index)
    data = b"AUW1" + head + struct.pack("<I", crc32c(head + entry)) + entry
    return data + bytes(-len(data) % 8)


def entry(i):
    return json.dumps({"v": 1, "t": "boot", "i": i}).encode()


def segments(entries, each, begun=1):
    for first in range(0, len(entries), each):
        data = header(first, tree_head(entries[:first]), begun)
        for i in range(first, min(first + each, len(entries))):
            data += frame(i, entries[i])
        yield first, data + bytes(4096)


def segment_path(folder, first):
    return os.path.join(folder, "wal", f"{first:020d}.wal")


def write_log(folder, entries, each=100, begun=1):
    os.makedirs(os.path.join(folder, "wal"))
    for first, data in segments(entries, each, begun):
        with open(segment_path(folder, first), "wb") as f:
            f.write(data)


def month_entries(name, previous, count=5):
    """Entries of a month, an hour apart from its first day on; the first names the one before."""
    made = []
    for i in range(count):
        head = {"v": 1, "t": "boot", "ts": "%s-01T%02d:00:00.000000Z" % (name, i), "i": i}
        if i == 0 and previous:
            head = {"v": 1, "t": "shard", "ts": head["ts"], "previous": previous}
        made.append(json.dumps(head, separators=(",", ":")).encode())
    return made


def unix_us(stamp):
    return calendar.timegm(time.strptime(stamp, "%Y-%m-%d")) * 1000000


def audit(*words):
    return subprocess.run([PROGRAM, "audit", *words], capture_output=True, check=False, timeout=60)


class AuditCommand(unittest.TestCase):
    def setUp(self):
        top = tempfile.TemporaryDirectory()
        self.addCleanup(top.cleanup)
        self.folder = os.path.join(top.name, "log")
        self.entries = [entry(i) for i in range(250)]

    def test_a_log_by_the_page_is_whole_and_comes_out_as_it_went_in(self):
        write_log(self.folder, self.entries)
        report = json.loads(audit("fsck", "--json", "--dir", self.folder).stdout)
        self.assertTrue(report["whole"])
        self.assertEqual(report["entries"], 250)
        self.assertEqual(report["segments"], 3)
        self.assertEqual(base64.b64decode(report["root"]), tree_head(self.entries))
        out = audit("export", "--dir", self.folder)
        self.assertEqual(out.stdout, b"\n".join(self.entries) + b"\n")
        self.assertEqual(out.returncode, 0)

    def test_a_range_is_half_open(self):
        write_log(self.folder, self.entries)
        out = audit("export", "--from", "98", "--to", "102", "--dir", self.folder)
        self.assertEqual(out.stdout.splitlines(), self.entries[98:102])
        self.assertEqual(audit("export", "--from", "9999", "--dir", self.folder).stdout, b"")

    def test_tail_gives_the_last_entries(self):
        write_log(self.folder, self.entries)
        self.assertEqual(audit("tail", "--dir", self.folder).stdout.splitlines(), self.entries[-10:])
        out = audit("tail", "-n", "120", "--dir", self.folder)
        self.assertEqual(out.stdout.splitlines(), self.entries[-120:])
        self.assertEqual(audit("tail", "-n", "0", "--dir", self.folder).stdout, b"")

    def test_tail_f_goes_on_into_the_next_segment(self):
        write_log(self.folder, self.entries[:100])
        words = [PROGRAM, "audit", "tail", "-f", "-n", "1", "--dir", self.folder]
        with subprocess.Popen(words, stdout=subprocess.PIPE) as follower:
            self.assertEqual(follower.stdout.readline().rstrip(), self.entries[99])
            time.sleep(0.3)
            first, data = list(segments(self.entries[:200], 100))[1]
            with open(segment_path(self.folder, first) + ".new", "wb") as f:
                f.write(data)
            os.rename(segment_path(self.folder, first) + ".new", segment_path(self.folder, first))
            for i in range(100, 200):
                self.assertEqual(follower.stdout.readline().rstrip(), self.entries[i])
            follower.terminate()

    def test_tail_f_goes_on_into_the_next_month(self):
        """The folder gets another name, with entries that were not read yet; a new one has its."""
        write_log(self.folder, self.entries[:50])
        end = os.path.getsize(segment_path(self.folder, 0)) - 4096  # which are made ahead
        words = [PROGRAM, "audit", "tail", "-f", "-n", "1", "--dir", self.folder]
        with subprocess.Popen(words, stdout=subprocess.PIPE) as follower:
            self.assertEqual(follower.stdout.readline().rstrip(), self.entries[49])
            with open(segment_path(self.folder, 0), "r+b") as f:
                f.seek(end)
                f.write(b"".join(frame(i, self.entries[i]) for i in range(50, 60)))
            os.rename(self.folder, self.folder + ".ended")
            write_log(self.folder + ".new", self.entries[60:80])
            os.rename(self.folder + ".new", self.folder)
            for i in range(50, 80):
                self.assertEqual(follower.stdout.readline().rstrip(), self.entries[i])
            follower.terminate()

    def damage(self, first, at, data):
        with open(segment_path(self.folder, first), "r+b") as f:
            f.seek(at)
            f.write(data)

    def test_damage_is_a_well_formed_no_with_the_first_bad_entry(self):
        write_log(self.folder, self.entries)
        size = len(frame(0, self.entries[0]))
        self.damage(0, 64 + 3 * size + 22, b"~")
        out = audit("fsck", "--dir", self.folder)
        self.assertEqual(out.returncode, 1)
        self.assertIn(b"first bad entry 3,", out.stdout)
        report = json.loads(audit("fsck", "--json", "--dir", self.folder).stdout)
        self.assertEqual((report["whole"], report["bad_index"]), (False, 3))
        # An export says that it is not all.
        out = audit("export", "--dir", self.folder)
        self.assertEqual(out.stdout.splitlines(), self.entries[:3])
        self.assertEqual(out.returncode, 78)

    def test_damage_in_the_last_segment_is_not_an_end(self):
        write_log(self.folder, self.entries)
        self.damage(200, 64 + 22, b"~")
        self.assertEqual(audit("fsck", "--dir", self.folder).returncode, 1)
        self.assertEqual(audit("export", "--dir", self.folder).returncode, 78)

    def test_a_rewritten_history_is_found_by_the_next_header(self):
        write_log(self.folder, self.entries)
        other = self.entries[:]
        other[42] = other[42].replace(b"42", b"43")
        with open(segment_path(self.folder, 0), "wb") as f:
            f.write(next(segments(other, 100))[1])
        report = json.loads(audit("fsck", "--json", "--dir", self.folder).stdout)
        self.assertEqual((report["whole"], report["bad_index"]), (False, 100))

    def test_half_a_write_at_the_end_is_no_damage(self):
        write_log(self.folder, self.entries)
        size = os.path.getsize(segment_path(self.folder, 200)) - 4096
        self.damage(200, size, frame(250, entry(250))[:30])
        out = audit("fsck", "--dir", self.folder)
        self.assertEqual(out.returncode, 0)
        self.assertIn(b"30 bytes of an unfinished write", out.stdout)
        self.assertEqual(audit("export", "--dir", self.folder).returncode, 0)

    def test_nothing_steers_the_terminal(self):
        """S14, failure matrix row 34: ANSI, OSC, C1, bidirectional and zero-width characters."""
        nasty = '{"m":"\x1b]0;t\x07\x9b31m\u202eabc\u2066\u200b\x7f é"}'.encode() + b"\xff\x9b"
        write_log(self.folder, [nasty])
        out = audit("tail", "--dir", self.folder).stdout
        self.assertEqual(
            out.decode(),
            '{"m":"\\u001b]0;t\\u0007\\u009b31m\\u202eabc\\u2066\\u200b\\u007f é"}\ufffd\ufffd\n',
        )
        self.assertEqual(audit("export", "--dir", self.folder).stdout, nasty + b"\n")
        seen = []

        def keep(fd):
            seen.append(os.read(fd, 4096))
            return b""

        pty.spawn([PROGRAM, "audit", "export", "--dir", self.folder], keep)
        self.assertNotIn(b"\x1b", b"".join(seen))

    def test_mistakes_are_usage_and_a_missing_log_is_told(self):
        for words in ([], ["nonsense"], ["tail", "-n"], ["tail", "-n", "x", "--dir", "."],
                      ["tail", "--from", "1"], ["fsck", "-f"], ["export", "--bogus"]):
            self.assertEqual(audit(*words).returncode, 2, words)
        out = audit("fsck", "--dir", self.folder)
        self.assertEqual(out.returncode, 6)
        self.assertIn(b"no log here", out.stderr)
        self.assertEqual(audit("--help").returncode, 0)
        self.assertEqual(audit("tail", "--help").returncode, 0)

    def test_output_that_cannot_be_written_is_told(self):
        write_log(self.folder, self.entries)
        with open("/dev/full", "wb") as full:
            out = subprocess.run([PROGRAM, "audit", "export", "--dir", self.folder], stdout=full,
                                 stderr=subprocess.DEVNULL, check=False, timeout=60)
        self.assertEqual(out.returncode, 11)


class Months(unittest.TestCase):
    """A log of three months: 2026-09, 2026-10 and the one that is written."""

    def setUp(self):
        top = tempfile.TemporaryDirectory()
        self.addCleanup(top.cleanup)
        self.state = top.name
        self.audit = os.path.join(self.state, "audit")
        self.entries = {}
        for folder, name, previous in (("2026-09", "2026-09", None), ("2026-10", "2026-10", "2026-09"),
                                       ("main", "2026-11", "2026-10")):
            self.entries[folder] = month_entries(name, previous)
            write_log(os.path.join(self.audit, folder), self.entries[folder], 3,
                      unix_us(name + "-01"))
        self.all = [line for folder in ("2026-09", "2026-10", "main")
                    for line in self.entries[folder]]

    def export(self, *words):
        out = audit("export", "--state-dir", self.state, *words)
        self.assertEqual(out.returncode, 0, out.stderr)
        return out.stdout.splitlines()

    def test_an_export_has_all_months_the_oldest_first(self):
        self.assertEqual(self.export(), self.all)
        out = audit("export", "--dir", self.audit)
        self.assertEqual((out.returncode, out.stdout.splitlines()), (0, self.all))
        out = audit("export", "--dir", os.path.join(self.audit, "2026-10"))
        self.assertEqual(out.stdout.splitlines(), self.entries["2026-10"])

    def test_an_export_of_a_window_goes_over_the_end_of_a_month(self):
        lines = self.export("--since", "2026-09-01T03:00:00Z", "--until", "2026-10-01T02:00:00Z")
        self.assertEqual(lines, self.entries["2026-09"][3:] + self.entries["2026-10"][:2])
        self.assertEqual(self.export("--since", "2026-11-01T03:00:00Z"), self.entries["main"][3:])
        self.assertEqual(self.export("--until", "2026-09-01T01:00:00Z"),
                         self.entries["2026-09"][:1])
        self.assertEqual(self.export("--since", "2027-01-01"), [])
        self.assertEqual(audit("export", "--state-dir", self.state, "--since", "soon").returncode, 2)

    def test_indices_count_in_a_month(self):
        self.assertEqual(self.export("--from", "1", "--to", "3"), self.entries["main"][1:3])
        self.assertEqual(self.export("--month", "2026-09", "--from", "4"),
                         self.entries["2026-09"][4:])
        self.assertEqual(self.export("--month", "2026-10"), self.entries["2026-10"])
        out = audit("export", "--state-dir", self.state, "--month", "2026-08")
        self.assertEqual(out.returncode, 2)
        self.assertIn(b"no month 2026-08", out.stderr)

    def test_the_other_formats_have_one_beginning_and_one_end(self):
        self.assertEqual(len(self.export("--format", "csv")), 1 + len(self.all))
        otlp = json.loads(b"".join(self.export("--format", "otlp")))
        self.assertEqual(len(otlp["resourceLogs"][0]["scopeLogs"][0]["logRecords"]), len(self.all))

    def fsck(self, *words):
        out = audit("fsck", "--json", "--state-dir", self.state, *words)
        return [json.loads(line) for line in out.stdout.splitlines()], out.returncode

    def test_fsck_checks_every_month_or_one(self):
        reports, code = self.fsck()
        self.assertEqual(code, 0)
        self.assertEqual([(r["month"], r["whole"], r["entries"]) for r in reports],
                         [("2026-09", True, 5), ("2026-10", True, 5), ("main", True, 5)])
        path = segment_path(os.path.join(self.audit, "2026-10"), 3)
        with open(path, "r+b") as f:
            f.seek(64 + 22)
            f.write(b"~")
        reports, code = self.fsck()
        self.assertEqual((code, [r["whole"] for r in reports]), (1, [True, False, True]))
        self.assertEqual(reports[1]["bad_index"], 3)
        self.assertEqual(self.fsck("--month", "main")[1], 0)
        self.assertEqual(self.fsck("--month", "2026-10")[1], 1)
        self.assertIn(b"== 2026-10\ndamaged", audit("fsck", "--dir", self.audit).stdout)

    def test_a_month_that_is_missing_in_between_is_found_and_named(self):
        shutil.rmtree(os.path.join(self.audit, "2026-10"))
        reports, code = self.fsck()
        self.assertEqual((code, [r["whole"] for r in reports]), (1, [True, False]))
        self.assertEqual((reports[1]["month"], reports[1]["missing"]), ("main", "2026-10"))
        self.assertIn(b"goes on from 2026-10, which is not there", audit("fsck", "--dir",
                                                                         self.audit).stdout)
        out = audit("export", "--state-dir", self.state)
        self.assertEqual(out.returncode, 78)
        self.assertIn(b"goes on from 2026-10, which is not there", out.stderr)
        self.assertEqual(out.stdout.splitlines(), self.entries["2026-09"] + self.entries["main"])
        # A month that was deleted when its time was over is missing at the beginning only.
        shutil.rmtree(os.path.join(self.audit, "2026-09"))
        self.assertEqual(self.fsck()[1], 0)
        self.assertEqual(self.export(), self.entries["main"])

    def test_a_month_of_another_log_is_no_link(self):
        shutil.rmtree(os.path.join(self.audit, "main"))
        write_log(os.path.join(self.audit, "main"), month_entries("2026-11", None), 3)
        reports, code = self.fsck()
        self.assertEqual((code, reports[2]["whole"], reports[2]["missing"]), (1, False, ""))


if __name__ == "__main__":
    unittest.main()
