#!/usr/bin/env python3
# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
"""Draws docs/request.svg, the way of one request, from lib/flow/steps.def.

    tools/request_picture.py          writes the picture
    tools/request_picture.py --check  exit 1 where the picture is not what the table says
"""

import pathlib
import re
import sys
import textwrap
from xml.sax.saxutils import escape

ROOT = pathlib.Path(__file__).resolve().parent.parent
STEP = re.compile(r'^FLOW_STEP\((\w+), \w+, (\w+), "([^"]+)"\)', re.M)
WIDTH, ROW, LEFT = 860, 44, 190
SIDE = {"head": "client", "admit": "client", "read": "client", "connect": "provider",
        "forward": "provider", "answer": "provider", "relay": "both", "settle": "client"}


def draw(steps):
    height = 70 + ROW * len(steps) + 20
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
           'font-family="sans-serif" font-size="13" role="img">',
           '<title>What happens to one request</title>',
           f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
           '<style>.lane{fill:#f3f5f8}.step{fill:#e3ecfa;stroke:#3b6fb6}.name{font-weight:bold;'
           'fill:#1d3557}.text{fill:#333}.side{fill:#555;font-size:12px}.line{stroke:#3b6fb6;'
           'stroke-width:1.5;fill:none}</style>',
           f'<rect class="lane" x="10" y="40" width="110" height="{height - 60}" rx="6"/>',
           f'<rect class="lane" x="{WIDTH - 120}" y="40" width="110" height="{height - 60}" rx="6"/>',
           '<text x="65" y="28" text-anchor="middle" class="name">application</text>',
           f'<text x="{WIDTH // 2}" y="28" text-anchor="middle" class="name">aiu gateway</text>',
           f'<text x="{WIDTH - 65}" y="28" text-anchor="middle" class="name">provider</text>']
    for i, (name, failure, text) in enumerate(steps):
        y = 50 + ROW * i
        box = WIDTH - 2 * LEFT + 20
        out.append(f'<rect class="step" x="{LEFT - 10}" y="{y}" width="{box}" height="{ROW - 10}" rx="5"/>')
        out.append(f'<text class="name" x="{LEFT}" y="{y + 21}">{i + 1}. {escape(name)}</text>')
        lines = textwrap.wrap(text, 62)
        for k, line in enumerate(lines[:2]):
            at = y + 21 if len(lines) == 1 else y + 14 + 14 * k
            out.append(f'<text class="text" x="{LEFT + 95}" y="{at}" font-size="12">{escape(line)}</text>')
        side, middle = SIDE.get(name), y + (ROW - 10) // 2
        if side in ("client", "both"):
            out.append(f'<path class="line" d="M120 {middle}H{LEFT - 10}"/>')
        if side in ("provider", "both"):
            out.append(f'<path class="line" d="M{LEFT - 10 + box} {middle}H{WIDTH - 120}"/>')
    out.append('</svg>')
    return "\n".join(out) + "\n"


def main():
    steps = STEP.findall((ROOT / "lib/flow/steps.def").read_text())
    picture, path = draw(steps), ROOT / "docs/request.svg"
    if "--check" in sys.argv[1:]:
        same = path.exists() and path.read_text() == picture
        print("docs/request.svg is " + ("what the table says" if same else
                                        "old: run tools/request_picture.py"))
        return 0 if same else 1
    path.write_text(picture)
    return 0


if __name__ == "__main__":
    sys.exit(main())
