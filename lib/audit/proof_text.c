// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "audit/proof_text.h"

#include "base/num.h"

enum { HASH_TEXT = NUM_BASE64_SIZE(TREE_HASH_SIZE) };

bool proof_text_number(struct span digits, uint64_t *ret_number)
{
    return digits.n > 0 && (digits.n == 1 || digits.p[0] != '0') &&
           num_parse_u64(digits, UINT64_MAX, ret_number) == AIU_OK;
}

bool proof_text_take(struct span *text, size_t most, struct proof *ret_proof)
{
    struct span line = {0};

    for (ret_proof->count = 0; span_cut(*text, '\n', &line, text); ret_proof->count++) {
        if (line.n == 0) {
            return true;
        }
        if (ret_proof->count == most ||
            !num_base64_read(line, ret_proof->path[ret_proof->count].bytes, TREE_HASH_SIZE)) {
            return false;
        }
    }
    return false;
}

enum aiu_status proof_text_append(const struct proof *p, struct buf *out)
{
    for (size_t i = 0; i < p->count; i++) {
        uint8_t text[HASH_TEXT];
        num_base64_write(span_of(p->path[i].bytes, TREE_HASH_SIZE), text);
        TRY(buf_append(out, span_of(text, sizeof(text))));
        TRY(buf_append_byte(out, '\n'));
    }
    return buf_append_byte(out, '\n');
}
