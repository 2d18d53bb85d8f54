// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Reading a document, editing it in place, and writing one.
#include "codec/json.h"
#include "codec/json_edit.h"
#include "codec/json_write.h"
#include "test.h"

static const char text_of_all[] =
    "{\"model\":\"m\\u00e9\",\"n\":42,\"neg\":-1,\"f\":1.0,\"big\":18446744073709551616,"
    "\"yes\":true,\"no\":false,\"nil\":null,\"m\\u0065ssages\":[{\"role\":\"user\",\"content\":"
    "[{\"text\":\"a\"},{\"text\":\"b\"}]},[],{}],\"a secret\":{\"x\":1},\"\":[0]}";

struct fixture {
    struct arena arena;
    struct json_doc doc;
};

static void fixture_done(struct fixture *f)
{
    arena_done(&f->arena);
}

static void parse(struct fixture *f, struct span text)
{
    arena_init(&f->arena, 1 << 20);
    assert_ok(json_parse(text, &f->arena, &json_default_limits, &f->doc, NULL));
}

static uint32_t member(const struct fixture *f, const char *key)
{
    return json_member(&f->doc, 0, span_str(key));
}

static void members_and_elements_are_found(void **state)
{
    (void)state;
    CLEANUP(fixture_done) struct fixture f;
    parse(&f, span_str(text_of_all));
    const struct json_doc *d = &f.doc;

    assert_int_equal(member(&f, "Model"), JSON_NONE); // GHSA-4gph-2hhr-5mwg: case matters
    assert_int_equal(member(&f, "mode"), JSON_NONE);
    uint32_t messages = member(&f, "messages"); // escaped in the source
    assert_int_equal(json_type(d, messages), JSON_ARRAY);
    uint32_t first = json_element(d, messages, 0);
    assert_true(json_equal(d, json_member(d, first, SPAN_OF("role")), SPAN_OF("user")));
    assert_int_equal(json_first(d, json_element(d, messages, 1)), JSON_NONE);
    assert_int_equal(json_first(d, json_element(d, messages, 2)), JSON_NONE);
    assert_int_equal(json_element(d, messages, 3), JSON_NONE);
    assert_int_equal(json_member(d, messages, SPAN_OF("role")), JSON_NONE);
    assert_int_equal(json_member(d, JSON_NONE, SPAN_OF("role")), JSON_NONE);
    assert_int_equal(json_element(d, 0, 0), JSON_NONE);
    assert_int_equal(json_first(d, member(&f, "n")), JSON_NONE);
}

static void every_child_is_walked_once(void **state)
{
    (void)state;
    CLEANUP(fixture_done) struct fixture f;
    parse(&f, span_str(text_of_all));
    int keys = 0;

    for (uint32_t k = json_first(&f.doc, 0); k != JSON_NONE; k = json_next(&f.doc, 0, k)) {
        assert_int_equal(json_type(&f.doc, k), JSON_KEY);
        keys++;
    }
    assert_int_equal(keys, 11);
}

static void values_are_read_strictly(void **state)
{
    (void)state;
    CLEANUP(fixture_done) struct fixture f;
    parse(&f, span_str(text_of_all));
    const struct json_doc *d = &f.doc;
    uint64_t n = 0;
    bool truth = false;
    struct span s;

    assert_ok(json_u64(d, member(&f, "n"), &n));
    assert_int_equal(n, 42);
    assert_status(json_u64(d, member(&f, "neg"), &n), AIU_USAGE);
    assert_status(json_u64(d, member(&f, "f"), &n), AIU_USAGE);
    assert_status(json_u64(d, member(&f, "big"), &n), AIU_USAGE);
    assert_status(json_u64(d, member(&f, "model"), &n), AIU_USAGE);
    assert_status(json_u64(d, JSON_NONE, &n), AIU_USAGE);
    assert_span("a large number stays text", json_raw(d, member(&f, "big")),
                SPAN_OF("18446744073709551616"));
    assert_ok(json_bool(d, member(&f, "yes"), &truth));
    assert_true(truth);
    assert_ok(json_bool(d, member(&f, "no"), &truth));
    assert_false(truth);
    assert_status(json_bool(d, member(&f, "nil"), &truth), AIU_USAGE);
    assert_status(json_bool(d, JSON_NONE, &truth), AIU_USAGE);
    assert_ok(json_string(d, member(&f, "model"), &f.arena, &s));
    assert_span("unescaped", s, SPAN_OF("m\xC3\xA9"));
    assert_true(json_equal(d, member(&f, "model"), SPAN_OF("m\xC3\xA9")));
    assert_false(json_equal(d, member(&f, "model"), SPAN_OF("m\xC3")));
    assert_false(json_equal(d, member(&f, "model"), SPAN_OF("m\xC3\xA9x")));
    assert_false(json_equal(d, member(&f, "n"), SPAN_OF("42")));
    assert_false(json_equal(d, JSON_NONE, SPAN_OF("")));
}

