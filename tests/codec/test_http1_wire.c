// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The raw requests of 18 clients, read from the shared data: what real ones send must pass the
// strict parser. Their line ends are LF there, and lines of `###` stand between them.
#include "http1_rewrite.h"
#include "test.h"

static const char *const files[] = {
    "anthropic",
    "genai",
    "instructor",
    "langchain-anthropic",
    "langchain-openai",
    "litellm",
    "litellm-anthropic",
    "llama-index",
    "llm",
    "n-ai-compat",
    "n-ai-openai",
    "n-anthropic",
    "n-genai",
    "n-langchain",
    "n-openai-responses",
    "n-openai",
    "openai254",
    "openai354-responses",
    "openai354",
};

static size_t content_length(struct span head)
{
    static const char *const names[] = {"\nContent-Length: ", "\ncontent-length: "};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        struct span name = span_str(names[i]);
        struct span rest = span_drop_first(head, span_find_span(head, name) + name.n);
        if (rest.n > 0) {
            return strtoul((const char *)rest.p, NULL, 10);
        }
    }
    return 0;
}

// One request of `text` to `out`, with its real line ends.
static void take_request(struct span *text, struct buf *out)
{
    struct span line;

    (void)span_cut(*text, '\n', &line, text); // ###
    size_t n = span_find_span(*text, SPAN_OF("\n\n")) + 2;
    struct span head = span_first(*text, n);
    *text = span_drop_first(*text, n);
    struct span body = span_first(*text, content_length(head));
    for (size_t i = 0; i < head.n; i++) {
        assert_ok(head.p[i] == '\n' ? buf_append(out, SPAN_OF("\r\n"))
                                    : buf_append_byte(out, head.p[i]));
    }
    assert_ok(buf_append(out, body));
    *text = span_drop_first(*text, span_find_span(*text, SPAN_OF("### ")));
}

static void what_real_clients_send_is_accepted(void **state)
{
    (void)state;
    size_t count = 0;

    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        char name[64];
        (void)snprintf(name, sizeof(name), "wire/%s.http", files[i]);
        struct span all = test_read_file(test_shared(name));
        struct span text = span_drop_first(all, span_find_span(all, SPAN_OF("### ")));
        while (text.n > 0) {
            CLEANUP(buf_wipe) struct buf input = BUF_OF(1U << 20);
            CLEANUP(rewrite_done) struct rewrite w;

            take_request(&text, &input);
            rewrite_init(&w, false);
            if (rewrite_run(&w, buf_span(&input)) != AIU_OK || w.messages != 1) {
                fail_msg("%s: refused", files[i]);
            }
            assert_true(rewrite_is_stable(&w));
            count++;
        }
        mem_free((void *)all.p);
    }
    print_message("%zu requests\n", count);
    assert_true(count >= ARRAY_SIZE(files));
}

TEST_MAIN(what_real_clients_send_is_accepted)
