// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// URLs: an accepted one has an origin that is accepted and is its own origin.
#include "codec/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size); // libFuzzer's name for it

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(buf_wipe) struct buf origin = BUF_OF(4096);
    CLEANUP(buf_wipe) struct buf again = BUF_OF(4096);
    CLEANUP(buf_wipe) struct buf host = BUF_OF(4096);
    struct url u;
    struct url v;

    if (url_parse(span_of(data, size), &u) != AIU_OK) {
        return 0;
    }
    CHECK(u.path.n == 0 || (u.path.p[0] == '/' && u.path.p[u.path.n - 1] != '/'));
    CHECK(url_append_origin(&u, &origin) == AIU_OK);
    CHECK(url_append_host(&u, &host) == AIU_OK);
    CHECK(url_parse(buf_span(&origin), &v) == AIU_OK);
    CHECK(url_append_origin(&v, &again) == AIU_OK);
    CHECK(span_equal(buf_span(&origin), buf_span(&again)));
    CHECK(u.scheme == v.scheme && u.port == v.port && u.host_kind == v.host_kind);
    CHECK(url_is_loopback(&u) == url_is_loopback(&v));
    return 0;
}
