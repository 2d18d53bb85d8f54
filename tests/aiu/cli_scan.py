# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
"""`aiu scan` from outside: what it finds in files, what it leaves out, and bad input:
cli_scan.py PROGRAM"""
import base64
import contextlib
import json
import os
import pty
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

PROGRAM = sys.argv.pop(1)
# Made up when the tests run, so that no scanner of this source finds it.
TOKEN = "gh" + "p_" + "0123456789" + "abcdefghijklmnopqrstu" + "VWXYZ"


def with_checksum(body):
    """A GitHub token has a CRC32 of its body in base 62 at its end."""
    import zlib
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    crc, text = zlib.crc32(body.encode()), ""
    while crc:
        crc, rest = divmod(crc, 62)
        text = digits[rest] + text
    return "gh" + "p_" + body + text.rjust(6, "0")


TOKEN = with_checksum("aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vWx")
OTHER = with_checksum("zY9xW7vU5tS3rQ1pN9mL7kJ5hG3fEd")


def scan(*words, stdin=b"", cwd=None, env=None):
    return subprocess.run([PROGRAM, "scan", *words], input=stdin, capture_output=True, cwd=cwd,
                          env=env, timeout=60)


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="aiu-scan-")
        self.addCleanup(shutil.rmtree, self.folder, True)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(text if isinstance(text, bytes) else text.encode())
        return path

    def found(self, *words, code=None):
        """Paths and rules of what is found."""
        done = scan("--format", "json", *words, cwd=self.folder)
        if code is not None:
            self.assertEqual(done.returncode, code, done.stderr)
        return [(f["path"], f["rule"]) for f in json.loads(done.stdout)["findings"]]

    def names(self, *words):
        return sorted({path for path, _ in self.found(*words)})