static void check_path(const struct fixture *f, uint32_t token, struct span wanted)
{
    CLEANUP(buf_wipe) struct buf seen = BUF_OF(4096);

    assert_ok(json_path(&f->doc, token, &seen));
    assert_span("path", buf_span(&seen), wanted);
}

// Keys are content (guide S14): only harmless ones are written.
static void a_path_says_where_and_never_what(void **state)
{
    (void)state;
    CLEANUP(fixture_done) struct fixture f;
    parse(&f, span_str(text_of_all));
    const struct json_doc *d = &f.doc;
    uint32_t list = member(&f, "messages");

    check_path(&f, 0, SPAN_OF(""));
    check_path(&f, member(&f, "model"), SPAN_OF("model"));
    check_path(&f, member(&f, "model") - 1, SPAN_OF("model"));
    check_path(&f, list, SPAN_OF("?")); // its source has an escape
    check_path(&f, json_element(d, list, 1), SPAN_OF("?[1]"));
    uint32_t content = json_member(d, json_element(d, list, 0), SPAN_OF("content"));
    uint32_t second = json_element(d, content, 1);
    check_path(&f, json_member(d, second, SPAN_OF("text")), SPAN_OF("?[0].content[1].text"));
    check_path(&f, json_first(d, member(&f, "a secret")), SPAN_OF("?.x"));
    check_path(&f, json_first(d, member(&f, "")), SPAN_OF("?[0]"));
}

static void a_path_begins_with_an_index_or_a_key(void **state)
{
    (void)state;
    CLEANUP(fixture_done) struct fixture f;

    parse(&f, SPAN_OF("[[1,{\"k\":2}]]"));
    check_path(&f, 5, SPAN_OF("[0][1].k"));
}

static void a_path_shows_no_key_of_more_than_64_bytes(void **state)
{
    (void)state;
    for (size_t n = 64; n <= 65; n++) {
        CLEANUP(fixture_done) struct fixture f;
        CLEANUP(buf_wipe) struct buf text = BUF_OF(256);
        assert_ok(buf_append(&text, SPAN_OF("{\"")));
        while (text.n < n + 2) {
            assert_ok(buf_append_byte(&text, 'k'));
        }
        assert_ok(buf_append(&text, SPAN_OF("\":0}")));
        parse(&f, buf_span(&text));
        check_path(&f, 1, n == 64 ? json_raw(&f.doc, 1) : SPAN_OF("?"));
    }
}

static const struct {
    const char *why;
    struct json_edit edits[3];
    size_t count;
    struct span text;
} edits[] = {
    {"none", {{0}}, 0, SPAN("[\"abc\",1]")},
    {"replaced", {{2, 5, SPAN("X")}}, 1, SPAN("[\"X\",1]")},
    {"removed", {{2, 5, {0}}}, 1, SPAN("[\"\",1]")},
    {"inserted", {{2, 2, SPAN("__")}}, 1, SPAN("[\"__abc\",1]")},
    {"side by side", {{2, 3, SPAN("X")}, {3, 4, SPAN("YY")}}, 2, SPAN("[\"XYYc\",1]")},
    {"twice at one place", {{2, 2, SPAN("X")}, {2, 2, SPAN("Y")}}, 2, SPAN("[\"XYabc\",1]")},
    {"both ends", {{0, 1, SPAN("{")}, {8, 9, SPAN("}")}}, 2, SPAN("{\"abc\",1}")},
    {"all of it", {{0, 9, SPAN("null")}}, 1, SPAN("null")},
    {"at the end", {{9, 9, SPAN(" ")}}, 1, SPAN("[\"abc\",1] ")},
    {"three", {{1, 2, SPAN("")}, {2, 3, SPAN("b")}, {7, 8, SPAN("22")}}, 3, SPAN("[bbc\",22]")},
};

static void edits_change_nothing_else(void **state)
{
    (void)state;
    struct span text = SPAN_OF("[\"abc\",1]");

    for (size_t i = 0; i < ARRAY_SIZE(edits); i++) {
        CLEANUP(buf_wipe) struct buf whole = BUF_OF(64);
        CLEANUP(buf_wipe) struct buf joined = BUF_OF(64);
        struct span pieces[7];
        size_t n = 0;
        assert_ok(json_apply(text, edits[i].edits, edits[i].count, &whole));
        assert_span(edits[i].why, buf_span(&whole), edits[i].text);
        assert_int_equal(json_apply_length(text, edits[i].edits, edits[i].count), whole.n);
        assert_ok(json_apply_pieces(text, edits[i].edits, edits[i].count, pieces, &n));
        assert_true(n <= json_pieces_max(edits[i].count));
        for (size_t k = 0; k < n; k++) {
            assert_true(pieces[k].n > 0);
            assert_ok(buf_append(&joined, pieces[k]));
        }
        assert_span(edits[i].why, buf_span(&joined), edits[i].text);
    }
}

