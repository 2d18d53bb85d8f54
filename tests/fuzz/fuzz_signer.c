// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The signer's state file: what is accepted names a month, or says that nothing was signed.
#include "audit/signer_state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size); // libFuzzer's name for it

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct signer_state s = {0};
    const struct span text = {data, size};

    (void)signer_name_month(text);
    if (signer_state_parse(text, &s) != AIU_OK) {
        return 0;
    }
    const struct span origin = span_str(s.head.origin);
    CHECK(origin.n < sizeof(s.head.origin));
    if (s.head.month == 0) {
        CHECK(origin.n == 0 && s.head.tree.size == 0);
    } else {
        CHECK(signer_name_month(origin) == s.head.month);
    }
    return 0;
}
