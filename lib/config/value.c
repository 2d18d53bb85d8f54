// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// One setter for each type of the schema. Messages say what a value should look like and never what
// it was: anything in the file could be a key in the wrong place.
#include "config/value.h"

#include "base/num.h"
#include "base/utf8.h"
#include "codec/url.h"
#include "config/address.h"
#include "config/environment.h"
#include "config/source.h"
#include "secret/vkey.h"

enum { ID_MOST = 64, NAME_MOST = 200, TEXT_MOST = 300, PATH_MOST = 4000, NAMES_MOST = 1000 };

static void refuse(struct builder *b, const struct node *n, const char *message)
{
    report_error(b->report, AIU_CONFIG_INVALID, builder_place(b, n), "%s", message);
}

static enum aiu_status keep(struct builder *b, struct span text, void *field)
{
    struct span copy;

    TRY(arena_copy(&b->snapshot->arena, text, &copy));
    memcpy(field, &copy, sizeof(copy));
    return AIU_OK;
}

// --- text

static bool is_id(struct span text)
{
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && (i == 0 || (c != '.' && c != '_' && c != '-'))) {
            return false;
        }
    }
    return text.n > 0 && text.n <= ID_MOST;
}

// Printable ASCII without blanks.
static bool is_name(struct span text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] <= ' ' || text.p[i] > '~') {
            return false;
        }
    }
    return text.n > 0 && text.n <= NAME_MOST;
}

// Valid UTF-8 (the file was checked; a variable may hold anything) without C0 and C1 controls.
static bool is_line(struct span text, size_t most)
{
    struct span rest = text;

    if (text.n == 0 || text.n > most || !utf8_valid(text)) {
        return false;
    }
    while (rest.n > 0) {
        uint32_t code = utf8_next(&rest);
        if (code < ' ' || (code >= 0x7F && code < 0xA0)) {
            return false;
        }
    }
    return true;
}

static enum aiu_status set_if(struct builder *b, const struct node *n, bool fits, void *field,
                              const char *otherwise)
{
    if (!fits) {
        refuse(b, n, otherwise);
        return AIU_OK;
    }
    return keep(b, n->text, field);
}

static enum aiu_status set_path(struct builder *b, const struct node *n, void *field)
{
    CLEANUP(buf_wipe) struct buf path = BUF_OF(PATH_MOST);

    if (!is_line(n->text, PATH_MOST / 2)) {
        refuse(b, n, "must be a path");
        return AIU_OK;
    }
    enum aiu_status st = environment_expand_home(b->env, n->text, &path);
    if (st == AIU_NOT_FOUND && n->line == 0) { // a default that perhaps nobody needs
        return keep(b, n->text, field);
    }
    if (st == AIU_NOT_FOUND || st == AIU_TOO_LONG) {
        refuse(b, n, "~ stands for $HOME, which is not set");
        return AIU_OK;
    }
    TRY(st);
    return keep(b, buf_span(&path), field);
}

static enum aiu_status set_url(struct builder *b, const struct node *n, void *field)
{
    struct url u;

    return set_if(b, n, url_parse(n->text, &u) == AIU_OK, field,
                  "must be a URL such as https://api.openai.com/v1, without user name, query and "
                  "fragment");
}

static enum aiu_status set_hash(struct builder *b, const struct node *n, void *field)
{
    struct vkey_digest d;

    return set_if(b, n, vkey_digest_parse(n->text, &d) == AIU_OK, field,
                  "must be a hash as `aiu keys new` prints it: \"h1:\" and 43 characters");
}

static enum aiu_status set_address(struct builder *b, const struct node *n, void *field)
{
    struct config_address a;
    struct span text;

    TRY(arena_copy(&b->snapshot->arena, n->text, &text));
    if (address_parse(text, &a) != AIU_OK) {
        refuse(b, n, "must be HOST:PORT, [IPV6]:PORT or unix:PATH");
        return AIU_OK;
    }
    memcpy(field, &a, sizeof(a));
    return AIU_OK;
}

// --- rules

static struct span rule_id_at(const void *ctx, size_t i)
{
    (void)ctx;
    return i < rules_count() ? span_str(rules_get((uint16_t)i)->id) : (struct span){0};
}

static bool is_kind_pattern(struct span text)
{
    for (enum finding_kind k = KIND_PII; k < KIND_COUNT; k++) {
        if (span_ends_with(text, SPAN_OF(".*")) &&
            span_equal(span_drop_last(text, 2), span_str(finding_kind_text(k)))) {
            return true;
        }
    }
    return false;
}

static enum aiu_status set_rule(struct builder *b, const struct node *n, void *field)
{
    uint16_t ignored = 0;

    if (!is_kind_pattern(n->text) && !rules_find(n->text, &ignored)) {
        refuse(b, n, "no such rule");
        report_suggest(b->report, n->text, rule_id_at, NULL);
        return AIU_OK;
    }
    return keep(b, n->text, field);
}