class Findings(Folder):
    def test_a_clean_folder_is_0_findings_are_1_and_a_missing_path_is_2(self):
        self.write("a", "nothing here\n")
        self.assertEqual(scan(cwd=self.folder).returncode, 0)
        self.write("b", "token = " + TOKEN + "\n")
        self.assertEqual(scan(cwd=self.folder).returncode, 1)
        done = scan("no", "b", cwd=self.folder)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"aiu scan: no: No such file or directory", done.stderr)
        self.assertIn(b"b:1:9: critical secret.github_pat", done.stdout)

    def test_what_was_found_is_never_printed_unless_it_is_to_be_revealed(self):
        self.write("a", "x\n" + TOKEN + "\n")
        for form in ("text", "json", "jsonl", "sarif"):
            done = scan("--format", form, cwd=self.folder)
            self.assertNotIn(TOKEN[4:20].encode(), done.stdout + done.stderr, form)
            self.assertIn(TOKEN.encode(), scan("--reveal", "--format", form,
                                               cwd=self.folder).stdout)

    def test_lines_columns_and_offsets_are_those_of_the_finding(self):
        self.write("a", "é\n😀ü " + TOKEN + " x\n")
        finding = json.loads(scan("--format", "jsonl", cwd=self.folder).stdout)
        self.assertEqual([finding[k] for k in ("line", "column", "end_line", "end_column")],
                         [2, 4, 2, 4 + len(TOKEN)])
        with open(os.path.join(self.folder, "a"), "rb") as f:
            text = f.read()
        self.assertEqual(text[finding["start"]:finding["end"]].decode(), TOKEN)
        sarif = json.loads(scan("--format", "sarif", cwd=self.folder).stdout)
        region = sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]
        self.assertEqual((region["startLine"], region["startColumn"], region["endColumn"]),
                         (2, 5, 5 + len(TOKEN)))  # the emoji is two code units of UTF-16

    def test_files_have_secrets_and_hidden_text_by_default_and_a_pipe_all_kinds(self):
        self.write("a", "bob@company.example.org\n" + TOKEN + "\n")
        self.assertEqual(self.found(), [("a", "secret.github_pat")])
        self.assertIn(("a", "pii.email"), self.found("--only", "all"))
        self.assertEqual(self.found("--only", "pii.email"), [("a", "pii.email")])
        self.assertEqual(self.found("--only=secret.git*"), [("a", "secret.github_pat")])
        self.assertEqual(scan("--only", "nope", cwd=self.folder).returncode, 2)
        done = scan("-", stdin=b"mail bob@company.example.org")
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"-:1:6: medium pii.email", done.stdout)

    def test_a_secret_that_is_encoded_is_found_at_its_code(self):
        coded = base64.b64encode(("token " + TOKEN + " and more").encode()).decode()
        self.write("a", "data: " + coded + "\n")
        self.assertEqual(self.found(), [("a", "secret.github_pat")])

    def test_bytes_that_are_no_utf8_are_scanned_as_they_are(self):
        self.write("a", b"\xff\xfe\x80 latin \xe9\n" + TOKEN.encode() + b"\xff\n")
        self.assertEqual(self.found(code=1), [("a", "secret.github_pat")])

    def test_utf16_has_the_findings_of_the_same_text_in_utf8(self):
        import random
        chance = random.Random(7)
        keys = ("line", "column", "end_line", "end_column", "start", "end", "rule", "match")

        def found(data):
            with open(os.path.join(self.folder, "a"), "wb") as f:
                f.write(data)
            return [[finding[k] for k in keys] for finding in json.loads(scan(
                "--format", "json", "--only", "all", "--reveal", cwd=self.folder).stdout)["findings"]]

        words = [TOKEN, "bob@company.example.org", "é", "\U0001F600", "\u4e2d\u6587", "\n", "\r\n", " ",
                 "4111 1111 1111 1111", "password = \"Tr0ub4dor&3x\"", "x" * 5000, "\u202e", OTHER +
                 "  # aiu:allow\n"]
        for size in [4, 30, 30, 30, 200, 2000, 20000]:
            text = "\n".join(chance.choice(words) for _ in range(size)) + "\n" + TOKEN
            wanted = found(text.encode())
            self.assertTrue(wanted)
            for mark, name in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
                self.assertEqual(found(mark + text.encode(name)), wanted, (size, name))
                self.assertEqual(found(mark + text.encode(name) + b"x")[:len(wanted)], wanted)
        self.assertEqual(scan("-", stdin=b"\xff\xfe" + TOKEN.encode("utf-16-le")).returncode, 1)
        self.assertEqual(found(b"\xff\xfe\0\0" + TOKEN.encode("utf-32-le")), [])  # left alone: zeros

    def test_binary_files_are_left_alone_but_not_a_pipe(self):
        self.write("a", b"\x7fELF\0\0" + TOKEN.encode())
        self.assertEqual(self.found(code=0), [])
        self.assertEqual(scan("-", stdin=b"\0\0 " + TOKEN.encode()).returncode, 1)

    def test_names_can_hold_anything_and_reach_no_terminal_as_they_are(self):
        name = b"new\nline \x1b[31m \xff.txt"
        with open(os.path.join(self.folder.encode(), name), "wb") as f:
            f.write(TOKEN.encode())
        done = scan(cwd=self.folder)
        self.assertEqual(done.stdout.count(b"\n"), 1)
        self.assertIn(rb"new\x0aline \x1b[31m \xff.txt:1:1: critical", done.stdout)
        sarif = json.loads(scan("--format", "sarif", cwd=self.folder).stdout)
        uri = sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"][
            "artifactLocation"]["uri"]
        self.assertEqual(uri, "new%0Aline%20%1B%5B31m%20%FF.txt")

    def test_the_order_is_the_same_in_every_run(self):
        for i in range(200):
            self.write("d%d/f%d" % (i % 7, i), "x\n" * (i % 50) + TOKEN + "\n")
        first = scan(cwd=self.folder).stdout
        self.assertEqual(first.count(b"\n"), 200)
        for _ in range(5):
            self.assertEqual(scan(cwd=self.folder).stdout, first)

    def test_progress_is_for_terminals_only(self):
        self.write("a", "x")
        self.assertNotIn(b"\r", scan(cwd=self.folder).stderr)
        master, slave = pty.openpty()
        subprocess.run([PROGRAM, "scan"], stderr=slave, stdout=subprocess.DEVNULL, cwd=self.folder)
        os.close(slave)
        self.assertIn(b"\r", os.read(master, 4096))
        os.close(master)


