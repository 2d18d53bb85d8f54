// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Pseudonyms, masks and drops through the shared library: the stream gives what the whole gives at
// every cut, and restoring gives back what was there (S57, S59).
#include "aiu/pseudonyms.h"

#include "test.h"

static const char *const texts[] = {
    "To ada.lovelace@example.org, 4111-1111-1111-1111, +1 415 555 2671; SSN 536-90-4399.",
    "IBAN DE89 3704 0044 0532 0130 00 from 203.0.113.7 or 2001:db8:85a3::8a2e:370:7334",
    "\xC3\xA9 ada@example.org\xE8\xB0\xA2 4111 1111 1111 1111 4111111111111111 ada@example.org",
    "PII_email_0123456789ab and SECRET_x_0123456789ab are mine; pii.0123456789ab@example.com too",
    "no value at all, only prose of some length; a@b 4111 1111",
    "token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJlLW9mLXRoaXMtdG9rZW4 end",
    "",
};

// No MAC for the world, but one for a test.
static enum aiu_status test_mac(void *ctx, const unsigned char *bytes, size_t n,
                                unsigned char out[AIU_PSEUDONYMS_MAC_SIZE])
{
    uint64_t h = UINT64_C(0xCBF29CE484222325) ^ *(const uint64_t *)ctx;

    for (size_t i = 0; i < n; i++) {
        h = (h ^ bytes[i]) * UINT64_C(0x100000001B3);
    }
    for (size_t i = 0; i < AIU_PSEUDONYMS_MAC_SIZE; i++) {
        h = (h ^ h >> 29) * UINT64_C(0xBF58476D1CE4E5B9);
        out[i] = (unsigned char)(h >> 56);
    }
    return AIU_OK;
}

static uint64_t key = 5;

struct fixture {
    struct aiu_scanner *scanner;
    struct aiu_pseudonyms *list;
    struct aiu_redactor *mask, *drop, *pseudonym;
};

static void fixture_init(struct fixture *f)
{
    assert_ok(aiu_scanner_new(&f->scanner));
    assert_ok(aiu_pseudonyms_new(test_mac, &key, &f->list));
    assert_ok(aiu_redactor_new(f->scanner, AIU_REDACTOR_MASK, &f->mask));
    assert_ok(aiu_redactor_new(f->scanner, AIU_REDACTOR_DROP, &f->drop));
    assert_ok(aiu_redactor_new_pseudonym(f->scanner, f->list, &f->pseudonym));
}

static void fixture_done(struct fixture *f)
{
    aiu_redactor_free(f->mask);
    aiu_redactor_free(f->drop);
    aiu_redactor_free(f->pseudonym);
    aiu_pseudonyms_free(f->list);
    aiu_scanner_free(f->scanner);
}

static enum aiu_status collect(void *ctx, const char *bytes, size_t n)
{
    assert_true(n > 0);
    return buf_append(ctx, span_of(bytes, n));
}

static void whole(const struct aiu_redactor *r, struct span text, struct buf *out)
{
    char *got = NULL;
    size_t n = 0;

    buf_reset(out);
    assert_ok(aiu_redactor_redact(r, (const char *)text.p, text.n, &got, &n));
    assert_ok(buf_append(out, span_of(got, n)));
    aiu_redactor_text_free(got);
}

static void restored(const struct aiu_pseudonyms *p, enum aiu_restorer_format format,
                     struct span text, struct buf *out)
{
    char *got = NULL;
    size_t n = 0;

    buf_reset(out);
    assert_ok(aiu_restorer_restore(p, format, (const char *)text.p, text.n, &got, &n));
    assert_int_equal(got[n], '\0');
    assert_ok(buf_append(out, span_of(got, n)));
    aiu_redactor_text_free(got);
}

static void redact_in_pieces(const struct aiu_redactor *r, struct span text, size_t cut,
                             size_t step, struct buf *out)
{
    struct aiu_redactor_stream *s = NULL;

    buf_reset(out);
    assert_ok(aiu_redactor_stream_new(r, collect, out, &s));
    for (size_t n = cut; text.n > 0; n = step) {
        struct span piece = span_first(text, n);
        assert_ok(aiu_redactor_stream_feed(s, (const char *)piece.p, piece.n));
        text = span_drop_first(text, piece.n);
    }
    assert_ok(aiu_redactor_stream_finish(s));
    assert_int_equal(aiu_redactor_stream_held(s), 0);
    aiu_redactor_stream_free(s);
}

