# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
"""OpenAI's own Node SDK against the gateway: openai_node.mjs does the calls."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
import harness

HERE = os.path.dirname(os.path.abspath(__file__))


class Node(harness.Case):
    @classmethod
    def configure(cls, config):
        config["providers"][0]["timeouts"].update(first_byte="2s", idle="2s")

    def test_the_sdk(self):
        environment = dict(os.environ, AIU_BASE_URL=self.gateway.url + "/v1",
                           AIU_KEY=harness.APP_KEY, AIU_MOCK_URL=self.mock.url,
                           AIU_NODE=os.path.join(harness.BINARY, "node"))
        done = subprocess.run(["node", os.path.join(HERE, "openai_node.mjs")], env=environment,
                              capture_output=True, timeout=110)
        print(done.stdout.decode())
        self.assertEqual(done.returncode, 0, done.stdout.decode() + done.stderr.decode())
        self.assert_no_secret(self.mock.record_bytes())


if __name__ == "__main__":
    harness.main()
