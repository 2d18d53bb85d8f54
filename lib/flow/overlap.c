// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Both lists are in order of place and overlap only each other; one walk from the front.
#include "flow/overlap.h"

struct walk {
    size_t edited, restored; // ends of the last finding that is edited, of the last token
    size_t carried;          // end of the last finding in which no value may stand
    struct finding *last;    // that is edited
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

// What only tells where data would go to is no place for a value: a link to a stranger's host.
static bool carries_away(const struct finding *f)
{
    const struct rule_info *rule = rules_get(f->rule);

    return f->note > note_of(ACTION_ALLOW) && rule != NULL && rule->kind == KIND_OUTPUT;
}

// Of findings that overlap the first stands for all, with the strongest action.
static void absorb(struct finding *into, struct finding *f)
{
    into->note = f->note > into->note ? f->note : into->note;
    into->end = f->end > into->end ? f->end : into->end;
    f->note = note_of(ACTION_ALLOW);
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
    if (carries_away(f) && f->end > w->carried) {
        w->carried = f->end;
    }
    if (!finding_edits(f)) {
        return AIU_OK;
    }
    if (f->start < w->edited) {
        absorb(w->last, f);
    } else {
        w->last = f;
    }
    w->edited = w->last->open ? SIZE_MAX : w->last->end;
    return AIU_OK;
}

static void settle_token(struct walk *w, struct token_seen *s)
{
    if (s->start < w->edited || s->start < w->carried) {
        s->entry = NULL;
    }
    if (s->entry != NULL) {
        w->restored = s->end;
    }
    if (s->linked) {
        s->entry = NULL; // it stays, and is nothing new all the same
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
