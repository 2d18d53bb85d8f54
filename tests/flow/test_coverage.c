// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A canary through every row of the dialect's tables (docs/coverage.md), in both directions and
// both modes: no place lets a secret pass (S7, S9, S57, S58).
#include "flow/inspector.h"
#include "flow/relay.h"

#include "codec/json_edit.h"
#include "test.h"

// Put together here, so that no scanner takes this file for a leak.
#define CANARY                                                                                     \
    "AKIA"                                                                                         \
    "Z7QK4WXN2RTB5MDC"

struct fixture {
    struct engine *engine;
    struct scratch *scratch;
    struct walker *walker;
    struct policy policy;
    struct rule_set rules[DIRECTION_COUNT];
};

static struct fixture fixture;

static int set_up(void **state)
{
    (void)state;
    assert_ok(engine_new(&fixture.engine));
    assert_ok(scratch_new(fixture.engine, &fixture.scratch));
    assert_ok(walker_new(&dialect_openai, &fixture.walker));
    fixture.policy = *policy_builtin(SPAN_OF("default"));
    for (int d = 0; d < DIRECTION_COUNT; d++) {
        fixture.rules[d] = policy_rules(&fixture.policy, (enum direction)d);
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    walker_free(fixture.walker);
    scratch_free(fixture.scratch);
    engine_free(fixture.engine);
    return 0;
}

static void start(struct inspector *i, enum direction d, struct arena *a)
{
    const struct inspector_options o = {
        .engine = fixture.engine,
        .scratch = fixture.scratch,
        .walker = fixture.walker,
        .policy = &fixture.policy,
        .rules = &fixture.rules[d],
        .direction = d,
        .now_unix_s = 1800000000,
    };
    inspector_init(i, &o, a);
}

// "a[].b" with the text "x" is {"a":[{"b":"x"}]}; JSON inside a string where the row says so.
static void write_value(struct buf *b, const struct place *row, const char *path, const char *text)
{
    struct span rest = span_str(path), name, after;

    if (rest.n == 0) {
        bool json = row->kind == PLACE_JSON_TEXT;
        assert_ok(buf_printf(b, json ? "\"{\\\"k\\\":\\\"%s\\\"}\"" : "\"%s\"", text));
        return;
    }
    if (span_starts_with(rest, SPAN_OF("[]"))) {
        const char *below = path + 2 + (path[2] == '.');
        assert_ok(buf_append(b, SPAN_OF("[")));
        write_value(b, row, below, text);
        assert_ok(buf_append(b, SPAN_OF("]")));
        return;
    }
    (void)span_cut(rest, '.', &name, &after);
    size_t array = span_find_byte(name, '[');
    assert_ok(buf_printf(b, "{\"%.*s\":", (int)(array < name.n ? array : name.n), path));
    write_value(b, row, array < name.n ? path + array : (const char *)after.p, text);
    assert_ok(buf_append(b, SPAN_OF("}")));
}

static void inspect(enum document_kind kind, enum direction d, struct span text, struct buf *out)
{
    CLEANUP(arena_done) struct arena a;
    CLEANUP(inspector_done) struct inspector i;
    const struct json_edit *edits = NULL;
    struct json_doc doc;
    size_t count = 0;

    arena_init(&a, 16 << 20);
    start(&i, d, &a);
    assert_ok(json_parse(text, &a, &json_default_limits, &doc, NULL));
    assert_ok(inspector_whole(&i, kind, &doc, &a, &edits, &count));
    assert_ok(json_apply(text, edits, count, out));
    assert_ok(json_parse(buf_span(out), &a, &json_default_limits, &doc, NULL)); // still JSON
}

static bool holds_canary(const struct buf *b)
{
    return span_find_span(buf_span(b), SPAN_OF(CANARY)) < b->n;
}

static bool is_inspected(const struct place *row)
{
    return row->kind != PLACE_SHADOW &&
           (row->kind != PLACE_OPAQUE || span_ends_with(span_str(row->path), SPAN_OF(".url")));
}

static enum direction direction_of(enum document_kind kind)
{
    return kind == DOCUMENT_CHAT_REQUEST || kind == DOCUMENT_EMBEDDING_REQUEST ? DIRECTION_REQUEST
                                                                               : DIRECTION_RESPONSE;
}

static void no_row_of_a_whole_document_lets_a_canary_pass(void **state)
{
    (void)state;
    for (size_t t = 0; t < dialect_openai.count; t++) {
        const struct place_table *table = &dialect_openai.tables[t];
        for (size_t k = 0; k < table->count; k++) {
            const struct place *row = &table->rows[k];
            CLEANUP(buf_wipe) struct buf text = BUF_OF(65536);
            CLEANUP(buf_wipe) struct buf out = BUF_OF(65536);
            if (!is_inspected(row)) {
                continue;
            }
            write_value(&text, row, row->path, "key " CANARY " end");
            inspect(table->kind, direction_of(table->kind), buf_span(&text), &out);
            if (holds_canary(&out)) {
                print_error("%s %s\n", table->title, row->path);
            }
            assert_false(holds_canary(&out));
        }
    }
}

static void a_field_that_nobody_knows_is_inspected(void **state)
{
    (void)state;
    static const struct {
        const char *text, *wanted;
    } cases[] = {
        {"{\"x\":\"" CANARY "\"}", NULL},
        {"{\"x\":{\"y\":[[\"" CANARY "\"]]}}", NULL},
        {"{\"" CANARY "\":1}", NULL},
        {"{\"messages\":[{\"role\":\"user\",\"content\":\"a\",\"new\":{\"deep\":\"" CANARY "\"}}]}",
         NULL},
        {"{\"metadata\":{\"card\":4111111111111111}}", "{\"metadata\":{\"card\":0}}"},
        {"{\"x\":\"\\u0041KIAZ7QK4WXN2RTB5MDC\"}", NULL},
        {"{\"messages\":[{\"content\":[{\"image_url\":{\"url\":\"data:," CANARY "\"}}]}]}", NULL},
        {"{\"x\":4111111111111111e0,\"y\":4111111111111111.0}", "{\"x\":0,\"y\":0}"},
        {"{\"tools\":[{\"function\":{\"parameters\":{\"default\":\"" CANARY "\"}}}]}", NULL},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(buf_wipe) struct buf out = BUF_OF(65536);
        inspect(DOCUMENT_CHAT_REQUEST, DIRECTION_REQUEST, span_str(cases[i].text), &out);
        assert_false(holds_canary(&out));
        assert_true(span_find_span(buf_span(&out), SPAN_OF("KIAZ7QK4WXN")) == out.n);
        if (cases[i].wanted != NULL) {
            assert_span("edited", buf_span(&out), span_str(cases[i].wanted));
        }
    }
}

static void a_text_of_many_megabytes_with_escapes_is_inspected_to_its_end(void **state)
{
    (void)state;
    CLEANUP(buf_wipe) struct buf text = BUF_OF(16 << 20);
    CLEANUP(buf_wipe) struct buf out = BUF_OF(16 << 20);

    assert_ok(buf_append(&text, SPAN_OF("{\"x\":\"")));
    while (text.n < (9 << 20)) {
        assert_ok(buf_append(&text, SPAN_OF("line of a long text\\n")));
    }
    assert_ok(buf_append(&text, SPAN_OF(CANARY " end\"}")));
    inspect(DOCUMENT_CHAT_REQUEST, DIRECTION_REQUEST, buf_span(&text), &out);
    assert_false(holds_canary(&out));
}

// --- streams ----------------------------------------------------------------------------------

static enum aiu_status collect(void *ctx, const struct span *pieces, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        TRY(buf_append(ctx, pieces[i]));
    }
    return AIU_OK;
}

