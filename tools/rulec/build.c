// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Source rules to catalog: names become numbers, patterns become items, each program gets its
// anchor. The anchor of a pattern is its longest literal, or else a run of digits.
#include "build.h"

#include <stdlib.h>

#include "base/num.h"
#include "detect/ascii.h"
#include "detect/context.h"
#include "detect/matcher.h"
#include "detect/program.h"
#include "detect/validate.h"

bool is_true(struct build *b, const struct text *t, bool otherwise)
{
    if (t->s.n == 0) {
        return otherwise;
    }
    if (!span_equal(t->s, SPAN_OF("true")) && !span_equal(t->s, SPAN_OF("false"))) {
        fail_at(b->errors, t, "true or false is expected here");
    }
    return t->s.p[0] == 't';
}

// "1-3", "4", separated by commas.
static bool hook_runs(struct build *b, const struct text *runs)
{
    struct span left = runs->s;

    while (left.n > 0) {
        struct span one, from, to, rest;
        uint64_t low = 0;
        uint64_t high = 0;
        (void)span_cut(left, ',', &one, &rest);
        if (!span_cut(span_trim_ows(one), '-', &from, &to)) {
            to = from;
        }
        if (num_parse_u64(from, CATALOG_RUN, &low) != AIU_OK ||
            num_parse_u64(to, CATALOG_RUN, &high) != AIU_OK || low == 0) {
            fail_at(b->errors, runs, "runs are numbers and ranges up to %d", CATALOG_RUN);
            return false;
        }
        for (uint64_t n = low; n <= high; n++) {
            if (!hook_on_run(b, runs, (size_t)n, (uint16_t)(b->program_count - 1))) {
                return false;
            }
        }
        b->reach = high > b->reach ? (size_t)high : b->reach;
        left = rest;
    }
    return true;
}

static size_t hook_anchors(struct build *b, const struct source_rule *s)
{
    bool nocase = is_true(b, &s->nocase, false);
    bool behind = is_true(b, &s->behind, false); // nothing of the finding stands before its end
    size_t longest = 0;

    for (size_t i = 0; i < s->anchors.count; i++) {
        uint16_t program = (uint16_t)(b->program_count - 1);
        struct part part = {.kind = ITEM_LITERAL, .word_count = 1, .nocase = nocase};
        struct byte_class class = {0};
        if (!parse_literal(b->arena, b->errors, &s->anchors.items[i], &part.words[0]) ||
            !hook_on(b, &s->anchors.items[i], part.words[0], nocase, program) || behind) {
            continue;
        }
        class_of_words(&part, &class);
        add_class(&b->inside, &class);
        longest = part.words[0].n > longest ? part.words[0].n : longest;
    }
    return longest;
}

// The class of a key that may be absent.
static uint16_t given_class(struct build *b, const struct text *text)
{
    struct part part;

    return text->s.n > 0 && parse_class(b->arena, b->errors, text, false, &part)
               ? put_class(b, &part.class)
               : INDEX_NONE;
}

static void build_matcher(struct build *b, size_t rule)
{
    const struct source_rule *s = &b->source->rules[rule];
    enum matcher matcher = matcher_find(s->matcher.s);
    struct part before = {.max = 0};
    struct program *program = new_program(b, &s->matcher, rule);

    if (program == NULL) {
        return;
    }
    program->matcher = (uint8_t)matcher;
    if (matcher == MATCHER_NONE || s->anchors.count + (s->runs.s.n > 0) == 0) {
        fail_at(b->errors, &s->matcher, "unknown matcher, or one without \"anchors\" or \"runs\"");
        return;
    }
    b->checks[rule].flows = matcher_flows(matcher);
    program->before = given_class(b, &s->prev);
    program->after = given_class(b, &s->next);
    if (s->before.s.n > 0) {
        if (!parse_class(b->arena, b->errors, &s->before, false, &before)) {
            return;
        }
        add_class(&b->inside, &before.class);
    }
    size_t most = before.max + hook_anchors(b, s);
    if (s->runs.s.n > 0) {
        struct byte_class digits = {.bits = {UINT64_C(0x3FF) << '0'}};
        add_class(&b->inside, &digits);
        most += CATALOG_RUN;
        (void)hook_runs(b, &s->runs);
    }
    b->reach = most > b->reach ? most : b->reach;
}