// --- numbers

static void store_number(const struct schema_key *k, void *field, uint64_t value)
{
    uint32_t narrow = (uint32_t)value;
    bool truth = value != 0;

    if (k->width == sizeof(uint64_t)) {
        memcpy(field, &value, sizeof(value));
    } else if (k->width == sizeof(uint32_t)) {
        memcpy(field, &narrow, sizeof(narrow));
    } else {
        CHECK(k->width == sizeof(bool));
        memcpy(field, &truth, sizeof(truth));
    }
}

static enum aiu_status refuse_range(struct builder *b, const struct schema_key *k,
                                    const struct node *n)
{
    CLEANUP(buf_wipe) struct buf text = BUF_OF(100);

    TRY(value_append_number(k, k->least, &text));
    if (k->most > k->least) {
        TRY(buf_append(&text, SPAN_OF(" to ")));
        TRY(value_append_number(k, k->most, &text));
    }
    report_error(b->report, AIU_CONFIG_INVALID, builder_place(b, n), "must be %s%.*s",
                 k->most > k->least ? "from " : "", (int)text.n, (const char *)text.p);
    return AIU_OK;
}

static enum aiu_status parse_number(const struct schema_key *k, struct span text,
                                    uint64_t *ret_value)
{
    if (k->type == SCHEMA_SIZE) {
        return num_parse_size(text, ret_value);
    }
    if (k->type == SCHEMA_DURATION) {
        return num_parse_duration_ms(text, ret_value);
    }
    return num_parse_u64(text, UINT64_MAX, ret_value);
}

static enum aiu_status set_number(struct builder *b, const struct schema_key *k,
                                  const struct node *n, void *field)
{
    uint64_t value = 0;

    if (k->type == SCHEMA_AUTO && span_equal(n->text, SPAN_OF("auto"))) {
        store_number(k, field, 0);
        return AIU_OK;
    }
    if (parse_number(k, n->text, &value) != AIU_OK) {
        report_error(b->report, AIU_CONFIG_INVALID, builder_place(b, n), "must be a %s",
                     k->type == SCHEMA_AUTO ? "whole number or auto" : schema_type_text(k->type));
        return AIU_OK;
    }
    if (value < k->least || value > k->most) {
        return refuse_range(b, k, n);
    }
    store_number(k, field, value);
    return AIU_OK;
}

static enum aiu_status set_bool(struct builder *b, const struct schema_key *k, const struct node *n,
                                void *field)
{
    bool truth = span_equal(n->text, SPAN_OF("true"));

    if (!truth && !span_equal(n->text, SPAN_OF("false"))) {
        refuse(b, n, "must be true or false");
        return AIU_OK;
    }
    store_number(k, field, truth);
    return AIU_OK;
}

// --- choices

static struct span choice_at(const void *ctx, size_t i)
{
    const char *const *choices = ctx;

    return span_str(choices[i]);
}

static void refuse_choice(struct builder *b, const struct schema_key *k, const struct node *n)
{
    CLEANUP(buf_wipe) struct buf text = BUF_OF(150);

    if (span_equal(n->text, SPAN_OF("pseudonym"))) {
        refuse(b, n, "pseudonym is for secrets and pii of requests: only these are restored");
        return;
    }
    for (size_t i = 0; k->choices[i] != NULL; i++) {
        if (k->choices[i][0] != '\0' &&
            buf_printf(&text, "%s%s", i == 0 ? "" : ", ", k->choices[i]) != AIU_OK) {
            break;
        }
    }
    report_error(b->report, AIU_CONFIG_INVALID, builder_place(b, n), "must be %s%.*s",
                 k->choices[1] == NULL ? "" : "one of ", (int)text.n, (const char *)text.p);
    report_suggest(b->report, n->text, choice_at, k->choices);
}

static enum aiu_status set_choice(struct builder *b, const struct schema_key *k,
                                  const struct node *n, void *field)
{
    for (size_t i = 0; k->choices[i] != NULL; i++) {
        if (n->text.n == 0 || !span_equal(n->text, span_str(k->choices[i]))) {
            continue;
        }
        if (k->width == sizeof(struct span)) { // the word itself, of our constant table
            struct span word = span_str(k->choices[i]);
            memcpy(field, &word, sizeof(word));
        } else {
            store_number(k, field, i);
        }
        return AIU_OK;
    }
    refuse_choice(b, k, n);
    return AIU_OK;
}

// --- dates

