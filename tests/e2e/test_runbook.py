# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
"""docs/runbook.md, command by command, as it stands there (S71, S72, S73, S74, S75, S76,
S77, S78, S79, S90)."""
import os
import re
import shlex
import subprocess

import harness

# A well-formed "no" is an answer too: nothing found, or a step that cannot be done here.
MAY_SAY_NO = ("aiu audit query", "aiu incident revoke-provider-key PROVIDER --reason")


def commands():
    path = os.path.join(harness.SOURCE, "docs", "runbook.md")
    with open(path, encoding="utf-8") as f:
        blocks = re.findall(r"^```sh\n(.*?)^```$", f.read(), re.M | re.S)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


class Runbook(harness.Case):
    @classmethod
    def configure(cls, config):
        done = subprocess.run([harness.AIU, "keys", "new", "--id", "app7"], check=True,
                              capture_output=True, text=True)
        cls.token = done.stdout.splitlines()[0]
        config["keys"].append({"id": "app7", "tenant": "acme", "hash": re.search(
            r'"(h1:[^"]+)"', done.stdout).group(1)})

    def setUp(self):
        reply = self.chat("Where is the station?", headers=harness.bearer(self.token))
        self.assertEqual(reply.status, 200)
        self.request = reply.header("x-request-id")
        self.chat("x", headers=harness.bearer("wrong"))
        self.prompt = os.path.join(self.folder, "prompt.txt")
        with open(self.prompt, "w", encoding="utf-8") as f:
            f.write("Where is the station?")
        self.into = os.path.join(self.folder, "into")
        os.makedirs(self.into, exist_ok=True)

    def fill(self, line, backup):
        names = {"KEY": "app7", "TENANT": "acme", "PROVIDER": "mock", "INCIDENT": "drill 7",
                 "FOLDER": self.into, "REQUEST": self.request, "PROMPT": self.prompt,
                 "BACKUP": backup}
        return [re.sub(r"\b(%s)\b" % "|".join(names), lambda m: names[m.group(1)], word)
                for word in shlex.split(line)]

    def run_line(self, line, backup):
        words = self.fill(line, backup)
        self.assertEqual(words[0], "aiu")
        verbs = [word for word in words[1:3] if not word.startswith("-")]
        knows = self.gateway.aiu(*verbs, "--help", check=False)
        usage = knows.stdout + knows.stderr
        where = []
        if b"--config" in usage:
            where += ["--config", self.gateway.config_path]
        if b"--state-dir" in usage:
            where += ["--state-dir", self.gateway.state]
        done = self.gateway.aiu(*words[1:], *where, check=False)
        allowed = (0, 1) if line.startswith(MAY_SAY_NO) else (0,)
        self.assertIn(done.returncode, allowed, "%s\n%s%s" % (
            line, done.stdout.decode(), done.stderr.decode()))
        return done.stdout.decode()

    def test_every_command_does_what_it_says(self):
        backup, lines = "", commands()
        self.assertGreater(len(lines), 25)
        for line in lines:
            out = self.run_line(line, backup)
            if line.startswith("aiu audit backup"):
                backup = out.splitlines()[0]
            if line.startswith("aiu keys revoke KEY --reason"):
                harness.wait_until(lambda: self.status() == 401, 1, "the revocation")
            if line == 'aiu maintenance on --reason "INCIDENT"':
                harness.wait_until(lambda: self.status(harness.APP_KEY) == 503, 1, "the stop")
            if line.startswith("aiu keys rotate"):
                self.token = out.splitlines()[0]
        harness.wait_until(lambda: self.status(harness.APP_KEY) == 200, 3, "the end of it")
        harness.wait_until(lambda: self.status() == 200, 3, "the rotated key")

    def status(self, key=None):
        return self.chat(headers=harness.bearer(key or self.token)).status


if __name__ == "__main__":
    harness.main()
