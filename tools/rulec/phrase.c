// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Phrases of rules to tables (lib/detect/wording_phrases.h). A phrase is a row of elements, each
// "@class", "word", "stem*" or several of them with "|"; "^" is the beginning of a sentence, "..3"
// between two elements lets so many other words stand between; "! " before a phrase: not where a
// word of the class "not" stands before it or in it; "word:" is one with a colon behind it (so with
// ], > and a parenthesis). Words are folded as texts are.
#include "rulec.h"

#include "base/num.h"
#include "detect/fold.h"

enum { SYMBOLS = 2048, ENTRIES = 8192, POOL = 65535, LINKS = 32768, ELEMENTS = 16 };

struct link {
    uint16_t from, to;
};

struct phrase_build {
    struct arena *arena;
    struct errors *errors;
    const struct source *source;
    struct folder folder;
    struct span *symbols; // as they are written; the first is the beginning of a sentence
    size_t symbol_count;
    struct phrase_entry *entries;
    size_t entry_count;
    uint8_t *pool;
    size_t pool_n;
    struct link *entry_links; // entry to symbol
    size_t entry_link_count;
    struct link *step_links; // symbol to step
    size_t step_link_count;
    struct phrase_step *steps;
    size_t step_count;
};

static bool too_many(const struct phrase_build *b, const struct text *where, const char *what)
{
    fail_at(b->errors, where, "the phrases have too many %s", what);
    return false;
}

static bool link_up(const struct phrase_build *b, const struct text *where, struct link *links,
                    size_t *count, struct link link)
{
    if (*count == LINKS) {
        return too_many(b, where, "words");
    }
    links[(*count)++] = link;
    return true;
}

static uint32_t hash_of(struct span word)
{
    uint32_t hash = PHRASE_SEED;

    for (size_t i = 0; i < word.n; i++) {
        hash = phrase_hash(hash, word.p[i]);
    }
    return hash;
}

// The entry of a folded word; made where it is new.
static bool put_entry(struct phrase_build *b, const struct text *where, struct span word,
                      uint8_t close, uint16_t *ret)
{
    bool stem = close == '*';

    close = stem ? 0 : close;
    for (size_t i = 0; i < b->entry_count; i++) {
        const struct phrase_entry *e = &b->entries[i];
        if (e->stem == stem && e->close == close &&
            span_equal(span_of(b->pool + e->at, e->n), word)) {
            *ret = (uint16_t)i;
            return true;
        }
    }
    if (b->entry_count == ENTRIES || POOL - b->pool_n < word.n) {
        return too_many(b, where, "different words");
    }
    *ret = (uint16_t)b->entry_count;
    b->entries[b->entry_count++] = (struct phrase_entry){.hash = hash_of(word),
                                                         .at = (uint16_t)b->pool_n,
                                                         .n = (uint8_t)word.n,
                                                         .stem = stem,
                                                         .close = close};
    memcpy(b->pool + b->pool_n, word.p, word.n);
    b->pool_n += word.n;
    return true;
}

// One word, or one with ideographs only.
static bool is_one_word(struct span word)
{
    uint32_t n = (uint32_t)word.n;
    bool ideographs = n > 0 && phrase_ideograph(word.p[0]);

    for (uint32_t i = 0; i < n; i++) {
        bool first = (word.p[i] & 0xC0) != 0x80;
        if (first && (phrase_mark(word.p, n, i) > 0 || phrase_ideograph(word.p[i]) != ideographs)) {
            return false;
        }
    }
    return n > 0 && n <= PHRASE_WORD;
}

static bool put_word(struct phrase_build *b, const struct text *where, struct span word,
                     uint16_t symbol)
{
    uint8_t close = word.n > 1 ? word.p[word.n - 1] : 0;
    uint16_t entry = 0;
    struct folded folded;

    close =
        close == '*' || close == ':' || close == ']' || close == '>' || close == ')' ? close : 0;
    if (fold_text(&b->folder, span_drop_last(word, close > 0), &folded) != AIU_OK ||
        !is_one_word(folded.text)) {
        fail_at(b->errors, where, "\"%.*s\" is not one word", (int)word.n, (const char *)word.p);
        return false;
    }
    return put_entry(b, where, folded.text, close, &entry) &&
           link_up(b, where, b->entry_links, &b->entry_link_count, (struct link){entry, symbol});
}

