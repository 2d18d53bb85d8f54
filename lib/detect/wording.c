// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// There is no judge of words yet: nothing is said against any reading.
#include "detect/wording.h"

enum aiu_status wording_judge(const struct folded *text, bool foreign, const struct rule_set *rules,
                              struct findings *out, struct wording *ret_wording)
{
    (void)text;
    (void)foreign;
    (void)rules;
    (void)out;
    *ret_wording = (struct wording){0};
    return AIU_OK;
}
