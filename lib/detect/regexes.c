// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "detect/regexes.h"

#include <hs/hs.h>

#include "base/alloc.h"
#include "base/buf.h"

struct regexes {
    hs_database_t *database;
    hs_scratch_t *scratch;
};

static void *hs_alloc(size_t n)
{
    return mem_new(n, 1);
}

// Texts of Vectorscan about an expression: printable ones only, since they may quote it.
static void note_error(const hs_compile_error_t *error, struct regexes_error *to)
{
    size_t n = 0;

    to->index = error->expression < 0 ? 0 : (size_t)error->expression;
    for (; error->message[n] != '\0' && n + 1 < sizeof(to->reason); n++) {
        char c = error->message[n];
        bool shown = c >= ' ' && c < 0x7F;
        to->reason[n] = '?';
        if (shown) {
            to->reason[n] = c;
        }
    }
    to->reason[n] = '\0';
}

static enum aiu_status compile(const char *const *expressions, size_t count, unsigned *flags,
                               struct regexes *set, struct regexes_error *ret_error)
{
    hs_compile_error_t *error = NULL;

    for (size_t i = 0; i < count; i++) {
        flags[i] = HS_FLAG_SINGLEMATCH;
    }
    hs_error_t st = hs_compile_multi(expressions, flags, NULL, (unsigned)count, HS_MODE_BLOCK, NULL,
                                     &set->database, &error);
    if (st == HS_SUCCESS) {
        return AIU_OK;
    }
    if (error == NULL) {
        return AIU_NO_MEMORY;
    }
    note_error(error, ret_error);
    (void)hs_free_compile_error(error);
    return AIU_CONFIG_INVALID;
}

enum aiu_status regexes_new(const char *const *expressions, size_t count, struct regexes **ret_set,
                            struct regexes_error *ret_error)
{
    if (count > REGEXES_MOST) {
        return AIU_TOO_LONG;
    }
    struct regexes *set = mem_new(1, sizeof(*set));
    unsigned *flags = mem_new(count, sizeof(*flags));
    enum aiu_status st = AIU_NO_MEMORY;

    (void)hs_set_allocator(hs_alloc, mem_free);
    if (set != NULL && flags != NULL) {
        st = compile(expressions, count, flags, set, ret_error);
    }
    if (st == AIU_OK && hs_alloc_scratch(set->database, &set->scratch) != HS_SUCCESS) {
        st = AIU_NO_MEMORY;
    }
    mem_free(flags);
    if (st != AIU_OK) {
        regexes_free(set);
        return st;
    }
    *ret_set = set;
    return AIU_OK;
}

void regexes_free(struct regexes *set)
{
    if (set != NULL) {
        (void)hs_free_scratch(set->scratch);
        (void)hs_free_database(set->database);
        mem_free(set);
    }
}

static int stop_at_first(unsigned id, unsigned long long from, unsigned long long to,
                         unsigned flags, void *ctx)
{
    (void)id;
    (void)from;
    (void)to;
    (void)flags;
    *(bool *)ctx = true;
    return 1;
}

enum aiu_status regexes_match(struct regexes *set, struct span text, bool *ret_any)
{
    bool any = false;

    if (text.n > UINT32_MAX) {
        return AIU_TOO_LONG;
    }
    hs_error_t st = hs_scan(set->database, text.n == 0 ? "" : (const char *)text.p,
                            (unsigned)text.n, 0, set->scratch, stop_at_first, &any);
    if (st != HS_SUCCESS && st != HS_SCAN_TERMINATED) {
        return AIU_INSPECTION_FAILED;
    }
    *ret_any = any;
    return AIU_OK;
}