static const struct source_context *class_of(const struct phrase_build *b, struct span name)
{
    for (size_t i = 0; i < b->source->class_count; i++) {
        if (span_equal(b->source->classes[i].name.s, name)) {
            return &b->source->classes[i];
        }
    }
    return NULL;
}

static bool put_class(struct phrase_build *b, const struct text *where, struct span name,
                      uint16_t symbol)
{
    const struct source_context *class = class_of(b, name);

    if (class == NULL) {
        fail_at(b->errors, where, "unknown class of words \"%.*s\"", (int)name.n,
                (const char *)name.p);
        return false;
    }
    for (size_t i = 0; i < class->words.count; i++) {
        const struct text *word = &class->words.items[i];
        bool ok = word->s.n > 1 && word->s.p[0] == '@'
                      ? put_class(b, word, span_drop_first(word->s, 1), symbol)
                      : put_word(b, word, word->s, symbol);
        if (!ok) {
            return false;
        }
    }
    return true;
}

// The symbol of an element; made where it is new.
static bool put_symbol(struct phrase_build *b, const struct text *where, struct span element,
                       uint16_t *ret)
{
    for (size_t i = 0; i < b->symbol_count; i++) {
        if (span_equal(b->symbols[i], element)) {
            *ret = (uint16_t)i;
            return true;
        }
    }
    if (b->symbol_count == SYMBOLS) {
        return too_many(b, where, "different elements");
    }
    *ret = (uint16_t)b->symbol_count;
    b->symbols[b->symbol_count++] = element;
    while (element.n > 0) {
        struct span one, rest = {NULL, 0};
        if (!span_cut(element, '|', &one, &rest)) {
            one = element;
        }
        bool ok = one.n > 1 && one.p[0] == '@' ? put_class(b, where, span_drop_first(one, 1), *ret)
                                               : put_word(b, where, one, *ret);
        if (!ok) {
            return false;
        }
        element = rest;
    }
    return true;
}

static bool put_step(struct phrase_build *b, const struct text *where, struct span element,
                     struct phrase_step step)
{
    uint16_t symbol = 0;

    if (b->step_count == PHRASE_STEPS) {
        return too_many(b, where, "elements");
    }
    if (!put_symbol(b, where, element, &symbol) ||
        !link_up(b, where, b->step_links, &b->step_link_count,
                 (struct link){symbol, (uint16_t)b->step_count})) {
        return false;
    }
    b->steps[b->step_count++] = step;
    return true;
}

static bool put_phrase(struct phrase_build *b, const struct text *text, uint16_t rule,
                       uint8_t strength)
{
    struct phrase_step step = {.rule = rule, .strength = strength};
    struct span left = text->s;
    uint64_t gap = 0;

    step.guarded = span_starts_with(left, SPAN_OF("! "));
    left = span_skip_prefix(left, SPAN_OF("! "));
    while (left.n > 0) {
        struct span element, rest = {NULL, 0};
        if (!span_cut(left, ' ', &element, &rest)) {
            element = left;
        }
        left = rest;
        if (span_starts_with(element, SPAN_OF(".."))) {
            if (step.index == 0 || left.n == 0 ||
                num_parse_u64(span_drop_first(element, 2), 40, &gap) != AIU_OK) {
                fail_at(b->errors, text, "\"..N\" stands between two elements, N up to 40");
                return false;
            }
            continue;
        }
        step.gap = (uint8_t)gap;
        step.last = left.n == 0;
        if (step.index == ELEMENTS || !put_step(b, text, element, step)) {
            return false;
        }
        step.index++;
        gap = 0;
    }
    if (step.index == 0) {
        fail_at(b->errors, text, "a phrase without words");
    }
    return step.index > 0;
}

// The links as ranges of a flat list by `from`; later ones first where `backwards`.
static uint16_t *flatten(const struct phrase_build *b, const struct link *links, size_t count,
                         size_t from_count, uint16_t **ret_first, bool backwards)
{
    uint16_t *flat = arena_array(b->arena, count + 1, sizeof(*flat));
    uint16_t *first = arena_array(b->arena, from_count + 1, sizeof(*first));
    size_t n = 0;

    CHECK(flat != NULL && first != NULL);
    for (size_t from = 0; from < from_count; from++) {
        first[from] = (uint16_t)n;
        for (size_t i = 0; i < count; i++) {
            const struct link *link = &links[backwards ? count - 1 - i : i];
            if (link->from == from) {
                flat[n++] = link->to;
            }
        }
    }
    first[from_count] = (uint16_t)n;
    *ret_first = first;
    return flat;
}

