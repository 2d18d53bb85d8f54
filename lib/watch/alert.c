// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A subject is a key (or "all") with a small counter a rule. A counter has two halves of a window:
// the running one, and the one before it, which counts until the running one is over.
#include "watch/alert.h"

#include <stdio.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "codec/json_write.h"

enum { SUBJECT_MOST = 160, OPEN_SLOTS = 8192, MINUTE_S = 60, USUAL_SHIFT = 4 };

static const char *const kinds[ALERT_KINDS] = {"rate",        "burst",   "new_model",
                                               "after_hours", "denials", "auth_failures",
                                               "spend",       "errors",  "event"};

const char *alert_kind_text(enum alert_kind kind)
{
    return kinds[kind];
}

const char *alert_severity_text(enum alert_severity severity)
{
    static const char *const texts[] = {"low", "medium", "high", "critical"};

    return texts[severity];
}

#define EVENT_RULE(name_, severity_)                                                               \
    {                                                                                              \
        .name = SPAN(name_), .kind = ALERT_EVENT, .severity = (severity_), .quiet_s = 0,           \
        .event = SPAN(name_)                                                                       \
    }

const struct alert_rule alert_defaults[] = {
    {.name = SPAN("auth_failures"),
     .kind = ALERT_AUTH_FAILURES,
     .severity = ALERT_HIGH,
     .more_than = 20,
     .within_s = 60,
     .quiet_s = 900},
    {.name = SPAN("denials"),
     .kind = ALERT_DENIALS,
     .severity = ALERT_HIGH,
     .more_than = 10,
     .within_s = 300,
     .quiet_s = 900},
    {.name = SPAN("burst"),
     .kind = ALERT_BURST,
     .severity = ALERT_MEDIUM,
     .more_than = 10,
     .least = 120,
     .within_s = MINUTE_S,
     .quiet_s = 900},
    {.name = SPAN("new_model"), .kind = ALERT_NEW_MODEL, .severity = ALERT_LOW, .quiet_s = 0},
    {.name = SPAN("errors"),
     .kind = ALERT_ERRORS,
     .severity = ALERT_MEDIUM,
     .more_than = 50,
     .within_s = 300,
     .quiet_s = 900},
    EVENT_RULE("audit_degraded", ALERT_CRITICAL),
    EVENT_RULE("incident", ALERT_CRITICAL),
    EVENT_RULE("maintenance", ALERT_HIGH),
    EVENT_RULE("key_event", ALERT_MEDIUM),
    EVENT_RULE("weakened", ALERT_MEDIUM),
};
const size_t alert_default_count = ARRAY_SIZE(alert_defaults);

struct counter {
    uint64_t half; // number of the running half window since 1970
    uint64_t now, before;
    uint64_t quiet_until_us;
};

struct subject {
    char name[SUBJECT_MOST]; // of the key; "" for all
    uint64_t seen;           // for eviction
    uint64_t usual_16;       // requests a minute, times 16, smoothed
    struct counter *counters;
};

struct pair {
    uint64_t hash; // of key and model; 0 is free
    uint64_t seen;
};

struct open_request {
    uint64_t id; // 0 is free
    uint32_t subject;
};

struct alerts {
    const struct alert_rule *rules;
    size_t rule_count;
    enum aiu_status (*on_alert)(void *ctx, const struct alert *alert);
    void *ctx;
    struct subject *subjects; // [0] is "all"
    size_t subject_count;
    struct pair *pairs;
    struct open_request *open; // decisions whose result is awaited: a cache, the newest win
    uint64_t tick;
    bool learning;
};

enum aiu_status alerts_new(const struct alert_rule *rules, size_t count,
                           enum aiu_status (*on_alert)(void *ctx, const struct alert *alert),
                           void *ctx, struct alerts **ret_alerts)
{
    struct alerts *a = mem_new(1, sizeof(*a));

    if (a == NULL || count > ALERT_RULES_MOST) {
        mem_free(a);
        return a == NULL ? AIU_NO_MEMORY : AIU_TOO_LONG;
    }
    *a = (struct alerts){.rules = rules, .rule_count = count, .on_alert = on_alert, .ctx = ctx};
    a->subjects = mem_new(ALERT_SUBJECTS, sizeof(*a->subjects));
    a->pairs = mem_new(ALERT_MODELS, sizeof(*a->pairs));
    a->open = mem_new(OPEN_SLOTS, sizeof(*a->open));
    if (a->subjects == NULL || a->pairs == NULL || a->open == NULL) {
        alerts_free(a);
        return AIU_NO_MEMORY;
    }
    *ret_alerts = a;
    return AIU_OK;
}

