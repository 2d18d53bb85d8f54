// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "base/num.h"

#include "test.h"

static void decimals_are_read_strictly(void **state)
{
    static const struct {
        const char *text;
        uint64_t most;
        bool good;
        uint64_t value;
    } cases[] = {
        {"0", 0, true, 0},
        {"007", 7, true, 7},
        {"65535", 65535, true, 65535},
        {"65536", 65535, false, 0},
        {"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
        {"18446744073709551616", UINT64_MAX, false, 0},
        {"99999999999999999999", UINT64_MAX, false, 0},
        {"", 10, false, 0},
        {"-1", 10, false, 0},
        {"+1", 10, false, 0},
        {" 1", 10, false, 0},
        {"1 ", 10, false, 0},
        {"0x1", 10, false, 0},
        {"1.0", 10, false, 0},
        {"1a", 10, false, 0},
        {"\303\251", 10, false, 0},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        uint64_t value = 12345;
        enum aiu_status st = num_parse_u64(span_str(cases[i].text), cases[i].most, &value);
        assert_status(st, cases[i].good ? AIU_OK : AIU_USAGE);
        assert_true(value == (cases[i].good ? cases[i].value : 12345));
    }
    uint64_t value = 0;
    assert_status(num_parse_u64(SPAN_OF("1\0"), 10, &value), AIU_USAGE);
}

static const struct {
    const char *text;
    bool good;
    uint64_t value;
} durations[] =
    {
        {"250ms", true, 250},
        {"5s", true, 5000},
        {"15m", true, 900000},
        {"24h", true, 86400000},
        {"7d", true, 604800000},
        {"0", true, 0},
        {"0s", true, 0},
        {"5", false, 0}, // five of what?
        {"5 s", false, 0},
        {"s", false, 0},
        {"", false, 0},
        {"-5s", false, 0},
        {"1.5s", false, 0},
        {"5S", false, 0},
        {"1h30m", false, 0},
        {"213503982334d", true, 18446744073657600000U},
        {"213503982335d", false, 0},
        {"99999999999999999999ms", false, 0},
},
  sizes[] = {
      {"4096", true, 4096},
      {"64KiB", true, 65536},
      {"10MiB", true, 10485760},
      {"2GiB", true, 2147483648},
      {"0", true, 0},
      {"0KiB", true, 0},
      {"17179869183GiB", true, 18446744072635809792U},
      {"17179869184GiB", false, 0},
      {"1KB", false, 0}, // 1000 or 1024?
      {"1k", false, 0},
      {"KiB", false, 0},
      {"", false, 0},
      {"1 KiB", false, 0},
};

static void durations_and_sizes_have_units(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(durations); i++) {
        uint64_t value = 12345;
        assert_status(num_parse_duration_ms(span_str(durations[i].text), &value),
                      durations[i].good ? AIU_OK : AIU_USAGE);
        assert_true(value == (durations[i].good ? durations[i].value : 12345));
    }
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        uint64_t value = 12345;
        assert_status(num_parse_size(span_str(sizes[i].text), &value),
                      sizes[i].good ? AIU_OK : AIU_USAGE);
        assert_true(value == (sizes[i].good ? sizes[i].value : 12345));
    }
}

static void every_byte_is_a_hex_digit_or_not(void **state)
{
    (void)state;
    for (int c = 0; c < 256; c++) {
        const char *lower = c == 0 ? NULL : strchr("0123456789abcdef", c);
        const char *upper = c == 0 ? NULL : strchr("0123456789ABCDEF", c);
        long wanted = -1;
        if (lower != NULL || upper != NULL) {
            wanted = lower != NULL ? lower - strchr("0123456789abcdef", '0') : 0;
            wanted = lower == NULL ? c - 'A' + 10 : c < 'a' ? c - '0' : c - 'a' + 10;
        }
        assert_int_equal(num_hex_digit((uint8_t)c), wanted);
    }
}

static void hex_is_lower_case(void **state)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(8);

    (void)state;
    assert_ok(num_append_hex(&b, SPAN_OF("\0\x9f\xA0\xff")));
    assert_span("hex", buf_span(&b), SPAN_OF("009fa0ff"));
    assert_status(num_append_hex(&b, SPAN_OF("x")), AIU_TOO_LONG);
    char text[9] = "........";
    num_write_hex(SPAN_OF("\0\x9f\xA0"), text);
    assert_memory_equal(text, "009fa0\0.", 9);
}

// RFC 4648 section 10, and the digits in which the alphabets differ.
static const struct {
    struct span bytes, text, url;
} base64[] = {
    {SPAN(""), SPAN(""), SPAN("")},
    {SPAN("f"), SPAN("Zg=="), SPAN("Zg")},
    {SPAN("fo"), SPAN("Zm8="), SPAN("Zm8")},
    {SPAN("foo"), SPAN("Zm9v"), SPAN("Zm9v")},
    {SPAN("foob"), SPAN("Zm9vYg=="), SPAN("Zm9vYg")},
    {SPAN("fooba"), SPAN("Zm9vYmE="), SPAN("Zm9vYmE")},
    {SPAN("foobar"), SPAN("Zm9vYmFy"), SPAN("Zm9vYmFy")},
    {SPAN("\xfb\xff\xbf"), SPAN("+/+/"), SPAN("-_-_")},
};

static void base64_is_that_of_the_standard(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(base64); i++) {
        CLEANUP(buf_wipe) struct buf text = BUF_OF(16);
        CLEANUP(buf_wipe) struct buf url = BUF_OF(16);
        CLEANUP(buf_wipe) struct buf back = BUF_OF(16);
        assert_ok(num_append_base64(&text, base64[i].bytes));
        assert_ok(num_append_base64url(&url, base64[i].bytes));
        assert_ok(num_decode_base64(base64[i].text, &back));
        assert_span("base64", buf_span(&text), base64[i].text);
        assert_span("base64url", buf_span(&url), base64[i].url);
        assert_span("decoded", buf_span(&back), base64[i].bytes);
    }
}

static void only_canonical_base64_is_decoded(void **state)
{
    static const char *const bad[] = {"Z",    "Zg",         "Zg=",  "Zg===",    "=",    "====",
                                      "Zh==", "Zm9=",       "Z===", "Zg==Zg==", "Zm8 ", "Zm8\n",
                                      "-_-_", "Zg==\n\n\n", "Zm=v", "Z=g=",     "Zm9v="};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        CLEANUP(buf_wipe) struct buf b = BUF_OF(16);
        assert_status(num_decode_base64(span_str(bad[i]), &b), AIU_USAGE);
    }
}

static void any_bytes_survive_base64(void **state)
{
    uint64_t random = 5;

    (void)state;
    for (size_t n = 0; n < 200; n++) {
        uint8_t bytes[200];
        CLEANUP(buf_wipe) struct buf text = BUF_OF(400);
        CLEANUP(buf_wipe) struct buf back = BUF_OF(400);
        for (size_t i = 0; i < n; i++) {
            bytes[i] = (uint8_t)test_random(&random);
        }
        assert_ok(num_append_base64(&text, span_of(bytes, n)));
        assert_ok(num_decode_base64(buf_span(&text), &back));
        assert_span("back", buf_span(&back), span_of(bytes, n));
    }
}

TEST_MAIN(decimals_are_read_strictly, durations_and_sizes_have_units,
          every_byte_is_a_hex_digit_or_not, hex_is_lower_case, base64_is_that_of_the_standard,
          only_canonical_base64_is_decoded, any_bytes_survive_base64)