static uint8_t number(struct build *b, const struct text *t, uint64_t otherwise)
{
    uint64_t value = otherwise;

    if (t->s.n > 0 && num_parse_u64(t->s, 100, &value) != AIU_OK) {
        fail_at(b->errors, t, "a number up to 100 is expected here");
    }
    return (uint8_t)value;
}

// "3.5" bits a byte, in sixteenths.
static uint8_t entropy(struct build *b, const struct text *t)
{
    struct span whole, part;
    uint64_t bits = 0;
    uint64_t tenths = 0;

    if (t->s.n == 0) {
        return 0;
    }
    bool point = span_cut(t->s, '.', &whole, &part);
    if (num_parse_u64(whole, 7, &bits) != AIU_OK ||
        (point && num_parse_u64(part, 9, &tenths) != AIU_OK)) {
        fail_at(b->errors, t, "entropy is bits a byte, such as 3.5");
    }
    return (uint8_t)(bits * 16 + tenths * 16 / 10);
}

// The group of that name; context_count where there is none.
static size_t group_find(const struct build *b, struct span name)
{
    size_t i = 0;

    while (i < b->source->context_count && !span_equal(b->source->contexts[i].name.s, name)) {
        i++;
    }
    return i;
}

static uint16_t context(struct build *b, const struct text *t)
{
    size_t group = group_find(b, t->s);

    if (t->s.n == 0) {
        return 0;
    }
    if (group == b->source->context_count) {
        fail_at(b->errors, t, "unknown context");
    }
    return (uint16_t)(group + 1);
}

static uint8_t severity(struct build *b, const struct text *t)
{
    for (unsigned i = 0; i < SEVERITY_COUNT; i++) {
        if (span_equal(t->s, span_str(severity_text((enum severity)i)))) {
            return (uint8_t)i;
        }
    }
    fail_at(b->errors, t->s.n > 0 ? t : &b->source->rules[0].id,
            "severity is low, medium, high or critical");
    return 0;
}

static enum finding_kind kind_of(struct build *b, const struct text *id, struct span *ret_tag)
{
    struct span kind;

    (void)span_cut(id->s, '.', &kind, ret_tag);
    for (unsigned i = 0; i < KIND_COUNT; i++) {
        if (span_equal(kind, span_str(finding_kind_text((enum finding_kind)i))) && ret_tag->n > 0) {
            return (enum finding_kind)i;
        }
    }
    fail_at(b->errors, id,
            "an id is kind.name, the kind one of pii, secret, injection, hidden, output");
    return KIND_PII;
}

// The rule that a source rule is, or is a variant of.
static size_t rule_of(const struct build *b, const struct source_rule *s)
{
    size_t i = 0;

    while (i < b->source->main_count && !span_equal(b->source->rules[i].id.s, s->variant_of.s) &&
           &b->source->rules[i] != s) {
        i++;
    }
    return i;
}

// The examples of a rule and its variants, or the counterexamples.
static const char *const *marked_texts(struct build *b, size_t rule, bool counter)
{
    const char **list = arena_array(b->arena, LIST_MOST + 1, sizeof(*list));
    size_t n = 0;

    CHECK(list != NULL);
    for (size_t i = 0; i < b->source->rule_count; i++) {
        const struct source_rule *s = &b->source->rules[i];
        const struct texts *texts = counter ? &s->counterexamples : &s->examples;
        for (size_t k = 0; rule_of(b, s) == rule && k < texts->count && n < LIST_MOST; k++) {
            struct span marked = {(const uint8_t *)"", 0};
            (void)expand_marked(b->arena, b->errors, &texts->items[k], &marked);
            list[n++] = (const char *)marked.p;
        }
    }
    return list;
}

