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

enum { ENTRIES = 8192, POOL = 65535, LINKS = 32768, CHILDREN = 255 };

struct link {
    uint16_t from, to;
};

struct phrase_build {
    struct arena *arena;
    struct errors *errors;
    const struct source *source;
    struct folder folder;
    struct span *symbols; // as they are written; the first are the negations
    size_t symbol_count;
    struct phrase_entry *entries;
    size_t entry_count;
    uint8_t *pool;
    size_t pool_n;
    struct link *links; // entry to symbol
    size_t link_count;
    struct phrase_node *nodes; // parents before their children
    size_t node_count;
};

static bool too_many(const struct phrase_build *b, const struct text *where, const char *what)
{
    fail_at(b->errors, where, "the phrases have too many %s", what);
    return false;
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
    if (!put_entry(b, where, folded.text, close, &entry)) {
        return false;
    }
    for (size_t i = 0; i < b->link_count; i++) {
        if (b->links[i].from == entry && b->links[i].to == symbol) {
            return true;
        }
    }
    if (b->link_count == LINKS) {
        return too_many(b, where, "words");
    }
    b->links[b->link_count++] = (struct link){entry, symbol};
    return true;
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
    if (b->symbol_count == PHRASE_SYMBOLS) {
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

// The node like `wanted`; made where it is new.
static bool put_node(struct phrase_build *b, const struct text *where,
                     const struct phrase_node *wanted, uint16_t *ret)
{
    for (size_t i = 0; i < b->node_count; i++) {
        const struct phrase_node *node = &b->nodes[i];
        if (node->symbol == wanted->symbol && node->parent == wanted->parent &&
            node->gap == wanted->gap && node->sentence == wanted->sentence &&
            node->guarded == wanted->guarded) {
            *ret = (uint16_t)i;
            return true;
        }
    }
    if (b->node_count == PHRASE_NODES) {
        return too_many(b, where, "elements");
    }
    if (wanted->parent != PHRASE_ROOT && ++b->nodes[wanted->parent].child_count == CHILDREN) {
        return too_many(b, where, "ways to go on");
    }
    *ret = (uint16_t)b->node_count;
    b->nodes[b->node_count++] = *wanted;
    return true;
}

// What stands between two elements: words, and perhaps the beginning of a sentence.
struct between {
    uint64_t gap;
    uint64_t sentence;
    bool begins;
};

static bool read_between(struct phrase_build *b, const struct text *text, struct span element,
                         struct between *between)
{
    uint64_t gap = 0;

    if (span_equal(element, SPAN_OF("^"))) {
        between->begins = true;
        between->sentence = 0;
        return true;
    }
    if (num_parse_u64(span_drop_first(element, 2), 40, &gap) != AIU_OK) {
        fail_at(b->errors, text, "\"..N\" stands between two elements, N up to 40");
        return false;
    }
    between->gap += gap;
    between->sentence += gap;
    return true;
}

static bool put_phrase(struct phrase_build *b, const struct text *text, uint16_t rule,
                       uint8_t strength)
{
    bool guarded = span_starts_with(text->s, SPAN_OF("! "));
    struct span left = span_skip_prefix(text->s, SPAN_OF("! "));
    struct between between = {0, 0, false};
    uint16_t at = PHRASE_ROOT;
    bool open = true;

    while (left.n > 0) {
        struct span element, rest = {NULL, 0};
        if (!span_cut(left, ' ', &element, &rest)) {
            element = left;
        }
        left = rest;
        open = span_starts_with(element, SPAN_OF("..")) || span_equal(element, SPAN_OF("^"));
        if (open) {
            if (!read_between(b, text, element, &between)) {
                return false;
            }
            continue;
        }
        struct phrase_node node = {
            .parent = at,
            .gap = (uint8_t)(between.gap + (at != PHRASE_ROOT && between.begins)),
            .sentence = between.begins ? (uint8_t)between.sentence : PHRASE_ANY,
            .guarded = guarded,
        };
        if (!put_symbol(b, text, element, &node.symbol) || !put_node(b, text, &node, &at)) {
            return false;
        }
        between = (struct between){0, 0, false};
    }
    if (open || at == PHRASE_ROOT) {
        fail_at(b->errors, text, "a phrase ends with a word");
        return false;
    }
    if (b->nodes[at].strength < strength) {
        b->nodes[at].strength = strength;
        b->nodes[at].rule = rule;
    }
    return true;
}

static bool has_roots(const struct phrase_build *b, uint16_t symbol)
{
    bool found = symbol == PHRASE_NOT;

    for (size_t i = 0; i < b->node_count && !found; i++) {
        found = b->nodes[i].symbol == symbol && b->nodes[i].parent == PHRASE_ROOT;
    }
    return found;
}

// The links of entries as ranges of a flat list, symbols with roots first.
static const uint16_t *flatten_links(struct phrase_build *b)
{
    uint16_t *flat = arena_array(b->arena, b->link_count + 1, sizeof(*flat));
    bool *roots = arena_array(b->arena, b->symbol_count, sizeof(*roots));
    size_t n = 0;

    CHECK(flat != NULL && roots != NULL);
    for (size_t i = 0; i < b->symbol_count; i++) {
        roots[i] = has_roots(b, (uint16_t)i);
    }
    for (size_t e = 0; e < b->entry_count; e++) {
        b->entries[e].symbols = (uint16_t)n;
        for (int pass = 1; pass >= 0; pass--) {
            for (size_t i = 0; i < b->link_count; i++) {
                if (b->links[i].from == e && roots[b->links[i].to] == pass) {
                    flat[n++] = b->links[i].to;
                }
            }
            b->entries[e].symbol_count = (uint8_t)(n - b->entries[e].symbols);
            if (pass == 1) {
                b->entries[e].root_count = b->entries[e].symbol_count;
            }
        }
    }
    return flat;
}

static void sort_entries(struct phrase_build *b)
{
    for (size_t i = 1; i < b->entry_count; i++) {
        struct phrase_entry e = b->entries[i];
        size_t k = i;
        for (; k > 0 && phrase_bucket(b->entries[k - 1].hash) > phrase_bucket(e.hash); k--) {
            b->entries[k] = b->entries[k - 1];
        }
        b->entries[k] = e;
    }
}

static void add_to(uint64_t *filter, struct span word)
{
    uint32_t slot = phrase_slot(hash_of(word));

    filter[slot / 64] |= UINT64_C(1) << (slot % 64);
}

static void finish_entries(struct phrase_build *b, struct phrases *p)
{
    uint64_t *words = arena_array(b->arena, PHRASE_FILTER / 64, sizeof(*words));
    uint64_t *stems = arena_array(b->arena, PHRASE_FILTER / 64, sizeof(*stems));
    uint64_t *heads = arena_array(b->arena, PHRASE_FILTER / 64, sizeof(*heads));
    uint16_t *buckets = arena_array(b->arena, PHRASE_BUCKETS + 1, sizeof(*buckets));

    CHECK(words != NULL && stems != NULL && heads != NULL && buckets != NULL);
    p->entry_symbols = flatten_links(b);
    sort_entries(b);
    for (size_t i = 0; i < b->entry_count; i++) {
        const struct phrase_entry *e = &b->entries[i];
        struct span word = {b->pool + e->at, e->n};
        bool ideographs = phrase_ideograph(word.p[0]);
        add_to(e->stem || ideographs ? stems : words, word);
        if (ideographs) {
            add_to(heads, span_first(word, 3));
            add_to(heads, span_first(word, 6));
        }
        buckets[phrase_bucket(e->hash) + 1] = (uint16_t)(i + 1);
    }
    for (size_t i = 1; i <= PHRASE_BUCKETS; i++) {
        buckets[i] = buckets[i] == 0 ? buckets[i - 1] : buckets[i];
    }
    p->words = words;
    p->stems = stems;
    p->heads = heads;
    p->buckets = buckets;
    p->entries = b->entries;
    p->entry_count = b->entry_count;
    p->pool = b->pool;
    p->pool_n = b->pool_n;
}

// Nodes by symbol, the inner ones of each before its roots.
static bool finish_nodes(struct phrase_build *b, struct phrases *p)
{
    struct phrase_symbol *symbols = arena_array(b->arena, b->symbol_count, sizeof(*symbols));
    struct phrase_node *nodes = arena_array(b->arena, b->node_count + 1, sizeof(*nodes));
    uint16_t *children = arena_array(b->arena, b->node_count + 1, sizeof(*children));
    uint16_t *moved = arena_array(b->arena, b->node_count + 1, sizeof(*moved));
    size_t n = 0;

    if (symbols == NULL || nodes == NULL || children == NULL || moved == NULL) {
        return false;
    }
    for (size_t symbol = 0; symbol < b->symbol_count; symbol++) {
        symbols[symbol].inner = (uint16_t)n;
        for (int root = 0; root < 2; root++) {
            symbols[symbol].roots = root == 1 ? (uint16_t)n : 0;
            for (size_t i = 0; i < b->node_count; i++) {
                bool is_root = b->nodes[i].parent == PHRASE_ROOT;
                if (b->nodes[i].symbol == symbol && is_root == root) {
                    moved[i] = (uint16_t)n;
                    nodes[n++] = b->nodes[i];
                }
            }
        }
        symbols[symbol].end = (uint16_t)n;
    }
    size_t child = 0;
    for (size_t i = 0; i < n; i++) {
        uint16_t parent = nodes[i].parent;
        nodes[i].parent = parent == PHRASE_ROOT ? PHRASE_ROOT : moved[parent];
    }
    for (size_t i = 0; i < n; i++) {
        nodes[i].children = (uint16_t)child;
        for (size_t k = 0; k < n; k++) {
            if (nodes[k].parent == i) {
                children[child++] = (uint16_t)k;
            }
        }
    }
    p->symbols = symbols;
    p->symbol_count = b->symbol_count;
    p->nodes = nodes;
    p->node_count = n;
    p->children = children;
    return true;
}

static bool new_phrases(struct phrase_build *b)
{
    b->symbols = arena_array(b->arena, PHRASE_SYMBOLS, sizeof(*b->symbols));
    b->entries = arena_array(b->arena, ENTRIES, sizeof(*b->entries));
    b->pool = arena_new(b->arena, POOL);
    b->links = arena_array(b->arena, LINKS, sizeof(*b->links));
    b->nodes = arena_array(b->arena, PHRASE_NODES, sizeof(*b->nodes));
    if (b->symbols == NULL || b->entries == NULL || b->pool == NULL || b->links == NULL ||
        b->nodes == NULL) {
        return false;
    }
    b->symbols[b->symbol_count++] = SPAN_OF("@not");
    return true;
}

// The words of the class "not", where there is one, are the first symbol.
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
    return finish_nodes(&b, p);
}

bool build_all(struct arena *a, struct errors *e, struct source *source,
               struct catalog *ret_catalog)
{
    return build_catalog(a, e, source, ret_catalog) && build_phrases(a, e, source, ret_catalog);
}