static void restore_in_pieces(const struct aiu_pseudonyms *p, enum aiu_restorer_format format,
                              struct span text, size_t cut, size_t step, struct buf *out)
{
    struct aiu_restorer_stream *s = NULL;

    buf_reset(out);
    assert_ok(aiu_restorer_stream_new(p, format, collect, out, &s));
    for (size_t n = cut; text.n > 0; n = step) {
        struct span piece = span_first(text, n);
        assert_ok(aiu_restorer_stream_feed(s, (const char *)piece.p, piece.n));
        assert_true(aiu_restorer_stream_held(s) <= 128);
        text = span_drop_first(text, piece.n);
    }
    assert_ok(aiu_restorer_stream_finish(s));
    assert_int_equal(aiu_restorer_stream_held(s), 0);
    assert_status(aiu_restorer_stream_feed(s, "x", 1), AIU_USAGE);
    assert_status(aiu_restorer_stream_finish(s), AIU_USAGE);
    aiu_restorer_stream_free(s);
}

static void streams_give_what_the_whole_gives_at_every_cut_in_every_mode(void **state)
{
    (void)state;
    CLEANUP(fixture_done) struct fixture f;
    CLEANUP(buf_wipe) struct buf wanted = BUF_OF(1 << 16), got = BUF_OF(1 << 16);
    fixture_init(&f);
    const struct aiu_redactor *const modes[] = {f.mask, f.drop, f.pseudonym};

    for (size_t m = 0; m < ARRAY_SIZE(modes); m++) {
        for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
            struct span text = span_str(texts[i]);
            whole(modes[m], text, &wanted);
            for (size_t cut = 1; cut <= text.n; cut++) {
                redact_in_pieces(modes[m], text, cut, text.n, &got);
                assert_span(texts[i], buf_span(&got), buf_span(&wanted));
                redact_in_pieces(modes[m], text, cut, 1, &got);
                assert_span(texts[i], buf_span(&got), buf_span(&wanted));
            }
        }
    }
}

static void the_round_trip_is_exact_at_every_cut(void **state)
{
    (void)state;
    CLEANUP(fixture_done) struct fixture f;
    CLEANUP(buf_wipe) struct buf tokens = BUF_OF(1 << 16), got = BUF_OF(1 << 16);
    fixture_init(&f);

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        whole(f.pseudonym, span_str(texts[i]), &tokens);
        struct span text = buf_span(&tokens);
        restored(f.list, AIU_RESTORER_TEXT, text, &got);
        assert_span(texts[i], buf_span(&got), span_str(texts[i]));
        for (size_t cut = 1; cut <= text.n; cut++) {
            restore_in_pieces(f.list, AIU_RESTORER_TEXT, text, cut, text.n, &got);
            assert_span(texts[i], buf_span(&got), span_str(texts[i]));
            restore_in_pieces(f.list, AIU_RESTORER_TEXT, text, cut, 1, &got);
            assert_span(texts[i], buf_span(&got), span_str(texts[i]));
        }
    }
}

static void tokens_hide_and_masks_show_four(void **state)
{
    (void)state;
    CLEANUP(fixture_done) struct fixture f;
    CLEANUP(buf_wipe) struct buf out = BUF_OF(4096);
    fixture_init(&f);

    whole(f.pseudonym, SPAN_OF("to ada@example.org."), &out);
    assert_true(span_starts_with(buf_span(&out), SPAN_OF("to pii.")));
    assert_true(span_ends_with(buf_span(&out), SPAN_OF("@example.com.")));
    assert_int_equal(aiu_pseudonyms_count(f.list), 1);
    whole(f.mask, SPAN_OF("to ada@example.org, 4111 1111 1111 1111."), &out);
    assert_span("mask", buf_span(&out), SPAN_OF("to ***@example.org, **** **** **** 1111."));
    whole(f.drop, SPAN_OF("to ada@example.org, 4111 1111 1111 1111."), &out);
    assert_span("drop", buf_span(&out), SPAN_OF("to , ."));
}

