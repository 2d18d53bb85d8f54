// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Tokens come back as values: exactly, in the spellings of models, for every cut, with nothing held
// back but what may be a token (guide S57; the streaming invariants 1, 2, 3, 5, 6).
#include "codec/json_text.h"
#include "codec/json_write.h"

#include "pseudonym_test.h"

static uint64_t key = 7;

static const char *const values[][2] = {
    {"pii.email", "ada.lovelace@analytical.example"},
    {"pii.card", "4111 1111 1111 1111"},
    {"pii.card", "5555555555554444"},
    {"pii.us_ssn", "536-90-4399"},
    {"pii.phone", "+1 415 555 2671"},
    {"pii.iban", "DE89 3704 0044 0532 0130 00"},
    {"pii.ip", "203.0.113.7"},
    {"pii.ip", "2001:db8:85a3::8a2e:370:7334"},
    {"secret.groq_api_key", "p\"q\\ w\nline"},
    {"secret.github_pat", "ghp_secret"},
};

static void fill(struct pseudonyms *p)
{
    test_pseudonyms(p, &key);
    for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
        (void)token_of(p, values[i][0], values[i][1]);
    }
    assert_ok(pseudonyms_index(p));
}

// "{3}" becomes the token of values[3], or its value.
static struct span written(const struct pseudonyms *p, const char *text, bool tokens,
                           struct buf *out)
{
    buf_reset(out);
    for (const char *c = text; *c != '\0'; c++) {
        if (c[0] == '{' && c[1] >= '0' && c[1] <= '9' && c[2] == '}') {
            const struct pseudonym *e = p->items[c[1] - '0'];
            assert_ok(buf_append(out, tokens ? e->token : e->value));
            c += 2;
        } else {
            assert_ok(buf_append_byte(out, (uint8_t)*c));
        }
    }
    return buf_span(out);
}

static const char *const texts[] = {
    "{0}",
    "write to {0}, or call {4}. Visa {1}/{2}; SSN {3}",
    "<{0}>{0}{0} ({6}) [{7}] \"{8}\" '{9}'",
    "pii.{0} PII_{8} pi{0} 4000 {1} 40{9}",
    "请联系{0}谢谢 IBAN {5}, {5}.",
    "{4} {1} 12 {2}\n{3} 7",
    "http://{6}:8080/x {6}. {6}",
    "nothing here, pii. PII_ SECRET_ 4000 00 +999 198.18. 2001:db8: DE99",
};

static void restored_text_is_exact(void **state)
{
    (void)state;
    CLEANUP(pseudonyms_done) struct pseudonyms p;
    CLEANUP(buf_wipe) struct buf in = BUF_OF(4096), wanted = BUF_OF(4096), out = BUF_OF(4096);
    fill(&p);

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        buf_reset(&out);
        assert_ok(restore_text(&p, written(&p, texts[i], true, &in), &out));
        assert_span(texts[i], buf_span(&out), written(&p, texts[i], false, &wanted));
    }
}

// What comes out of a window that only looks for tokens, piece by piece.
struct stream {
    const struct pseudonyms *p;
    struct window w;
    struct span text;
    size_t done;
    struct buf out;
};

static void flush(struct stream *s)
{
    const struct tokens_seen *seen = window_tokens(&s->w);
    size_t safe = window_safe(&s->w);

    for (size_t i = 0; i < seen->count; i++) {
        const struct token_seen *t = &seen->items[i];
        if (t->start >= safe || t->start < s->done) {
            continue;
        }
        assert_ok(buf_append(&s->out, span_of(s->text.p + s->done, t->start - s->done)));
        assert_ok(buf_append(&s->out, t->entry->value));
        s->done = t->end;
    }
    if (safe > s->done) {
        assert_ok(buf_append(&s->out, span_of(s->text.p + s->done, safe - s->done)));
        s->done = safe;
    }
    window_drop(&s->w, safe);
}

static void stream_with_cuts(const struct pseudonyms *p, struct span text,
                             size_t (*cut)(void *ctx, size_t at), void *ctx, struct span wanted)
{
    struct stream s = {.p = p, .text = text, .out = BUF_OF(1 << 20)};
    size_t at = 0;

    window_init(&s.w, bench_get()->engine, NULL);
    window_seek(&s.w, p);
    while (at < text.n) {
        size_t next = cut(ctx, at);
        next = next > text.n ? text.n : next;
        assert_ok(window_feed(&s.w, span_of(text.p + at, next - at), next - at, TEXT_PLAIN));
        assert_ok(window_scan(&s.w, bench_get()->scratch));
        flush(&s);
        assert_true(window_held(&s.w) <= 128);
        at = next;
    }
    assert_ok(window_finish(&s.w, bench_get()->scratch));
    flush(&s);
    assert_span("stream", buf_span(&s.out), wanted);
    buf_wipe(&s.out);
    window_done(&s.w);
}