class Passing(Folder):
    def test_a_mark_on_the_line_lets_pass_what_it_names(self):
        self.write("a", TOKEN + "  # aiu:allow\n" + TOKEN + " # gitleaks:allow\n")
        self.assertEqual(self.found(code=0), [])
        self.write("a", TOKEN + " # aiu:allow secret.github_pat: a test\n")
        self.assertEqual(self.found(), [])
        self.write("a", TOKEN + " # aiu:allow pii\n" + OTHER + " # aiu:allowed\n\n# aiu:allow\n")
        self.assertEqual(len(self.found()), 2)

    def test_a_baseline_leaves_out_what_is_known_wherever_it_moves(self):
        self.write("a", TOKEN + "\n" + TOKEN + "\n")
        known = self.write("known.json", scan("--format", "json", cwd=self.folder).stdout)
        with open(known) as f:
            self.assertNotIn(TOKEN, f.read())
        self.write("a", "moved\n\n" + TOKEN + " " + TOKEN + "\n")
        self.assertEqual(self.found("--baseline", "known.json", code=0), [])
        self.write("a", TOKEN + "\n" + OTHER + "\n")
        done = scan("--baseline", "known.json", cwd=self.folder)
        self.assertIn(b"a:2:1:", done.stdout)
        self.assertEqual(done.stdout.count(b"\n"), 1)
        self.write("a", (TOKEN + "\n") * 3)
        self.assertEqual(len(self.found("--baseline", "known.json")), 1)

    def test_a_baseline_that_is_none_is_refused(self):
        self.write("a", TOKEN)
        for text in ("", "[]", "{}", '{"findings":[{"fingerprint":"x"}]}', '{"findings":[{}]}'):
            self.write("b.json", text)
            done = scan("--baseline", "b.json", "a", cwd=self.folder)
            self.assertEqual(done.returncode, 2, text)
            self.assertIn(b"b.json", done.stderr)
        self.assertEqual(scan("--baseline", "no.json", cwd=self.folder).returncode, 2)

    def test_allow_lists_of_gitleaks_are_read(self):
        self.write("src/a.py", TOKEN + "\n")
        self.write("vendor/b.py", TOKEN + "\n")
        self.write("c.py", OTHER + " # line word\n")
        self.write(".gitleaks.toml", "[allowlist]\npaths = ['''^vendor/''']\n")
        self.assertEqual(self.names(), ["c.py", "src/a.py"])
        self.write(".gitleaks.toml", "[[allowlists]]\nstopwords = ['AB3DE5']\n")
        self.assertEqual(self.names(), ["c.py"])
        self.write(".gitleaks.toml", "[allowlist]\nregexTarget = 'line'\nregexes = ['line w[a-z]+']\n")
        self.assertEqual(self.names(), ["src/a.py", "vendor/b.py"])
        self.write(".gitleaks.toml", "[[allowlists]]\ncondition = 'AND'\npaths = ['src/']\n"
                                     "regexes = ['^nothing$']\n")
        self.assertEqual(len(self.names()), 3)
        self.write(".gitleaks.toml", "[[rules]]\nid = 'github-pat'\n[rules.allowlist]\n"
                                     "paths = ['\\.py$']\n")
        self.assertEqual(self.names(), [])
        self.write(".gitleaks.toml", "[[rules]]\nid = 'slack-bot-token'\n[rules.allowlist]\n"
                                     "paths = ['\\.py$']\n")
        self.assertEqual(len(self.names()), 3)
        self.write(".gitleaks.toml", "[extend]\ndisabledRules = ['github-pat']\n")
        self.assertEqual(self.names(), [])

    def test_an_expression_that_needs_backtracking_is_refused_with_its_line(self):
        self.write(".gitleaks.toml", "[allowlist]\nregexes = [\n 'ok',\n '(?=x)y',\n]\n")
        done = scan(cwd=self.folder)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b".gitleaks.toml:4: this expression can not be used", done.stderr)
        self.write(".gitleaks.toml", "[allowlist\n")
        done = scan(cwd=self.folder)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b".gitleaks.toml:1: ] is expected", done.stderr)

    def test_lines_of_a_gitleaksignore_are_let_pass(self):
        self.write("a", "\n" + TOKEN + "\n" + OTHER + "\n")
        self.write(".gitleaksignore", "# known\na:github-pat:2\n"
                   "0123456789012345678901234567890123456789:a:some-rule:3\n")
        self.assertEqual(self.found(code=0), [])
        self.write(".gitleaksignore", "a:github-pat:3\n")
        self.assertEqual(len(self.found()), 1)


