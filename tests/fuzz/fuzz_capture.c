// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Files of captured content as whoever can write the folder may have left them: heads, names, and
// seals that are none.
#include "audit/capture_record.h"
#include "secret/seal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct secret *key;
    struct span input = span_of(data, size);
    struct capture_key_name name;
    char file[CAPTURE_NAME_MOST], month[CAPTURE_MONTH_SIZE + 1];
    CLEANUP(buf_wipe) struct buf content = BUF_OF(1 << 20);

    if (key == NULL) {
        CHECK(secret_init_process(true) == AIU_OK && secret_new_random(32, &key) == AIU_OK);
    }
    if (capture_record_head(input, &name) == AIU_OK) {
        CHECK(capture_is_subject(name.subject));
        CHECK(strlen(name.id) == CAPTURE_KEY_SIZE);
    }
    if (capture_record_name(input, CAPTURE_ANSWER, file) == AIU_OK) {
        capture_month(input, month);
        CHECK(strlen(month) == CAPTURE_MONTH_SIZE && month[4] == '-');
        CHECK(strchr(file, '/') == NULL);
    }
    CHECK(seal_open(key, "capture/record/x", input, &content) != AIU_OK && content.n == 0);
    return 0;
}