// What was saved restores, and goes on giving the same tokens.
static void a_list_is_saved_and_loaded(void **state)
{
    (void)state;
    CLEANUP(fixture_done) struct fixture f, later;
    CLEANUP(buf_wipe) struct buf tokens = BUF_OF(4096), got = BUF_OF(4096);
    struct aiu_pseudonyms *reader = NULL;
    char *saved = NULL;
    size_t n = 0;
    fixture_init(&f);
    fixture_init(&later);

    whole(f.pseudonym, span_str(texts[0]), &tokens);
    assert_ok(aiu_pseudonyms_save(f.list, &saved, &n));
    assert_ok(aiu_pseudonyms_new(NULL, NULL, &reader));
    assert_ok(aiu_pseudonyms_load(reader, saved, n));
    restored(reader, AIU_RESTORER_TEXT, buf_span(&tokens), &got);
    assert_span("restored", buf_span(&got), span_str(texts[0]));

    assert_ok(aiu_pseudonyms_load(later.list, saved, n));
    assert_ok(aiu_pseudonyms_load(later.list, saved, n)); // twice changes nothing
    assert_int_equal(aiu_pseudonyms_count(later.list), aiu_pseudonyms_count(f.list));
    whole(later.pseudonym, span_str(texts[0]), &got);
    assert_span("same tokens", buf_span(&got), buf_span(&tokens));

    struct aiu_redactor *none = NULL;
    assert_status(aiu_redactor_new_pseudonym(f.scanner, reader, &none), AIU_USAGE);
    for (size_t cut = 0; cut < n; cut++) {
        assert_status(aiu_pseudonyms_load(reader, saved, cut), AIU_FILE_INVALID);
    }
    saved[3] ^= 1;
    assert_status(aiu_pseudonyms_load(reader, saved, n), AIU_FILE_INVALID);
    aiu_redactor_text_free(saved);
    aiu_pseudonyms_free(reader);
    aiu_pseudonyms_free(NULL);
}

// In JSON a value is escaped as its string wants it, and a bare number stays one.
static void values_are_escaped_in_json(void **state)
{
    (void)state;
    static const char value[] = "-----BEGIN EC PRIV"
                                "ATE KEY-----\n"
                                "MHcCAQEEIIrYSSNQFaA2Hwf1duRSxKtLYX5CB04fSeQ6tF1aY/PuoAoGCCqGSM49\n"
                                "-----END EC PRIV"
                                "ATE KEY-----";
    CLEANUP(fixture_done) struct fixture f;
    CLEANUP(buf_wipe) struct buf tokens = BUF_OF(4096), json = BUF_OF(4096), got = BUF_OF(4096);
    CLEANUP(buf_wipe) struct buf wanted = BUF_OF(4096);
    fixture_init(&f);

    whole(f.pseudonym, span_str(value), &tokens);
    assert_false(span_equal(buf_span(&tokens), span_str(value)));
    assert_ok(buf_append(&json, SPAN_OF("{\"key\": \"")));
    assert_ok(buf_append(&json, buf_span(&tokens)));
    assert_ok(buf_append(&json, SPAN_OF("\", \"n\": 1}")));
    assert_ok(buf_append(&wanted, SPAN_OF("{\"key\": \"")));
    for (const char *c = value; *c != '\0'; c++) {
        assert_ok(buf_append(&wanted, *c == '\n' ? SPAN_OF("\\n") : span_of(c, 1)));
    }
    assert_ok(buf_append(&wanted, SPAN_OF("\", \"n\": 1}")));
    for (size_t step = 1; step < 40; step++) {
        restore_in_pieces(f.list, AIU_RESTORER_JSON, buf_span(&json), step, step, &got);
        assert_span("json", buf_span(&got), buf_span(&wanted));
    }
    whole(f.pseudonym, SPAN_OF("4111111111111111"), &tokens);
    buf_reset(&json);
    assert_ok(buf_append(&json, SPAN_OF("[")));
    assert_ok(buf_append(&json, buf_span(&tokens)));
    assert_ok(buf_append(&json, SPAN_OF("]")));
    restored(f.list, AIU_RESTORER_JSON, buf_span(&json), &got);
    assert_span("number", buf_span(&got), SPAN_OF("[4111111111111111]"));
}

TEST_MAIN(streams_give_what_the_whole_gives_at_every_cut_in_every_mode,
          the_round_trip_is_exact_at_every_cut, tokens_hide_and_masks_show_four,
          a_list_is_saved_and_loaded, values_are_escaped_in_json)