static void sort_entries(struct phrase_build *b, const uint16_t *first)
{
    for (size_t i = 0; i < b->entry_count; i++) {
        b->entries[i].symbols = first[i];
        b->entries[i].symbol_count = (uint16_t)(first[i + 1] - first[i]);
    }
    for (size_t i = 1; i < b->entry_count; i++) {
        struct phrase_entry e = b->entries[i];
        size_t k = i;
        for (; k > 0 && b->entries[k - 1].hash > e.hash; k--) {
            b->entries[k] = b->entries[k - 1];
        }
        b->entries[k] = e;
    }
}

static void finish_entries(struct phrase_build *b, struct phrases *p)
{
    uint64_t *filter = arena_array(b->arena, PHRASE_FILTER / 64, sizeof(*filter));
    uint16_t *buckets = arena_array(b->arena, 257, sizeof(*buckets));
    uint16_t *first = NULL;

    CHECK(filter != NULL && buckets != NULL);
    p->entry_symbols =
        flatten(b, b->entry_links, b->entry_link_count, b->entry_count, &first, false);
    sort_entries(b, first);
    for (size_t i = 0; i < b->entry_count; i++) {
        uint32_t slot = phrase_slot(b->entries[i].hash);
        filter[slot / 64] |= UINT64_C(1) << (slot % 64);
        buckets[(b->entries[i].hash >> 24) + 1] = (uint16_t)(i + 1);
    }
    for (size_t i = 1; i < 257; i++) {
        buckets[i] = buckets[i] == 0 ? buckets[i - 1] : buckets[i];
    }
    p->filter = filter;
    p->buckets = buckets;
    p->entries = b->entries;
    p->entry_count = b->entry_count;
    p->pool = b->pool;
    p->pool_n = b->pool_n;
}

static bool new_phrases(struct phrase_build *b)
{
    b->symbols = arena_array(b->arena, SYMBOLS, sizeof(*b->symbols));
    b->entries = arena_array(b->arena, ENTRIES, sizeof(*b->entries));
    b->pool = arena_new(b->arena, POOL);
    b->entry_links = arena_array(b->arena, LINKS, sizeof(*b->entry_links));
    b->step_links = arena_array(b->arena, LINKS, sizeof(*b->step_links));
    b->steps = arena_array(b->arena, PHRASE_STEPS, sizeof(*b->steps));
    if (b->symbols == NULL || b->entries == NULL || b->pool == NULL || b->entry_links == NULL ||
        b->step_links == NULL || b->steps == NULL) {
        return false;
    }
    b->symbols[b->symbol_count++] = SPAN_OF("^");
    b->symbols[b->symbol_count++] = SPAN_OF("@not");
    return true;
}

// The words of the class "not", where there is one, are the second symbol.
static bool put_negations(struct phrase_build *b)
{
    const struct source_context *class = class_of(b, SPAN_OF("not"));

    return class == NULL || put_class(b, &class->name, class->name.s, PHRASE_NOT);
}

bool build_phrases(struct arena *a, struct errors *e, const struct source *source,
                   struct catalog *catalog)
{
    struct phrase_build b = {.arena = a, .errors = e, .source = source};
    struct phrases *p = &catalog->phrases;
    uint16_t *first = NULL;
    bool ok = new_phrases(&b) && put_negations(&b);

    catalog->model = INDEX_NONE;
    for (size_t i = 0; ok && i < source->rule_count; i++) {
        const struct source_rule *s = &source->rules[i];
        const struct check *check = &catalog->checks[i];
        for (size_t k = 0; k < s->phrases.count; k++) {
            ok = put_phrase(&b, &s->phrases.items[k], check->rule, check->confidence) && ok;
        }
        catalog->model = s->scored.s.n > 0 ? check->rule : catalog->model;
    }
    fold_done(&b.folder);
    if (!ok) {
        return false;
    }
    finish_entries(&b, p);
    p->symbol_steps = flatten(&b, b.step_links, b.step_link_count, b.symbol_count, &first, true);
    p->symbol_first = first;
    p->symbol_count = b.symbol_count;
    p->steps = b.steps;
    p->step_count = b.step_count;
    return true;
}
