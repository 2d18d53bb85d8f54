// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Strict where the specification is: one way to write each number, no empty line. Extension lines
// are tolerated in what others wrote.
#include "audit/checkpoint.h"

#include "base/num.h"

enum { ROOT_TEXT = NUM_BASE64_SIZE(TREE_HASH_SIZE) };

static bool take_line(struct span *text, struct span *ret_line)
{
    return span_cut(*text, '\n', ret_line, text) && ret_line->n > 0;
}

static bool read_size(struct span text, uint64_t *ret_size)
{
    return (text.n == 1 || text.p[0] != '0') && num_parse_u64(text, UINT64_MAX, ret_size) == AIU_OK;
}

enum aiu_status checkpoint_parse(struct span text, struct checkpoint *ret_checkpoint)
{
    struct checkpoint c = {.size = 0};
    struct span line = {0};
    struct span size = {0};

    if (!take_line(&text, &c.origin) || !take_line(&text, &size) || !read_size(size, &c.size) ||
        !take_line(&text, &line) || !num_base64_read(line, c.root.bytes, TREE_HASH_SIZE)) {
        return AIU_FILE_INVALID;
    }
    c.extensions = text;
    while (text.n > 0) {
        if (!take_line(&text, &line)) {
            return AIU_FILE_INVALID;
        }
    }
    *ret_checkpoint = c;
    return AIU_OK;
}

enum aiu_status checkpoint_write(const struct checkpoint *c, struct buf *out)
{
    uint8_t root[ROOT_TEXT];

    if (!note_name_valid(c->origin)) {
        return AIU_USAGE;
    }
    num_base64_write(span_of(c->root.bytes, TREE_HASH_SIZE), root);
    return buf_printf(out, "%.*s\n%llu\n%.*s\n", (int)c->origin.n, (const char *)c->origin.p,
                      (unsigned long long)c->size, ROOT_TEXT, (const char *)root);
}

enum aiu_status checkpoint_sign(const struct note_key *key, const struct sign_key *signer,
                                const struct checkpoint *c, struct buf *out)
{
    CLEANUP(buf_wipe) struct buf note = BUF_OF(NOTE_MOST);

    TRY(checkpoint_write(c, &note));
    size_t text = note.n;
    TRY(buf_append_byte(&note, '\n'));
    TRY(note_sign(key, signer, span_of(note.p, text), 0, &note));
    return buf_append(out, buf_span(&note));
}

enum aiu_status checkpoint_open(struct span note, const struct note_key *log,
                                struct checkpoint *ret_checkpoint)
{
    struct checkpoint c;
    struct note_signers signers;
    struct note n;

    TRY(note_parse(note, &n));
    TRY(checkpoint_parse(n.text, &c));
    TRY(note_verify(&n, log, 1, &signers));
    if (!span_equal(c.origin, log->name)) {
        return AIU_AUDIT_UNVERIFIED;
    }
    *ret_checkpoint = c;
    return AIU_OK;
}
