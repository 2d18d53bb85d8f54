// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "detect/wording.h"

#include "detect/catalog.h"
#include "detect/fold.h"
#include "detect/wording_model.h"
#include "detect/wording_phrases.h"
#include "detect/wording_points.h"

static void sort_hits(struct phrase_hits *hits)
{
    for (size_t i = 1; i < hits->count; i++) {
        struct phrase_hit hit = hits->items[i];
        size_t k = i;
        for (; k > 0 && hits->items[k - 1].start > hit.start; k--) {
            hits->items[k] = hits->items[k - 1];
        }
        hits->items[k] = hit;
    }
}

// Of two that overlap, the stronger stays.
static void drop_overlapping(struct phrase_hits *hits)
{
    size_t n = 0;

    for (size_t i = 0; i < hits->count; i++) {
        const struct phrase_hit *hit = &hits->items[i];
        if (n == 0 || hits->items[n - 1].end <= hit->start) {
            hits->items[n++] = *hit;
        } else if (hits->items[n - 1].strength < hit->strength) {
            hits->items[n - 1] = *hit;
        }
    }
    hits->count = n;
}

static enum aiu_status report(const struct folded *text, struct phrase_hits *hits,
                              struct findings *out)
{
    sort_hits(hits);
    drop_overlapping(hits);
    for (size_t i = 0; i < hits->count; i++) {
        const struct phrase_hit *hit = &hits->items[i];
        struct finding f = {.rule = hit->rule, .confidence = hit->strength};
        folded_source(text, hit->start, hit->end, &f.start, &f.end);
        TRY(findings_append(out, &f));
    }
    return AIU_OK;
}

// The model's window as one more hit, where the phrases do not suffice.
static void add_window(struct phrase_hits *hits, const struct model_run *run, int points)
{
    if (hits->count < PHRASE_HITS && run->end > run->start) {
        hits->items[hits->count++] = (struct phrase_hit){
            .rule = catalog_builtin.model,
            .strength = (uint8_t)(points > 100 ? 100 : points),
            .start = run->start,
            .end = run->end,
        };
    }
}

enum aiu_status wording_judge(const struct folded *text, bool foreign, const struct rule_set *rules,
                              struct findings *out, struct wording *ret_wording)
{
    int needed = foreign ? POINTS_FOREIGN : POINTS_USER;
    struct phrase_hits hits __attribute__((uninitialized)); // both are large, and begun below
    struct model_run run __attribute__((uninitialized));
    int model = 0;

    model_begin(&run, &wording_model);
    phrases_find(&catalog_builtin.phrases, rules, text->text, &hits, &run);
    // A guess at a reading turns harmless words into odd ones: only phrases prove that it is right.
    if (rule_set_has(rules, catalog_builtin.model) && (text->traits & FOLD_GUESSED) == 0) {
        model = points_of_score(model_end(&run, text->text.n), wording_model.threshold);
    }
    int phrases = phrases_points(&hits);
    int points = points_joined(phrases, model, needed);
    int score = points / 2;
    *ret_wording = (struct wording){
        .score = (uint8_t)(score < 0     ? 0
                           : score > 100 ? 100
                                         : score),
        .verdict = WORDING_PASS,
    };
    if (points >= needed) {
        ret_wording->verdict = WORDING_FLAG;
    }
    if (phrases >= POINTS_USER && model >= POINTS_USER) {
        ret_wording->verdict = WORDING_BLOCK;
    }
    if (points < needed) {
        return AIU_OK;
    }
    if (phrases < needed) {
        add_window(&hits, &run, model);
    }
    return report(text, &hits, out);
}
