#!/usr/bin/env python3
# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
"""Makes lib/detect/phone_plans.c: which national numbers exist behind each calling code, and how the
regions write them at home.

The number plans of all regions, as expressions, are in the metadata of libphonenumber (Apache-2.0),
which python3-phonenumbers carries. Here they become ranges of leading digits with the lengths that
numbers so begun may have: small, and a look-up instead of an expression. A region has the plan of its
calling code, the digits that are dialled in front of a number inside of it (its trunk prefix), and
the ranges of numbers that are written without them too.

    tools/phone_plans.py > lib/detect/phone_plans.c
"""
import functools
import random
import warnings

import phonenumbers
from phonenumbers import phonemetadata, phonenumberutil

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import sre_constants as C
    import sre_parse

DEPTH = 3  # leading digits that are told apart
KINDS = ("fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number",
         "voip", "pager", "uan", "voicemail")
SHORTEST, LONGEST = 4, 15
SAMPLES = 7  # numbers by chance of each length and beginning


class Automaton:
    """Thompson's construction; states are numbers, None stands for no digit."""

    def __init__(self, pattern):
        self.edges = []
        start = self.state()
        self.final = self.add(start, sre_parse.parse(pattern))
        self.first = self.close({start})
        self.lengths = functools.lru_cache(None)(self._lengths)

    def state(self):
        self.edges.append([])
        return len(self.edges) - 1

    def add(self, at, tokens):
        for op, value in tokens:
            at = self.add_one(at, op, value)
        return at

    def add_one(self, at, op, value):
        end = self.state()
        if op == C.LITERAL:
            self.edges[at].append(({chr(value)}, end))
        elif op == C.IN:
            self.edges[at].append((self.digits(value), end))
        elif op == C.SUBPATTERN:
            self.edges[self.add(at, value[3])].append((None, end))
        elif op == C.BRANCH:
            for branch in value[1]:
                begin = self.state()
                self.edges[at].append((None, begin))
                self.edges[self.add(begin, branch)].append((None, end))
        elif op in (C.MAX_REPEAT, C.MIN_REPEAT):
            low, high, what = value
            for i in range(high):
                if i >= low:
                    self.edges[at].append((None, end))
                at = self.add(at, what)
            self.edges[at].append((None, end))
        else:
            raise ValueError(op)
        return end

    @staticmethod
    def digits(items):
        found = set()
        for op, value in items:
            if op == C.CATEGORY:
                found |= set("0123456789")
            elif op == C.RANGE:
                found |= {chr(c) for c in range(value[0], value[1] + 1)}
            else:
                found.add(chr(value))
        return found

    def close(self, states):
        todo, seen = list(states), set(states)
        while todo:
            for label, end in self.edges[todo.pop()]:
                if label is None and end not in seen:
                    seen.add(end)
                    todo.append(end)
        return frozenset(seen)

    def step(self, states, digit):
        return self.close({end for s in states for label, end in self.edges[s]
                           if label is not None and digit in label})

    def _lengths(self, states, left=LONGEST):
        """Which numbers of further digits lead to an end, as bits."""
        bits = 1 if self.final in states else 0
        if left > 0 and states:
            after = self.close({end for s in states for label, end in self.edges[s] if label})
            if after:
                bits |= self.lengths(after, left - 1) << 1
        return bits


def plan_of(patterns):
    """The lengths of numbers by their first DEPTH digits."""
    plan = {}
    for pattern in patterns:
        a = Automaton(pattern)
        level = {"": a.first}
        for depth in range(DEPTH):
            level = {p + d: n for p, s in level.items() for d in "0123456789"
                     for n in [a.step(s, d)] if n}
        for prefix, states in level.items():
            bits = a.lengths(states) << DEPTH
            plan[prefix] = plan.get(prefix, 0) | bits
    mask = sum(1 << n for n in range(SHORTEST, LONGEST + 1))
    return {p: b & mask for p, b in plan.items() if b & mask}


def regions():
    for code, names in sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items()):
        patterns = []
        for name in names:
            if name == "001":
                meta = phonemetadata.PhoneMetadata.metadata_for_nongeo_region(code)
            else:
                meta = phonemetadata.PhoneMetadata.metadata_for_region(name)
            for kind in KINDS:
                one = getattr(meta, kind)
                if one is not None and one.national_number_pattern:
                    patterns.append(one.national_number_pattern)
        yield code, patterns


