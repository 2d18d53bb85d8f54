// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "audit/row.h"

#include "base/num.h"
#include "codec/json.h"

static const struct span names[ROW_COLUMNS] = {
    [ROW_TYPE_NAME] = SPAN("t"),       [ROW_ID] = SPAN("id"),
    [ROW_TENANT] = SPAN("tenant"),     [ROW_KEY] = SPAN("vk"),
    [ROW_USER] = SPAN("user_mac"),     [ROW_MODEL] = SPAN("model"),
    [ROW_PROVIDER] = SPAN("provider"), [ROW_VERDICT] = SPAN("verdict"),
    [ROW_OUTCOME] = SPAN("outcome"),   [ROW_PROMPT] = SPAN("prompt_mac"),
};

// FNV-1a with a last mix: no secret is hashed, and a clash costs one look at the entry.
static uint64_t hash64(struct span text)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < text.n; i++) {
        h = (h ^ text.p[i]) * UINT64_C(0x100000001b3);
    }
    h ^= h >> 32;
    return h * UINT64_C(0x9e3779b97f4a7c15);
}

uint32_t row_hash(struct span text)
{
    uint32_t h = (uint32_t)(hash64(text) >> 32);

    return text.n == 0 ? 0 : h == 0 ? 1 : h;
}

uint64_t row_rule_bit(struct span rule)
{
    return UINT64_C(1) << (hash64(rule) >> 58);
}

uint64_t row_id_bits(struct span id)
{
    uint64_t bits = 0;

    for (size_t i = 0; i < id.n; i++) {
        uint8_t c = id.p[i];
        if (c != '-') {
            bits = bits << 4 | (uint64_t)(c <= '9' ? c - '0' : (c & 0xDF) - 'A' + 10);
        }
    }
    return bits == 0 ? 1 : bits;
}

// --- stamps -----------------------------------------------------------------------------------

// Days since 1970 of a day of the Gregorian calendar.
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    int64_t y = year - (month <= 2);
    int64_t era = y / 400;
    int64_t of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool take_digits(struct span *text, size_t n, uint64_t *ret_value)
{
    struct span digits = span_first(*text, n);

    *text = span_drop_first(*text, n);
    return digits.n == n && num_parse_u64(digits, 9999999, ret_value) == AIU_OK;
}

static bool take_byte(struct span *text, uint8_t byte)
{
    bool fits = text->n > 0 && text->p[0] == byte;

    *text = span_drop_first(*text, 1);
    return fits;
}

static bool take_date(struct span *text, uint64_t *ret_days)
{
    uint64_t year = 0, month = 0, day = 0;

    if (!take_digits(text, 4, &year) || !take_byte(text, '-') || !take_digits(text, 2, &month) ||
        !take_byte(text, '-') || !take_digits(text, 2, &day) || year < 1970 || month < 1 ||
        month > 12 || day < 1 || day > 31) {
        return false;
    }
    *ret_days = (uint64_t)days_of((int64_t)year, (int64_t)month, (int64_t)day);
    return true;
}

static bool take_fraction(struct span *text, uint64_t *us)
{
    uint64_t scale = 100000;

    if (text->n == 0 || text->p[0] != '.') {
        return true;
    }
    *text = span_drop_first(*text, 1);
    for (; text->n > 0 && text->p[0] >= '0' && text->p[0] <= '9'; scale /= 10) {
        *us += scale * (uint64_t)(text->p[0] - '0');
        *text = span_drop_first(*text, 1);
    }
    return true;
}

// "T01", "T01:02", "T01:02:03", "T01:02:03.004005", each with or without "Z".
static bool take_time(struct span *text, uint64_t *us)
{
    static const uint64_t units[] = {3600, 60, 1};
    static const uint64_t most[] = {23, 59, 60};
    uint64_t value = 0;

    if (text->n == 0) {
        return true;
    }
    for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
        if (text->n == 0 || text->p[0] == 'Z') {
            break;
        }
        if (!take_byte(text, i == 0 ? 'T' : ':') || !take_digits(text, 2, &value) ||
            value > most[i]) {
            return false;
        }
        *us += value * units[i] * 1000000;
    }
    return take_fraction(text, us);
}

enum aiu_status row_parse_stamp(struct span text, uint64_t *ret_unix_us)
{
    uint64_t days = 0, us = 0;

    if (!take_date(&text, &days) || !take_time(&text, &us)) {
        return AIU_USAGE;
    }
    text = span_skip_prefix(text, SPAN_OF("Z"));
    if (text.n > 0) {
        return AIU_USAGE;
    }
    *ret_unix_us = days * UINT64_C(86400000000) + us;
    return AIU_OK;
}

