// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The text ends at the last empty line; everything behind it must be signature lines. A line is
// looked at twice: its form when the note is parsed, its bytes when a known key is found in it.
#include "audit/note.h"

#include <stdio.h>

#include "base/num.h"
#include "base/utf8.h"
#include "secret/hash.h"

enum {
    KEY_ID_SIZE = 4,
    TIME_SIZE = 8,
    SIGNED_MOST = KEY_ID_SIZE + TIME_SIZE + SIGN_SIZE,
    COSIGNED_HEAD_MOST = 64
};

// "— "
static const struct span dash = SPAN("\xE2\x80\x94 ");

static bool is_space(uint32_t code)
{
    return (code >= 0x09 && code <= 0x0D) || code == 0x20 || code == 0x85 || code == 0xA0 ||
           code == 0x1680 || (code >= 0x2000 && code <= 0x200A) || code == 0x2028 ||
           code == 0x2029 || code == 0x202F || code == 0x205F || code == 0x3000;
}

bool note_name_valid(struct span name)
{
    if (name.n == 0 || name.n > NOTE_NAME_MOST || !utf8_valid(name)) {
        return false;
    }
    while (name.n > 0) {
        uint32_t code = utf8_next(&name);
        if (is_space(code) || code < 0x20 || code == '+') {
            return false;
        }
    }
    return true;
}

static void put_be(uint8_t *out, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        out[i] = (uint8_t)(value >> 8 * (bytes - 1 - i));
    }
}

static uint64_t get_be(const uint8_t *in, unsigned bytes)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < bytes; i++) {
        value = value << 8 | in[i];
    }
    return value;
}

enum aiu_status note_key_init(struct note_key *key, struct span name, enum note_kind kind,
                              const uint8_t public_key[SIGN_PUBLIC_SIZE])
{
    const uint8_t separator[2] = {'\n', (uint8_t)kind};
    uint8_t digest[SHA256_SIZE];
    struct sha256 h;

    if (!note_name_valid(name)) {
        return AIU_USAGE;
    }
    sha256_init(&h);
    sha256_update(&h, name);
    sha256_update(&h, span_of(separator, sizeof(separator)));
    sha256_update(&h, span_of(public_key, SIGN_PUBLIC_SIZE));
    sha256_final(&h, digest);
    *key = (struct note_key){.name = name, .kind = kind, .id = (uint32_t)get_be(digest, 4)};
    memcpy(key->public_key, public_key, SIGN_PUBLIC_SIZE);
    return AIU_OK;
}

static bool read_id(struct span hex, uint32_t *ret_id)
{
    uint32_t id = 0;

    if (hex.n != 2 * (size_t)KEY_ID_SIZE) {
        return false;
    }
    for (size_t i = 0; i < hex.n; i++) {
        int digit = num_hex_digit(hex.p[i]);
        if (digit < 0 || (hex.p[i] >= 'A' && hex.p[i] <= 'F')) {
            return false;
        }
        id = id << 4 | (uint32_t)digit;
    }
    *ret_id = id;
    return true;
}

enum aiu_status note_key_parse(struct span vkey, struct note_key *ret_key)
{
    struct span name = {0};
    struct span rest = {0};
    struct span hex = {0};
    struct span base64 = {0};
    uint8_t bytes[1 + SIGN_PUBLIC_SIZE];
    struct note_key key;
    uint32_t id = 0;

    if (!span_cut(vkey, '+', &name, &rest) || !span_cut(rest, '+', &hex, &base64) ||
        !note_name_valid(name) || !read_id(hex, &id) || base64.n < 4) {
        return AIU_FILE_INVALID;
    }
    uint8_t head[3];
    if (num_base64_read(span_first(base64, 4), head, sizeof(head)) && head[0] != NOTE_SIGNATURE &&
        head[0] != NOTE_COSIGNATURE) {
        return AIU_UNSUPPORTED;
    }
    if (!num_base64_read(base64, bytes, sizeof(bytes))) {
        return AIU_FILE_INVALID;
    }
    TRY(note_key_init(&key, name, (enum note_kind)bytes[0], bytes + 1));
    if (key.id != id) {
        return AIU_FILE_INVALID;
    }
    *ret_key = key;
    return AIU_OK;
}

