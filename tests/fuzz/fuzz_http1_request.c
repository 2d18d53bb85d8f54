// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// HTTP/1.1 requests. The first byte says where the rest is cut. Two properties: the cut changes
// neither the verdict nor the messages, and whole messages, written anew, read back as the same
// ones.
#include "../codec/http1_rewrite.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size); // libFuzzer's name for it

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct rewrite whole, cut;

    if (size == 0) {
        return 0;
    }
    struct span input = {data + 1, size - 1};
    rewrite_init(&whole, false);
    rewrite_init(&cut, false);
    enum aiu_status a = rewrite_run(&whole, input);
    enum aiu_status b = rewrite_run_cut(&cut, input, data[0]);
    struct span a_text = span_first(buf_span(&whole.text), whole.whole);
    struct span b_text = span_first(buf_span(&cut.text), cut.whole);
    if (a != b || !span_equal(a_text, b_text) || !rewrite_is_stable(&whole)) {
        abort();
    }
    rewrite_done(&whole);
    rewrite_done(&cut);
    return 0;
}