static size_t at_once(void *ctx, size_t at)
{
    size_t cut = *(size_t *)ctx;

    return at < cut ? cut : SIZE_MAX;
}

static size_t in_steps(void *ctx, size_t at)
{
    return at + *(size_t *)ctx;
}

static size_t at_random(void *ctx, size_t at)
{
    return at + 1 + test_random(ctx) % 11;
}

static void a_stream_is_restored_as_the_whole_at_every_cut(void **state)
{
    (void)state;
    CLEANUP(pseudonyms_done) struct pseudonyms p;
    CLEANUP(buf_wipe) struct buf in = BUF_OF(4096), out = BUF_OF(4096);
    uint64_t seed = 3;
    fill(&p);

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct span text = written(&p, texts[i], true, &in);
        buf_reset(&out);
        assert_ok(restore_text(&p, text, &out));
        for (size_t cut = 1; cut <= text.n; cut++) {
            stream_with_cuts(&p, text, at_once, &cut, buf_span(&out));
        }
        for (size_t step = 1; step < 6; step++) {
            stream_with_cuts(&p, text, in_steps, &step, buf_span(&out));
        }
        for (int k = 0; k < 20; k++) {
            stream_with_cuts(&p, text, at_random, &seed, buf_span(&out));
        }
    }
}

static void upper(struct span token, struct buf *out)
{
    for (size_t i = 0; i < token.n; i++) {
        uint8_t c = token.p[i];
        assert_ok(buf_append_byte(out, c >= 'a' && c <= 'z' ? (uint8_t)(c - 32) : c));
    }
}

// `between` after every fourth digit, as people write cards.
static void spaced(struct span token, const char *between, struct buf *out)
{
    for (size_t i = 0, k = 0; i < token.n; i++) {
        if (token.p[i] >= '0' && token.p[i] <= '9') {
            if (k > 0 && k % 4 == 0) {
                assert_ok(buf_append(out, span_str(between)));
            }
            assert_ok(buf_append_byte(out, token.p[i]));
            k++;
        }
    }
}

static void backslashed(struct span token, struct buf *out)
{
    for (size_t i = 0; i < token.n; i++) {
        if (token.p[i] == '_') {
            assert_ok(buf_append_byte(out, '\\'));
        }
        assert_ok(buf_append_byte(out, token.p[i]));
    }
}

static void assert_restores(const struct pseudonyms *p, const struct buf *in, size_t value)
{
    CLEANUP(buf_wipe) struct buf out = BUF_OF(4096);

    assert_ok(restore_text(p, buf_span(in), &out));
    assert_span(values[value][1], buf_span(&out), span_str(values[value][1]));
}

static void the_spellings_of_models_are_known(void **state)
{
    (void)state;
    static const char *const betweens[] = {"", " ", "-", ".", "\u00A0", "\u2011", "\u202F"};
    CLEANUP(pseudonyms_done) struct pseudonyms p;
    CLEANUP(buf_wipe) struct buf in = BUF_OF(4096);
    fill(&p);

    upper(p.items[0]->token, &in);
    assert_restores(&p, &in, 0);
    buf_reset(&in);
    backslashed(p.items[9]->token, &in);
    assert_restores(&p, &in, 9);
    for (size_t i = 0; i < ARRAY_SIZE(betweens); i++) {
        buf_reset(&in);
        spaced(p.items[1]->token, betweens[i], &in);
        assert_restores(&p, &in, 1);
    }
    for (size_t i = 5; i < 7; i++) {
        buf_reset(&in);
        upper(p.items[i]->token, &in);
        assert_restores(&p, &in, i);
    }
}

// Of two spellings of one number each comes back as it was.
static void two_spellings_come_back_each_as_it_was(void **state)
{
    (void)state;
    CLEANUP(pseudonyms_done) struct pseudonyms p;
    CLEANUP(buf_wipe) struct buf in = BUF_OF(4096), out = BUF_OF(4096);
    const struct span text =
        SPAN("4111-1111-1111-1111 and 4111111111111111 and 4111 1111 1111 1111");
    test_pseudonyms(&p, &key);

    pseudonymise(&p, text, &in);
    assert_false(span_equal(buf_span(&in), text));
    assert_ok(restore_text(&p, buf_span(&in), &out));
    assert_span("round", buf_span(&out), text);
}

