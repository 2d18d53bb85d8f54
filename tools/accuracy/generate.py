# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
"""Logs and lock files as programs write them: full of numbers and digests, none of them anybody's.
The same texts in every run."""
import base64
import hashlib
import random

PACKAGES = ["arrow", "blinker", "cachetool", "datatable", "eventlet", "fastgraph", "gridlock",
            "httpkit", "iterplus", "jsonpath", "keymap", "linkify", "microcli", "netaddr",
            "optparse", "pathspec", "querystring", "readline", "semver", "tokenizer", "unidecode",
            "validator", "webpack-merge", "xmlbuilder", "yargs-parser", "zstd-codec"]


def digest(r, size):
    return bytes(r.randrange(256) for _ in range(size))


def b64(data):
    return base64.b64encode(data).decode()


def version(r):
    return "%d.%d.%d" % (r.randrange(20), r.randrange(40), r.randrange(60))


def uuid(r):
    text = digest(r, 16).hex()
    return "-".join([text[:8], text[8:12], text[12:16], text[16:20], text[20:]])


def package_lock(r):
    out = ['{\n  "name": "shop",\n  "lockfileVersion": 3,\n  "packages": {']
    for _ in range(120):
        name, v = r.choice(PACKAGES), version(r)
        out.append('    "node_modules/%s": {\n      "version": "%s",\n      "resolved": '
                   '"https://registry.npmjs.org/%s/-/%s-%s.tgz",\n      "integrity": "sha512-%s",'
                   '\n      "license": "MIT"\n    },' % (name, v, name, name, v, b64(digest(r, 64))))
    return "\n".join(out + ['    "": {}\n  }\n}\n'])


def yarn_lock(r):
    out = ["# yarn lockfile v1\n"]
    for _ in range(150):
        name, v = r.choice(PACKAGES), version(r)
        out.append('"@types/%s@^%s":\n  version "%s"\n  resolved "https://registry.yarnpkg.com/'
                   '@types/%s/-/%s-%s.tgz#%s"\n  integrity sha1-%s\n' % (
                       name, v, v, name, name, v, digest(r, 20).hex(), b64(digest(r, 20))))
    return "\n".join(out)


def cargo_lock(r):
    return "version = 3\n\n" + "\n".join(
        '[[package]]\nname = "%s"\nversion = "%s"\nsource = "registry+https://github.com/rust-lang/'
        'crates.io-index"\nchecksum = "%s"\n' % (r.choice(PACKAGES), version(r),
                                                 digest(r, 32).hex()) for _ in range(150))


def go_sum(r):
    return "".join("github.com/%s/%s v%s%s h1:%s\n" % (
        r.choice(PACKAGES), r.choice(PACKAGES), version(r), r.choice(["", "/go.mod"]),
        b64(digest(r, 32))) for _ in range(250))


def poetry_lock(r):
    return "\n".join(
        '[[package]]\nname = "%s"\nversion = "%s"\noptional = false\npython-versions = ">=3.8"\n'
        'files = [\n    {file = "%s-py3-none-any.whl", hash = "sha256:%s"},\n    {file = "%s.tar.gz",'
        ' hash = "sha256:%s"},\n]\n' % (name, version(r), name, digest(r, 32).hex(), name,
                                       digest(r, 32).hex())
        for name in (r.choice(PACKAGES) for _ in range(120)))


def pip_hashes(r):
    return "".join("%s==%s \\\n    --hash=sha256:%s \\\n    --hash=sha256:%s\n" % (
        r.choice(PACKAGES), version(r), digest(r, 32).hex(), digest(r, 32).hex())
        for _ in range(150))


def clock(r):
    return "2024-%02d-%02dT%02d:%02d:%02d.%06dZ" % (
        r.randrange(1, 13), r.randrange(1, 29), r.randrange(24), r.randrange(60), r.randrange(60),
        r.randrange(10 ** 6))


