# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
"""Figures with the counts that they come from, and tables of them."""


class Figure:
    """A share in percent or a rate, with a name that stays the same from run to run."""

    def __init__(self, name, part, whole, better, scale=100.0):
        self.name = name
        self.part = part
        self.whole = whole
        self.better = better  # "high" or "low"
        self.scale = scale

    @property
    def value(self):
        return self.scale * self.part / self.whole if self.whole else None

    def text(self):
        if self.value is None:
            return "-"
        if self.scale == 100.0:
            return "%.1f %% (%d of %d)" % (self.value, self.part, self.whole)
        return "%.2f (%d in %.2f MB)" % (self.value, self.part, self.whole)


def share(name, part, whole, better="high"):
    return Figure(name, part, whole, better)


def rate(name, count, size):
    """A count for each megabyte of text."""
    return Figure(name, count, size / 1e6, "low", 1.0)


class Table:
    """Rows of one set: a label and figures under column heads."""

    def __init__(self, title, heads, note=""):
        self.title = title
        self.heads = heads
        self.note = note
        self.rows = []

    def add(self, label, *cells):
        self.rows.append((label, cells))

    def figures(self):
        return [cell for _, cells in self.rows for cell in cells if isinstance(cell, Figure)]

    def markdown(self):
        lines = ["### " + self.title, ""]
        if self.note:
            lines += [self.note, ""]
        lines.append("| " + " | ".join(self.heads) + " |")
        lines.append("|---" + "|--:" * (len(self.heads) - 1) + "|")
        for label, cells in self.rows:
            shown = [cell.text() if isinstance(cell, Figure) else str(cell) for cell in cells]
            lines.append("| " + " | ".join([label] + shown) + " |")
        return "\n".join(lines) + "\n"


def regressions(figures, baseline, allowed=0.5):
    """Lines for what is worse than the baseline by more than `allowed` points."""
    worse = []
    for figure in figures:
        old = baseline.get(figure.name)
        if old is None or figure.value is None:
            continue
        change = figure.value - old if figure.better == "high" else old - figure.value
        if change < -allowed:
            worse.append("%s: %.2f, was %.2f" % (figure.name, figure.value, old))
    return worse
