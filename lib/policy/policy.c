// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The built-in profiles and the decision. A decision is three look-ups: the action of direction and
// kind, the restriction to certain rules (only the profile "guide" has one), the exceptions.
//
// Injection and block: a shallow model or a weak rule that blocks by itself refuses harmless texts,
// so only rules marked `certain` block; the others flag, whatever the policy says. All other kinds
// do what the policy says.
#include "policy/policy.h"

#include "base/num.h"

enum {
    GUIDE_MAX_CHARACTERS = 10000,
    DEFAULT_MAX_CHARACTERS = 200000,
    STRICT_MAX_CHARACTERS = 50000
};

// S54, S55, S56: the three patterns of the guide's ResponseFilter, and our rules for the same.
static const struct span guide_response_rules[] = {
    SPAN("pii.card"),       SPAN("pii.us_ssn"),    SPAN("pii.email"),
    SPAN("pii.guide_card"), SPAN("pii.guide_ssn"), SPAN("pii.guide_email"),
};

static const struct policy builtins[] = {
    {
        .name = SPAN("guide"),
        .actions[DIRECTION_RESPONSE][KIND_PII] = ACTION_REDACT,
        .only[DIRECTION_RESPONSE] = {guide_response_rules, ARRAY_SIZE(guide_response_rules)},
        .max_characters = GUIDE_MAX_CHARACTERS,
        .allow_list = true,
        .refuse_blank = true,
        .trim = true,
        .plain_tag = true,
    },
    {
        .name = SPAN("default"),
        .actions[DIRECTION_REQUEST][KIND_SECRET] = ACTION_REDACT,
        .actions[DIRECTION_REQUEST][KIND_PII] = ACTION_REDACT,
        .actions[DIRECTION_REQUEST][KIND_INJECTION] = ACTION_FLAG,
        .actions[DIRECTION_REQUEST][KIND_HIDDEN] = ACTION_BLOCK,
        .actions[DIRECTION_RESPONSE][KIND_SECRET] = ACTION_REDACT,
        .actions[DIRECTION_RESPONSE][KIND_PII] = ACTION_REDACT,
        .actions[DIRECTION_RESPONSE][KIND_HIDDEN] = ACTION_FLAG,
        .actions[DIRECTION_RESPONSE][KIND_OUTPUT] = ACTION_FLAG,
        .max_characters = DEFAULT_MAX_CHARACTERS,
    },
    {
        .name = SPAN("strict"),
        .actions[DIRECTION_REQUEST][KIND_SECRET] = ACTION_BLOCK,
        .actions[DIRECTION_REQUEST][KIND_PII] = ACTION_REDACT,
        .actions[DIRECTION_REQUEST][KIND_INJECTION] = ACTION_BLOCK,
        .actions[DIRECTION_REQUEST][KIND_HIDDEN] = ACTION_BLOCK,
        .actions[DIRECTION_RESPONSE][KIND_SECRET] = ACTION_BLOCK,
        .actions[DIRECTION_RESPONSE][KIND_PII] = ACTION_REDACT,
        .actions[DIRECTION_RESPONSE][KIND_HIDDEN] = ACTION_REDACT,
        .actions[DIRECTION_RESPONSE][KIND_OUTPUT] = ACTION_REDACT,
        .max_characters = STRICT_MAX_CHARACTERS,
    },
};

const struct policy *policy_builtin_at(size_t i)
{
    return i < ARRAY_SIZE(builtins) ? &builtins[i] : NULL;
}

const struct policy *policy_builtin(struct span name)
{
    for (size_t i = 0; i < ARRAY_SIZE(builtins); i++) {
        if (span_equal(builtins[i].name, name)) {
            return &builtins[i];
        }
    }
    return NULL;
}

// --- matching

