// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Values and the tokens that stand for them, of one request or one run of a program: gives each
// value its token, and finds tokens again (restore.h). Docs: docs/pseudonyms.md.
//
//     mac   = keyed hash of "aiu/token/v1" 00 style tag 00 probe value
//     token = token_make(mac)
//
// `probe` is 0; where the token is another value's already, the next number is tried, so that no
// two values of one list share a token. A list that knows a value gives the same token again.
//
// Ownership: the list owns copies of values and tokens, wiped by pseudonyms_done. Keys stay behind
//            the keyer. Threads: one that adds; any that search once it is indexed.
// Errors:    AIU_NO_MEMORY; AIU_INSPECTION_FAILED beyond PSEUDONYMS_MOST values: the text can not
//            go out. What the keyer returns.
#pragma once

#include "base/arena.h"
#include "detect/token.h"

enum {
    PSEUDONYMS_MOST = 1 << 17,
    PSEUDONYM_VALUE_MOST = 1024, // a longer finding gets a tag
};

// Who holds the key.
struct pseudonym_keyer {
    enum aiu_status (*mac)(void *ctx, struct span bytes, uint8_t out[TOKEN_MAC_SIZE]);
    void *ctx;
};

struct pseudonym {
    struct span value;
    struct span token;  // as it was written
    struct span folded; // its symbols
    uint64_t identity;  // first bytes of the hash: equal for equal values in different spelling
    uint16_t rule;      // that found it
    uint8_t style;      // enum token_style
    uint8_t group;      // enum token_group
};

struct pseudonyms {
    struct pseudonym_keyer keyer;
    struct arena arena;
    struct pseudonym **items; // in the order in which they came
    size_t count, capacity;
    uint32_t *by_value, *by_token; // open addressing: number + 1, by identity and by folded token
    size_t slots;

    // For searching: tokens of a group lie together, ordered by their symbols.
    struct pseudonym **sorted;
    size_t group_from[TOKEN_GROUPS + 1];
    uint8_t starts[256]; // groups in which a token begins with this byte
    size_t indexed;
};

// `keyer` may have no function in a list that is only loaded and searched.
void pseudonyms_init(struct pseudonyms *p, const struct pseudonym_keyer *keyer, size_t cap);
void pseudonyms_done(struct pseudonyms *p);

// The token for `value`, a finding of `rule`. `number`: it stands as a bare JSON number, and only
// one may take its place; the token is empty where that can not be (its digits are not all of it).
MUST_CHECK enum aiu_status pseudonyms_token(struct pseudonyms *p, uint16_t rule, struct span value,
                                            bool number, struct span *ret_token);

// The list as bytes, and what was saved added to a list. The values stand in it as they are: it is
// for sealing (secret/seal.h).
//   AIU_FILE_INVALID  the bytes are not of pseudonyms_save; nothing was added
MUST_CHECK enum aiu_status pseudonyms_save(const struct pseudonyms *p, struct buf *dst);
MUST_CHECK enum aiu_status pseudonyms_load(struct pseudonyms *p, struct span saved);

// Inside: add an entry, copied, whose value is not in the list.
MUST_CHECK enum aiu_status pseudonyms_add(struct pseudonyms *p, const struct pseudonym *draft,
                                          const struct pseudonym **ret_entry);
const struct pseudonym *pseudonyms_find(const struct pseudonyms *p, uint64_t identity,
                                        struct span value);

// Make what was added searchable.
MUST_CHECK enum aiu_status pseudonyms_index(struct pseudonyms *p);

static inline bool pseudonyms_indexed(const struct pseudonyms *p)
{
    return p->indexed == p->count;
}