@unittest.skipUnless(shutil.which("git"), "git is not installed")
class Git(Folder):
    def git(self, *words):
        env = dict(os.environ, GIT_CONFIG_GLOBAL="/dev/null", GIT_CONFIG_SYSTEM="/dev/null",
                   GIT_AUTHOR_NAME="a", GIT_AUTHOR_EMAIL="a@example.org", GIT_COMMITTER_NAME="a",
                   GIT_COMMITTER_EMAIL="a@example.org")
        done = subprocess.run(["git", *words], cwd=self.folder, env=env, capture_output=True)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        return done.stdout

    def test_what_is_left_out_is_what_git_leaves_out(self):
        self.git("init", "-q")
        names = ["a.o", "keep.o", "b/a.o", "b/keep.o", "build/x", "b/build/x", "docs/build/y",
                 "root.txt", "b/root.txt", "x/deep/er/log.txt", "log.txt", "foo/bar/baz", "foo/q",
                 "sp ace ", "#hash", "!bang", "c/d/e/f", "c/f", "caf\u00e9", "a[b]", "tmp1", "tmpx",
                 "sub/one", "sub/two", "sub/in/one", "n/x/y/z", "z\\w"]
        rules = {
            ".gitignore": "*.o\n!keep.o\nbuild/\n/root.txt\n**/log.txt\nfoo/**\n!foo/q\nsp\\ ace\\ \n"
                          "\\#hash\n\\!bang\nc/**/f\ncaf?\na[[]b]\ntmp[0-9]\nn/*/y\n# no\n\nz\\\\w  \n",
            "sub/.gitignore": "/one\n!two\n", "docs/.gitignore": "!build/\n",
            ".git/info/exclude": "two\nxx\n"}
        for name in names:
            self.write(name, TOKEN)
        for name, text in rules.items():
            self.write(name, text)
        ignored = set(self.git("ls-files", "-z", "--others", "--ignored", "--exclude-standard")
                      .decode().split("\0")) - {""}
        self.assertGreater(len(ignored), 10)
        seen = set(self.names())
        self.assertEqual(seen, set(names) - ignored)
        self.assertEqual(set(self.names("--no-ignore")), set(names))
        self.assertEqual({n for n in names if n.startswith("b/")} - ignored, set(self.names("b")))
        self.assertEqual(self.names("a.o"), ["a.o"])  # named: scanned whatever git says

    def test_random_rules_leave_out_what_git_leaves_out(self):
        import random
        r = random.Random(7)
        self.git("init", "-q")
        parts = ["a", "b", "ab", "a.b", "*", "**", "?", "a*", "*b", "[ab]", "[!a]", "[a-b]*", ".*"]
        names = ["/".join(r.choice(["a", "b", "ab", "a.b", "ba", "bb", ".a"])
                          for _ in range(r.randint(1, 4))) for _ in range(120)]
        for name in sorted(set(names), key=lambda n: -n.count("/")):
            if not os.path.exists(os.path.join(self.folder, name)):
                try:
                    self.write(name, TOKEN)
                except (FileExistsError, NotADirectoryError):
                    pass
        every = set(self.names("--no-ignore"))
        for _ in range(25):
            lines = [r.choice(["", "", "", "!"]) + r.choice(["", "", "/"]) +
                     "/".join(r.choice(parts) for _ in range(r.randint(1, 3))) +
                     r.choice(["", "", "/"]) for _ in range(r.randint(1, 6))]
            self.write(".gitignore", "\n".join(lines))
            ignored = set(self.git("ls-files", "-z", "--others", "--ignored",
                                   "--exclude-standard").decode().split("\0")) - {""}
            self.assertEqual(set(self.names()), every - ignored, lines)

    def test_staged_is_what_the_next_commit_adds(self):
        self.git("init", "-q")
        self.write("old", TOKEN + "\nmore\n")
        self.git("add", "old")
        self.assertEqual(self.found("--staged"), [("old", "secret.github_pat")])  # no commit yet
        self.git("commit", "-qm", "x")
        self.assertEqual(self.found("--staged", code=0), [])
        self.write("old", TOKEN + "\nmore\nand more\n")
        self.git("add", "old")
        self.assertEqual(self.found("--staged", code=0), [])  # that line is not new
        self.write("old", TOKEN + "\nmore\nand more\nx " + OTHER + "\n")
        self.assertEqual(self.found("--staged", code=0), [])  # not staged yet
        self.git("add", "old")
        done = scan("--staged", cwd=self.folder)
        self.assertEqual((done.returncode, done.stdout.count(b"\n")), (1, 1))
        self.assertIn(b"old:4:3: critical", done.stdout)
        self.write("old", "changed again")
        self.assertEqual(len(self.found("--staged")), 1)  # what is staged, not what lies there

    def test_staged_files_of_all_kinds_and_names(self):
        self.git("init", "-q")
        self.write("with\nnewline \u00e9", "@@ -1 +1 @@\ndiff --git a/x b/x\n" + TOKEN + "\n")
        self.write("binary", b"\0\1" + TOKEN.encode())
        self.write("big", "x\n" * 3_000_000 + TOKEN + "\n")
        self.write("empty", "")
        os.symlink("a", os.path.join(self.folder, "link"))
        self.git("add", "-A")
        self.assertEqual(self.names("--staged"), ["big", "with\nnewline \u00e9"])
        self.assertEqual(self.names("--staged", "big"), ["big"])
        self.git("commit", "-qm", "x")
        os.remove(os.path.join(self.folder, "link"))
        self.write("link", TOKEN)
        self.git("add", "-A")
        self.assertEqual(self.names("--staged"), ["link"])

    def test_staged_leaves_out_nothing_that_the_repository_would(self):
        """An attribute that calls a text binary; a setting that shows the current folder only."""
        self.git("init", "-q")
        self.git("config", "diff.relative", "true")
        self.write(".gitattributes", "*.env -diff\n*.key binary\n")
        for name in ("a.env", "b.key", "c"):
            self.write(name, "x\n" + TOKEN)
        os.mkdir(os.path.join(self.folder, "d"))
        self.git("add", "-A")
        done = scan("--staged", cwd=os.path.join(self.folder, "d"))
        self.assertEqual((done.returncode, done.stdout.count(b"\n")), (1, 3), done.stdout)

    def test_staged_runs_nothing_that_the_repository_names(self):
        self.git("init", "-q")
        trap = self.write("trap", "#!/bin/sh\ntouch %s/sprung\ncat\n" % self.folder)
        os.chmod(trap, 0o755)
        for key in ("diff.external", "diff.x.textconv", "diff.x.command", "core.fsmonitor",
                    "core.pager"):
            self.git("config", key, trap)
        self.write(".gitattributes", "* diff=x\n")
        self.write("a", TOKEN)
        self.git("-c", "core.fsmonitor=false", "add", "a", ".gitattributes")
        self.assertFalse(os.path.exists(os.path.join(self.folder, "sprung")))
        self.assertEqual(self.names("--staged"), ["a"])
        self.assertFalse(os.path.exists(os.path.join(self.folder, "sprung")))

    def test_staged_outside_of_a_repository_is_an_error(self):
        env = dict(os.environ, GIT_CEILING_DIRECTORIES=os.path.dirname(self.folder))
        done = scan("--staged", cwd=self.folder, env=env)
        self.assertEqual(done.returncode, 2)
        self.assertNotIn(b"--name-status", done.stderr)  # how git diff is called
        self.assertIn(b"not a git repository", done.stderr)
        env = dict(env, PATH="relative:.")
        done = scan("--staged", cwd=self.folder, env=env)
        self.assertEqual((done.returncode, b"git" in done.stderr), (2, True))


