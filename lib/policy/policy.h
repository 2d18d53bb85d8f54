// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What to do about a finding: a policy maps direction and kind to an action, with exceptions that
// have a reason and an end (guide S7-S10, S25).
//
// Pure: time is handed in, everything else is data. Ownership: a policy borrows its strings from
// whoever built it (the built-in profiles are constant; configured ones live in struct config).
// Threads: a policy is immutable; call everything here from any thread. Errors: none; what is
// unknown is treated as the kind's strictest neighbour, never as allowed.
#pragma once

#include "base/buf.h"
#include "base/span.h"
#include "base/status.h"
#include "detect/finding.h"
#include "detect/rules.h"

// In order of strength, by how much of the value is left: the larger one wins.
enum action {
    ACTION_ALLOW,
    ACTION_FLAG,
    ACTION_PSEUDONYM, // a keyed token goes out and is restored in the answer; requests only
    ACTION_MASK,      // its last four characters
    ACTION_REDACT,    // a tag
    ACTION_DROP,      // nothing
    ACTION_BLOCK,
};

// Whether the text is changed in the finding's place.
static inline bool action_edits(enum action a)
{
    return a >= ACTION_PSEUDONYM && a <= ACTION_DROP;
}

enum direction { DIRECTION_REQUEST, DIRECTION_RESPONSE, DIRECTION_COUNT };

// Where `rule` fires at `path`, it is allowed until `expires_unix_s` (not included).
struct policy_exception {
    struct span rule;   // "pii.email", or all of a kind: "pii.*"
    struct span path;   // "messages[0].content"; "[*]" stands for any index, "*" alone for any path
    struct span reason; // for people; never empty
    uint64_t expires_unix_s;
};

// The only rules that count in a direction; count 0 means all of them.
struct policy_only {
    const struct span *rules; // ids
    size_t count;
};

struct policy {
    struct span name;
    enum action actions[DIRECTION_COUNT][KIND_COUNT];
    struct policy_only only[DIRECTION_COUNT];
    struct host_list allowed_hosts;     // links in answers to these are no findings
    struct phone_regions phone_regions; // numbers of these need no word beside them
    const struct span *phone_region_names;
    size_t phone_region_count;
    const struct span *canary_names; // of what answers must not hold; the texts are a secret
    const void *canaries;            // as many: where they come from (config_canaries)
    size_t canary_count;
    size_t max_characters; // code points of one text of a request
    bool allow_list;       // only the guide's characters (S50)
    bool refuse_blank;     // S47
    bool trim;             // S49: what goes on is the trimmed text
    bool plain_tag;        // redact to "[REDACTED]" (S57) instead of "[REDACTED:email]"
    const struct policy_exception *exceptions;
    size_t exception_count;
};

// The built-in profile "guide", "default" or "strict"; NULL for any other name.
const struct policy *policy_builtin(struct span name);

// The i-th built-in profile, NULL at the end of the list.
const struct policy *policy_builtin_at(size_t i);

// What to do about a finding of `rule` at `json_path`. Injection rules that only weigh evidence are
// flagged where the policy says block: only a certain rule blocks by itself (see policy.c).
enum action policy_decide(const struct policy *p, enum direction d, uint16_t rule,
                          struct span json_path, uint64_t now_unix_s);

// The rules whose action is not ACTION_ALLOW: those that a scan must look for. Borrows the policy's
// list of hosts.
struct rule_set policy_rules(const struct policy *p, enum direction d);

// Whether some finding of direction `d` may come to action `a`.
bool policy_uses(const struct policy *p, enum direction d, enum action a);

// Whether `path` is what `pattern` describes. "[*]" and "[]" stand for any index, "*" alone for any
// path; everything else must be the same byte for byte.
bool policy_path_matches(struct span pattern, struct span path);

// "allow", "flag", "pseudonym", "mask", "redact", "drop", "block".
const char *action_text(enum action a);
bool action_find(struct span text, enum action *ret_action);

// The policy as text, one "key: value" a line in a fixed order: snapshots, `config show`.
MUST_CHECK enum aiu_status policy_text(const struct policy *p, struct buf *dst);