static void run_stream(struct span stream, size_t cut, struct buf *out)
{
    CLEANUP(arena_done) struct arena a;
    CLEANUP(inspector_done) struct inspector i;
    CLEANUP(relay_done) struct relay r;

    arena_init(&a, 16 << 20);
    start(&i, DIRECTION_RESPONSE, &a);
    relay_init(&r, &i, collect, out);
    assert_ok(relay_feed(&r, span_first(stream, cut)));
    assert_ok(relay_feed(&r, span_drop_first(stream, cut)));
    assert_ok(relay_finish(&r));
}

// The canary in two events, cut in its middle.
static void write_stream(struct buf *b, const struct place *row)
{
    static const char *const parts[] = {"key AKIAZ7QK", "4WXN2RTB5MDC end"};

    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        assert_ok(buf_append(b, SPAN_OF("data: ")));
        if (row->kind == PLACE_JSON_TEXT) {
            // {"k":"…"} in pieces, inside the string
            struct place plain = *row;
            char text[64];
            plain.kind = PLACE_TEXT;
            (void)snprintf(text, sizeof(text), i == 0 ? "{\\\"k\\\":\\\"%s" : "%s\\\"}", parts[i]);
            write_value(b, &plain, row->path, text);
        } else {
            write_value(b, row, row->path, parts[i]);
        }
        assert_ok(buf_append(b, SPAN_OF("\n\n")));
    }
}