def is_sanitized():
    with open(PROGRAM, "rb") as f:
        return re.search(b"__[at]san_init", f.read()) is not None


class BadInput(Folder):
    @unittest.skipIf(is_sanitized(), "a sanitizer reserves more addresses than the limit")
    def test_a_huge_sparse_file_is_scanned_in_bounded_memory(self):
        path = os.path.join(self.folder, "huge")
        with open(path, "wb") as f:
            f.write(b"text\n" * 4000)
            f.truncate(10 << 30)
            f.seek(5 << 20)
            f.write(b"\n" + TOKEN.encode() + b"\n")
            f.seek(80 << 20)
            f.write(b"\n" + OTHER.encode() + b"\n")
            f.truncate(int(os.environ.get("AIU_HUGE", 100 << 20)))
        before = subprocess.run(
            ["bash", "-c", "ulimit -v 400000; exec \"$0\" scan --format json \"$1\"", PROGRAM, path],
            capture_output=True, timeout=300)
        found = json.loads(before.stdout)["findings"]
        self.assertEqual([f["start"] for f in found], [(5 << 20) + 1, (80 << 20) + 1])
        self.assertEqual([f["line"] for f in found], [4002, 4004])

    def test_ten_gigabytes_of_zeroes_are_binary(self):
        path = os.path.join(self.folder, "zeroes")
        with open(path, "wb") as f:
            f.truncate(10 << 30)
        before = time.monotonic()
        self.assertEqual(scan(path).returncode, 0)
        self.assertLess(time.monotonic() - before, 5)

    def test_one_huge_line_is_scanned_and_its_columns_are_right(self):
        self.write("a", "x" * 5_000_000 + " " + TOKEN + " " + "y" * 5_000_000 + " " + OTHER)
        found = json.loads(scan("--format", "json", cwd=self.folder).stdout)["findings"]
        self.assertEqual([f["column"] for f in found],
                         [5_000_002, 10_000_004 + len(TOKEN)])

    def test_pieces_find_what_the_whole_finds(self):
        body = "".join("%07d some text of a line\n" % i for i in range(200_000))
        for at in (4194304 - 20, 4194304, 5242880 - 1, 5242880 - 39):
            text = body[:at] + " " + TOKEN + "\n" + body[at:]
            self.write("a", text)
            found = json.loads(scan("--format", "json", cwd=self.folder).stdout)["findings"]
            self.assertEqual([(f["start"], f["end"]) for f in found],
                             [(at + 1, at + 1 + len(TOKEN))])
            self.assertEqual(found[0]["line"], text[:at + 1].count("\n") + 1)

    def test_what_is_no_regular_file_is_named_as_such_and_the_rest_is_scanned(self):
        os.mkfifo(os.path.join(self.folder, "fifo"))
        self.write("a", TOKEN)
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(os.path.join(self.folder, "socket"))
            self.assertEqual(self.found(code=1), [("a", "secret.github_pat")])
            done = scan("fifo", "socket", "/dev/zero", "a", cwd=self.folder)
        self.assertEqual(done.returncode, 2)
        for name in (b"fifo", b"/dev/zero"):
            self.assertIn(b"aiu scan: " + name + b": no regular file", done.stderr)
        self.assertIn(b"aiu scan: socket: ", done.stderr)
        self.assertIn(b"a:1:1:", done.stdout)

    def test_links_are_not_followed_and_a_loop_is_an_error_where_it_is_named(self):
        os.symlink("loop", os.path.join(self.folder, "loop"))
        os.symlink("..", os.path.join(self.folder, "up"))
        self.write("d/a", TOKEN)
        os.symlink("d/a", os.path.join(self.folder, "link"))
        self.assertEqual(self.names(), ["d/a"])
        done = scan("loop", "link", cwd=self.folder)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"aiu scan: loop: Too many levels of symbolic links", done.stderr)
        self.assertIn(b"link:1:1:", done.stdout)

    @unittest.skipIf(os.geteuid() == 0 and not shutil.which("setpriv"), "runs as root")
    def test_what_may_not_be_read_is_reported_and_the_rest_scanned(self):
        self.write("a", TOKEN)
        self.write("secret/b", TOKEN)
        os.chmod(self.write("closed", TOKEN), 0)
        os.chmod(os.path.join(self.folder, "secret"), 0)
        os.chmod(self.folder, 0o755)
        user = ["setpriv", "--reuid=65534", "--clear-groups"] if os.geteuid() == 0 else []
        program = shutil.copy(PROGRAM, os.path.join(tempfile.gettempdir(), "aiu-%d" % os.getpid()))
        self.addCleanup(os.remove, program)
        os.chmod(program, 0o755)
        done = subprocess.run(user + [program, "scan", self.folder], capture_output=True, cwd="/")
        os.chmod(os.path.join(self.folder, "secret"), 0o700)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn(b"/closed: Permission denied", done.stderr)
        self.assertIn(b"/secret: Permission denied", done.stderr)
        self.assertEqual(done.stdout.count(b"\n"), 1)

    def test_a_file_that_shrinks_while_it_is_read_ends_nothing(self):
        path = self.write("shrinking", "x" * 40_000_000)
        self.write("a", TOKEN)
        stop = threading.Event()

        def shrink():
            while not stop.is_set():
                os.truncate(path, 100_000)
                os.truncate(path, 30_000_000)
        thread = threading.Thread(target=shrink)
        thread.start()
        try:
            done = scan(cwd=self.folder)
        finally:
            stop.set()
            thread.join()
        self.assertIn(done.returncode, (1, 2))
        self.assertIn(b"a:1:1:", done.stdout)

    def test_a_deep_tree_is_walked(self):
        path = self.folder
        for _ in range(500):
            path = os.path.join(path, "dddd")
        os.makedirs(path)
        with open(os.path.join(path, "a"), "w") as f:
            f.write(TOKEN)
        self.assertEqual(len(self.found()), 1)

    def test_numbers_of_a_region_that_is_named_need_no_word(self):
        self.write("a", "ring 030 901820 or 415 555 2671\n")
        self.assertEqual(self.found(), [])
        self.assertEqual(self.found("--only", "pii"), [])
        self.assertEqual(len(self.found("--phone-regions", "DE")), 1)
        self.assertEqual(len(self.found("--phone-regions=DE,CA", "--only", "pii")), 2)
        for wrong in ("UK", "de", "", "DE,XX"):
            done = scan("--phone-regions", wrong, cwd=self.folder)
            self.assertEqual(done.returncode, 2, wrong)
            self.assertIn(b"there is no region", done.stderr)

    def test_usage_errors_are_2_and_say_what(self):
        for words in (["--nope"], ["--phone-regions"], ["--format"], ["--format", "xml"], ["--only"], ["-", "a"],
                      ["--jsonl", "a"], ["--jsonl", "--staged"], ["-x"]):
            done = scan(*words, cwd=self.folder)
            self.assertEqual(done.returncode, 2, words)
            self.assertIn(b"aiu scan: ", done.stderr)
        self.assertEqual(scan("--help").returncode, 0)