static void build_info(struct build *b, size_t i)
{
    const struct source_rule *s = &b->source->rules[i];
    struct span tag = {NULL, 0};
    enum finding_kind kind = kind_of(b, &s->id, &tag);

    b->info[i] = (struct rule_info){
        .id = (const char *)s->id.s.p,
        .tag = (const char *)tag.p,
        .description = (const char *)s->description.s.p,
        .kind = kind,
        .severity = severity(b, s->severity.s.n > 0 ? &s->severity : &s->id),
        .confidence = number(b, &s->confidence, 90),
        .certain = is_true(b, &s->certain, true),
        .opt_in = is_true(b, &s->opt_in, false),
        .examples = marked_texts(b, i, false),
        .counterexamples = marked_texts(b, i, true),
    };
    if (s->description.s.n == 0) {
        fail_at(b->errors, &s->id, "a rule needs a description");
    }
}

static const struct text *name_of(const struct source_rule *s)
{
    return s->id.s.n > 0 ? &s->id : &s->variant_of;
}

static void build_check(struct build *b, size_t i)
{
    const struct source_rule *s = &b->source->rules[i];
    enum validator_id validator = validator_id_find(s->validator.s);
    size_t rule = rule_of(b, s);

    if (rule == b->source->main_count) {
        fail_at(b->errors, &s->variant_of, "a variant of an unknown rule");
        return;
    }
    b->checks[i] = (struct check){
        .rule = (uint16_t)rule,
        .confidence = number(b, &s->confidence, b->info[rule].confidence),
        .validator = (uint16_t)validator,
        .entropy = entropy(b, &s->entropy),
        .context = context(b, &s->context),
        .place = context(b, &s->country),
        .near = number(b, &s->near, CATALOG_NEAR),
        .alone = is_true(b, &s->alone, false),
        .context_required = s->shapes.count > 0 || is_true(b, &s->context_required, false),
        .placeholders = is_true(b, &s->placeholders, b->info[rule].kind != KIND_SECRET),
        .gives_way = is_true(b, &s->gives_way, false),
    };
    bool scored = is_true(b, &s->scored, false);
    if (s->examples.count == 0) {
        fail_at(b->errors, name_of(s), "a rule needs an example");
    }
    if (s->validator.s.n > 0 && validator == VALIDATOR_NONE) {
        fail_at(b->errors, &s->validator, "unknown validator");
    }
    if ((s->matcher.s.n > 0) + (s->patterns.count > 0) + (s->shapes.count > 0) +
            (s->phrases.count > 0) + scored !=
        1) {
        fail_at(b->errors, name_of(s), "a rule has patterns or a matcher, shapes or phrases");
    } else if (s->matcher.s.n > 0) {
        build_matcher(b, i);
    }
    for (size_t k = 0; k < s->patterns.count; k++) {
        build_pattern(b, i, &s->patterns.items[k]);
    }
    for (size_t k = 0; k < s->shapes.count; k++) {
        build_shape(b, i, &s->shapes.items[k]);
    }
}

static bool put_spelling(struct build *b, const struct text *word, struct span bytes, size_t group)
{
    if (b->context_word_count == WORDS) {
        return full(b, word, "context words");
    }
    struct context_word *w = &b->context_words[b->context_word_count++];
    *w = (struct context_word){.n = (uint8_t)bytes.n, .group = (uint16_t)group};
    return put_bytes(b, word, bytes, &w->at);
}

// The capital of a letter of two bytes (Latin, Greek, Cyrillic) into `p`, where it is one too.
static void raise_letter(uint8_t *p)
{
    uint8_t first = p[0], second = p[1];
    bool latin = first == 0xC3 && second >= 0xA0 && second != 0xB7 && second != 0xBF;
    bool other = (first == 0xD0 && second >= 0xB0) || (first == 0xCE && second >= 0xB1);

    if (latin || other) {
        p[1] = second - 0x20;
    } else if ((first == 0xC4 && second < 0xB8) ||
               (first == 0xC5 && second >= 0x8A && second < 0xB8)) {
        p[1] = second & 0xFE; // pairs, the capital before
    } else if (first == 0xC4 || first == 0xC5) {
        bool pair = second != 0x80 && second != 0x89 && second != 0xBF && (second & 1) == 0;
        p[1] = pair ? second - 1 : second; // pairs, the capital odd
    } else if (first == 0xD1 && second < 0x90) {
        p[0] = 0xD0;
        p[1] = second + 0x20;
    } else if (first == 0xCF && second >= 0x80 && second <= 0x89 && second != 0x82) {
        p[0] = 0xCE;
        p[1] = second + 0x20;
    }
}