static void no_joined_row_of_a_stream_lets_a_canary_pass_however_it_is_cut(void **state)
{
    (void)state;
    const struct place_table *table = dialect_table(&dialect_openai, DOCUMENT_CHAT_CHUNK);

    for (size_t k = 0; k < table->count; k++) {
        const struct place *row = &table->rows[k];
        CLEANUP(buf_wipe) struct buf stream = BUF_OF(65536);
        CLEANUP(buf_wipe) struct buf first = BUF_OF(65536);
        if (!row->joined) {
            continue;
        }
        write_stream(&stream, row);
        run_stream(buf_span(&stream), 0, &first);
        assert_true(span_find_span(buf_span(&first), SPAN_OF("AKIAZ7QK")) == first.n);
        assert_true(span_find_span(buf_span(&first), SPAN_OF("4WXN2RTB")) == first.n);
        for (size_t cut = 1; cut <= stream.n; cut++) {
            CLEANUP(buf_wipe) struct buf out = BUF_OF(65536);
            run_stream(buf_span(&stream), cut, &out);
            assert_span(row->path, buf_span(&out), buf_span(&first));
        }
    }
}

#define EVENT(text) "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" text "\"}}]}\n\n"
#define EVENT_OF(choice, text)                                                                     \
    "data: {\"choices\":[{\"delta\":{\"content\":\"" text "\"},\"index\":" choice "}]}\n\n"
#define END_OF(choice)                                                                             \
    "data: {\"choices\":[{\"index\":" choice ",\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"

static const struct {
    const char *why;
    const char *stream, *wanted; // NULL: byte for byte what came
} streams[] = {
    {"nothing found: byte for byte",
     EVENT("Hello") EVENT(" world, ") EVENT("good day.") END_OF("0"), NULL},
    {"a secret over three events leaves its tag in the first",
     EVENT("see AKIAZ7Q") EVENT("K4WXN2RT") EVENT("B5MDC now") END_OF("0"),
     EVENT("see [REDACTED:aws_access_key_id]") EVENT("") EVENT(" now") END_OF("0")},
    {"choices interleaved are separate texts",
     EVENT_OF("0", "a AKIAZ7QK4W") EVENT_OF("1", "b AKIAZ7QK") EVENT_OF("0", "XN2RTB5MDC.")
         EVENT_OF("1", "4WXN2RTB5MDC.") END_OF("0") END_OF("1"),
     EVENT_OF("0", "a [REDACTED:aws_access_key_id]") EVENT_OF("1", "b [REDACTED:aws_access_key_id]")
         EVENT_OF("0", ".") EVENT_OF("1", ".") END_OF("0") END_OF("1")},
    {"an escaped key is the key that it spells",
     "data: {\"\\u0063hoices\":[{\"index\":0,\"delta\":{\"content\":\"see AKIAZ7Q\"}}]}\n\n" EVENT(
         "K4WXN2RTB5MDC now") END_OF("0"),
     "data: {\"\\u0063hoices\":[{\"index\":0,\"delta\":{\"content\":\"see "
     "[REDACTED:aws_access_key_id]\"}}]}\n\n" EVENT(" now") END_OF("0")},
    {"log probabilities go when text beside them is redacted",
     "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" CANARY "\"},\"logprobs\":"
     "{\"content\":[{\"token\":\"" CANARY "\",\"bytes\":[65]}]}}]}\n\n" END_OF("0"),
     "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"[REDACTED:aws_access_key_id]\"},"
     "\"logprobs\":null}]}\n\n" END_OF("0")},
};