def access_log(r):
    # 192.0.2.0/24 is for documents; an address in a log is personal data all the same.
    return "".join('host%d - - [%02d/Mar/2024:%02d:%02d:%02d +0000] "GET /api/v1/orders/%d?page=%d '
                   'HTTP/1.1" %d %d "-" "Mozilla/5.0 (X11; Linux x86_64; rv:109.0) '
                   'Gecko/20100101 Firefox/%d.0"\n' % (
                       r.randrange(64), r.randrange(1, 29), r.randrange(24), r.randrange(60),
                       r.randrange(60), r.randrange(10 ** 12), r.randrange(99),
                       r.choice([200, 201, 304, 404, 500]), r.randrange(10 ** 6),
                       r.randrange(90, 130)) for _ in range(500))


def service_log(r):
    return "".join(
        '{"ts":"%s","level":"info","trace_id":"%s","span_id":"%s","order":%d,"batch":"%d-%d",'
        '"duration_ns":%d,"offset":%d,"msg":"stored"}\n' % (
            clock(r), digest(r, 16).hex(), digest(r, 8).hex(), r.randrange(10 ** 13),
            r.randrange(10 ** 4), r.randrange(10 ** 6), r.randrange(10 ** 10),
            r.randrange(10 ** 16)) for _ in range(500))


def kernel_log(r):
    return "".join("[%5d.%06d] pci 0000:%02x:%02x.0: [%04x:%04x] reg 0x%02x: [mem 0x%016x-0x%016x "
                   "64bit pref]\n" % (
                       r.randrange(10 ** 5), r.randrange(10 ** 6), r.randrange(256),
                       r.randrange(32), r.randrange(65536), r.randrange(65536), r.randrange(64),
                       r.randrange(2 ** 40), r.randrange(2 ** 40)) for _ in range(500))


def build_log(r):
    return "".join("[%d/2048] Building C object lib/%s.c.o (%d.%03d s) sha256:%s layer %s\n" % (
        i + 1, r.choice(PACKAGES), r.randrange(60), r.randrange(1000), digest(r, 32).hex(),
        uuid(r)) for i in range(400))


def csv_numbers(r):
    return "sku,quantity,ean,lot,weight_g,price\n" + "".join(
        "%d,%d,%013d,%08d,%d,%d.%02d\n" % (
            r.randrange(10 ** 9), r.randrange(100), r.randrange(10 ** 13), r.randrange(10 ** 8),
            r.randrange(10 ** 5), r.randrange(10 ** 4), r.randrange(100)) for _ in range(800))


def stack_trace(r):
    return "".join('Traceback (most recent call last):\n  File "/srv/app/%s.py", line %d, in run\n'
                   "KeyError: %d\n0x%012x in ?? ()\n#%d 0x%016x in %s () at %s.c:%d\n" % (
                       r.choice(PACKAGES), r.randrange(2000), r.randrange(10 ** 9),
                       r.randrange(2 ** 47), r.randrange(40), r.randrange(2 ** 47),
                       r.choice(PACKAGES), r.choice(PACKAGES), r.randrange(4000))
                   for _ in range(300))


def number(r, digits):
    return r.choice("123456789") + "".join(r.choice("0123456789") for _ in range(digits - 1))


WORDS = ["worker", "cache", "queue", "router", "session", "index", "shard", "billing", "checkout"]


def json_ids(r):
    return "".join(
        '{"ts":"%s","logger":"%s","request_id":"%s","user_id":%s,"msg":"%s %s stored"}\n' % (
            clock(r), r.choice(WORDS), number(r, 16), number(r, r.choice([9, 10, 12, 15])),
            r.choice(WORDS), number(r, r.choice(range(13, 20)))) for _ in range(800))


def system_log(r):
    return "".join("Mar %2d %02d:%02d:%02d host%d %s[%d]: %s %s committed\n" % (
        r.randrange(1, 29), r.randrange(24), r.randrange(60), r.randrange(60), r.randrange(9),
        r.choice(WORDS), r.randrange(10 ** 5), r.choice(WORDS),
        number(r, r.choice([9, 10, 11, 12, 14, 16]))) for _ in range(1000))


def level_log(r):
    return "".join("INFO %s %s loaded\n" % (r.choice(WORDS), number(r, r.choice([14, 15, 16])))
                   for _ in range(1500))