class Output(Folder):
    def test_output_that_can_not_be_written_is_no_success(self):
        self.write("a", "nothing")
        for words in (["rules", "list"], ["rules", "list", "--json"], ["rules", "show", "pii.email"],
                      ["scan", "--format", "json", "."], ["--help"], ["scan", "--help"]):
            with open("/dev/full", "wb") as full:
                done = subprocess.run([PROGRAM, *words], stdout=full, stderr=subprocess.PIPE,
                                      cwd=self.folder)
            self.assertGreaterEqual(done.returncode, 2, words)
            self.assertTrue(done.stderr, words)


class Sarif(Folder):
    def test_it_has_what_the_standard_and_github_ask_for(self):
        self.write("d/a b.py", "x = '" + TOKEN + "'\n\u202e\n")
        sarif = json.loads(scan("--format", "sarif", cwd=self.folder).stdout)
        self.assertEqual(sarif["version"], "2.1.0")
        self.assertIn("sarif", sarif["$schema"])
        run, = sarif["runs"]
        driver = run["tool"]["driver"]
        self.assertTrue(driver["name"] and driver["semanticVersion"])
        ids = [rule["id"] for rule in driver["rules"]]
        for rule in driver["rules"]:
            for key in ("shortDescription", "fullDescription", "help"):
                self.assertTrue(rule[key]["text"])
            self.assertIn(rule["defaultConfiguration"]["level"], ("error", "warning", "note"))
            self.assertGreater(float(rule["properties"]["security-severity"]), 0)
        self.assertEqual(len(run["results"]), 2)
        for result in run["results"]:
            self.assertEqual(ids[result["ruleIndex"]], result["ruleId"])
            self.assertTrue(result["message"]["text"])
            self.assertTrue(all(isinstance(v, str) for v in result["partialFingerprints"].values()))
            location = result["locations"][0]["physicalLocation"]
            self.assertEqual(location["artifactLocation"]["uri"], "d/a%20b.py")
            self.assertGreaterEqual(location["region"]["startColumn"], 1)
        self.assertEqual(run["columnKind"], "utf16CodeUnits")


