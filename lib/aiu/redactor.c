// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Redaction of whole texts and of texts in pieces. A stream keeps the bytes that have no verdict
// yet; after each piece what is safe goes on, with a tag where a finding stood. A finding that is
// longer than the look-ahead gets its tag when it begins, and its bytes are dropped as they come;
// where its value is wanted (masks, pseudonyms), up to 1024 bytes wait for its end first.
#include "aiu/redactor.h"

#include "base/alloc.h"
#include "detect/redact.h"
#include "pieces.h"
#include "pseudonyms.h"
#include "text.h"

enum { REDACTED_MOST = 1 << 30, TAG_MOST = 4 * PSEUDONYM_VALUE_MOST };

struct aiu_redactor {
    const struct aiu_scanner *scanner;
    struct redaction redaction;
    struct rule_set rules;
};

static enum aiu_status new_redactor(const struct aiu_scanner *scanner, struct redaction redaction,
                                    struct aiu_redactor **ret_redactor)
{
    struct aiu_redactor *r = mem_new(1, sizeof(*r));

    if (r == NULL) {
        return AIU_NO_MEMORY;
    }
    r->scanner = scanner;
    r->redaction = redaction;
    r->rules = scanner->rules;
    r->rules.fields = false; // a text that is read by people
    *ret_redactor = r;
    return AIU_OK;
}

enum aiu_status aiu_redactor_new(const struct aiu_scanner *scanner, enum aiu_redactor_style style,
                                 struct aiu_redactor **ret_redactor)
{
    static const enum redact_mode modes[] = {
        [AIU_REDACTOR_PLAIN] = REDACT_PLAIN,
        [AIU_REDACTOR_TYPED] = REDACT_TAG,
        [AIU_REDACTOR_MASK] = REDACT_MASK,
        [AIU_REDACTOR_DROP] = REDACT_DROP,
    };
    const struct redaction r = {.mode = (unsigned)style < ARRAY_SIZE(modes) ? modes[style]
                                                                            : REDACT_PLAIN};

    return new_redactor(scanner, r, ret_redactor);
}

enum aiu_status aiu_redactor_new_pseudonym(const struct aiu_scanner *scanner,
                                           struct aiu_pseudonyms *pseudonyms,
                                           struct aiu_redactor **ret_redactor)
{
    const struct redaction r = {.mode = REDACT_PSEUDONYM, .pseudonyms = &pseudonyms->list};
    uint16_t look_alike = 0;

    if (pseudonyms->mac == NULL || !rules_find(SPAN_OF("pii.pseudonym"), &look_alike)) {
        return AIU_USAGE;
    }
    TRY(new_redactor(scanner, r, ret_redactor));
    rule_set_add(&(*ret_redactor)->rules, look_alike);
    return AIU_OK;
}

void aiu_redactor_free(struct aiu_redactor *redactor)
{
    mem_free(redactor);
}

// What is restored from now on has the new tokens.
static enum aiu_status index_tokens(const struct aiu_redactor *r)
{
    return r->redaction.pseudonyms == NULL ? AIU_OK : pseudonyms_index(r->redaction.pseudonyms);
}

static enum aiu_status redact(const struct aiu_redactor *r, struct scratch *scratch,
                              struct span text, struct buf *out)
{
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(FINDINGS_MOST);

    TRY(scan_text(r->scanner->engine, scratch, &r->rules, text, &found));
    TRY(redact_text_with(&r->redaction, text, &found, NULL, out));
    return index_tokens(r);
}

enum aiu_status aiu_redactor_redact(const struct aiu_redactor *redactor, const char *text, size_t n,
                                    char **ret_text, size_t *ret_n)
{
    CLEANUP(buf_wipe) struct buf out = BUF_OF(REDACTED_MOST);
    struct scratch *scratch = NULL;

    TRY(pool_take(redactor->scanner, &scratch));
    enum aiu_status st = redact(redactor, scratch, span_of(text, n), &out);
    pool_give(redactor->scanner, scratch);
    return st == AIU_OK ? text_give(buf_span(&out), ret_text, ret_n) : st;
}