void alerts_free(struct alerts *a)
{
    if (a == NULL) {
        return;
    }
    for (size_t i = 0; a->subjects != NULL && i < a->subject_count; i++) {
        mem_free(a->subjects[i].counters);
    }
    mem_free(a->subjects);
    mem_free(a->pairs);
    mem_free(a->open);
    mem_free(a);
}

// --- subjects ---------------------------------------------------------------------------------

// A place for one more: a new one, or that of the one not seen for longest.
static struct subject *place_for_subject(struct alerts *a)
{
    size_t oldest = 1;

    if (a->subject_count < ALERT_SUBJECTS) {
        return &a->subjects[a->subject_count++];
    }
    for (size_t i = 2; i < a->subject_count; i++) {
        oldest = a->subjects[i].seen < a->subjects[oldest].seen ? i : oldest;
    }
    return &a->subjects[oldest];
}

static enum aiu_status subject_of(struct alerts *a, struct span key, struct subject **ret_subject)
{
    char name[SUBJECT_MOST];

    (void)snprintf(name, sizeof(name), "%.*s", (int)(key.n < 128 ? key.n : 128),
                   key.n == 0 ? "" : (const char *)key.p);
    for (size_t i = 0; i < a->subject_count; i++) {
        if (strcmp(a->subjects[i].name, name) == 0) {
            a->subjects[i].seen = ++a->tick;
            *ret_subject = &a->subjects[i];
            return AIU_OK;
        }
    }
    struct subject *s = place_for_subject(a);
    if (s->counters == NULL) {
        s->counters = mem_new(a->rule_count + 1, sizeof(*s->counters));
        if (s->counters == NULL) {
            a->subject_count--; // it was a new one
            return AIU_NO_MEMORY;
        }
    }
    struct counter *counters = s->counters;
    memset(counters, 0, (a->rule_count + 1) * sizeof(*counters));
    *s = (struct subject){.seen = ++a->tick, .counters = counters};
    memcpy(s->name, name, sizeof(name));
    *ret_subject = s;
    return AIU_OK;
}

// --- raising ----------------------------------------------------------------------------------

struct occasion {
    struct alerts *a;
    uint64_t index, unix_us;
    const struct row_values *values;
};

static enum aiu_status raise(const struct occasion *o, size_t rule, struct counter *c,
                             struct span subject, uint64_t count)
{
    const struct alert_rule *r = &o->a->rules[rule];

    // A clock that was ahead and is right again must not keep it quiet until it is there again.
    uint64_t quiet_us = (uint64_t)r->quiet_s * 1000000;
    bool quiet = o->unix_us < c->quiet_until_us && c->quiet_until_us - o->unix_us <= quiet_us;
    if (o->a->learning || quiet) {
        return AIU_OK;
    }
    c->quiet_until_us = o->unix_us + quiet_us;
    const struct alert alert = {r, subject, count, o->index, o->unix_us};
    return o->a->on_alert(o->a->ctx, &alert);
}

static struct span name_of(const struct subject *s, char out[SUBJECT_MOST + 8])
{
    if (s->name[0] == '\0') {
        return SPAN_OF("all");
    }
    int n = snprintf(out, SUBJECT_MOST + 8, "key:%s", s->name);
    return span_of(out, (size_t)n);
}

// Count `n` more in the window of a rule; what stands in it now.
static uint64_t count_in(struct counter *c, uint64_t unix_us, uint32_t within_s, uint64_t n)
{
    uint64_t half_us = (uint64_t)within_s * 500000;
    uint64_t half = half_us == 0 ? 0 : unix_us / half_us;

    if (half > c->half || half + 2 < c->half) { // or the clock was set back
        c->before = half == c->half + 1 ? c->now : 0;
        c->now = 0;
        c->half = half;
    }
    c->now += n;
    return c->now + c->before;
}

static enum aiu_status count_rule(const struct occasion *o, size_t rule, struct subject *s,
                                  uint64_t n)
{
    const struct alert_rule *r = &o->a->rules[rule];
    char name[SUBJECT_MOST + 8];
    uint64_t count = count_in(&s->counters[rule], o->unix_us, r->within_s, n);

    return count > r->more_than ? raise(o, rule, &s->counters[rule], name_of(s, name), count)
                                : AIU_OK;
}