// "[*]", "[]" or "[12]" at the front of `s` goes; false where there is none.
static bool skip_index(struct span *s, bool stars)
{
    struct span inside, after;

    if (s->n == 0 || s->p[0] != '[' || !span_cut(span_drop_first(*s, 1), ']', &inside, &after)) {
        return false;
    }
    bool any = inside.n == 0 || (stars && span_equal(inside, SPAN_OF("*")));
    for (size_t i = 0; !any && i < inside.n; i++) {
        if (inside.p[i] < '0' || inside.p[i] > '9') {
            return false;
        }
    }
    *s = after;
    return true;
}

static bool starts_with_any_index(struct span pattern)
{
    return span_starts_with(pattern, SPAN_OF("[*]")) || span_starts_with(pattern, SPAN_OF("[]"));
}

bool policy_path_matches(struct span pattern, struct span path)
{
    if (span_equal(pattern, SPAN_OF("*"))) {
        return true;
    }
    while (pattern.n > 0 && path.n > 0) {
        if (starts_with_any_index(pattern)) {
            if (!skip_index(&path, false)) {
                return false;
            }
            (void)skip_index(&pattern, true);
            continue;
        }
        if (pattern.p[0] != path.p[0]) {
            return false;
        }
        pattern = span_drop_first(pattern, 1);
        path = span_drop_first(path, 1);
    }
    return pattern.n == 0 && path.n == 0;
}

static bool rule_matches(struct span pattern, struct span id)
{
    if (span_ends_with(pattern, SPAN_OF(".*"))) {
        return span_starts_with(id, span_drop_last(pattern, 1));
    }
    return span_equal(pattern, id);
}

static bool is_excepted(const struct policy *p, struct span id, struct span path,
                        uint64_t now_unix_s)
{
    for (size_t i = 0; i < p->exception_count; i++) {
        const struct policy_exception *e = &p->exceptions[i];
        if (now_unix_s < e->expires_unix_s && rule_matches(e->rule, id) &&
            policy_path_matches(e->path, path)) {
            return true;
        }
    }
    return false;
}

static bool is_named(const struct policy_only *only, struct span id)
{
    for (size_t i = 0; i < only->count; i++) {
        if (span_equal(only->rules[i], id)) {
            return true;
        }
    }
    return false;
}

// --- decision

static enum action action_of_rule(const struct policy *p, enum direction d,
                                  const struct rule_info *rule)
{
    enum action a = p->actions[d][rule->kind];

    if ((p->only[d].count > 0 || rule->opt_in) && !is_named(&p->only[d], span_str(rule->id))) {
        return ACTION_ALLOW;
    }
    return a == ACTION_BLOCK && rule->kind == KIND_INJECTION && !rule->certain ? ACTION_FLAG : a;
}

enum action policy_decide(const struct policy *p, enum direction d, uint16_t rule,
                          struct span json_path, uint64_t now_unix_s)
{
    const struct rule_info *info = rules_get(rule);

    if (info == NULL) {
        return ACTION_BLOCK; // a finding of a rule that does not exist: never an allow
    }
    enum action a = action_of_rule(p, d, info);
    if (a != ACTION_ALLOW && is_excepted(p, span_str(info->id), json_path, now_unix_s)) {
        return ACTION_ALLOW;
    }
    return a;
}

struct rule_set policy_rules(const struct policy *p, enum direction d)
{
    struct rule_set set = {.regions = p->phone_regions};

    if (d == DIRECTION_RESPONSE && p->allowed_hosts.count > 0) {
        set.hosts = &p->allowed_hosts;
    }
    for (size_t i = 0; i < rules_count(); i++) {
        const struct rule_info *info = rules_get((uint16_t)i);
        if (info != NULL && action_of_rule(p, d, info) != ACTION_ALLOW) {
            rule_set_add(&set, (uint16_t)i);
        }
    }
    return set;
}

bool policy_uses(const struct policy *p, enum direction d, enum action a)
{
    for (enum finding_kind k = KIND_PII; k < KIND_COUNT; k++) {
        if (p->actions[d][k] == a) {
            return true;
        }
    }
    return false;
}

// --- texts

