// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A saved list of pseudonyms from anywhere: refused, or the same after another save and load.
#include <stddef.h>
#include <stdint.h>

#include "detect/pseudonym.h"
#include "detect/restore.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct pseudonym_keyer keyer = {NULL, NULL};
    CLEANUP(pseudonyms_done) struct pseudonyms one, two;
    CLEANUP(buf_wipe) struct buf saved = BUF_OF(64 << 20), out = BUF_OF(64 << 20);

    pseudonyms_init(&one, &keyer, 64 << 20);
    pseudonyms_init(&two, &keyer, 64 << 20);
    if (pseudonyms_load(&one, span_of(data, size)) != AIU_OK) {
        CHECK(one.count == 0);
        return 0;
    }
    CHECK(pseudonyms_save(&one, &saved) == AIU_OK);
    CHECK(pseudonyms_load(&two, buf_span(&saved)) == AIU_OK);
    CHECK(one.count == two.count);
    CHECK(pseudonyms_index(&two) == AIU_OK);
    for (size_t i = 0; i < two.count; i++) {
        buf_reset(&out);
        CHECK(restore_text(&two, two.items[i]->token, &out) == AIU_OK);
    }
    return 0;
}