// The usual number a minute moves by a sixteenth at each minute that had requests.
static enum aiu_status count_burst(const struct occasion *o, size_t rule, struct subject *s)
{
    const struct alert_rule *r = &o->a->rules[rule];
    struct counter *c = &s->counters[rule];
    uint64_t minute = o->unix_us / (MINUTE_S * UINT64_C(1000000));
    char name[SUBJECT_MOST + 8];

    if (minute > c->half || minute + 2 < c->half) {
        uint64_t last = c->now << USUAL_SHIFT;
        s->usual_16 = s->usual_16 == 0
                          ? last
                          : s->usual_16 - (s->usual_16 >> USUAL_SHIFT) + (last >> USUAL_SHIFT);
        c->half = minute;
        c->now = 0;
    }
    c->now++;
    bool known = s->usual_16 > 0; // a key's first minute is not a burst of it
    bool many = c->now >= r->least && c->now << USUAL_SHIFT > r->more_than * s->usual_16;
    return known && many ? raise(o, rule, c, name_of(s, name), c->now) : AIU_OK;
}

// --- kinds ------------------------------------------------------------------------------------

// Whether the pair was there; it is, from now on.
static bool know_pair(struct alerts *a, struct span key, struct span model)
{
    uint64_t hash = (uint64_t)row_hash(key) << 32 | row_hash(model);
    size_t at = (size_t)(hash * UINT64_C(0x9e3779b97f4a7c15) >> 40) % ALERT_MODELS;
    size_t oldest = at;

    for (size_t i = 0; i < 16; i++) {
        size_t here = (at + i) % ALERT_MODELS;
        if (a->pairs[here].hash == hash) {
            a->pairs[here].seen = ++a->tick;
            return true;
        }
        oldest = a->pairs[here].seen < a->pairs[oldest].seen ? here : oldest;
    }
    a->pairs[oldest] = (struct pair){hash, ++a->tick};
    return false;
}

static enum aiu_status new_model(const struct occasion *o, size_t rule, struct subject *s,
                                 bool known)
{
    struct span model = o->values->columns[ROW_MODEL];
    char text[2 * SUBJECT_MOST + 16];
    struct counter once = {0};

    if (known || model.n == 0) {
        return AIU_OK;
    }
    int n = snprintf(text, sizeof(text), "key:%s model:%.*s", s->name,
                     (int)(model.n < SUBJECT_MOST ? model.n : SUBJECT_MOST), (const char *)model.p);
    return raise(o, rule, &once, span_of(text, (size_t)n), 1);
}

static enum aiu_status after_hours(const struct occasion *o, size_t rule, struct subject *s)
{
    const struct alert_rule *r = &o->a->rules[rule];
    uint64_t minute = o->unix_us / (MINUTE_S * UINT64_C(1000000)) % 1440;
    bool wraps = r->from_minute > r->to_minute; // 22:00 to 06:00
    bool after = minute >= r->from_minute, before = minute < r->to_minute;
    char name[SUBJECT_MOST + 8];

    if (wraps ? after || before : after && before) {
        return AIU_OK;
    }
    return raise(o, rule, &s->counters[rule], name_of(s, name), 1);
}

static struct open_request *open_place(struct alerts *a, uint64_t id)
{
    return &a->open[(id ^ id >> 31) % OPEN_SLOTS];
}

static bool is_denied(const struct row_values *v)
{
    return span_equal(v->columns[ROW_VERDICT], SPAN_OF("block"));
}

static enum aiu_status take_decision(const struct occasion *o)
{
    struct alerts *a = o->a;
    const struct row_values *v = o->values;
    struct subject *s = NULL;
    uint64_t id = row_id_bits(v->columns[ROW_ID]);

    TRY(subject_of(a, v->columns[ROW_KEY], &s));
    *open_place(a, id) = (struct open_request){id, (uint32_t)(s - a->subjects)};
    bool known = know_pair(a, v->columns[ROW_KEY], v->columns[ROW_MODEL]);
    for (size_t i = 0; i < a->rule_count; i++) {
        enum alert_kind kind = a->rules[i].kind;
        if (kind == ALERT_RATE) {
            TRY(count_rule(o, i, s, 1));
        } else if (kind == ALERT_BURST) {
            TRY(count_burst(o, i, s));
        } else if (kind == ALERT_NEW_MODEL) {
            TRY(new_model(o, i, s, known));
        } else if (kind == ALERT_AFTER_HOURS) {
            TRY(after_hours(o, i, s));
        } else if (kind == ALERT_DENIALS && is_denied(v)) {
            TRY(count_rule(o, i, s, 1));
        }
    }
    return AIU_OK;
}

