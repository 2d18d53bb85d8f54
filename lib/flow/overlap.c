// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Both lists are in order of place and overlap only each other; one walk from the front.
#include "flow/overlap.h"

struct walk {
    size_t edited, restored; // ends of the last finding that is edited, of the last token
    overlap_judge judge;
    void *ctx;
};

// What a token covers of the front of a finding does not count.
static void trim(const struct walk *w, struct finding *f)
{
    if (f->start < w->restored) {
        f->start = f->end < w->restored ? f->end : w->restored;
        f->value_n = 0; // of a part there is none
    }
}

static enum aiu_status settle_finding(struct walk *w, struct finding *f)
{
    enum action action = ACTION_ALLOW;

    if (f->note == 0) {
        trim(w, f);
        if (f->start == f->end && f->open) {
            return AIU_OK; // it may still go on behind the token
        }
        if (f->start < f->end) {
            TRY(w->judge(w->ctx, f, &action));
        }
        f->note = note_of(action);
    }
    if (finding_edits(f)) {
        w->edited = f->open ? SIZE_MAX : f->end;
    }
    return AIU_OK;
}

static void settle_token(struct walk *w, struct token_seen *s)
{
    if (s->start < w->edited) {
        s->entry = NULL;
    }
    if (s->entry != NULL) {
        w->restored = s->end;
    }
}

enum aiu_status overlap_settle(struct findings *found, struct tokens_seen *seen, size_t upto,
                               overlap_judge judge, void *ctx)
{
    struct walk w = {.judge = judge, .ctx = ctx};
    size_t f = 0, s = 0;

    for (;;) {
        size_t finding = f < found->count ? found->items[f].start : SIZE_MAX;
        size_t token = s < seen->count ? seen->items[s].start : SIZE_MAX;
        if (finding >= upto && token >= upto) {
            return AIU_OK;
        }
        if (token <= finding) {
            settle_token(&w, &seen->items[s++]);
        } else {
            TRY(settle_finding(&w, &found->items[f++]));
        }
    }
}