enum aiu_status note_key_write(const struct note_key *key, struct buf *out)
{
    uint8_t bytes[1 + SIGN_PUBLIC_SIZE] = {(uint8_t)key->kind};
    uint8_t base64[NUM_BASE64_SIZE(sizeof(bytes))];

    memcpy(bytes + 1, key->public_key, SIGN_PUBLIC_SIZE);
    num_base64_write(span_of(bytes, sizeof(bytes)), base64);
    return buf_printf(out, "%.*s+%08x+%.*s", (int)key->name.n, (const char *)key->name.p, key->id,
                      (int)sizeof(base64), (const char *)base64);
}

// One base64 text of a key id and at least a byte more, whatever its length.
static bool is_base64(struct span text)
{
    uint8_t bytes[3];
    bool is_short = text.n == NUM_BASE64_SIZE(KEY_ID_SIZE + 1);

    if (text.n < NUM_BASE64_SIZE(KEY_ID_SIZE + 1) || text.n % 4 != 0) {
        return false;
    }
    for (; text.n > 4; text = span_drop_first(text, 4)) {
        if (!num_base64_read(span_first(text, 4), bytes, 3)) {
            return false;
        }
    }
    return num_base64_read(text, bytes, 3) || num_base64_read(text, bytes, 2) ||
           (!is_short && num_base64_read(text, bytes, 1));
}

static bool read_line(struct span line, struct note_signature *ret_signature)
{
    struct note_signature s = {.id = 0};
    uint8_t head[6];

    if (!span_starts_with(line, dash) ||
        !span_cut(span_drop_first(line, dash.n), ' ', &s.name, &s.base64) ||
        !note_name_valid(s.name) || !is_base64(s.base64)) {
        return false;
    }
    // The id of a signature of one byte stays 0: it belongs to no kind of key.
    if (num_base64_read(span_first(s.base64, 8), head, sizeof(head))) {
        s.id = (uint32_t)get_be(head, KEY_ID_SIZE);
    }
    *ret_signature = s;
    return true;
}

bool note_next(struct span *lines, struct note_signature *ret_signature)
{
    struct span line = {0};

    return lines->n > 0 && span_cut(*lines, '\n', &line, lines) && read_line(line, ret_signature);
}

// UTF-8 without a control character but line feeds.
static bool is_note_text(struct span bytes)
{
    for (size_t i = 0; i < bytes.n; i++) {
        if (bytes.p[i] < 0x20 && bytes.p[i] != '\n') {
            return false;
        }
    }
    return utf8_valid(bytes);
}

// Length of the text: it ends at the last empty line. 0 where there is none.
static size_t find_end(struct span bytes)
{
    for (size_t i = bytes.n; i >= 2; i--) {
        if (bytes.p[i - 1] == '\n' && bytes.p[i - 2] == '\n') {
            return i - 1;
        }
    }
    return 0;
}

enum aiu_status note_parse(struct span bytes, struct note *ret_note)
{
    struct note n = {.count = 0};
    struct note_signature signature;

    if (bytes.n > NOTE_MOST || !is_note_text(bytes)) {
        return AIU_FILE_INVALID;
    }
    size_t end = find_end(bytes);
    n.text = span_first(bytes, end);
    n.signatures = span_drop_first(bytes, end + 1);
    if (end == 0 || n.signatures.n == 0 || n.signatures.p[n.signatures.n - 1] != '\n') {
        return AIU_FILE_INVALID;
    }
    for (struct span lines = n.signatures; lines.n > 0; n.count++) {
        if (n.count == NOTE_SIGNATURES_MOST || !note_next(&lines, &signature)) {
            return AIU_FILE_INVALID;
        }
    }
    *ret_note = n;
    return AIU_OK;
}

// What a cosignature signs: "cosignature/v1\ntime SECONDS\n" and the text.
static enum aiu_status cosigned(struct span text, uint64_t unix_s,
                                uint8_t out[COSIGNED_HEAD_MOST + NOTE_COSIGNED_MOST],
                                struct span *ret_message)
{
    int n = snprintf((char *)out, COSIGNED_HEAD_MOST, "cosignature/v1\ntime %llu\n",
                     (unsigned long long)unix_s);