def metrics(r):
    return "".join('requests_seconds_bucket{handler="/%s",le="%.2f",instance="db:9090"} %s\n'
                   "process_start_time_seconds %s.%s\n" % (
                       r.choice(WORDS), r.random(), number(r, r.choice([5, 9, 12, 16])),
                       number(r, 10), number(r, 2)) for _ in range(600))


def quoted_csv(r):
    return '"id","ref","sum"\n' + "".join('"%s","%s","%s"\n' % (
        number(r, 10), number(r, 16), number(r, 9)) for _ in range(1200))


def columns(r):
    return "".join("%12s %16s %9s %11s\n" % (number(r, 11), number(r, 16), number(r, 9),
                                             number(r, 10)) for _ in range(1000))


def sql_rows(r):
    return "".join("INSERT INTO orders VALUES (%s, '%s', %s, '%s');\n" % (
        number(r, 10), number(r, 16), number(r, 11), clock(r)) for _ in range(600))


LOCK_FILES = [package_lock, yarn_lock, cargo_lock, go_sum, poetry_lock, pip_hashes]
LOGS = [access_log, service_log, kernel_log, build_log, csv_numbers, stack_trace, json_ids,
        system_log, level_log, metrics, quoted_csv, columns, sql_rows]


def texts(makers):
    """Each maker's text, from a seed of its own name."""
    made = []
    for maker in makers:
        seed = hashlib.sha256(maker.__name__.encode()).digest()
        made.append(maker(random.Random(seed)))
    return made


# A prefix and a length of each network.
NETWORKS = {
    "Visa": ("4", 16), "Visa, 13 digits": ("4", 13), "Visa, 19 digits": ("4", 19),
    "Mastercard": ("53", 16), "Mastercard, 2-series": ("2250", 16), "American Express": ("37", 15),
    "Discover": ("6011", 16), "Diners Club": ("36", 14), "JCB": ("3530", 16),
    "UnionPay": ("6222", 16), "UnionPay, 19 digits": ("6222", 19), "Maestro, 12 digits": ("5018", 12),
    "Maestro, 18 digits": ("6763", 18), "Mir": ("2202", 16), "RuPay": ("6080", 16),
    "Elo": ("5067", 16), "Troy": ("9792", 16),
}
GROUPS = {12: (4, 4, 4), 13: (4, 4, 5), 14: (4, 6, 4), 15: (4, 6, 5), 16: (4, 4, 4, 4),
          18: (4, 4, 4, 6), 19: (4, 4, 4, 4, 3)}
SENTENCES = {
    "alone": ["%s"],
    "beside a word": ["my card is %s", "Bitte mit Visa %s zahlen, danke.", "Ma carte : %s.",
                      '{"cardNumber": "%s", "exp": "12/27"}', "mi tarjeta es %s"],
    "in prose": ["Please use %s for the booking.", "It is %s and it expires 12/27, code 123",
                 "Here you go: %s", "Hi,\nsee below.\n%s\nThanks", "%s is mine, until 10/26"],
}


def card(r, network):
    prefix, n = NETWORKS[network]
    digits = prefix + "".join(r.choice("0123456789") for _ in range(n - 1 - len(prefix)))
    doubled = [int(c) * (2 - i % 2) for i, c in enumerate(reversed(digits))]
    total = sum(d - 9 if d > 9 else d for d in doubled)
    return digits + str(-total % 10)


def grouped(digits, separator):
    parts, at = [], 0
    for size in GROUPS[len(digits)]:
        parts.append(digits[at:at + size])
        at += size
    return separator.join(parts)


def cards(place):
    """(network, text, card as it stands there) in all sentences of a place."""
    r = random.Random(hashlib.sha256(place.encode()).digest())
    made = []
    for network in NETWORKS:
        for sentence in SENTENCES[place]:
            for form in (str, lambda c: grouped(c, " "), lambda c: grouped(c, "-")):
                value = form(card(r, network))
                made.append((network, sentence % value, value))
    return made