struct aiu_redactor_stream {
    struct pieces stream;
    const struct aiu_redactor *redactor;
    aiu_redactor_sink sink;
    void *ctx;
    struct buf pending; // bytes that have not gone on
    size_t pending_at;  // where the first of them stands in the text
    size_t done;        // everything before this place has gone on or was dropped
    size_t tagged;      // start of the last finding that has its tag; SIZE_MAX for none
};

enum aiu_status aiu_redactor_stream_new(const struct aiu_redactor *redactor, aiu_redactor_sink sink,
                                        void *ctx, struct aiu_redactor_stream **ret_stream)
{
    struct aiu_redactor_stream *s = mem_new(1, sizeof(*s));

    if (s == NULL) {
        return AIU_NO_MEMORY;
    }
    pieces_init(&s->stream, redactor->scanner, &redactor->rules);
    if (redactor->redaction.mode == REDACT_MASK || redactor->redaction.mode == REDACT_PSEUDONYM) {
        window_keep_values(&s->stream.window);
    }
    s->redactor = redactor;
    s->sink = sink;
    s->ctx = ctx;
    s->tagged = SIZE_MAX;
    buf_init(&s->pending, WINDOW_FEED_MOST + STREAM_PIECE);
    *ret_stream = s;
    return AIU_OK;
}

void aiu_redactor_stream_free(struct aiu_redactor_stream *stream)
{
    if (stream != NULL) {
        pieces_done(&stream->stream);
        buf_wipe(&stream->pending);
        mem_free(stream);
    }
}

static enum aiu_status pass_up_to(struct aiu_redactor_stream *s, size_t place)
{
    if (place > s->done) {
        const char *from = (const char *)s->pending.p + (s->done - s->pending_at);
        TRY(s->sink(s->ctx, from, place - s->done));
        s->done = place;
    }
    return AIU_OK;
}

static enum aiu_status put_tag(struct aiu_redactor_stream *s, const struct finding *f)
{
    CLEANUP(buf_wipe) struct buf tag = BUF_OF(TAG_MOST);
    struct span value = f->open ? span_of(NULL, 0) : window_value(&s->stream.window, f);

    TRY(redact_put(&s->redactor->redaction, f, value, &tag));
    s->tagged = f->start;
    return tag.n == 0 ? AIU_OK : s->sink(s->ctx, (const char *)tag.p, tag.n);
}

static enum aiu_status replace(struct aiu_redactor_stream *s, const struct finding *f)
{
    if (f->end <= s->done) {
        return AIU_OK; // an open one that did not grow
    }
    if (s->tagged != f->start) {
        TRY(pass_up_to(s, f->start));
        TRY(put_tag(s, f));
    }
    s->done = f->end;
    return AIU_OK;
}

// Hand on everything that is decided.
static enum aiu_status flush(struct aiu_redactor_stream *s)
{
    struct window *w = &s->stream.window;
    const struct findings *found = window_findings(w);
    size_t safe = window_safe(w);

    for (size_t i = 0; i < found->count && found->items[i].start < safe; i++) {
        TRY(replace(s, &found->items[i]));
    }
    TRY(pass_up_to(s, safe));
    window_drop(w, safe);
    buf_consume(&s->pending, s->done - s->pending_at);
    s->pending_at = s->done;
    return AIU_OK;
}

static enum aiu_status feed_piece(struct aiu_redactor_stream *s, struct span piece)
{
    TRY(pieces_feed(&s->stream, piece));
    TRY(buf_append(&s->pending, piece));
    return flush(s);
}

enum aiu_status aiu_redactor_stream_feed(struct aiu_redactor_stream *stream, const char *bytes,
                                         size_t n)
{
    struct span rest = span_of(bytes, n);

    do {
        struct span piece = span_first(rest, STREAM_PIECE);
        enum aiu_status st = feed_piece(stream, piece);
        if (st != AIU_OK) {
            return st == AIU_USAGE ? st : pieces_keep(&stream->stream, st);
        }
        rest = span_drop_first(rest, piece.n);
    } while (rest.n > 0);
    return AIU_OK;
}

enum aiu_status aiu_redactor_stream_finish(struct aiu_redactor_stream *stream)
{
    TRY(pieces_finish(&stream->stream));
    return pieces_keep(&stream->stream, flush(stream));
}

size_t aiu_redactor_stream_held(const struct aiu_redactor_stream *stream)
{
    return stream->pending.n;
}
