// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "scan/file_finding.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "detect/rules.h"
#include "secret/hash.h"
#include "secret/mac.h"

enum { PLACE_BYTES = 8, CHECK_BYTES = 2, HASHED_MOST = 64 << 10 };

void file_findings_done(struct file_findings *h)
{
    for (size_t i = 0; i < h->count; i++) {
        mem_wipe_free(h->items[i].revealed, h->items[i].revealed_n);
    }
    mem_free(h->items);
    *h = (struct file_findings){0};
}

enum aiu_status file_findings_append(struct file_findings *h, const struct file_finding *hit)
{
    if (h->count == h->capacity) {
        size_t more = h->capacity == 0 ? 16 : h->capacity * 2;
        if (more > FILE_FINDINGS_MOST) {
            return AIU_TOO_LONG;
        }
        struct file_finding *items =
            mem_resize_wiped(h->items, h->capacity * sizeof(*items), more * sizeof(*items));
        if (items == NULL) {
            return AIU_NO_MEMORY;
        }
        h->items = items;
        h->capacity = more;
    }
    h->items[h->count++] = *hit;
    return AIU_OK;
}

static int order_of(size_t a, size_t b)
{
    return a < b ? -1 : a > b ? 1 : 0;
}

static int by_place(const void *left, const void *right)
{
    const struct file_finding *a = left;
    const struct file_finding *b = right;
    int order = order_of(a->file->order, b->file->order);

    order = order != 0 ? order : order_of(a->start, b->start);
    order = order != 0 ? order : order_of(a->end, b->end);
    return order != 0 ? order : order_of(a->rule, b->rule);
}

static int by_fingerprint(const void *left, const void *right)
{
    const struct file_finding *a = *(const struct file_finding *const *)left;
    const struct file_finding *b = *(const struct file_finding *const *)right;
    int order = memcmp(a->fingerprint, b->fingerprint, PLACE_BYTES + CHECK_BYTES);

    return order != 0 ? order : by_place(a, b);
}

static void number_equal(struct file_finding **sorted, size_t count)
{
    uint16_t number = 0;

    for (size_t i = 0; i < count; i++) {
        bool same = i > 0 && memcmp(sorted[i]->fingerprint, sorted[i - 1]->fingerprint,
                                    PLACE_BYTES + CHECK_BYTES) == 0;
        number = same ? (uint16_t)(number + 1) : 0;
        sorted[i]->fingerprint[PLACE_BYTES + CHECK_BYTES] = (uint8_t)(number >> 8);
        sorted[i]->fingerprint[PLACE_BYTES + CHECK_BYTES + 1] = (uint8_t)number;
    }
}

enum aiu_status file_findings_sort(struct file_findings *h)
{
    if (h->count == 0) {
        return AIU_OK;
    }
    struct file_finding **sorted = mem_new(h->count, sizeof(*sorted));
    if (sorted == NULL) {
        return AIU_NO_MEMORY;
    }
    qsort(h->items, h->count, sizeof(*h->items), by_place);
    for (size_t i = 0; i < h->count; i++) {
        sorted[i] = &h->items[i];
    }
    qsort(sorted, h->count, sizeof(struct file_finding *), by_fingerprint);
    number_equal(sorted, h->count);
    mem_free(sorted);
    return AIU_OK;
}

enum aiu_status file_finding_fingerprint(const char *name, uint16_t rule, struct span text,
                                         uint8_t ret_fingerprint[FINGERPRINT_SIZE])
{
    CLEANUP(mac_done) struct mac *mac = NULL;
    uint8_t place[SHA256_SIZE];
    uint8_t check[MAC_SIZE];
    struct sha256 h;

    sha256_init(&h);
    sha256_update(&h, SPAN_OF("aiu finding 1"));
    sha256_update(&h, span_of("", 1));
    sha256_update(&h, span_str(rules_get(rule)->id));
    sha256_update(&h, span_of("", 1));
    sha256_update(&h, span_str(name));
    sha256_final(&h, place);
    TRY(mac_new_public(span_of(place, sizeof(place)), &mac));
    mac_update(mac, span_first(text, HASHED_MOST));
    TRY(mac_final(mac, check));
    memset(ret_fingerprint, 0, FINGERPRINT_SIZE);
    memcpy(ret_fingerprint, place, PLACE_BYTES);
    memcpy(ret_fingerprint + PLACE_BYTES, check, CHECK_BYTES);
    mem_wipe(check, sizeof(check));
    return AIU_OK;
}

void file_finding_fingerprint_text(const uint8_t fingerprint[FINGERPRINT_SIZE],
                                   char ret_text[FINGERPRINT_TEXT])
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < FINGERPRINT_SIZE; i++) {
        ret_text[2 * i] = digits[fingerprint[i] >> 4];
        ret_text[2 * i + 1] = digits[fingerprint[i] & 15];
    }
    ret_text[FINGERPRINT_TEXT - 1] = '\0';
}
