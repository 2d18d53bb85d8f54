// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The JSON is put together by hand: all that is in it are numbers, words of ours, base64, paths of
// ours, and the log's name, which loses what is not plain ASCII.
#include "verify/print.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/num.h"

enum { ROOT_TEXT = NUM_BASE64_SIZE(TREE_HASH_SIZE), TIME_TEXT = 32 };

void print_harmless_text(const char *text)
{
    for (; *text != '\0'; text++) {
        bool plain = *text >= 0x20 && *text < 0x7F && *text != '"' && *text != '\\';
        (void)putchar(plain ? *text : '?');
    }
}

static void root_text(const struct tree_hash *root, char out[ROOT_TEXT + 1])
{
    num_base64_write(span_of(root->bytes, TREE_HASH_SIZE), (uint8_t *)out);
    out[ROOT_TEXT] = '\0';
}

static void time_text(uint64_t unix_s, char out[TIME_TEXT])
{
    time_t t = (time_t)unix_s;
    struct tm tm;

    if (gmtime_r(&t, &tm) == NULL || strftime(out, TIME_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0) {
        (void)snprintf(out, TIME_TEXT, "%" PRIu64, unix_s);
    }
}

static void print_fault(const struct verify_report *r)
{
    (void)printf("%s: %s\n", verify_word(r->fault), verify_text(r->fault));
    if (r->fault == VERIFY_GOOD || r->bad_until <= r->bad_index) {
        return;
    }
    if (r->bad_until == r->bad_index + 1) {
        (void)printf("%-12s entry %" PRIu64 "\n", "first bad", r->bad_index);
    } else {
        (void)printf("%-12s entry %" PRIu64 ", or one up to %" PRIu64 "\n", "first bad",
                     r->bad_index, r->bad_until - 1);
    }
    if (r->place[0] != '\0') {
        (void)printf("%-12s %s\n", "file", r->place);
    }
}

// The keys of days, where the log has any.
static void print_epochs(const struct verify_report *r)
{
    if (r->epoch_keys == 0 && r->epoch_signed == 0) {
        return;
    }
    (void)printf("%-12s %" PRIu64 " on record", "day's keys", r->epoch_keys);
    if (r->epoch_signed > 0) {
        (void)printf(", number %" PRIu32 " has signed", r->epoch_signed);
    }
    (void)printf("%s\n", r->epoch_open ? "; who vouched for the first is not here" : "");
}

static void print_signers(const struct verify_report *r, const struct print_about *about)
{
    char when[TIME_TEXT];

    (void)printf("%-12s %08" PRIx32 "%s\n", "key", r->key_id,
                 about->from_log ? ", found beside the log: give --key to know who signed" : "");
    print_epochs(r);
    if (about->witnesses > 0) {
        (void)printf("%-12s %zu of %zu have cosigned", "witnesses", r->cosigned, about->witnesses);
        if (r->cosigned > 0) {
            time_text(r->signers.latest_cosignature, when);
            (void)printf(", the last at %s", when);
        }
        (void)putchar('\n');
    }
}

static const char *source(const struct verify_report *r)
{
    if (r->has_wal) {
        return "the write-ahead log";
    }
    return r->has_bundles ? "the published bundles" : "the published tiles";
}

void print_report(const struct verify_report *r, const struct print_about *about)
{
    char root[ROOT_TEXT + 1];

    print_fault(r);
    if (r->origin[0] != '\0') {
        root_text(&r->root, root);
        (void)printf("%-12s ", "log");
        print_harmless_text(r->origin);
        (void)printf("\n%-12s %" PRIu64 "\n%-12s %s\n", "size", r->size, "root", root);
        print_signers(r, about);
    }
    if (r->entries > 0) {
        (void)printf("%-12s %" PRIu64 " read from %s", "entries", r->entries, source(r));
        if (r->entries > r->size && r->origin[0] != '\0') {
            (void)printf(", the last %" PRIu64 " not signed for yet", r->entries - r->size);
        }
        (void)putchar('\n');
        (void)printf("%-12s %s\n", "published",
                     !r->has_tiles    ? "nothing"
                     : r->has_bundles ? "tiles and bundles"
                                      : "tiles");
    }
}

void print_report_json(const struct verify_report *r, const struct print_about *about)
{
    char root[ROOT_TEXT + 1];

    (void)printf("{\"good\":%s,\"fault\":\"%s\"", r->fault == VERIFY_GOOD ? "true" : "false",
                 verify_word(r->fault));
    if (r->fault != VERIFY_GOOD) {
        (void)printf(",\"bad_index\":%" PRIu64 ",\"bad_until\":%" PRIu64 ",\"file\":\"%s\"",
                     r->bad_index, r->bad_until, r->place);
    }
    if (r->origin[0] != '\0') {
        root_text(&r->root, root);
        (void)printf(",\"origin\":\"");
        print_harmless_text(r->origin);
        (void)printf("\",\"size\":%" PRIu64 ",\"root\":\"%s\",\"key_id\":\"%08" PRIx32
                     "\",\"key_given\":%s,\"witnesses\":%zu,\"cosigned\":%zu",
                     r->size, root, r->key_id, about->from_log ? "false" : "true", about->witnesses,
                     r->cosigned);
    }
    (void)printf(",\"epoch_keys\":%" PRIu64 ",\"epoch_signed\":%" PRIu32 ",\"epoch_open\":%s",
                 r->epoch_keys, r->epoch_signed, r->epoch_open ? "true" : "false");
    root_text(&r->entries_root, root);
    (void)printf(",\"entries\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"entries_root\":\"%s\"",
                 r->entries, r->bytes, root);
    (void)printf(",\"wal\":%s,\"bundles\":%s,\"tiles\":%s}\n", r->has_wal ? "true" : "false",
                 r->has_bundles ? "true" : "false", r->has_tiles ? "true" : "false");
}