// The reader knows the cases of ASCII letters only: a word with others is three words.
static bool put_context_word(struct build *b, const struct text *word, size_t group)
{
    size_t n = word->s.n;
    uint8_t *lower = arena_new(b->arena, n + 1);
    uint8_t *title = arena_new(b->arena, n + 1);
    uint8_t *upper = arena_new(b->arena, n + 1);

    if (lower == NULL || title == NULL || upper == NULL || n < 2 || n > CONTEXT_LONGEST) {
        fail_at(b->errors, word, "a context word has 2 to %d bytes", CONTEXT_LONGEST);
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        lower[i] = title[i] = upper[i] = to_lower(word->s.p[i]);
    }
    for (size_t i = 0; i + 1 < n; i++) {
        if (lower[i] >= 0xC3 && lower[i] <= 0xD1) {
            raise_letter(upper + i);
            i++;
        }
    }
    memcpy(title, upper, lower[0] >= 0xC3 ? 2 : 0);
    struct span spellings[] = {{lower, n}, {title, n}, {upper, n}};
    bool more = memcmp(title, lower, n) != 0;
    return put_spelling(b, word, spellings[0], group) &&
           (!more || put_spelling(b, word, spellings[1], group)) &&
           (memcmp(upper, lower, n) == 0 || memcmp(upper, title, n) == 0 ||
            put_spelling(b, word, spellings[2], group));
}

static void build_contexts(struct build *b)
{
    for (size_t i = 0; i < b->source->context_count; i++) {
        const struct source_context *context = &b->source->contexts[i];
        for (size_t k = 0; k < context->words.count; k++) {
            if (!put_context_word(b, &context->words.items[k], i)) {
                return;
            }
        }
    }
}

static unsigned bucket_of(const struct build *b, const struct context_word *w)
{
    return context_bucket(b->pool + w->at, w->n);
}

static bool sort_contexts(struct build *b, struct catalog *c)
{
    struct context_word *sorted = arena_array(b->arena, WORDS + 1, sizeof(*sorted));
    size_t n = 0;

    for (unsigned bucket = 0; sorted != NULL && bucket < CONTEXT_BUCKETS; bucket++) {
        c->context_buckets[bucket] = (uint16_t)n;
        for (size_t i = 0; i < b->context_word_count; i++) {
            const struct context_word *w = &b->context_words[i];
            if (bucket_of(b, w) == bucket) {
                sorted[n++] = *w;
                c->context_longest = w->n > c->context_longest ? w->n : c->context_longest;
            }
        }
    }
    c->context_buckets[CONTEXT_BUCKETS] = (uint16_t)n;
    c->context_words = sorted;
    return sorted != NULL;
}

// By id, the variants behind them as they were read.
static int order_of(const void *a, const void *b)
{
    const struct source_rule *one = a;
    const struct source_rule *two = b;
    bool variants[2] = {one->id.s.n == 0, two->id.s.n == 0};
    int order = variants[0] - variants[1];

    if (order == 0 && !variants[0]) {
        order = span_compare(one->id.s, two->id.s);
    }
    return order != 0 ? order : (one->place > two->place) - (one->place < two->place);
}

// Sort the rules, and refuse the same id twice.
static void sort_rules(struct errors *e, struct source *source)
{
    struct source_rule *rules = source->rules;

    qsort(rules, source->rule_count, sizeof(*rules), order_of);
    for (size_t i = 0; i < source->rule_count; i++) {
        source->main_count += rules[i].id.s.n > 0;
        if (i > 0 && rules[i].id.s.n > 0 && span_equal(rules[i].id.s, rules[i - 1].id.s)) {
            fail_at(e, &rules[i].id, "the id stands at %s:%u already", rules[i - 1].id.file,
                    rules[i - 1].id.line);
        }
    }
    if (source->main_count > RULES_MAX) {
        fail_at(e, &rules[RULES_MAX].id, "more than %d rules", RULES_MAX);
    }
}