static bool is_error(const struct row_values *v)
{
    struct span outcome = v->columns[ROW_OUTCOME];

    return v->row.type == ROW_ABANDONED || span_equal(outcome, SPAN_OF("error")) ||
           span_equal(outcome, SPAN_OF("upstream_reset")) ||
           span_equal(outcome, SPAN_OF("upstream_timeout"));
}

static enum aiu_status take_result(const struct occasion *o)
{
    struct alerts *a = o->a;
    const struct row_values *v = o->values;
    struct subject *all = &a->subjects[0];
    uint64_t id = row_id_bits(v->columns[ROW_ID]);
    struct open_request *open = open_place(a, id);
    struct subject *s = open->id == id ? &a->subjects[open->subject] : NULL;

    for (size_t i = 0; i < a->rule_count; i++) {
        if (a->rules[i].kind == ALERT_SPEND && s != NULL) {
            TRY(count_rule(o, i, s, v->tokens_in + v->tokens_out));
        } else if (a->rules[i].kind == ALERT_ERRORS && is_error(v)) {
            TRY(count_rule(o, i, all, 1));
        }
    }
    open->id = 0;
    return AIU_OK;
}

static enum aiu_status take_event(const struct occasion *o)
{
    struct alerts *a = o->a;
    const struct row_values *v = o->values;
    struct span type = v->columns[ROW_TYPE_NAME];
    struct subject *s = NULL;

    TRY(subject_of(a, v->columns[ROW_KEY], &s));
    struct subject *all = &a->subjects[0];
    for (size_t i = 0; i < a->rule_count; i++) {
        const struct alert_rule *r = &a->rules[i];
        if (r->kind == ALERT_AUTH_FAILURES && span_equal(type, SPAN_OF("auth_fail"))) {
            TRY(count_rule(o, i, all, 1));
        } else if (r->kind == ALERT_DENIALS && span_equal(type, SPAN_OF("policy_block"))) {
            TRY(count_rule(o, i, s, 1));
        } else if (r->kind == ALERT_EVENT && span_equal(type, r->event)) {
            TRY(raise(o, i, &all->counters[i], SPAN_OF("all"), 1));
        }
    }
    return AIU_OK;
}

enum aiu_status alerts_take(struct alerts *a, uint64_t index, const struct row_values *values)
{
    const struct occasion o = {a, index, values->row.unix_us, values};
    struct subject *all = NULL;

    if (a->subject_count == 0) {
        TRY(subject_of(a, SPAN_OF(""), &all));
    }
    switch ((enum row_type)values->row.type) {
    case ROW_DECISION:
        return take_decision(&o);
    case ROW_RESULT:
    case ROW_ABANDONED:
        return take_result(&o);
    case ROW_EVENT:
        return take_event(&o);
    case ROW_OTHER:
        break;
    }
    return AIU_OK;
}

enum aiu_status alerts_learn(void *alerts, const struct query_hit *hit)
{
    struct alerts *a = alerts;

    a->learning = true;
    enum aiu_status st = alerts_take(a, hit->index, hit->values);
    a->learning = false;
    return st;
}

// --- telling ----------------------------------------------------------------------------------

enum aiu_status alert_json(const struct alert *alert, struct span host, struct buf *dst)
{
    char stamp[CLOCK_STAMP_SIZE];
    struct json_writer w;

    clock_stamp(alert->unix_us, stamp);
    json_writer_init(&w, dst);
    json_write_object(&w);
    json_write_member_u64(&w, "v", 1);
    json_write_member_string(&w, "alert", alert->rule->name);
    json_write_member_string(&w, "kind", span_str(alert_kind_text(alert->rule->kind)));
    json_write_member_string(&w, "severity", span_str(alert_severity_text(alert->rule->severity)));
    json_write_member_string(&w, "subject", alert->subject);
    json_write_member_u64(&w, "count", alert->count);
    if (alert->rule->within_s > 0) {
        json_write_member_u64(&w, "more_than", alert->rule->more_than);
        json_write_member_u64(&w, "within_s", alert->rule->within_s);
    }
    json_write_member_u64(&w, "index", alert->index);
    json_write_member_string(&w, "ts", span_of(stamp, sizeof(stamp)));
    json_write_member_string(&w, "node", host);
    json_write_object_end(&w);
    return json_writer_finish(&w);
}
