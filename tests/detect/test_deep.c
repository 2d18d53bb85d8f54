// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A secret and an address are found under whatever they are written in, with the source bytes that
// say them. The texts are made here, so that each code is one line.
#include "detect/deep.h"

#include "detect_test.h"
#include "disguise.h"

// What each case hides; rulec's examples show that it is found as it stands.
static const char key[] = "AK"
                          "IAIOSFODNN7EXAMPLE";

static void deep(struct span text, struct findings *found)
{
    struct bench *b = bench_get();
    struct wording wording;

    assert_ok(deep_scan(b->engine, b->scratch, &b->all, TEXT_USER, text, found, &wording));
}

static const struct finding *found_of(const struct findings *found, const char *rule)
{
    for (size_t i = 0; i < found->count; i++) {
        if (found->items[i].rule == rule_of(rule)) {
            return &found->items[i];
        }
    }
    return NULL;
}

static void a_key_is_found_under_every_disguise_that_keeps_it(void **state)
{
    (void)state;
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(FINDINGS_MOST);
    CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 16);

    for (size_t i = 0; i < DISGUISES; i++) {
        const struct disguise *d = &disguises[i];
        if (!d->keeps_case) {
            continue;
        }
        buf_reset(&text);
        assert_ok(buf_append(&text, SPAN_OF("key: ")));
        d->write(span_str(key), &text);
        size_t end = text.n;
        assert_ok(buf_append(&text, SPAN_OF(" .")));
        deep(buf_span(&text), &found);
        const struct finding *f = found_of(&found, "secret.aws_access_key_id");
        if (f == NULL) {
            fail_msg("not found: %s", d->name);
        }
        // Bytes that hide in front of the first letter or behind the last may be left out.
        assert_true(f->start >= 5 && f->start <= 5 + 8 && f->end <= end && f->end + 12 >= end);
    }
}

static void what_was_decoded_is_decoded_once_more(void **state)
{
    (void)state;
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(FINDINGS_MOST);
    CLEANUP(buf_wipe) struct buf once = BUF_OF(1 << 16);
    CLEANUP(buf_wipe) struct buf twice = BUF_OF(1 << 16);

    disguise_base64(span_str(key), &once);
    disguise_percent(buf_span(&once), &twice);
    deep(buf_span(&twice), &found);
    const struct finding *f = found_of(&found, "secret.aws_access_key_id");
    assert_non_null(f);
    assert_int_equal(f->start, 0);
    assert_int_equal(f->end, twice.n - 3); // the fill stays
}

static void a_finding_of_the_text_itself_is_not_found_again(void **state)
{
    (void)state;
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(FINDINGS_MOST);

    deep(SPAN_OF("mail ada@example.com%20now, \xD0\xB0lso ada@example.com"), &found);
    assert_int_equal(found.count, 2);
    assert_int_equal(found.items[0].start, 5);
    assert_int_equal(found.items[0].end, 20);
}

// A text that says "\u202E" hides nothing.
static void an_escape_of_a_hidden_character_is_not_hidden_text(void **state)
{
    (void)state;
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(FINDINGS_MOST);

    deep(SPAN_OF("use \\u202E and &#x200b; or \\x1b[31m in a%E2%80%8Bword"), &found);
    assert_int_equal(found.count, 0);
}

static void findings_come_in_order(void **state)
{
    (void)state;
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(FINDINGS_MOST);
    CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 16);

    for (int i = 0; i < 3; i++) {
        disguise_hex(SPAN_OF("write to ada@example.com"), &text);
        assert_ok(buf_append(&text, SPAN_OF(" bob@example.com ")));
    }
    deep(buf_span(&text), &found);
    assert_int_equal(found.count, 6);
    for (size_t i = 1; i < found.count; i++) {
        assert_true(found.items[i - 1].end <= found.items[i].start);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_found_under_every_disguise_that_keeps_it),
        cmocka_unit_test(what_was_decoded_is_decoded_once_more),
        cmocka_unit_test(a_finding_of_the_text_itself_is_not_found_again),
        cmocka_unit_test(an_escape_of_a_hidden_character_is_not_hidden_text),
        cmocka_unit_test(findings_come_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, bench_done);
}
