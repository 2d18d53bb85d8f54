// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The public list of pseudonyms over lib/detect. The key stays with the caller: its MAC is called
// for each value.
#include "pseudonyms.h"

#include "base/alloc.h"
#include "text.h"

enum { PSEUDONYMS_CAP = 64 << 20, SAVED_MOST = 256 << 20 };

_Static_assert(AIU_PSEUDONYMS_MAC_SIZE == (int)TOKEN_MAC_SIZE, "the same hash");

static enum aiu_status call_mac(void *ctx, struct span bytes, uint8_t out[TOKEN_MAC_SIZE])
{
    const struct aiu_pseudonyms *p = ctx;

    return p->mac(p->ctx, bytes.p, bytes.n, out);
}

enum aiu_status aiu_pseudonyms_new(aiu_pseudonyms_mac mac, void *ctx,
                                   struct aiu_pseudonyms **ret_pseudonyms)
{
    struct aiu_pseudonyms *p = mem_new(1, sizeof(*p));

    if (p == NULL) {
        return AIU_NO_MEMORY;
    }
    const struct pseudonym_keyer keyer = {mac == NULL ? NULL : call_mac, p};
    p->mac = mac;
    p->ctx = ctx;
    pseudonyms_init(&p->list, &keyer, PSEUDONYMS_CAP);
    *ret_pseudonyms = p;
    return AIU_OK;
}

void aiu_pseudonyms_free(struct aiu_pseudonyms *pseudonyms)
{
    if (pseudonyms != NULL) {
        pseudonyms_done(&pseudonyms->list);
        mem_free(pseudonyms);
    }
}

size_t aiu_pseudonyms_count(const struct aiu_pseudonyms *pseudonyms)
{
    return pseudonyms->list.count;
}

enum aiu_status aiu_pseudonyms_save(const struct aiu_pseudonyms *pseudonyms, char **ret_bytes,
                                    size_t *ret_n)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(SAVED_MOST);

    TRY(pseudonyms_save(&pseudonyms->list, &b));
    return text_give(buf_span(&b), ret_bytes, ret_n);
}

enum aiu_status aiu_pseudonyms_load(struct aiu_pseudonyms *pseudonyms, const char *bytes, size_t n)
{
    TRY(pseudonyms_load(&pseudonyms->list, span_of(bytes, n)));
    return pseudonyms_index(&pseudonyms->list);
}