class Filter(unittest.TestCase):
    def lines(self, *lines, code=0, words=()):
        done = scan("--jsonl", *words, stdin="\n".join(lines).encode())
        self.assertEqual(done.returncode, code, done.stdout)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def test_a_line_in_is_a_line_out_with_offsets_of_bytes(self):
        answer, = self.lines('{"id":"x","text":"\u00fc bob@company.example.org"}')
        self.assertEqual(list(answer), ["id", "findings", "injection"])
        self.assertEqual(answer["findings"], [{
            "kind": "pii", "rule": "pii.email", "start": 3, "end": 26, "severity": "medium",
            "confidence": answer["findings"][0]["confidence"]}])
        self.assertEqual(answer["injection"], {"score": 0, "verdict": "pass"})

    def test_the_id_comes_back_as_it_was_written(self):
        done = scan("--jsonl", stdin=b'{"id": {"a":[1e3, "\\u0041"]} ,"text":""}\n{"text":"x"}\n')
        self.assertEqual(done.stdout.splitlines()[0][:29], b'{"id":{"a":[1e3, "\\u0041"]},"')
        self.assertIn(b'{"id":null,"findings":[]', done.stdout)

    def test_a_client_that_waits_for_each_answer_gets_it(self):
        with subprocess.Popen([PROGRAM, "scan", "--jsonl"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as p:
            for i in range(20):
                p.stdin.write(b'{"id":%d,"text":"x"}\n' % i)
                p.stdin.flush()
                self.assertEqual(json.loads(p.stdout.readline())["id"], i)
            p.stdin.close()
            self.assertEqual(p.wait(), 0)

    def test_a_bad_line_is_answered_and_the_rest_goes_on(self):
        bad = ["no json", '{"id":1}', '{"id":2,"text":3}', '[1]', '{"id":3,"text":"x","role":"king"}',
               '{"id":4,"text":"x","text":"y"}', '{"id":5,"text":"x"} extra']
        answers = self.lines(*bad, "", '{"id":9,"text":"x"}', code=2)
        self.assertEqual(len(answers), len(bad) + 1)
        self.assertTrue(all("error" in a for a in answers[:-1]))
        self.assertEqual([a["line"] for a in answers[:-1]], list(range(1, len(bad) + 1)))
        self.assertEqual(answers[-1]["id"], 9)

    def test_invalid_utf8_and_a_line_without_end_are_answered(self):
        done = scan("--jsonl", stdin=b'{"id":1,"text":"\xff"}\n{"id":2,"text":"x"}')
        self.assertEqual(done.returncode, 2)
        first, second = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertIn("UTF-8", first["error"])
        self.assertEqual(second["id"], 2)
        long = b'{"id":1,"text":"' + b"x" * (65 << 20) + b'"}\n{"id":2,"text":"x"}\n'
        answers = [json.loads(line) for line in scan("--jsonl", stdin=long).stdout.splitlines()]
        self.assertIn("error", answers[0])
        self.assertEqual((len(answers), answers[1]["id"]), (2, 2))

    def test_half_a_surrogate_pair_counts_three_bytes(self):
        answer, = self.lines('{"text":"\\ud83d bob@company.example.org"}')
        self.assertEqual(answer["findings"][0]["start"], 4)

    def test_only_narrows_it(self):
        answer, = self.lines(json.dumps({"text": TOKEN + " bob@company.example.org"}),
                             words=["--only", "secret"])
        self.assertEqual([f["kind"] for f in answer["findings"]], ["secret"])

    def test_a_reader_that_went_away_ends_it(self):
        p = subprocess.Popen([PROGRAM, "scan", "--jsonl"], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        p.stdout.close()
        try:
            p.stdin.write(b'{"id":1,"text":"x"}\n' * 100_000)
        except BrokenPipeError:
            pass
        with contextlib.suppress(BrokenPipeError):
            p.stdin.close()
        p.stderr.close()
        self.assertNotEqual(p.wait(20), 0)


if __name__ == "__main__":
    unittest.main()
