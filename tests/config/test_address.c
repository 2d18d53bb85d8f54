// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "config/address.h"

#include "test.h"

static const struct {
    const char *text;
    const char *again; // NULL: refused
    bool loopback;
} addresses[] = {
    {"127.0.0.1:8470", "127.0.0.1:8470", true},
    {"127.9.9.9:1", "127.9.9.9:1", true},
    {"localhost:80", "localhost:80", true},
    {"LocalHost:80", "LocalHost:80", true},
    {"[::1]:8470", "[::1]:8470", true},
    {"[0:0:0:0:0:0:0:1]:8470", "[0:0:0:0:0:0:0:1]:8470", true},
    {"[::]:8470", "[::]:8470", false},
    {"0.0.0.0:0", "0.0.0.0:0", false},
    {"gateway.example:443", "gateway.example:443", false},
    {"unix:admin.sock", "unix:admin.sock", true},
    {"unix:/run/aiu/admin.sock", "unix:/run/aiu/admin.sock", true},
    {"", NULL, false},
    {":8470", NULL, false},
    {"8470", NULL, false},
    {"127.0.0.1", NULL, false},
    {"127.0.0.1:", NULL, false},
    {"127.0.0.1:65536", NULL, false},
    {"127.0.0.1:-1", NULL, false},
    {"127.0.0.1:80x", NULL, false},
    {"127.0.0.1:80:80", NULL, false},
    {"::1:80", NULL, false},
    {"[::1]", NULL, false},
    {"[::1]80", NULL, false},
    {"[127.0.0.1]:80", NULL, false},
    {"[::1:80", NULL, false},
    {"a b:80", NULL, false},
    {"-a:80", NULL, false},
    {"*:80", NULL, false},
    {"unix:", NULL, false},
};

static void addresses_are_read_strictly(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(addresses); i++) {
        CLEANUP(buf_wipe) struct buf text = BUF_OF(512);
        struct config_address a = {0};
        enum aiu_status st = address_parse(span_str(addresses[i].text), &a);

        if ((st == AIU_OK) != (addresses[i].again != NULL)) {
            fail_msg("\"%s\": %s", addresses[i].text, aiu_status_info(st)->name);
        }
        if (st == AIU_OK) {
            assert_ok(address_text(&a, &text));
            assert_span(addresses[i].text, buf_span(&text), span_str(addresses[i].again));
            assert_int_equal(a.loopback, addresses[i].loopback);
        }
    }
}

static void a_socket_path_fits_into_its_struct(void **state)
{
    (void)state;
    char text[200] = "unix:/";
    struct config_address a;

    memset(text + 6, 'x', 106);
    assert_ok(address_parse(span_str(text), &a));
    assert_int_equal(a.path.n, ADDRESS_PATH_MOST);
    text[112] = 'x';
    assert_status(address_parse(span_str(text), &a), AIU_CONFIG_INVALID);
}

TEST_MAIN(addresses_are_read_strictly, a_socket_path_fits_into_its_struct)
