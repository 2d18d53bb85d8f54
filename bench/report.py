#!/usr/bin/env python3
# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
"""Writes the table of a benchmark run into docs/performance.md (between its two marks) and the
chart beside it: bench/report.py BUILD/bench/results.json."""
import json
import os
import sys

SOURCE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PAGE = os.path.join(SOURCE, "docs", "performance.md")
CHART = os.path.join(SOURCE, "docs", "performance.svg")
BEGIN, END = "<!-- results: bench/report.py -->", "<!-- end of results -->"

# CPU a request over nginx's, each measured in one run with nginx on 2 shared cores, guards, logs
# and keys off (the table "Others" of the page).
OTHERS = [("Busbar 1.5.5", 3.4), ("Bifrost 1.4.19", 9.9), ("Ferro 1.4.1", 11),
          ("GoModel 0.1.22", 13), ("Portkey 1.15.2", 56), ("LiteLLM 1.106.2", 534)]


def table(r):
    rows = ["| | nginx | gateway | gateway / nginx |", "|---|--:|--:|--:|"]

    def row(title, name, key, form):
        a, b = r[name]["nginx"][key], r[name]["gateway"][key]
        rows.append("| %s | %s | %s | %.2f |" % (title, form % a, form % b, b / a))
    row("CPU a request: 1 KB chat, 32 clients (us)", "chat", "cpu_us", "%.1f")
    row("CPU a request: the same with an address to redact (us)", "redact", "cpu_us", "%.1f")
    row("CPU a stream: 43 events, 11 KB, 16 clients (us)", "stream", "cpu_us", "%.1f")
    row("requests a second: chat, 32 clients", "chat", "rps", "%.0f")
    row("one client, p50 (us)", "one client", "p50_us", "%.0f")
    row("one client, p99 (us)", "one client", "p99_us", "%.0f")
    one = r["one client"]
    quiet = one.get("gateway, log in memory")
    if quiet:
        for key in ("p50_us", "p99_us"):
            rows.append("| one client, %s, fsync taken off (us) | %.0f | %.0f | %.2f |" % (
                key[:3], one["nginx"][key], quiet[key], quiet[key] / one["nginx"][key]))
    if "fsync_us" in one["gateway"]:
        rows.append("| fsync: %.1f a request, each (us) | - | %.0f | - |" % (
            one["gateway"]["fsyncs_a_request"], one["gateway"]["fsync_us"]))
    rows.append("| idle memory of all processes, PSS (MiB) | - | %.1f | - |" % (
        r["start"]["idle_pss_kib"] / 1024))
    rows.append("| time until ready (ms) | - | %.0f | - |" % r["start"]["ready_ms"])
    if "growth" in r:
        g = r["growth"]
        rows.append("| memory after %d requests (RSS, MiB) | - | %.1f | - |" % (
            g["first"], g["first_kib"] / 1024))
        rows.append("| memory after %d requests (RSS, MiB) | - | %.1f | - |" % (
            g["last"], g["last_kib"] / 1024))
    rows += ["", "| goal | measured | goal | |", "|---|--:|--:|---|"]
    for g in r["goals"]:
        rows.append("| %s | %.2f %s | %g %s | %s |" % (
            g["name"], g["value"], g["unit"], g["goal"], g["unit"],
            "met" if g["met"] else "**missed**"))
    return "\n".join(rows)


def chart(r):
    """Bars on a logarithmic scale: CPU a request over nginx's."""
    import math
    bars = [("nginx proxy_pass", 1.0, "#888888"),
            ("AI Utilities, all guards on", r["chat"]["gateway"]["cpu_ratio"], "#0a7d4f")]
    bars += [(name, value, "#b9c3cf") for name, value in OTHERS]
    width, line, left = 760, 30, 210
    scale = (width - left - 70) / math.log10(1000)
    out = ['<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" '
           'font-size="13" role="img" aria-label="CPU a request over nginx">' % (
               width, 50 + line * len(bars)),
           '<rect width="100%" height="100%" fill="white"/>',
           '<text x="10" y="22" font-weight="bold">CPU a 1 KB chat request, times nginx '
           '(logarithmic; the others without guards)</text>']
    for i, (name, value, colour) in enumerate(bars):
        y = 40 + line * i
        length = max(3, scale * math.log10(max(value, 1.02)))
        out.append('<text x="%d" y="%d" text-anchor="end">%s</text>' % (left - 8, y + 15, name))
        out.append('<rect x="%d" y="%d" width="%.0f" height="20" fill="%s"/>' % (
            left, y, length, colour))
        out.append('<text x="%.0f" y="%d">%.3g</text>' % (left + length + 6, y + 15, value))
    return "\n".join(out + ["</svg>", ""])


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    with open(sys.argv[1]) as f:
        results = json.load(f)
    with open(PAGE) as f:
        page = f.read()
    head, rest = page.split(BEGIN, 1)
    _, tail = rest.split(END, 1)
    m, v = results["machine"], results["versions"]
    where = "%s, %d processors, Linux %s; %s; %s; %d rounds of each, medians." % (
        m["model"], m["processors"], m["kernel"], v["aiu"], v["nginx"], results["rounds"])
    with open(PAGE, "w") as f:
        f.write(head + BEGIN + "\n\n" + where + "\n\n" + table(results) + "\n\n" + END + tail)
    with open(CHART, "w") as f:
        f.write(chart(results))


if __name__ == "__main__":
    main()