def written_bare(code, meta, number):
    """Whether people write this number without the trunk prefix (as libphonenumber's matcher sees it)."""
    if not phonenumbers.is_valid_number(phonenumbers.parse("+%d%s" % (code, number))):
        return None
    form = phonenumberutil._choose_formatting_pattern_for_number(meta.number_format, number)
    rule = form.national_prefix_formatting_rule if form else None
    return (not rule or bool(form.national_prefix_optional_when_formatting)
            or phonenumberutil._formatting_rule_has_first_group_only(rule))


def is_bare(code, prefix, lengths, meta, chance):
    """A vote of numbers by chance that begin so; None where none of them is valid."""
    votes = []
    for length in (n for n in range(SHORTEST, LONGEST + 1) if lengths >> n & 1):
        for _ in range(SAMPLES):
            rest = "".join(chance.choice("0123456789") for _ in range(length - DEPTH))
            votes.append(written_bare(code, meta, prefix + rest))
    votes = [v for v in votes if v is not None]
    return 2 * sum(votes) > len(votes) if votes else None


def bare_ranges(code, plan, meta):
    """Ranges of leading digits; what is in no plan may lie in one."""
    chance = random.Random(code)
    found, last = [], False
    for prefix in sorted(plan):
        bare, n = is_bare(code, prefix, plan[prefix], meta, chance), int(prefix)
        if bare is None:
            continue
        if bare and last:
            found[-1][1] = n
        elif bare:
            found.append([n, n])
        last = bare
    return found


def trunk_of(name):
    trunk = phonemetadata.PhoneMetadata.metadata_for_region(name).national_prefix or ""
    return trunk if trunk.isdigit() else ""


def print_table(items):
    line = ""
    for item in items:
        if len(line) + len(item) > 96:
            print("    " + line.rstrip())
            line = ""
        line += item
    print("    " + line.rstrip() + "\n};")


def print_regions(codes, plans):
    bare, regions = [], []
    for index, (code, _, _) in enumerate(codes):
        names = [n for n in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code] if n != "001"]
        if not names:
            continue
        first = len(bare)
        meta = phonemetadata.PhoneMetadata.metadata_for_region(names[0])
        if any(trunk_of(n) for n in names):
            bare += bare_ranges(code, plans[index], meta)
        for name in names:
            regions.append((name, trunk_of(name), index, first, len(bare) - first))
    print("\nconst struct phone_region phone_regions[PHONE_REGIONS] = {")
    print_table('{"%s", "%s", %d, %d, %d}, ' % one for one in sorted(regions))
    print("\nconst struct phone_bare phone_bare[PHONE_BARE] = {")
    print_table("{%d, %d}, " % tuple(one) for one in bare)
    return len(regions), len(bare)


def main():
    ranges, codes, plans = [], [], []
    for code, patterns in regions():
        plan = plan_of(patterns)
        plans.append(plan)
        first = len(ranges)
        for prefix in sorted(plan):
            n, bits = int(prefix), plan[prefix]
            if len(ranges) > first and ranges[-1][1] == n - 1 and ranges[-1][2] == bits:
                ranges[-1][1] = n
            else:
                ranges.append([n, n, bits])
        codes.append((code, first, len(ranges) - first))
    print("// SPDX-FileCopyrightText: The AI Utilities authors\n"
          "// SPDX-License-Identifier: Apache-2.0\n"
          "//\n"
          "// Generated by tools/phone_plans.py of the metadata of libphonenumber (Apache-2.0). Do not edit.\n"
          "// clang-format off\n"
          '#include "detect/phone_plans.h"\n\n'
          "const struct phone_code phone_codes[PHONE_CODES] = {")
    print_table("{%d, %d, %d}, " % one for one in codes)
    print("\nconst struct phone_range phone_ranges[PHONE_RANGES] = {")
    print_table("{%d, %d, 0x%x}, " % tuple(one) for one in ranges)
    count, bare = print_regions(codes, plans)
    import sys
    print(len(codes), "codes,", len(ranges), "ranges,", count, "regions,", bare, "bare", file=sys.stderr)


if __name__ == "__main__":
    main()