// --- entries, as the builders of record.h write them ------------------------------------------

// A run over one object, which stops (`p` NULL) at whatever the builders never write; then a parser
// looks at the entry. Strings with escapes are such: names and ids have none.
struct run {
    const uint8_t *p, *end;
};

static bool take(struct run *r, uint8_t byte)
{
    if (r->p == NULL || r->p == r->end || *r->p != byte) {
        r->p = NULL;
        return false;
    }
    r->p++;
    return true;
}

static bool peek(const struct run *r, uint8_t byte)
{
    return r->p != NULL && r->p < r->end && *r->p == byte;
}

static struct span take_plain_string(struct run *r)
{
    if (!take(r, '"')) {
        return (struct span){NULL, 0};
    }
    const uint8_t *close = memchr(r->p, '"', (size_t)(r->end - r->p));
    if (close == NULL || memchr(r->p, '\\', (size_t)(close - r->p)) != NULL) {
        r->p = NULL;
        return (struct span){NULL, 0};
    }
    struct span text = span_of(r->p, (size_t)(close - r->p));
    r->p = close + 1;
    return text;
}

static uint64_t take_number(struct run *r)
{
    uint64_t value = 0;
    const uint8_t *begin = r->p;

    while (r->p != NULL && r->p < r->end && *r->p >= '0' && *r->p <= '9' && r->p - begin < 19) {
        value = value * 10 + (uint64_t)(*r->p++ - '0');
    }
    if (r->p == begin) {
        r->p = NULL;
    }
    return value;
}

static void skip_word(struct run *r)
{
    while (r->p != NULL && r->p < r->end && *r->p >= 'a' && *r->p <= 'z') {
        r->p++;
    }
}

static void take_rules(struct run *r, struct row_values *v)
{
    if (!take(r, '[')) {
        return;
    }
    while (peek(r, '"')) {
        struct span rule = take_plain_string(r);
        if (v->rule_count < ARRAY_SIZE(v->rules)) {
            v->rules[v->rule_count++] = rule;
            v->row.rules |= row_rule_bit(rule);
        }
        if (!peek(r, ',')) {
            break;
        }
        r->p++;
    }
    (void)take(r, ']');
}

static void take_member(struct run *r, struct span name, struct row_values *v, bool inner);

// Members of an object; `inner` of one inside the entry, of which other names count.
static void take_members(struct run *r, struct row_values *v, bool inner)
{
    if (!take(r, '{')) {
        return;
    }
    while (peek(r, '"')) {
        struct span name = take_plain_string(r);
        if (!take(r, ':')) {
            return;
        }
        take_member(r, name, v, inner);
        if (!peek(r, ',')) {
            break;
        }
        r->p++;
    }
    (void)take(r, '}');
}

static void take_text(struct span name, struct span text, struct row_values *v, bool inner)
{
    if (inner) {
        if (span_equal(name, names[ROW_VERDICT])) {
            v->columns[ROW_VERDICT] = text;
        }
        return;
    }
    if (span_equal(name, SPAN_OF("ts"))) {
        v->stamp = text;
        return;
    }
    if (span_equal(name, SPAN_OF("code"))) {
        v->columns[ROW_OUTCOME] = text;
        return;
    }
    for (size_t i = 0; i < ROW_COLUMNS; i++) {
        if (i != ROW_VERDICT && span_equal(name, names[i])) {
            v->columns[i] = text;
            return;
        }
    }
}

static void take_value(struct span name, uint64_t value, struct row_values *v, bool inner)
{
    static const struct {
        struct span name;
        size_t offset;
        bool inner;
    } numbers[] = {
        {SPAN("status"), offsetof(struct row_values, status), false},
        {SPAN("in_bytes"), offsetof(struct row_values, in_bytes), false},
        {SPAN("out_bytes"), offsetof(struct row_values, out_bytes), false},
        {SPAN("dur_us"), offsetof(struct row_values, duration_us), false},
        {SPAN("in"), offsetof(struct row_values, tokens_in), true},
        {SPAN("out"), offsetof(struct row_values, tokens_out), true},
    };

    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        if (numbers[i].inner == inner && span_equal(name, numbers[i].name)) {
            memcpy((uint8_t *)v + numbers[i].offset, &value, sizeof(value));
            return;
        }
    }
}

