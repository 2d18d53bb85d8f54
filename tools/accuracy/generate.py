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


LOCK_FILES = [package_lock, yarn_lock, cargo_lock, go_sum, poetry_lock, pip_hashes]
LOGS = [access_log, service_log, kernel_log, build_log, csv_numbers, stack_trace]


def texts(makers):
    """Each maker's text, from a seed of its own name."""
    made = []
    for maker in makers:
        seed = hashlib.sha256(maker.__name__.encode()).digest()
        made.append(maker(random.Random(seed)))
    return made
