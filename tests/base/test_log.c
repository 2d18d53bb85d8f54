// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include "test.h"

static uint64_t fixed_time(void *ctx)
{
    (void)ctx;
    return 1795395723004005;
}

static void collect(void *ctx, struct span line)
{
    assert_ok(buf_append(ctx, line));
}

static struct logger logger_to(struct buf *seen, enum log_format format)
{
    return (struct logger){.level = LOG_INFO,
                           .format = format,
                           .clock = {.monotonic_ns = fixed_time, .unix_us = fixed_time},
                           .write = collect,
                           .ctx = seen};
}

// S17: time, level, name, message, in UTC.
static void a_line_has_time_level_event_and_fields(void **state)
{
    CLEANUP(buf_wipe) struct buf text = BUF_OF(4096);
    CLEANUP(buf_wipe) struct buf json = BUF_OF(4096);

    (void)state;
    for (int format = 0; format < 2; format++) {
        struct logger l = logger_to(format == LOG_JSON ? &json : &text, (enum log_format)format);
        log_event(&l, LOG_WARNING, "request_denied", LOG_U64("status", 429),
                  LOG_I64("drift_ms", -5), LOG_I64("least", INT64_MIN), LOG_BOOL("retry", true),
                  LOG_NAME("reason", "AIU_RATE_LIMITED"), LOG_ID("key", SPAN_OF("app1")));
    }
    assert_span(
        "text", buf_span(&text),
        SPAN_OF("2026-11-23T01:02:03.004005Z WARNING request_denied status=429 drift_ms=-5 "
                "least=-9223372036854775808 retry=true reason=AIU_RATE_LIMITED key=app1\n"));
    assert_span("json", buf_span(&json),
                SPAN_OF("{\"ts\":\"2026-11-23T01:02:03.004005Z\",\"level\":\"WARNING\","
                        "\"event\":\"request_denied\",\"status\":429,\"drift_ms\":-5,"
                        "\"least\":-9223372036854775808,\"retry\":true,"
                        "\"reason\":\"AIU_RATE_LIMITED\",\"key\":\"app1\"}\n"));
}

// S17
static void lines_below_the_level_are_dropped(void **state)
{
    CLEANUP(buf_wipe) struct buf seen = BUF_OF(4096);
    struct logger l = logger_to(&seen, LOG_TEXT);

    (void)state;
    log_event(&l, LOG_DEBUG, "noise", LOG_U64("n", 1));
    assert_int_equal(seen.n, 0);
    log_event(&l, LOG_INFO, "news", LOG_U64("n", 1));
    assert_int_not_equal(seen.n, 0);
    l.level = LOG_CRITICAL;
    buf_reset(&seen);
    log_event(&l, LOG_ERROR, "news", LOG_U64("n", 1));
    assert_int_equal(seen.n, 0);
    l.write = NULL;
    log_event(&l, LOG_CRITICAL, "nobody listens", LOG_U64("n", 1));
}

// S14, S18: whatever gets into an identifier, no content and no control byte comes out.
static void what_is_no_identifier_is_not_printed(void **state)
{
    static const char *const bad[] = {
        "",
        "my password is hunter2", // a prompt has blanks
        "line\nCRITICAL forged",
        "line\rforged",
        "\033[31mred",
        "a\tb",
        "a\"b",
        "a'b",
        "a\\b",
        "a=b",
        "<script>",
        "{json}",
        "na\303\257ve",
        "\342\200\256rtl",
        "a,b",
        "a;b",
        "100%",
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        for (int format = 0; format < 2; format++) {
            CLEANUP(buf_wipe) struct buf seen = BUF_OF(4096);
            struct logger l = logger_to(&seen, (enum log_format)format);
            log_event(&l, LOG_INFO, "e", LOG_ID("id", span_str(bad[i])), LOG_NAME("n", bad[i]));
            assert_span(bad[i], buf_span(&seen),
                        format == LOG_JSON
                            ? SPAN_OF("{\"ts\":\"2026-11-23T01:02:03.004005Z\",\"level\":\"INFO\","
                                      "\"event\":\"e\",\"id\":\"?\",\"n\":\"?\"}\n")
                            : SPAN_OF("2026-11-23T01:02:03.004005Z INFO e id=? n=?\n"));
        }
    }
    CLEANUP(buf_wipe) struct buf seen = BUF_OF(4096);
    struct logger l = logger_to(&seen, LOG_TEXT);
    log_event(&l, LOG_INFO, "e", LOG_ID("id", SPAN_OF("a\0b")), LOG_NAME("n", NULL));
    assert_span("NUL", buf_span(&seen), SPAN_OF("2026-11-23T01:02:03.004005Z INFO e id=? n=?\n"));
}