// Every example of every rule: out and back.
static void the_round_trip_is_exact_for_every_rule(void **state)
{
    (void)state;
    CLEANUP(buf_wipe)
    struct buf in = BUF_OF(1 << 16), out = BUF_OF(1 << 16), text = BUF_OF(1 << 16);

    for (uint16_t i = 0; i < rules_count(); i++) {
        for (const char *const *x = rules_get(i)->examples; *x != NULL; x++) {
            CLEANUP(pseudonyms_done) struct pseudonyms p;
            test_pseudonyms(&p, &key);
            buf_reset(&text);
            buf_reset(&out);
            for (const char *c = *x; *c != '\0'; c++) { // without the marks
                bool mark =
                    memcmp(c, "⟦", 1) == 0 && (strncmp(c, "⟦", 3) == 0 || strncmp(c, "⟧", 3) == 0);
                if (mark) {
                    c += 2;
                } else {
                    assert_ok(buf_append_byte(&text, (uint8_t)*c));
                }
            }
            enum finding_kind kind = rules_get(i)->kind;
            if (kind != KIND_PII && kind != KIND_SECRET) {
                continue;
            }
            pseudonymise(&p, buf_span(&text), &in);
            if (p.count == 0) {
                continue; // too long: a tag
            }
            assert_false(span_equal(buf_span(&in), buf_span(&text)));
            assert_ok(restore_text(&p, buf_span(&in), &out));
            assert_span(rules_get(i)->id, buf_span(&out), buf_span(&text));
        }
    }
}

static void a_token_inside_a_longer_number_is_none(void **state)
{
    (void)state;
    CLEANUP(pseudonyms_done) struct pseudonyms p;
    CLEANUP(buf_wipe) struct buf in = BUF_OF(4096), out = BUF_OF(4096);
    static const char *const around[] = {"1{2}", "{2}1", "x.1{6}", "{6}.1", "{6}9", "a{5}", "{5}7"};
    fill(&p);

    for (size_t i = 0; i < ARRAY_SIZE(around); i++) {
        buf_reset(&out);
        struct span text = written(&p, around[i], true, &in);
        assert_ok(restore_text(&p, text, &out));
        assert_span(around[i], buf_span(&out), text);
    }
}

static void forms_of_json_are_escaped(void **state)
{
    (void)state;
    CLEANUP(pseudonyms_done) struct pseudonyms p;
    CLEANUP(buf_wipe) struct buf out = BUF_OF(4096);
    bool fits = false;
    fill(&p);

    assert_ok(restore_append(p.items[8], RESTORE_JSON, &out, &fits));
    assert_span("once", buf_span(&out), SPAN_OF("p\\\"q\\\\ w\\nline"));
    buf_reset(&out);
    assert_ok(restore_append(p.items[8], RESTORE_JSON_INNER, &out, &fits));
    assert_span("twice", buf_span(&out), SPAN_OF("p\\\\\\\"q\\\\\\\\ w\\\\nline"));
    buf_reset(&out);
    assert_ok(restore_append(p.items[1], RESTORE_NUMBER, &out, &fits));
    assert_span("number", buf_span(&out), SPAN_OF("4111111111111111"));
    assert_true(fits);
    buf_reset(&out);
    assert_ok(restore_append(p.items[9], RESTORE_NUMBER, &out, &fits));
    assert_false(fits);
}

// Invariant 3: on prose next to nothing waits, though thousands of tokens may come.
static void prose_does_not_wait(void **state)
{
    (void)state;
    static const char prose[] =
        "Dear all, please find the minutes of the meeting of 14 March 2024 below; 9 people came. "
        "Section 4.2 of the paper says that pigs, sparrows and spiders do well in Denmark. ";
    CLEANUP(pseudonyms_done) struct pseudonyms p;
    CLEANUP(buf_wipe) struct buf text = BUF_OF(64);
    struct window w;
    size_t most = 0;
    fill(&p);

    for (int i = 0; i < 2000; i++) {
        buf_reset(&text);
        assert_ok(buf_printf(&text, "user%d@example.org", i));
        struct span token;
        assert_ok(pseudonyms_token(&p, rule_of("pii.email"), buf_span(&text), false, &token));
    }
    assert_ok(pseudonyms_index(&p));
    window_init(&w, bench_get()->engine, NULL);
    window_seek(&w, &p);
    for (size_t i = 0; i + 1 < sizeof(prose); i++) {
        assert_ok(window_feed(&w, span_of(prose + i, 1), 1, TEXT_PLAIN));
        assert_ok(window_scan(&w, bench_get()->scratch));
        most = window_held(&w) > most ? window_held(&w) : most;
    }
    assert_true(most <= 3);
    print_message("held back on prose: at most %zu bytes\n", most);
    window_done(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_EACH_(restored_text_is_exact, a_stream_is_restored_as_the_whole_at_every_cut,
                   the_spellings_of_models_are_known, two_spellings_come_back_each_as_it_was,
                   the_round_trip_is_exact_for_every_rule, a_token_inside_a_longer_number_is_none,
                   forms_of_json_are_escaped, prose_does_not_wait)};

    return cmocka_run_group_tests(tests, NULL, bench_done);
}