static void take_member(struct run *r, struct span name, struct row_values *v, bool inner)
{
    if (peek(r, '"')) {
        take_text(name, take_plain_string(r), v, inner);
    } else if (peek(r, '{') && !inner) {
        v->has_usage = v->has_usage || span_equal(name, SPAN_OF("usage"));
        take_members(r, v, true);
    } else if (peek(r, '[') && inner && span_equal(name, SPAN_OF("rules"))) {
        take_rules(r, v);
    } else if (peek(r, 't') || peek(r, 'f') || peek(r, 'n')) {
        skip_word(r);
    } else {
        take_value(name, take_number(r), v, inner);
    }
}

static bool read_plain(struct span entry, struct row_values *v)
{
    struct run r = {entry.p, entry.p + entry.n};

    take_members(&r, v, false);
    return r.p != NULL && r.p == r.end;
}

// --- entries of any form ----------------------------------------------------------------------

static struct span text_at(const struct json_doc *doc, uint32_t token, struct arena *a)
{
    struct span text = {NULL, 0};

    if (json_is(doc, token, JSON_STRING)) {
        IGNORE(json_string(doc, token, a, &text));
    }
    return text;
}

static uint64_t number_at(const struct json_doc *doc, uint32_t object, struct span name)
{
    uint64_t value = 0;

    IGNORE(json_u64(doc, json_member(doc, object, name), &value));
    return value;
}

static enum row_type type_of(struct span name)
{
    if (span_equal(name, SPAN_OF("decision"))) {
        return ROW_DECISION;
    }
    if (span_equal(name, SPAN_OF("result"))) {
        return ROW_RESULT;
    }
    if (span_equal(name, SPAN_OF("abandoned"))) {
        return ROW_ABANDONED;
    }
    return name.n > 0 ? ROW_EVENT : ROW_OTHER;
}

static void read_policy(const struct json_doc *doc, struct arena *a, struct row_values *v)
{
    uint32_t policy = json_member(doc, 0, SPAN_OF("policy"));
    uint32_t rules = json_member(doc, policy, SPAN_OF("rules"));

    v->columns[ROW_VERDICT] = text_at(doc, json_member(doc, policy, SPAN_OF("verdict")), a);
    if (!json_is(doc, rules, JSON_ARRAY)) {
        return;
    }
    for (uint32_t item = json_first(doc, rules);
         item != JSON_NONE && v->rule_count < ARRAY_SIZE(v->rules);
         item = json_next(doc, rules, item)) {
        v->rules[v->rule_count] = text_at(doc, item, a);
        v->row.rules |= row_rule_bit(v->rules[v->rule_count]);
        v->rule_count++;
    }
}

static void read_numbers(const struct json_doc *doc, struct row_values *v)
{
    uint32_t usage = json_member(doc, 0, SPAN_OF("usage"));

    v->status = number_at(doc, 0, SPAN_OF("status"));
    v->in_bytes = number_at(doc, 0, SPAN_OF("in_bytes"));
    v->out_bytes = number_at(doc, 0, SPAN_OF("out_bytes"));
    v->duration_us = number_at(doc, 0, SPAN_OF("dur_us"));
    v->has_usage = usage != JSON_NONE;
    v->tokens_in = number_at(doc, usage, SPAN_OF("in"));
    v->tokens_out = number_at(doc, usage, SPAN_OF("out"));
}

static void read_any(struct span entry, struct arena *a, struct row_values *v)
{
    struct json_doc doc;

    if (json_parse(entry, a, &json_default_limits, &doc, NULL) != AIU_OK ||
        !json_is(&doc, 0, JSON_OBJECT)) {
        return;
    }
    for (size_t i = 0; i < ROW_COLUMNS; i++) {
        v->columns[i] = text_at(&doc, json_member(&doc, 0, names[i]), a);
    }
    struct span code = text_at(&doc, json_member(&doc, 0, SPAN_OF("code")), a);
    if (code.n > 0) {
        v->columns[ROW_OUTCOME] = code;
    }
    v->stamp = text_at(&doc, json_member(&doc, 0, SPAN_OF("ts")), a);
    read_policy(&doc, a, v);
    read_numbers(&doc, v);
}

void row_read(struct span entry, struct arena *a, struct row_values *ret_values)
{
    struct row_values *v = ret_values;

    *v = (struct row_values){.rule_count = 0};
    if (!read_plain(entry, v)) {
        *v = (struct row_values){.rule_count = 0};
        read_any(entry, a, v);
    }
    IGNORE(row_parse_stamp(v->stamp, &v->row.unix_us));
    for (size_t i = 0; i < ROW_COLUMNS; i++) {
        v->row.columns[i] = row_hash(v->columns[i]);
    }
    v->row.type = (uint8_t)type_of(v->columns[ROW_TYPE_NAME]);
}