// Every single byte as an identifier: itself where it is allowed, "?" otherwise.
static void one_byte_identifiers(void **state)
{
    (void)state;
    for (int c = 0; c < 256; c++) {
        CLEANUP(buf_wipe) struct buf seen = BUF_OF(4096);
        struct logger l = logger_to(&seen, LOG_TEXT);
        uint8_t byte = (uint8_t)c;
        bool allowed =
            c != 0 && c < 128 &&
            strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:/@+-", c) !=
                NULL;
        log_event(&l, LOG_INFO, "e", LOG_ID("id", span_of(&byte, 1)));
        assert_int_equal(seen.p[seen.n - 2], allowed ? c : '?');
    }
}

static void ordinary_identifiers_are_printed(void **state)
{
    static const char *const good[] = {"app1",
                                       "017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
                                       "https://api.openai.com:443",
                                       "gpt-4o-mini",
                                       "pii.email",
                                       "a@b.c",
                                       "meta-llama/Llama-3.1-8B",
                                       "unix:/run/aiu.sock"};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        CLEANUP(buf_wipe) struct buf seen = BUF_OF(4096);
        CLEANUP(buf_wipe) struct buf wanted = BUF_OF(4096);
        struct logger l = logger_to(&seen, LOG_TEXT);
        log_event(&l, LOG_INFO, "e", LOG_ID("id", span_str(good[i])));
        assert_ok(buf_printf(&wanted, "2026-11-23T01:02:03.004005Z INFO e id=%s\n", good[i]));
        assert_span(good[i], buf_span(&seen), buf_span(&wanted));
    }
}

// A line that does not fit loses whole fields, stays one line and valid JSON, and says so.
static void a_long_line_is_cut_between_fields(void **state)
{
    char id[90];
    struct log_field fields[40];

    (void)state;
    memset(id, 'x', sizeof(id));
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        fields[i] = LOG_ID("id", span_of(id, 1 + (i * 37) % sizeof(id)));
    }
    for (int format = 0; format < 2; format++) {
        for (size_t count = 1; count <= ARRAY_SIZE(fields); count++) {
            CLEANUP(buf_wipe) struct buf seen = BUF_OF(4096);
            struct logger l = logger_to(&seen, (enum log_format)format);
            log_write(&l, LOG_INFO, "e", fields, count);
            assert_in_range(seen.n, 10, 1024);
            assert_int_equal(span_find_byte(buf_span(&seen), '\n'), seen.n - 1);
            bool json = format == LOG_JSON;
            assert_int_equal(seen.p[seen.n - 2] == '}', json);
            size_t quotes = 0;
            for (size_t i = 0; i < seen.n; i++) {
                quotes += seen.p[i] == '"';
            }
            assert_int_equal(quotes % 2, 0);
            bool cut = span_ends_with(buf_span(&seen),
                                      json ? SPAN_OF(",\"cut\":true}\n") : SPAN_OF(" cut=true\n"));
            assert_true(cut || count < 30);
            assert_true(!cut || count > 10);
        }
    }
}

TEST_MAIN(a_line_has_time_level_event_and_fields, lines_below_the_level_are_dropped,
          what_is_no_identifier_is_not_printed, one_byte_identifiers,
          ordinary_identifiers_are_printed, a_long_line_is_cut_between_fields)
