// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The rows of a table become a tree of member names; walking a document is walking the tree beside
// it. Where the tree ends the document goes on as "unknown field", whose strings, keys and long
// numbers are yielded all the same. Recursion is bounded by the depth limit of the JSON scanner.
#include "provider/walk.h"

#include "base/alloc.h"

enum { NODES_MOST = 1024, LONG_NUMBER = 9, KEY_MOST = 256, NONE = 0 };

const struct place place_unknown = {"*", PLACE_TEXT, ROLE_CALLER, false, "unknown field"};

struct node {
    struct span name; // "[]" for the elements of an array
    const struct place *row;
    uint16_t child; // first, 0 for none
    uint16_t next;  // sibling, 0 for none
    bool indexed;   // an element whose "index" tells pieces apart
    bool choice;
    bool message; // an element whose "role" says whose words it holds
    bool delta;   // holds pieces of texts
};

struct walker {
    struct node nodes[NODES_MOST]; // [0] is no node
    uint16_t count;
    uint16_t roots[DOCUMENT_KINDS];
};

static uint16_t find_child(const struct walker *w, uint16_t node, struct span name)
{
    uint16_t at = node == NONE ? NONE : w->nodes[node].child;

    while (at != NONE && !span_equal(w->nodes[at].name, name)) {
        at = w->nodes[at].next;
    }
    return at;
}

static enum aiu_status add_child(struct walker *w, uint16_t node, struct span name,
                                 uint16_t *ret_child)
{
    uint16_t *link = &w->nodes[node].child;

    if (w->count == NODES_MOST) {
        return AIU_TOO_LONG;
    }
    while (*link != NONE) {
        link = &w->nodes[*link].next;
    }
    *link = w->count++;
    w->nodes[*link].name = name;
    *ret_child = *link;
    return AIU_OK;
}

static enum aiu_status enter_child(struct walker *w, uint16_t node, struct span name,
                                   uint16_t *ret_child)
{
    uint16_t child = find_child(w, node, name);

    if (child == NONE) {
        return add_child(w, node, name, ret_child);
    }
    *ret_child = child;
    return AIU_OK;
}

// "messages[].content" is the members "messages", "[]", "content".
static enum aiu_status add_row(struct walker *w, uint16_t root, const struct place *row)
{
    struct span rest = span_str(row->path);
    uint16_t at = root;

    while (rest.n > 0) {
        struct span name, after;
        (void)span_cut(rest, '.', &name, &after);
        bool array = span_ends_with(name, SPAN_OF("[]"));
        struct span member = array ? span_drop_last(name, 2) : name;
        if (member.n > 0) {
            TRY(enter_child(w, at, member, &at));
            w->nodes[at].delta = span_equal(member, SPAN_OF("delta"));
        }
        if (array) {
            TRY(enter_child(w, at, SPAN_OF("[]"), &at));
            w->nodes[at].choice = span_equal(member, SPAN_OF("choices"));
            w->nodes[at].indexed = span_equal(member, SPAN_OF("tool_calls"));
            w->nodes[at].message = span_equal(member, SPAN_OF("messages"));
        }
        rest = after;
    }
    w->nodes[at].row = row;
    return AIU_OK;
}

static enum aiu_status compile(const struct dialect *d, struct walker *w)
{
    w->count = 1;
    for (size_t i = 0; i < d->count; i++) {
        const struct place_table *table = &d->tables[i];
        uint16_t root = w->count++;
        w->roots[table->kind] = root;
        for (size_t k = 0; k < table->count; k++) {
            TRY(add_row(w, root, &table->rows[k]));
        }
    }
    return AIU_OK;
}

enum aiu_status walker_new(const struct dialect *d, struct walker **ret_walker)
{
    struct walker *w = mem_new(1, sizeof(*w));

    if (w == NULL) {
        return AIU_NO_MEMORY;
    }
    enum aiu_status st = compile(d, w);
    if (st != AIU_OK) {
        walker_free(w);
        return st;
    }
    *ret_walker = w;
    return AIU_OK;
}

void walker_free(struct walker *w)
{
    mem_free(w);
}

// One step of a walk: where it is in the document and beside it in the tree.
struct step {
    uint32_t token;
    uint16_t node; // NONE below an unknown field
    uint32_t choice;
    uint32_t index;
    uint32_t path;
    enum place_role role;
    bool role_known;
    bool streaming;
};

struct walk {
    const struct walker *walker;
    const struct json_doc *doc;
    place_handler on_place;
    void *ctx;
};

static enum aiu_status walk_value(const struct walk *walk, const struct step *at);

static const struct place *row_of(const struct walk *walk, const struct step *at)
{
    return at->node == NONE ? NULL : walk->walker->nodes[at->node].row;
}

static enum aiu_status yield(const struct walk *walk, const struct step *at, bool known)
{
    const struct place *row = known ? row_of(walk, at) : NULL;
    const struct place_seen seen = {
        .row = row == NULL ? &place_unknown : row,
        .token = at->token,
        .choice = at->choice,
        .index = at->index,
        .path = at->path,
        .role = at->role_known || row == NULL ? at->role : row->role,
        .known = row != NULL,
        .streaming = at->streaming,
    };
    return walk->on_place(walk->ctx, &seen);
}

