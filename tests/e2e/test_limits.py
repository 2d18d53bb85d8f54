# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
"""Limits of a key and maintenance (S65-S67, S70, S78)."""
import json
import os
import shutil
import time

import harness
from harness import exchange


class Limits(harness.Case):
    @classmethod
    def configure(cls, config):
        for name, most in (("five", 5), ("race", 7), ("used", 5)):
            config["keys"].append({
                "id": name, "limits": {"requests_per_minute": most},
                "key": {"file": harness.write_private("%s/%s.key" % (cls.folder, name),
                                                      name * 10)}})

    def test_the_sixth_request_of_five_a_minute_is_a_429_with_the_time_to_wait(self):
        headers = harness.bearer("five" * 10)
        self.mock.forget()
        for _ in range(5):
            self.assertEqual(self.post(harness.chat_body(), headers).status, 200)
        reply = self.post(harness.chat_body(), headers)
        self.assert_refused(reply, 429, "rate_limit_exceeded")
        seconds, milliseconds = int(reply.header("retry-after")), int(reply.header("retry-after-ms"))
        self.assertTrue(1 <= seconds <= 61, seconds)
        self.assertTrue(0 < milliseconds <= 61_000, milliseconds)
        self.assertEqual(seconds, -(-milliseconds // 1000))
        self.assertEqual(len(self.mock.requests()), 5)

    def test_one_keys_limit_is_not_anothers(self):
        for _ in range(8):
            self.post(harness.chat_body(), harness.bearer("used" * 10))
        self.assertEqual(self.chat().status, 200)

    def test_of_thirty_at_once_exactly_seven_pass(self):
        headers = harness.bearer("race" * 10)
        statuses = harness.run_parallel(
            30, lambda _: self.post(harness.chat_body(), headers).status)
        self.assertEqual(sorted(statuses), [200] * 7 + [429] * 23)


class Maintenance(harness.Case):
    def tearDown(self):
        self.gateway.aiu("maintenance", "off", "--state-dir", self.gateway.state, check=False)
        harness.wait_until(lambda: self.chat().status == 200, 2, "the end of maintenance")

    def switch(self, *arguments, check=True):
        return self.gateway.aiu("maintenance", *arguments, "--state-dir", self.gateway.state,
                                check=check)

    def assert_in_maintenance(self, within=1.0):
        began = time.monotonic()
        harness.wait_until(lambda: self.chat().status == 503, within, "maintenance")
        self.assertLess(time.monotonic() - began, within)
        self.mock.forget()
        for stream in (False, True):
            reply = self.chat(stream=stream)
            self.assert_refused(reply, 503, "maintenance")
            self.assertGreaterEqual(int(reply.header("retry-after")), 1)
        ready = exchange(self.gateway.address, "GET", "/readyz")
        self.assertEqual(ready.status, 503)
        self.assertIn(b"maintenance", ready.body)
        self.assertEqual(exchange(self.gateway.address, "GET", "/healthz").status, 200)
        self.assertEqual(self.mock.requests(), [])

    def test_the_command_switches_it_on_and_off_within_a_second(self):
        self.switch("on", "--reason", "drill")
        self.assert_in_maintenance()
        status = self.switch("status", check=False)
        self.assertIn(b"drill", status.stdout)
        self.switch("off")
        harness.wait_until(lambda: self.chat().status == 200, 1, "the end of maintenance")
        events = json.dumps(self.gateway.audit())
        self.assertIn("maintenance", events)

    def test_it_expires_by_itself(self):
        self.switch("on", "--expires", "2s")
        self.assert_in_maintenance()
        harness.wait_until(lambda: self.chat().status == 200, 4, "its expiry")

    def test_a_file_does_the_same(self):
        self.switch("on")
        control = os.path.join(self.gateway.state, "control.json")
        kept = os.path.join(self.folder, "kept")
        shutil.copy2(control, kept)
        self.switch("off")
        harness.wait_until(lambda: self.chat().status == 200, 1, "the end of maintenance")
        shutil.copy2(kept, control)
        self.assert_in_maintenance()

    def test_it_outlives_a_restart_and_a_dead_gateway_can_be_switched(self):
        folder = os.path.join(self.folder, "again")
        os.mkdir(folder)
        gateway = harness.Gateway(folder, self.mock)
        self.addCleanup(lambda: gateway.stop())
        gateway.aiu("maintenance", "on", "--state-dir", gateway.state)
        gateway.stop()
        gateway = harness.Gateway(folder, self.mock)
        reply = exchange(gateway.address, "POST", "/v1/chat/completions", harness.bearer(),
                         harness.chat_body())
        self.assert_refused(reply, 503, "maintenance")
        gateway.stop()
        gateway.aiu("maintenance", "off", "--state-dir", gateway.state)
        gateway = harness.Gateway(folder, self.mock)
        self.assertEqual(exchange(gateway.address, "POST", "/v1/chat/completions",
                                  harness.bearer(), harness.chat_body()).status, 200)

    def test_streams_under_way_are_finished(self):
        with harness.connect(self.gateway.address) as s:
            mock = {"reply": "one two three four five", "delay_ms": 100}
            s.sendall(harness.encode("POST", "/v1/chat/completions", harness.bearer(),
                                     harness.chat_body("x", mock, stream=True)))
            reader = harness.Reader(s)
            reader.more()
            self.switch("on")
            reply = reader.reply()
        self.assertTrue(reply.complete and reply.done(), reply.body[-300:])


class ByVariable(harness.Case):
    environment = {"AI_MAINTENANCE_MODE": "true"}

    def test_the_variable_switches_it_on(self):
        self.assert_refused(self.chat(), 503, "maintenance")
        self.assertEqual(self.mock.requests(), [])


if __name__ == "__main__":
    harness.main()