static void streams_come_out_as_the_table_says_however_they_are_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(streams); i++) {
        struct span stream = span_str(streams[i].stream);
        const char *wanted = streams[i].wanted == NULL ? streams[i].stream : streams[i].wanted;
        for (size_t cut = 0; cut <= stream.n; cut++) {
            CLEANUP(buf_wipe) struct buf out = BUF_OF(65536);
            run_stream(stream, cut, &out);
            assert_span(streams[i].why, buf_span(&out), span_str(wanted));
        }
    }
}

static void a_channel_that_goes_silent_in_a_secret_does_not_let_it_go(void **state)
{
    (void)state;
    CLEANUP(buf_wipe) struct buf stream = BUF_OF(65536);

    assert_ok(buf_append(&stream, SPAN_OF(EVENT_OF("0", "see AKIAZ7QK"))));
    for (int i = 0; i < 20; i++) {
        assert_ok(buf_append(&stream, SPAN_OF(EVENT_OF("1", "word "))));
    }
    assert_ok(buf_append(&stream, SPAN_OF(EVENT_OF("0", "4WXN2RTB5MDC.") END_OF("1") END_OF("0"))));
    for (size_t cut = 0; cut <= stream.n; cut += 7) {
        CLEANUP(buf_wipe) struct buf out = BUF_OF(65536);
        run_stream(buf_span(&stream), cut, &out);
        assert_true(span_find_span(buf_span(&out), SPAN_OF("AKIAZ7QK")) == out.n);
        assert_true(span_find_span(buf_span(&out), SPAN_OF("4WXN2RTB")) == out.n);
        assert_true(span_find_span(buf_span(&out), SPAN_OF("word ")) < out.n);
    }
}

// S8: what is held back is at most a word; a long event is split where its verdict ends.
static void of_a_long_event_only_the_last_word_waits(void **state)
{
    (void)state;
    static const char event[] = EVENT(
        "This is an answer that a provider sends in one piece, long enough not to wait as a whole "
        "for the next one, which may take its time, as the last wor");
    CLEANUP(arena_done) struct arena a;
    CLEANUP(inspector_done) struct inspector i;
    CLEANUP(relay_done) struct relay r;
    CLEANUP(buf_wipe) struct buf out = BUF_OF(65536);

    arena_init(&a, 16 << 20);
    start(&i, DIRECTION_RESPONSE, &a);
    relay_init(&r, &i, collect, &out);
    assert_ok(relay_feed(&r, span_str(event)));
    assert_true(span_find_span(buf_span(&out), SPAN_OF("as the last")) < out.n);
    assert_true(span_find_span(buf_span(&out), SPAN_OF("last wor")) == out.n);
    assert_ok(relay_feed(&r, SPAN_OF(EVENT("d.") END_OF("0"))));
    assert_true(span_find_span(buf_span(&out), SPAN_OF("wor")) < out.n);
    assert_ok(relay_finish(&r));
    assert_false(relay_holds(&r));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_row_of_a_whole_document_lets_a_canary_pass),
        cmocka_unit_test(a_field_that_nobody_knows_is_inspected),
        cmocka_unit_test(a_text_of_many_megabytes_with_escapes_is_inspected_to_its_end),
        cmocka_unit_test(no_joined_row_of_a_stream_lets_a_canary_pass_however_it_is_cut),
        cmocka_unit_test(streams_come_out_as_the_table_says_however_they_are_cut),
        cmocka_unit_test(a_channel_that_goes_silent_in_a_secret_does_not_let_it_go),
        cmocka_unit_test(of_a_long_event_only_the_last_word_waits),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