const char *action_text(enum action a)
{
    switch (a) {
    case ACTION_ALLOW:
        return "allow";
    case ACTION_FLAG:
        return "flag";
    case ACTION_PSEUDONYM:
        return "pseudonym";
    case ACTION_MASK:
        return "mask";
    case ACTION_REDACT:
        return "redact";
    case ACTION_DROP:
        return "drop";
    case ACTION_BLOCK:
        return "block";
    }
    return "block";
}

bool action_find(struct span text, enum action *ret_action)
{
    for (enum action a = ACTION_ALLOW; a <= ACTION_BLOCK; a++) {
        if (span_equal(text, span_str(action_text(a)))) {
            *ret_action = a;
            return true;
        }
    }
    return false;
}

static const char *direction_text(enum direction d)
{
    return d == DIRECTION_REQUEST ? "request" : "response";
}

static enum aiu_status append_direction(const struct policy *p, enum direction d, struct buf *dst)
{
    for (enum finding_kind k = KIND_PII; k < KIND_COUNT; k++) {
        TRY(buf_printf(dst, "%s.%s: %s\n", direction_text(d), finding_kind_text(k),
                       action_text(p->actions[d][k])));
    }
    for (size_t i = 0; i < p->only[d].count; i++) {
        TRY(buf_printf(dst, "%s.only: ", direction_text(d)));
        TRY(buf_append(dst, p->only[d].rules[i]));
        TRY(buf_append_byte(dst, '\n'));
    }
    return AIU_OK;
}

static enum aiu_status append_exception(const struct policy_exception *e, struct buf *dst)
{
    TRY(buf_append(dst, SPAN_OF("exception: ")));
    TRY(buf_append(dst, e->rule));
    TRY(buf_append(dst, SPAN_OF(" at ")));
    TRY(buf_append(dst, e->path));
    TRY(buf_append(dst, SPAN_OF(" until ")));
    TRY(buf_append_u64(dst, e->expires_unix_s));
    TRY(buf_append(dst, SPAN_OF(": ")));
    TRY(buf_append(dst, e->reason));
    return buf_append_byte(dst, '\n');
}

static enum aiu_status append_bool(struct buf *dst, const char *name, bool value)
{
    return buf_printf(dst, "%s: %s\n", name, value ? "true" : "false");
}

enum aiu_status policy_text(const struct policy *p, struct buf *dst)
{
    TRY(buf_append(dst, SPAN_OF("name: ")));
    TRY(buf_append(dst, p->name));
    TRY(buf_append_byte(dst, '\n'));
    TRY(append_direction(p, DIRECTION_REQUEST, dst));
    TRY(append_direction(p, DIRECTION_RESPONSE, dst));
    TRY(buf_printf(dst, "max_characters: %zu\n", p->max_characters));
    TRY(append_bool(dst, "allow_list", p->allow_list));
    TRY(append_bool(dst, "refuse_blank", p->refuse_blank));
    TRY(append_bool(dst, "trim", p->trim));
    TRY(append_bool(dst, "plain_tag", p->plain_tag));
    for (size_t i = 0; i < p->allowed_hosts.count; i++) {
        TRY(buf_append(dst, SPAN_OF("allowed_host: ")));
        TRY(buf_append(dst, p->allowed_hosts.names[i]));
        TRY(buf_append_byte(dst, '\n'));
    }
    for (size_t i = 0; i < p->canary_count; i++) {
        TRY(buf_append(dst, SPAN_OF("canary: ")));
        TRY(buf_append(dst, p->canary_names[i]));
        TRY(buf_append_byte(dst, '\n'));
    }
    for (size_t i = 0; i < p->phone_region_count; i++) {
        TRY(buf_append(dst, SPAN_OF("phone_region: ")));
        TRY(buf_append(dst, p->phone_region_names[i]));
        TRY(buf_append_byte(dst, '\n'));
    }
    for (size_t i = 0; i < p->exception_count; i++) {
        TRY(append_exception(&p->exceptions[i], dst));
    }
    return AIU_OK;
}