static uint32_t index_member(const struct walk *walk, uint32_t object, uint32_t otherwise)
{
    uint32_t token = json_member(walk->doc, object, SPAN_OF("index"));
    uint64_t value = otherwise;

    if (token != JSON_NONE) {
        IGNORE(json_u64(walk->doc, token, &value));
    }
    return (uint32_t)value;
}

static enum place_role role_member(const struct walk *walk, uint32_t message)
{
    static const struct {
        struct span name;
        enum place_role role;
    } roles[] = {
        {SPAN("user"), ROLE_USER},        {SPAN("system"), ROLE_SYSTEM},
        {SPAN("developer"), ROLE_SYSTEM}, {SPAN("assistant"), ROLE_ASSISTANT},
        {SPAN("tool"), ROLE_TOOL},        {SPAN("function"), ROLE_TOOL},
    };
    uint32_t token = json_member(walk->doc, message, SPAN_OF("role"));

    for (size_t i = 0; token != JSON_NONE && i < ARRAY_SIZE(roles); i++) {
        if (json_equal(walk->doc, token, roles[i].name)) {
            return roles[i].role;
        }
    }
    return ROLE_USER; // inspected most strictly of those that a caller writes
}

static uint32_t mix(uint32_t path, struct span name)
{
    uint32_t h = path * 31U + 17U;

    for (size_t i = 0; i < name.n; i++) {
        h = (h ^ name.p[i]) * 16777619U;
    }
    return h;
}

static enum aiu_status walk_object(const struct walk *walk, const struct step *at)
{
    const struct json_token *tokens = walk->doc->tokens;
    uint32_t end = tokens[at->token].next;

    for (uint32_t key = at->token + 1; key < end; key = tokens[key + 1].next) {
        CLEANUP(buf_wipe) struct buf plain = BUF_OF(KEY_MOST);
        struct span name = json_raw(walk->doc, key);
        struct step child = *at;
        // An escape does not make it another member. One longer than any name of a table is
        // unknown.
        if (tokens[key].escaped && json_unescape(walk->doc, key, &plain) == AIU_OK) {
            name = buf_span(&plain);
        }
        child.node = find_child(walk->walker, at->node, name);
        child.path = mix(at->path, name);
        if (child.node == NONE) {
            child.token = key;
            TRY(yield(walk, &child, false));
        }
        child.token = key + 1;
        child.streaming = at->streaming || walk->walker->nodes[child.node].delta;
        TRY(walk_value(walk, &child));
    }
    return AIU_OK;
}

static void enter_element(const struct walk *walk, struct step *at, uint32_t position)
{
    const struct node *node = &walk->walker->nodes[at->node];

    if (at->node == NONE || walk->doc->tokens[at->token].type != JSON_OBJECT) {
        return;
    }
    if (node->choice) {
        at->choice = index_member(walk, at->token, position);
    }
    if (node->indexed) {
        at->index = index_member(walk, at->token, position);
    }
    if (node->message) {
        at->role = role_member(walk, at->token);
        at->role_known = true;
    }
}

static bool is_vector(const struct walk *walk, const struct step *at)
{
    uint16_t element = find_child(walk->walker, at->node, SPAN_OF("[]"));
    const struct place *row = walk->walker->nodes[element].row;

    return row != NULL && row->kind == PLACE_OPAQUE;
}

static enum aiu_status walk_array(const struct walk *walk, const struct step *at)
{
    const struct json_token *tokens = walk->doc->tokens;
    uint32_t end = tokens[at->token].next;
    uint32_t position = 0;

    bool vector = is_vector(walk, at);

    for (uint32_t item = at->token + 1; item < end; item = tokens[item].next) {
        struct step child = *at;
        if (vector && tokens[item].type == JSON_NUMBER) {
            continue;
        }
        child.token = item;
        child.node = find_child(walk->walker, at->node, SPAN_OF("[]"));
        child.path = mix(at->path, SPAN_OF("[]"));
        enter_element(walk, &child, position++);
        TRY(walk_value(walk, &child));
    }
    return AIU_OK;
}

static bool is_no_digit(uint8_t c)
{
    return c < '0' || c > '9';
}

// A number with so many digits before its fraction or exponent can be a card or an account number.
static bool is_long_number(struct span number)
{
    return span_find(span_skip_prefix(number, SPAN_OF("-")), is_no_digit) >= LONG_NUMBER;
}

static enum aiu_status walk_value(const struct walk *walk, const struct step *at)
{
    const struct place *row = row_of(walk, at);

    if (row != NULL && row->kind == PLACE_SHADOW) {
        TRY(yield(walk, at, true));
    }
    switch (walk->doc->tokens[at->token].type) {
    case JSON_OBJECT:
        return walk_object(walk, at);
    case JSON_ARRAY:
        return walk_array(walk, at);
    case JSON_STRING:
        return yield(walk, at, true);
    case JSON_NUMBER:
        return is_long_number(json_raw(walk->doc, at->token)) ? yield(walk, at, true) : AIU_OK;
    default:
        return AIU_OK;
    }
}

enum aiu_status walker_run(const struct walker *w, enum document_kind kind,
                           const struct json_doc *doc, place_handler on_place, void *ctx)
{
    const struct walk walk = {w, doc, on_place, ctx};
    const struct step top = {.node = w->roots[kind], .role = ROLE_CALLER};

    return doc->count == 0 ? AIU_OK : walk_value(&walk, &top);
}