    if (text.n > NOTE_COSIGNED_MOST) {
        return AIU_TOO_LONG;
    }
    memcpy(out + n, text.p, text.n);
    *ret_message = span_of(out, (size_t)n + text.n);
    return AIU_OK;
}

static enum aiu_status verify_plain(const struct note_key *key, struct span text,
                                    const struct note_signature *s)
{
    uint8_t bytes[KEY_ID_SIZE + SIGN_SIZE];

    return num_base64_read(s->base64, bytes, sizeof(bytes)) &&
                   sign_verify(key->public_key, text, bytes + KEY_ID_SIZE)
               ? AIU_OK
               : AIU_AUDIT_UNVERIFIED;
}

static enum aiu_status verify_cosignature(const struct note_key *key, struct span text,
                                          const struct note_signature *s, uint64_t *ret_time)
{
    uint8_t message[COSIGNED_HEAD_MOST + NOTE_COSIGNED_MOST];
    uint8_t bytes[SIGNED_MOST];
    struct span signed_text = {0};

    if (!num_base64_read(s->base64, bytes, sizeof(bytes))) {
        return AIU_AUDIT_UNVERIFIED;
    }
    uint64_t time = get_be(bytes + KEY_ID_SIZE, TIME_SIZE);
    TRY(cosigned(text, time, message, &signed_text));
    if (time > INT64_MAX ||
        !sign_verify(key->public_key, signed_text, bytes + KEY_ID_SIZE + TIME_SIZE)) {
        return AIU_AUDIT_UNVERIFIED;
    }
    *ret_time = time;
    return AIU_OK;
}

static enum aiu_status verify_line(const struct note_key *key, struct span text,
                                   const struct note_signature *s, uint64_t *ret_time)
{
    switch (key->kind) {
    case NOTE_SIGNATURE:
        return verify_plain(key, text, s);
    case NOTE_COSIGNATURE:
        return verify_cosignature(key, text, s, ret_time);
    }
    return AIU_UNSUPPORTED;
}

enum aiu_status note_verify(const struct note *n, const struct note_key *keys, size_t count,
                            struct note_signers *ret_signers)
{
    struct note_signers signers = {.keys = 0};
    struct note_signature s;

    if (count > NOTE_KEYS_MOST) {
        return AIU_TOO_LONG;
    }
    for (struct span lines = n->signatures; note_next(&lines, &s);) {
        for (size_t i = 0; i < count; i++) {
            if (keys[i].id == s.id && span_equal(keys[i].name, s.name)) {
                TRY(verify_line(&keys[i], n->text, &s, &signers.times[i]));
                signers.keys |= (uint64_t)1 << i;
            }
        }
    }
    if (signers.keys == 0) {
        return AIU_NOT_FOUND;
    }
    *ret_signers = signers;
    return AIU_OK;
}

enum aiu_status note_sign(const struct note_key *key, const struct sign_key *signer,
                          struct span text, uint64_t unix_s, struct buf *out)
{
    uint8_t message[COSIGNED_HEAD_MOST + NOTE_COSIGNED_MOST];
    uint8_t bytes[SIGNED_MOST];
    uint8_t base64[NUM_BASE64_SIZE(SIGNED_MOST)];
    size_t n = KEY_ID_SIZE;

    put_be(bytes, key->id, KEY_ID_SIZE);
    if (key->kind == NOTE_COSIGNATURE) {
        put_be(bytes + n, unix_s, TIME_SIZE);
        n += TIME_SIZE;
        TRY(cosigned(text, unix_s, message, &text));
    }
    sign_message(signer, text, bytes + n);
    n += SIGN_SIZE;
    num_base64_write(span_of(bytes, n), base64);
    return buf_printf(out, "\xE2\x80\x94 %.*s %.*s\n", (int)key->name.n, (const char *)key->name.p,
                      (int)NUM_BASE64_SIZE(n), (const char *)base64);
}