// Days from 1970-01-01 to a date, by years that begin on 1 March.
static uint64_t days_of_date(uint64_t year, uint64_t month, uint64_t day)
{
    uint64_t y = month <= 2 ? year - 1 : year;
    uint64_t m = month <= 2 ? month + 9 : month - 3;

    return y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

static unsigned days_in_month(uint64_t year, uint64_t month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return month == 2 && leap ? 29 : days[month - 1];
}

// "2027-01-31" to the first second after that day (RFC 3339 full-date, UTC).
static bool parse_date(struct span text, uint64_t *ret_unix_s)
{
    uint64_t year = 0;
    uint64_t month = 0;
    uint64_t day = 0;

    if (text.n != 10 || text.p[4] != '-' || text.p[7] != '-' ||
        num_parse_u64(span_first(text, 4), 9999, &year) != AIU_OK ||
        num_parse_u64(span_first(span_drop_first(text, 5), 2), 12, &month) != AIU_OK ||
        num_parse_u64(span_drop_first(text, 8), 31, &day) != AIU_OK) {
        return false;
    }
    if (year < 1970 || month < 1 || day < 1 || day > days_in_month(year, month)) {
        return false;
    }
    *ret_unix_s = (days_of_date(year, month, day) + 1) * 86400;
    return true;
}

static enum aiu_status set_date(struct builder *b, const struct schema_key *k, const struct node *n,
                                void *field)
{
    uint64_t value = 0;

    if (!parse_date(n->text, &value)) {
        refuse(b, n, "must be a date such as 2027-01-31");
        return AIU_OK;
    }
    store_number(k, field, value);
    return AIU_OK;
}

// --- lists of names

// LIST and NAMES members: a pointer at `offset`, a count at `count_offset`. `field` is the pointer.
static void *count_of(const struct schema_key *k, void *field)
{
    return (uint8_t *)field - k->offset + k->count_offset;
}

static enum aiu_status set_names(struct builder *b, const struct schema_key *k,
                                 const struct node *n, void *field)
{
    struct span *names = NULL;
    size_t i = 0;

    if (n->kind != NODE_LIST || n->count == 0 || n->count > NAMES_MOST) {
        refuse(b, n, "must be a list of names: [NAME, …]");
        return AIU_OK;
    }
    names = arena_array(&b->snapshot->arena, n->count, sizeof(*names));
    if (names == NULL) {
        return AIU_NO_MEMORY;
    }
    for (const struct node *child = n->first; child != NULL; child = child->next) {
        if (child->kind != NODE_SCALAR || !is_name(child->text)) {
            refuse(b, child, "must be a name without blanks");
            return AIU_OK;
        }
        TRY(arena_copy(&b->snapshot->arena, child->text, &names[i++]));
    }
    memcpy(field, &names, sizeof(names));
    memcpy(count_of(k, field), &n->count, sizeof(n->count));
    return AIU_OK;
}

// --- the door

static enum aiu_status set_scalar(struct builder *b, const struct schema_key *k,
                                  const struct node *n, void *field)
{
    switch (k->type) {
    case SCHEMA_ID:
        return set_if(b, n, is_id(n->text), field,
                      "must be a name of letters, digits, \".\", \"_\" and \"-\", at most 64");
    case SCHEMA_NAME:
        return set_if(b, n, is_name(n->text), field, "must be a name without blanks");
    case SCHEMA_TEXT:
        return set_if(b, n, is_line(n->text, TEXT_MOST), field, "must be a text of one line");
    case SCHEMA_PATH:
        return set_path(b, n, field);
    case SCHEMA_URL:
        return set_url(b, n, field);
    case SCHEMA_ADDRESS:
        return set_address(b, n, field);
    case SCHEMA_HASH:
        return set_hash(b, n, field);
    case SCHEMA_RULE:
        return set_rule(b, n, field);
    case SCHEMA_BOOL:
        return set_bool(b, k, n, field);
    case SCHEMA_NUMBER:
    case SCHEMA_AUTO:
    case SCHEMA_SIZE:
    case SCHEMA_DURATION:
        return set_number(b, k, n, field);
    case SCHEMA_DATE:
        return set_date(b, k, n, field);
    case SCHEMA_CHOICE:
        return set_choice(b, k, n, field);
    case SCHEMA_MAP:
    case SCHEMA_LIST:
    case SCHEMA_NAMES:
    case SCHEMA_SECRET:
    case SCHEMA_FILE:
        break;
    }
    return AIU_INTERNAL;
}

enum aiu_status value_set(struct builder *b, const struct schema_key *key, const struct node *node,
                          void *field)
{
    if (key->type == SCHEMA_NAMES) {
        return set_names(b, key, node, field);
    }
    if (key->type == SCHEMA_SECRET || key->type == SCHEMA_FILE) {
        return source_set(b, key->type == SCHEMA_FILE, node, field);
    }
    if (node->kind == NODE_SCALAR && node->text.n == 0 && node->plain) {
        refuse(b, node, "a value is missing");
        return AIU_OK;
    }
    if (node->kind != NODE_SCALAR) {
        report_error(b->report, AIU_CONFIG_INVALID, builder_place(b, node),
                     "must be a single value: %s", schema_type_text(key->type));
        return AIU_OK;
    }
    return set_scalar(b, key, node, field);
}
