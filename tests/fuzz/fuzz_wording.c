// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Any bytes, folded and as they are: evidence lies in the text, and there is some where the verdict
// is not to pass.
#include <stddef.h>
#include <stdint.h>

#include "detect/fold.h"
#include "detect/wording.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge(const struct folded *text, size_t source_n)
{
    struct rule_set all = rule_set_all();

    for (int foreign = 0; foreign < 2; foreign++) {
        CLEANUP(findings_done) struct findings found = FINDINGS_OF(FINDINGS_MOST);
        struct wording wording;
        CHECK(wording_judge(text, foreign == 1, &all, &found, &wording) == AIU_OK);
        CHECK(wording.score <= 100);
        CHECK((wording.verdict == WORDING_PASS) == (found.count == 0));
        for (size_t i = 0; i < found.count; i++) {
            CHECK(found.items[i].start <= found.items[i].end && found.items[i].end <= source_n);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct folder folder = {0};
    struct folded folded = {span_of(data, size), NULL, 0, 0};

    judge(&folded, size);
    CHECK(fold_text(&folder, folded.text, &folded) == AIU_OK);
    judge(&folded, size);
    fold_done(&folder);
    return 0;
}
