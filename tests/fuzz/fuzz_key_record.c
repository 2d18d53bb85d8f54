// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Entries of a log that somebody may have written, read as records that bring a key.
#include "audit/verify_keys.h"
#include "base/alloc.h"
#include "secret/secret.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct span entry = span_of(data, size);
    struct key_record r;

    CHECK(secret_init_library() == AIU_OK);
    if (verify_keys_read(entry, &r)) {
        CHECK(note_name_valid(r.key.name) && note_name_valid(r.by.name));
        CHECK(r.is_epoch || r.number == 0);
    }
    (void)verify_keys_is_record(entry);
    return 0;
}