static bool new_build(struct build *b)
{
    struct arena *a = b->arena;

    b->info = arena_array(a, RULES_MAX, sizeof(*b->info));
    b->checks = arena_array(a, SOURCES_MOST, sizeof(*b->checks));
    b->programs = arena_array(a, PROGRAMS, sizeof(*b->programs));
    b->items = arena_array(a, ITEMS, sizeof(*b->items));
    b->classes = arena_array(a, CLASSES, sizeof(*b->classes));
    b->words = arena_array(a, WORDS, sizeof(*b->words));
    b->pool = arena_new(a, POOL);
    b->anchors = arena_array(a, ANCHORS, sizeof(*b->anchors));
    b->hooks = arena_array(a, TRIGGERS, sizeof(*b->hooks));
    b->shapes = arena_array(a, SHAPES + 1, sizeof(*b->shapes));
    b->context_words = arena_array(a, WORDS, sizeof(*b->context_words));
    return b->info != NULL && b->checks != NULL && b->programs != NULL && b->items != NULL &&
           b->classes != NULL && b->words != NULL && b->pool != NULL && b->anchors != NULL &&
           b->hooks != NULL && b->shapes != NULL && b->context_words != NULL;
}

// The hooks of an anchor become a range of a flat list.
static void flatten(const struct build *b, uint16_t anchor, uint16_t *list, size_t *count)
{
    for (size_t i = 0; i < b->hook_count; i++) {
        if (b->hooks[i].anchor == anchor) {
            list[(*count)++] = b->hooks[i].program;
        }
    }
}

static bool finish(struct build *b, struct catalog *c)
{
    uint16_t *triggers = arena_array(b->arena, TRIGGERS + 1, sizeof(*triggers));
    struct anchor *anchors = arena_array(b->arena, ANCHORS, sizeof(*anchors));
    size_t n = 0;

    if (triggers == NULL || anchors == NULL) {
        return false;
    }
    for (size_t i = 0; i < b->anchor_count; i++) {
        struct anchor a = b->anchors[i];
        a.first = (uint32_t)n;
        flatten(b, (uint16_t)i, triggers, &n);
        a.count = (uint32_t)(n - a.first);
        if (a.n > 1) {
            anchors[c->anchor_count++] = a;
        } else if (c->byte_count < CATALOG_BYTES) {
            c->bytes[c->byte_count++] = a;
        } else {
            fail_at(b->errors, &b->source->rules[0].id, "more than %d anchors of one byte",
                    CATALOG_BYTES);
        }
    }
    for (size_t i = 0; i <= CATALOG_RUN; i++) {
        c->runs[i] = (uint32_t)n;
        flatten(b, (uint16_t)(ANCHORS + i), triggers, &n);
    }
    c->runs[CATALOG_RUN + 1] = (uint32_t)n;
    c->anchors = anchors;
    c->triggers = triggers;
    c->trigger_count = n;
    return sort_contexts(b, c) && group_shapes(b, c);
}

bool build_catalog(struct arena *a, struct errors *e, struct source *source,
                   struct catalog *ret_catalog)
{
    struct build b = {.arena = a, .errors = e, .source = source};

    sort_rules(e, source);
    if (e->count > 0 || !new_build(&b)) {
        return false;
    }
    for (size_t i = 0; i < source->main_count; i++) {
        build_info(&b, i);
    }
    for (size_t i = 0; i < source->rule_count; i++) {
        build_check(&b, i);
    }
    build_contexts(&b);
    *ret_catalog = (struct catalog){
        .info = b.info,
        .rule_count = source->main_count,
        .checks = b.checks,
        .check_count = source->rule_count,
        .programs = b.programs,
        .program_count = b.program_count,
        .items = b.items,
        .item_count = b.item_count,
        .classes = b.classes,
        .class_count = b.class_count,
        .words = b.words,
        .word_count = b.word_count,
        .pool = b.pool,
        .pool_n = b.pool_n,
        .context_count = source->context_count,
        .context_id_words = group_find(&b, SPAN_OF("id_words")),
        .shapes = b.shapes,
        .shape_count = b.shape_count,
        .inside = b.inside,
        .reach = b.reach,
    };
    return finish(&b, ret_catalog) && e->count == 0;
}