static void edits_out_of_order_are_refused(void **state)
{
    (void)state;
    static const struct json_edit overlap[] = {{1, 3, {0}}, {2, 4, {0}}};
    static const struct json_edit unsorted[] = {{4, 5, {0}}, {1, 2, {0}}};
    static const struct json_edit backward[] = {{4, 3, {0}}};
    static const struct json_edit beyond[] = {{4, 10, {0}}};
    const struct span text = SPAN_OF("[\"abc\",1]");
    CLEANUP(buf_wipe) struct buf out = BUF_OF(64);
    CLEANUP(buf_wipe) struct buf tiny = BUF_OF(8);

    assert_status(json_apply(text, overlap, 2, &out), AIU_INTERNAL);
    assert_status(json_apply(text, unsorted, 2, &out), AIU_INTERNAL);
    assert_status(json_apply(text, backward, 1, &out), AIU_INTERNAL);
    assert_status(json_apply(text, beyond, 1, &out), AIU_INTERNAL);
    assert_int_equal(out.n, 0);
    assert_status(json_apply(text, NULL, 0, &tiny), AIU_TOO_LONG);
    assert_int_equal(tiny.n, 0);
}

static const struct {
    const char *why;
    struct span text;
    struct span escaped;
} strings[] = {
    {"nothing", SPAN(""), SPAN("")},
    {"plain", SPAN("plain text of more than sixteen bytes"),
     SPAN("plain text of more than sixteen bytes")},
    {"quote and backslash", SPAN("say \"hi\" c:\\x"), SPAN("say \\\"hi\\\" c:\\\\x")},
    {"control bytes", SPAN("\0\b\t\n\f\r\x1F\x7F"),
     SPAN("\\u0000\\u0008\\t\\n\\u000c\\r\\u001f\x7F")},
    {"UTF-8 stays", SPAN("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"),
     SPAN("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80")},
    {"line separators", SPAN("a\xE2\x80\xA8z\xE2\x80\xA9\xE2\x80\xAA"),
     SPAN("a\\u2028z\\u2029\xE2\x80\xAA")},
    {"not UTF-8", SPAN("a\xFFz\xE2\x82"), SPAN("a\xEF\xBF\xBDz\xEF\xBF\xBD\xEF\xBF\xBD")},
    {"an encoded surrogate", SPAN("\xED\xA0\x80"), SPAN("\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD")},
};

static void strings_are_written_escaped(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(strings); i++) {
        CLEANUP(buf_wipe) struct buf out = BUF_OF(256);
        assert_ok(json_append_escaped(&out, strings[i].text));
        assert_span(strings[i].why, buf_span(&out), strings[i].escaped);
    }
}

static void a_writer_puts_the_commas(void **state)
{
    (void)state;
    CLEANUP(buf_wipe) struct buf out = BUF_OF(512);
    struct json_writer w;

    json_writer_init(&w, &out);
    json_write_object(&w);
    json_write_member_string(&w, "s", SPAN_OF("a\"b"));
    json_write_member_u64(&w, "u", UINT64_MAX);
    json_write_member_i64(&w, "i", INT64_MIN);
    json_write_member_bool(&w, "t", true);
    json_write_key(&w, "list");
    json_write_array(&w);
    json_write_null(&w);
    json_write_bool(&w, false);
    json_write_array(&w);
    json_write_u64(&w, 0);
    json_write_array_end(&w);
    json_write_array(&w);
    json_write_u64(&w, 0);
    json_write_array_end(&w);
    json_write_object(&w);
    json_write_object_end(&w);
    json_write_raw(&w, SPAN_OF("1.5"));
    json_write_array_end(&w);
    json_write_key_span(&w, SPAN_OF("k\n"));
    json_write_i64(&w, -7);
    json_write_object_end(&w);
    assert_ok(json_writer_finish(&w));
    assert_span("written", buf_span(&out),
                SPAN_OF("{\"s\":\"a\\\"b\",\"u\":18446744073709551615,\"i\":-9223372036854775808,"
                        "\"t\":true,\"list\":[null,false,[0],[0],{},1.5],\"k\\n\":-7}"));
}

static void a_writer_keeps_its_first_error(void **state)
{
    (void)state;
    for (size_t most = 0; most < 16; most++) {
        CLEANUP(buf_wipe) struct buf out = BUF_OF(0);
        struct json_writer w;
        out.maximum = most;
        json_writer_init(&w, &out);
        json_write_array(&w);
        json_write_string(&w, SPAN_OF("abc"));
        json_write_u64(&w, 12);
        json_write_i64(&w, -12);
        json_write_array_end(&w);
        assert_status(json_writer_finish(&w), most < 14 ? AIU_TOO_LONG : AIU_OK);
    }
}

TEST_MAIN(members_and_elements_are_found, every_child_is_walked_once, values_are_read_strictly,
          a_path_says_where_and_never_what, a_path_begins_with_an_index_or_a_key,
          a_path_shows_no_key_of_more_than_64_bytes, edits_change_nothing_else,
          edits_out_of_order_are_refused, strings_are_written_escaped, a_writer_puts_the_commas,
          a_writer_keeps_its_first_error)
