// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "aiu/auditor.h"

#include <inttypes.h>
#include <stdio.h>

#include "audit/receipt.h"
#include "audit/verify.h"
#include "base/num.h"

_Static_assert(sizeof(((struct aiu_audit_verdict *)0)->root) == NUM_BASE64_SIZE(TREE_HASH_SIZE) + 1,
               "root");
_Static_assert(sizeof(((struct aiu_audit_verdict *)0)->file) == VERIFY_PLACE_SIZE, "file");

static void fill(const struct verify_report *r, struct aiu_audit_verdict *v)
{
    *v = (struct aiu_audit_verdict){
        .good = r->fault == VERIFY_GOOD,
        .fault = verify_word(r->fault),
        .text = verify_text(r->fault),
        .bad_index = r->bad_index,
        .bad_until = r->bad_until,
        .size = r->size,
        .entries = r->entries,
    };
    num_base64_write(span_of(r->root.bytes, TREE_HASH_SIZE), (uint8_t *)v->root);
    (void)snprintf(v->key_id, sizeof(v->key_id), "%08" PRIx32, r->key_id);
    memcpy(v->file, r->place, sizeof(v->file));
}

enum aiu_status aiu_audit_verify(const char *folder, const char *vkey, const char *since,
                                 size_t since_n, struct aiu_audit_verdict *ret_verdict)
{
    const struct span note = span_of(since, since_n);
    struct verify_report report;
    struct note_key key;
    struct trust trust;

    TRY(secret_init_library());
    TRY(note_key_parse(span_str(vkey), &key));
    trust_of_key(&trust, &key);
    const struct verify_options options = {
        .trust = &trust,
        .since = &note,
        .since_count = since != NULL,
    };
    TRY(verify_log(folder, &options, &report));
    fill(&report, ret_verdict);
    return AIU_OK;
}

enum aiu_status aiu_audit_verify_receipt(const char *receipt, size_t receipt_n, const char *record,
                                         size_t n, const char *vkey, uint64_t *ret_index)
{
    struct note_key key;
    struct receipt r;
    struct checkpoint c;

    TRY(secret_init_library());
    TRY(note_key_parse(span_str(vkey), &key));
    TRY(receipt_parse(span_of(receipt, receipt_n), &r));
    enum aiu_status st = receipt_verify(&r, &key, span_of(record, n), &c);
    if (st == AIU_NOT_FOUND) { // another log's
        return AIU_AUDIT_UNVERIFIED;
    }
    TRY(st);
    *ret_index = r.index;
    return AIU_OK;
}
