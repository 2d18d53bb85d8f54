// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "detect/deep.h"

#include "detect/engine_parts.h"
#include "detect/fold.h"

enum aiu_status deep_scan(const struct engine *e, struct scratch *s, const struct rule_set *rules,
                          enum text_role role, struct span text, struct findings *out,
                          struct wording *ret_wording)
{
    struct folded folded;

    *ret_wording = (struct wording){0};
    TRY(scan_text(e, s, rules, text, out));
    if (role == TEXT_SYSTEM) {
        return AIU_OK;
    }
    enum aiu_status st = fold_text(&s->folder, text, &folded);
    folder_wipe(&s->folder);
    return st;
}
