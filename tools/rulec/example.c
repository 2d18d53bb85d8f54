// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Examples. ⟦ and ⟧ mark what must be found; ${alnum:36} stands for so many random characters of an
// alphabet, the same in each build, and ${-} for nothing: with these no example looks like a secret
// to whoever scans the source.
#include <stdio.h>

#include "rulec.h"

#include "base/buf.h"
#include "base/num.h"
#include "detect/engine_parts.h"
#include "detect/fold.h"

static const struct span opening = SPAN("⟦");
static const struct span closing = SPAN("⟧");

static const char *alphabet(struct span name)
{
    static const struct {
        const char *name, *characters;
    } alphabets[] = {
        {"alnum", "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"},
        {"lower", "abcdefghijklmnopqrstuvwxyz"},
        {"upper", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
        {"letter", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"},
        {"digit", "0123456789"},
        {"hex", "0123456789abcdef"},
        {"HEX", "0123456789ABCDEF"},
        {"base32", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"},
        {"base58", "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"},
        {"lowerbase32", "abcdefghijklmnopqrstuvwxyz234567"},
        {"base64", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"},
        {"base64url", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"},
        {"loweralnum", "0123456789abcdefghijklmnopqrstuvwxyz"},
        {"upperalnum", "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(alphabets); i++) {
        if (span_equal(name, span_str(alphabets[i].name))) {
            return alphabets[i].characters;
        }
    }
    return NULL;
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static uint64_t seed_of(struct span text)
{
    uint64_t h = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < text.n; i++) {
        h = (h ^ text.p[i]) * UINT64_C(1099511628211);
    }
    return h | 1;
}

// What stands between "${" and "}".
static bool expand_one(struct span what, uint64_t *state, struct buf *out)
{
    struct span name, count;
    uint64_t n = 0;

    if (span_equal(what, SPAN_OF("-"))) {
        return true;
    }
    if (!span_cut(what, ':', &name, &count) || num_parse_u64(count, 100000, &n) != AIU_OK ||
        alphabet(name) == NULL) {
        return false;
    }
    struct span characters = span_str(alphabet(name));
    while (n-- > 0) {
        if (buf_append_byte(out, characters.p[(next_random(state) >> 33) % characters.n]) !=
            AIU_OK) {
            return false;
        }
    }
    return true;
}

bool expand_marked(struct arena *a, struct errors *e, const struct text *text, struct span *ret)
{
    CLEANUP(buf_wipe) struct buf out = BUF_OF(1 << 20);
    struct span left = text->s;
    uint64_t state = seed_of(text->s);
    bool ok = true;

    while (ok && left.n > 0) {
        size_t n = span_find_span(left, SPAN_OF("${"));
        struct span what, rest;
        ok = buf_append(&out, span_first(left, n)) == AIU_OK;
        if (n == left.n) {
            break;
        }
        ok = ok && span_cut(span_drop_first(left, n + 2), '}', &what, &rest) &&
             expand_one(what, &state, &out);
        left = ok ? rest : left;
    }
    if (!ok || arena_copy(a, buf_span(&out), ret) != AIU_OK) {
        fail_at(e, text, "bad example: ${alphabet:count} or ${-} is expected");
        return false;
    }
    return true;
}

bool expand_example(struct arena *a, struct errors *e, const struct text *text, struct example *ret)
{
    struct span marked;
    uint8_t *plain = NULL;

    if (!expand_marked(a, e, text, &marked)) {
        return false;
    }
    size_t open = span_find_span(marked, opening);
    size_t close = span_find_span(marked, closing);
    *ret = (struct example){.text = marked};
    if (open == marked.n && close == marked.n) {
        return true;
    }
    plain = arena_new(a, marked.n);
    if (plain == NULL || close == marked.n || close < open) {
        fail_at(e, text, "bad example: marks do not match");
        return false;
    }
    size_t inner = close - open - opening.n;
    size_t after = marked.n - close - closing.n;
    memcpy(plain, marked.p, open);
    memcpy(plain + open, marked.p + open + opening.n, inner);
    memcpy(plain + open + inner, marked.p + close + closing.n, after);
    *ret = (struct example){
        .text = span_of(plain, open + inner + after),
        .start = open,
        .end = open + inner,
        .marked = true,
    };
    return true;
}

struct runner {
    struct arena *arena;
    struct errors *errors;
    const struct source *source;
    struct engine *engine;
    struct scratch *scratch;
    const struct catalog *catalog;
    struct rule_set all;
};

static const char *rule_name(const struct runner *r, uint16_t rule)
{
    return (const char *)r->source->rules[rule].id.s.p;
}

static void found_instead(const struct runner *r, const struct findings *found)
{
    for (size_t i = 0; i < found->count; i++) {
        (void)fprintf(stderr, "    found: bytes %zu to %zu by %s\n", found->items[i].start,
                      found->items[i].end, rule_name(r, found->items[i].rule));
    }
}

enum aiu_status find_phrases(const struct catalog *c, const struct rule_set *rules,
                             struct span text, struct findings *found)
{
    struct folder folder = {0};
    struct phrase_hits hits = {.count = 0};
    struct model_run run;
    struct folded folded;
    enum aiu_status st = fold_text(&folder, text, &folded);

    model_begin(&run, &wording_model);
    if (st == AIU_OK) {
        phrases_find(&c->phrases, rules, folded.text, &hits, &run);
        if (rule_set_has(rules, c->model) && hits.count < PHRASE_HITS &&
            model_end(&run, folded.text.n) >= wording_model.threshold) {
            hits.items[hits.count++] =
                (struct phrase_hit){.rule = c->model, .start = run.start, .end = run.end};
        }
    }
    for (size_t i = 0; st == AIU_OK && i < hits.count; i++) {
        struct finding f = {.rule = hits.items[i].rule, .confidence = hits.items[i].strength};
        folded_source(&folded, hits.items[i].start, hits.items[i].end, &f.start, &f.end);
        st = findings_append(found, &f);
    }
    fold_done(&folder);
    return st;
}

static enum aiu_status find_all(const struct runner *r, const struct rule_set *rules,
                                struct span text, struct findings *found)
{
    TRY(scan_text(r->engine, r->scratch, rules, text, found));
    return find_phrases(r->catalog, rules, text, found);
}

// With all rules on, the rule finds exactly what is marked; of phrases, which are many and of many
// lengths, at least a part of it. One that is off unless named, alone.
static void run_example(const struct runner *r, uint16_t rule, bool phrases,
                        const struct text *text)
{
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(FINDINGS_MOST);
    struct rule_set set = r->all;
    struct example x;

    if (!rule_set_has(&set, rule)) {
        set = (struct rule_set){.fields = true};
        rule_set_add(&set, rule);
    }
    if (!expand_example(r->arena, r->errors, text, &x)) {
        return;
    }
    if (!x.marked) {
        fail_at(r->errors, text, "an example marks what must be found with ⟦ and ⟧");
        return;
    }
    if (find_all(r, &set, x.text, &found) != AIU_OK) {
        fail_at(r->errors, text, "the example could not be scanned");
        return;
    }
    for (size_t i = 0; i < found.count; i++) {
        const struct finding *f = &found.items[i];
        bool exact = f->start == x.start && f->end == x.end;
        bool touched = f->start < x.end && f->end > x.start;
        if (f->rule == rule && (exact || (phrases && touched))) {
            return;
        }
    }
    fail_at(r->errors, text, "%s does not find the example (bytes %zu to %zu)", rule_name(r, rule),
            x.start, x.end);
    found_instead(r, &found);
}

// With only this rule on, nothing is found.
static void run_counterexample(const struct runner *r, uint16_t rule, const struct text *text)
{
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(FINDINGS_MOST);
    struct rule_set one = {.fields = true};
    struct example x;

    rule_set_add(&one, rule);
    if (!expand_example(r->arena, r->errors, text, &x)) {
        return;
    }
    if (find_all(r, &one, x.text, &found) != AIU_OK || found.count > 0) {
        fail_at(r->errors, text, "%s finds the counterexample", rule_name(r, rule));
        found_instead(r, &found);
    }
}

void run_examples(struct arena *a, struct errors *e, const struct source *source,
                  const struct catalog *c)
{
    CLEANUP(engine_freep) struct engine *engine = NULL;
    CLEANUP(scratch_freep) struct scratch *scratch = NULL;

    if (engine_new_of(c, &engine) != AIU_OK || scratch_new(engine, &scratch) != AIU_OK) {
        fail_at(e, &source->rules[0].id, "the database can not be made");
        return;
    }
    struct runner r = {a, e, source, engine, scratch, c, {.fields = true}};
    for (size_t i = 0; i < c->rule_count; i++) {
        if (!c->info[i].opt_in) {
            rule_set_add(&r.all, (uint16_t)i);
        }
    }
    for (size_t i = 0; i < source->rule_count; i++) {
        const struct source_rule *rule = &source->rules[i];
        bool exact = rule->phrases.count + rule->scored.s.n == 0;
        for (size_t k = 0; k < rule->examples.count; k++) {
            run_example(&r, c->checks[i].rule, !exact, &rule->examples.items[k]);
        }
        for (size_t k = 0; k < rule->counterexamples.count; k++) {
            run_counterexample(&r, c->checks[i].rule, &rule->counterexamples.items[k]);
        }
    }
}
