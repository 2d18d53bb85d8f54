#!/usr/bin/env python3
# SPDX-FileCopyrightText: The AI Utilities authors
# SPDX-License-Identifier: Apache-2.0
"""Write lib/detect/fold_table.c: what each character is folded to, and what kind it is.

The data is Unicode's, from the Debian package unicode-data, and its table of confusables (UTS 39),
asked of ICU (libicu72) because no package has it as text. What names tell (circled, squared, small
capital, turned letters) and a short list of look-alikes that people use and the table lacks come on
top. The committed table is of Unicode 15.0.

usage: tools/fold_tables.py > lib/detect/fold_table.c
"""
import ctypes
import re
import sys

DATA = "/usr/share/unicode/"
BLOCK = 64
LAST = 0xE01F0  # everything from here on is private or unassigned

KINDS = ["OTHER", "LETTER", "BLANK", "UNSEEN", "MARK", "TAG", "SELECTOR", "UNKNOWN", "FILLER"]
SCRIPTS = ["COMMON", "LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "CHEROKEE", "HAN", "LETTERS"]

# Look-alikes beyond the table: what fancy-text sites and attackers write for Latin letters.
LOOKS = (
    "εe ηn ωw βb пn иn яr цu шw щw ьb ъb эe зz дa лn бb фo юo чy гr ђh ћh њh љn єe ґr ўy җx қk ңh ҝk "
    "λa σo θo μu πn δo ζz ξe χx ψw φo ςc υu τt κk νv ιi "
    "卂a 乃b 匚c 乇e 千f 卄h 丨i 爪m 几n 卩p 尺r 丂s 山w 乂x 丫y 乙z ㄖo ㄒt ㄩu ㄚy ㄥl 刀d 口o 工i 丁t 凵u "
    "ᗩa ᗷb ᑕc ᗪd ᗴe ᖴf Ꮐg ᕼh ᒍj ᒪl ᗰm ᑎn ᑭp ᖇr ᔕs ᑌu ᐯv ᗯw ᘔz ᐃa ᑫq ᗞd ᙭x "
    "Ꮆg Ꭵi Ꮶk Ꮇm Ꮎo Ꮲp Ꮢr Ꮥs Ꮦt Ꮩv Ꮃw Ꮍy Ꮓz Ꭿa Ᏸb Ꮯc Ꭰd Ꭼe Ꮋh Ꮒh Ꮀf "
    "₳a ฿b ₵c ₣f ₲g ₭k ₥m ₦n ₱p ₴s ₮t ₩w €e £l ¥y ℮e ∂d ƒf †t ∩n ∪u √v"
)
# Letters of Latin whose names do not say which one they are.
LATIN = (
    "ɑa ɐa ɒa ɓb ɔo ɕc ɖd ɗd ɘe əe ɚe ɛe ɜe ɝe ɞe ɟf ɠg ɡg ɢg ɣg ɤo ɥh ɦh ɨi ɩi ɪi ɫl ɬl ɭl ɮl ɯm ɰm "
    "ɱm ɲn ɳn ɴn ɵo ɶo ɷo ɸo ɹr ɺr ɻr ɼr ɽr ɾr ɿr ʀr ʁr ʂs ʃs ʄj ʅl ʆs ʇt ʈt ʉu ʊu ʋv ʌv ʍw ʎy ʏy ʐz "
    "ʑz ʒz ʓz ʗc ʙb ʚe ʛg ʜh ʝj ʞk ʟl ʠq ʣz ʤz ʥz ʦs ʧs ʨs ǝe ƒf ıi ȷj ᴉi ᵷg ⅋& ꟼp ꟻf ꟽm Ɩi Ɔo Əe Ɛe "
    "Ʊu Ʌv Ʒz Ʃs ĸk ŋn ſs"
)


# Typography as ASCII has it, and letters that decompose into nothing.
PLAIN = {
    "\u2018\u2019\u201a\u201b\u02bc\u2032\u00b4\u02b9\u2035": "'",
    "\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033\u301d\u301e": '"',
    "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2043": "-",
    "\u2044\u2215": "/",
    "\u2024": ".",
    "\u0153\u0152": "oe",
    "\u00fe\u00de": "th",
    "\u00f0\u00d0": "d",
}


def lines(name):
    with open(DATA + name, encoding="utf-8") as file:
        for line in file:
            line = line.split("#")[0].strip()
            if line:
                yield [field.strip() for field in line.split(";")]


def span_of(field):
    low, _, high = field.partition("..")
    return range(int(low, 16), int(high or low, 16) + 1)


def property_of(name, wanted):
    return {c for row in lines(name) if row[1] == wanted for c in span_of(row[0])}


class Unicode:
    """The tables of the package that folding needs."""

    def __init__(self):
        self.name, self.category, self.decomposition, self.digit = {}, {}, {}, {}
        self.numeric = {}
        first = None
        for row in lines("UnicodeData.txt"):
            code = int(row[0], 16)
            low = first if row[1].endswith(", Last>") else code
            first = code if row[1].endswith(", First>") else None
            for c in range(low, code + 1):
                self.name[c], self.category[c] = row[1], row[2]
            if row[5]:
                self.decomposition[code] = row[5]
            if row[6]:
                self.digit[code] = row[6]
            if row[8].isdigit() and len(row[8]) == 1:
                self.numeric[code] = row[8]
        self.folding = {}
        for row in lines("CaseFolding.txt"):
            if row[1] in "CF":
                self.folding[int(row[0], 16)] = [int(c, 16) for c in row[2].split()]
        self.script = {c: row[1] for row in lines("Scripts.txt") for c in span_of(row[0])}
        self.blank = property_of("PropList.txt", "White_Space")
        self.ignorable = property_of("DerivedCoreProperties.txt", "Default_Ignorable_Code_Point")
        self.excluded = property_of("DerivedNormalizationProps.txt", "Full_Composition_Exclusion")

    def decompose(self, code):
        """NFKD of one character, without the order of marks."""
        if 0xAC00 <= code <= 0xD7A3:
            return [code]
        kind = self.decomposition.get(code)
        if kind is None:
            return [code]
        parts = [int(c, 16) for c in kind.split() if not c.startswith("<")]
        return [d for c in parts for d in self.decompose(c)]

    def pairs(self):
        """Primary composites whose parts folding keeps apart: {(first, second): whole}."""
        found = {}
        for whole, kind in self.decomposition.items():
            parts = kind.split()
            if kind.startswith("<") or len(parts) != 2 or whole in self.excluded:
                continue
            first, second = (int(c, 16) for c in parts)
            inherited = self.script.get(second) == "Inherited"
            if not inherited or second in (0x3099, 0x309A) or (first, second) == (0x438, 0x306):
                found[first, second] = whole
        return found


class Confusables:
    """ICU's skeletons."""

    def __init__(self):
        self.icu = ctypes.CDLL("libicui18n.so.72")
        status = ctypes.c_int(0)
        self.icu.uspoof_open_72.restype = ctypes.c_void_p
        self.checker = ctypes.c_void_p(self.icu.uspoof_open_72(ctypes.byref(status)))

    def skeleton(self, text):
        data = text.encode()
        out = ctypes.create_string_buffer(256)
        status = ctypes.c_int(0)
        n = self.icu.uspoof_getSkeletonUTF8_72(
            self.checker, 0, data, len(data), out, 256, ctypes.byref(status)
        )
        return out.raw[:n].decode()


ENCLOSED = re.compile(
    r"(?:(?:CROSSED |NEGATIVE )*(?:CIRCLED|SQUARED|PARENTHESIZED)|CIRCLED ITALIC|"
    r"REGIONAL INDICATOR SYMBOL|RAISED SMALL|TORTOISE SHELL BRACKETED) "
    r"(?:LATIN )?(?:CAPITAL |SMALL )?(?:LETTER )?([A-Z])$"
)
LATIN_NAME = re.compile(
    r"(?:LATIN|MODIFIER|COMBINING LATIN)(?: SUBSCRIPT)? (?:CAPITAL |SMALL )?LETTER "
    r"(?:SMALL CAPITAL |SMALL |CAPITAL |TURNED |REVERSED |SIDEWAYS |OPEN |STRETCHED |LONG |SCRIPT |"
    r"INSULAR |BARRED |CLOSED |BROKEN |DOTLESS |VISIGOTHIC |MIDDLE-WELSH |BLACKLETTER )*"
    r"([A-Z]|AE|OE|OO|AA|AO|AU|AV|AY|IJ|DZ|LJ|NJ|TH|UE|VY|TZ|HV|OU)(?: WITH .*| DIGRAPH)?$"
)


class Folder:
    def __init__(self):
        self.u = Unicode()
        self.confusables = Confusables()
        self.looks = {ord(p[0]): p[1] for p in LOOKS.split()}
        self.latin = {ord(p[0]): p[1] for p in LATIN.split()}
        self.latin.update({ord(c): text for chars, text in PLAIN.items() for c in chars})
        self.pairs = self.u.pairs()
        self.seconds = {second for _, second in self.pairs}

    def script(self, code):
        name = self.u.script.get(code, "Common")
        if name in ("Common", "Inherited"):
            return "COMMON"
        return name.upper() if name.upper() in SCRIPTS else "LETTERS"

    def named(self, code):
        """The ASCII letters that a name tells of."""
        name = self.u.name.get(code, "")
        match = ENCLOSED.match(name) or LATIN_NAME.match(name)
        if match and not (name.startswith("MODIFIER") and code not in self.u.decomposition):
            return match.group(1).lower()
        if name.startswith(("NEGATIVE CIRCLED DIGIT", "DINGBAT")) or "CIRCLED DIGIT" in name or (
            "PARENTHESIZED DIGIT" in name or re.match(r"DIGIT .* FULL STOP$", name)
        ):
            return self.u.numeric.get(code, "")
        return ""

    def keeps(self, code):
        """What of a decomposition stays: no mark but those that a script spells with."""
        if self.u.category.get(code) not in ("Mn", "Me"):
            return True
        if self.u.script.get(code) in ("Inherited", "Hebrew", "Syriac"):
            return code in (0x3099, 0x309A)
        return True

    def one(self, code):
        if code in self.latin:
            return self.latin[code]
        if code in self.u.digit:
            return self.u.digit[code]
        named = self.named(code)
        if named:
            return named
        if self.u.folding.get(code) and code not in self.u.decomposition:
            return "".join(self.fold(c) for c in self.u.folding[code] if c != code)
        return chr(code)

    def fold(self, code):
        if code in self.latin or self.named(code):
            return self.one(code)
        if code == 0x439 or code == 0x419:
            return chr(0x439)
        parts = [c for c in self.u.decompose(code) if self.keeps(c)]
        if parts == [code]:
            return self.one(code)
        text = "".join(self.fold(c) if c != code else self.one(c) for c in parts)
        return self.compose(text)

    def compose(self, text):
        out = ""
        for c in text:
            if out and (ord(out[-1]), ord(c)) in self.pairs:
                out = out[:-1] + chr(self.pairs[ord(out[-1]), ord(c)])
            else:
                out += c
        return out

    def kind(self, code):
        u = self.u
        category = u.category.get(code, "Cn")
        if 0xE0020 <= code <= 0xE007F:
            return "TAG"
        if 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF:
            return "SELECTOR"
        if code in (0x115F, 0x1160, 0x3164, 0xFFA0, 0x2800):
            return "FILLER"
        if code in u.ignorable or 0x2060 <= code <= 0x206F or 0xFFF9 <= code <= 0xFFFB:
            return "UNSEEN"
        if category == "Cf" and code not in range(0x600, 0x900) and code != 0x110BD:
            return "UNSEEN"
        if code == 0xE0001 or code == 0x180E:
            return "UNSEEN"
        if code in u.blank:
            return "BLANK"
        if category in ("Cn", "Co", "Cc", "Cs"):
            return "UNKNOWN"
        if category in ("Mn", "Me") and not self.keeps(code):
            return "MARK"
        if category[0] in "LM" or category in ("Nd", "Nl"):
            return "LETTER"
        folded = self.fold(code)
        return "LETTER" if folded.isalnum() and folded.isascii() else "OTHER"

    def look(self, code):
        """(ASCII letter, strict): what it looks like. Strict is Unicode's own word."""
        if code < 0x80 or self.script(code) == "LATIN":
            return "", False
        if self.u.category.get(code, "Cn")[0] not in "LSN":
            return "", False
        skeleton = self.confusables.skeleton(chr(code))
        if len(skeleton) == 1 and skeleton.isascii() and skeleton.isalpha():
            lower = self.u.folding.get(code, [code])[0]
            other = self.confusables.skeleton(chr(lower))
            if skeleton == "l" and len(other) == 1 and other.isascii() and other.isalpha():
                skeleton = other
            return skeleton.lower(), self.script(code) != "COMMON"
        if code in self.looks:
            return self.looks[code], False
        lower = self.u.folding.get(code, [code])
        if lower != [code] and len(lower) == 1:
            return self.look(lower[0])[0], False
        if len(skeleton) == 1 and self.script(code) != "COMMON":
            folded = self.fold(ord(skeleton))
            if len(folded) == 1 and folded.isascii() and folded.isalpha():
                return folded, False
        return "", False

    @staticmethod
    def styled(code, kind, text):
        """Whether it writes ASCII letters or digits in a way that no language does."""
        plain = code < 0x250 or 0x1E00 <= code < 0x1F00
        return kind == "LETTER" and not plain and text.isascii() and text.isalnum()

    def upper(self, code):
        name = self.u.name.get(code, "")
        return self.u.category.get(code) in ("Lu", "Lt") or (
            " CAPITAL " in name and "SMALL CAPITAL" not in name
        )

    def entry(self, code):
        kind = self.kind(code)
        text = chr(code)
        look, strict = "", False
        if kind in ("LETTER", "OTHER"):
            text = " ".join(self.fold(code).split())  # accents alone are a blank and a mark
            look, strict = self.look(code)
        elif kind == "TAG":
            text = chr(code - 0xE0000).lower() if code < 0xE007F else ""
        elif kind != "UNKNOWN":
            text = ""
        script = self.script(code)
        if script == "COMMON" and kind == "LETTER" and text.isascii() and text.isalpha():
            script = "LATIN"
        same = text == chr(code)
        data = b"" if same else text.encode()
        flags = (
            (1 if same else 0)
            | (2 if self.upper(code) or (kind == "TAG" and 0x41 <= code - 0xE0000 <= 0x5A) else 0)
            | (4 if strict else 0)
            | (8 if self.u.category.get(code) == "Co" else 0)
            | (16 if self.styled(code, kind, text) else 0)
            | (32 if code in self.seconds or 0x1161 <= code < 0x11C3 else 0)
        )
        return (kind, SCRIPTS.index(script), data, look, flags)


def emit(name, kind, values, width=100):
    out = ["static const %s %s[] = {" % (kind, name)]
    line = "   "
    for value in values:
        item = " %s," % value
        if len(line) + len(item) > width:
            out.append(line)
            line = "   "
        line += item
    out += [line, "};"]
    return "\n".join(out)


HEAD = """\
// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Generated by tools/fold_tables.py from Unicode 15.0; do not edit. A character's block is
// blocks[code / %d], its entry entries[blocks * %d + code %% %d].
#include "detect/fold_table.h"

"""


def main():
    folder = Folder()
    unknown = folder.entry(0x50000)
    entries, index, pool = [unknown], {unknown: 0}, bytearray(b"\0")
    table = []
    for code in range(LAST):
        e = folder.entry(code)
        if e not in index:
            index[e] = len(entries)
            entries.append(e)
        table.append(index[e])
    while len(table) % BLOCK:
        table.append(0)
    blocks, seen, cells = [], {}, []
    for at in range(0, len(table), BLOCK):
        block = tuple(table[at : at + BLOCK])
        if block not in seen:
            seen[block] = len(seen)
            cells += block
        blocks.append(seen[block])
    rows = []
    for kind, script, data, look, flags in entries:
        at = pool.find(data) if data else 0
        if data and at < 0:
            at = len(pool)
            pool += data
        rows.append(
            "{%d, %d, %s, CHAR_%s, %d, %d}"
            % (at, len(data), "'%s'" % look if look else "0", kind, script, flags)
        )
    assert len(entries) < 65536 and len(pool) < 65536
    sys.stdout.write(HEAD % (BLOCK, BLOCK, BLOCK) + "// clang-format off\n")
    sys.stdout.write(emit("pool", "uint8_t", list(pool)) + "\n")
    sys.stdout.write(emit("entries", "struct fold_entry", rows) + "\n")
    sys.stdout.write(emit("blocks", "uint16_t", blocks) + "\n")
    sys.stdout.write(emit("cells", "uint16_t", cells) + "\n")
    pairs = ["{0x%X, 0x%X, 0x%X}" % (a, b, w) for (a, b), w in sorted(folder.pairs.items())]
    sys.stdout.write(emit("pairs", "struct fold_pair", pairs) + "\n\n")
    sys.stdout.write(
        "const struct fold_table fold_table = {pool, entries, blocks, cells, pairs,\n"
        "                                      %d, ARRAY_SIZE(blocks), ARRAY_SIZE(pairs)};\n"
        "// clang-format on\n" % BLOCK
    )
    sys.stderr.write("%d entries, %d blocks, %d cells, pool %d, pairs %d\n" % (
        len(entries), len(blocks), len(cells), len(pool), len(pairs)))


if __name__ == "__main__":
    main()
