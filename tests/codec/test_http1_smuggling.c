// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// SECURITY-TESTS 7 row 24: the 74 payloads of the HTTP Garden, read from the shared data. Each is
// refused before one whole message, or stands in the table with the reason why it is no attack on
// us; and what is whole is rewritten into text that reads back as the same messages.
#include "base/num.h"

#include "http1_rewrite.h"
#include "test.h"

static const struct {
    uint64_t n;
    size_t messages; // whole ones
    enum aiu_status status;
    const char *why;
} accepted[] = {
    {47, 2, AIU_OK, "two requests in a row, as they should be"},
    {72, 1, AIU_HTTP_INVALID, "a whole request; the NUL behind it is refused"},
    {73, 1, AIU_OK, "a request as it should be"},
};

static uint64_t take_number(struct span *text)
{
    uint64_t n = 0;

    *text = span_drop_first(*text, span_find_span(*text, SPAN_OF("\"n\":")) + 4);
    while (text->n > 0 && text->p[0] == ' ') {
        *text = span_drop_first(*text, 1);
    }
    while (text->n > 0 && text->p[0] >= '0' && text->p[0] <= '9') {
        n = n * 10 + (text->p[0] - '0');
        *text = span_drop_first(*text, 1);
    }
    return n;
}

static struct span take_string(struct span *text)
{
    struct span value;

    *text = span_drop_first(*text, span_find_span(*text, SPAN_OF("\"b64\":")) + 6);
    *text = span_drop_first(*text, span_find_byte(*text, '"') + 1);
    (void)span_cut(*text, '"', &value, text);
    return value;
}

static void check_payload(uint64_t n, struct span payload)
{
    CLEANUP(rewrite_done) struct rewrite w;
    size_t messages = 0;
    enum aiu_status status = AIU_HTTP_INVALID;

    for (size_t i = 0; i < ARRAY_SIZE(accepted); i++) {
        if (accepted[i].n == n) {
            messages = accepted[i].messages;
            status = accepted[i].status;
        }
    }
    rewrite_init(&w, false);
    enum aiu_status st = rewrite_run(&w, payload);
    if (w.messages != messages || (messages > 0 ? st != status : st == AIU_OK)) {
        fail_msg("payload %d: %zu messages, %s", (int)n, w.messages, aiu_status_info(st)->name);
    }
    assert_true(rewrite_is_stable(&w));
}

static void no_payload_is_passed_on_as_something_else(void **state)
{
    (void)state;
    struct span all =
        test_read_file(test_shared("conformance/smuggling/http-garden-payloads.json"));
    struct span text = all;
    uint64_t count = 0;

    while (span_find_span(text, SPAN_OF("\"n\":")) < text.n) {
        CLEANUP(buf_wipe) struct buf payload = BUF_OF(1U << 16);
        uint64_t n = take_number(&text);
        assert_ok(num_decode_base64(take_string(&text), &payload));
        check_payload(n, buf_span(&payload));
        count++;
    }
    assert_int_equal(count, 74);
    mem_free((void *)all.p);
}

TEST_MAIN(no_payload_is_passed_on_as_something_else)
