// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Groups name only what stands before them, so one pass from the first node to the last settles
// all of them.
#include "audit/trust.h"

#include "base/num.h"

struct line {
    struct span rest;
};

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

// The next word; empty at the end of the line.
static struct span next_word(struct line *l)
{
    size_t i = 0;

    while (l->rest.n > 0 && is_blank(l->rest.p[0])) {
        l->rest = span_drop_first(l->rest, 1);
    }
    while (i < l->rest.n && !is_blank(l->rest.p[i])) {
        i++;
    }
    struct span word = span_first(l->rest, i);
    l->rest = span_drop_first(l->rest, i);
    return word;
}

static int find_node(const struct trust *t, struct span name)
{
    for (size_t i = 0; i < t->nodes_count; i++) {
        if (span_equal(t->nodes[i].name, name)) {
            return (int)i;
        }
    }
    return TRUST_NONE;
}

static bool is_free_name(const struct trust *t, struct span name)
{
    return name.n > 0 && !span_equal(name, SPAN_OF("none")) && find_node(t, name) == TRUST_NONE;
}

static bool has_key(const struct note_key *keys, size_t count, const struct note_key *key)
{
    for (size_t i = 0; i < count; i++) {
        if (memcmp(keys[i].public_key, key->public_key, SIGN_PUBLIC_SIZE) == 0) {
            return true;
        }
    }
    return false;
}

// A vkey of this kind that is not in the list, and an optional URL.
static enum aiu_status take_key(struct line *l, enum note_kind kind, struct note_key *keys,
                                size_t count, struct span *urls)
{
    struct note_key key;

    if (note_key_parse(next_word(l), &key) != AIU_OK || key.kind != kind ||
        has_key(keys, count, &key)) {
        return AIU_FILE_INVALID;
    }
    keys[count] = key;
    urls[count] = next_word(l);
    return next_word(l).n == 0 ? AIU_OK : AIU_FILE_INVALID;
}

static enum aiu_status take_log(struct trust *t, struct line *l)
{
    if (t->logs_count == TRUST_LOGS_MOST) {
        return AIU_TOO_LONG;
    }
    TRY(take_key(l, NOTE_SIGNATURE, t->logs, t->logs_count, t->log_urls));
    t->logs_count++;
    return AIU_OK;
}

static enum aiu_status take_witness(struct trust *t, struct line *l)
{
    struct trust_node node = {.name = next_word(l), .witness = t->witnesses_count};

    if (t->witnesses_count == TRUST_WITNESSES_MOST) {
        return AIU_TOO_LONG;
    }
    if (!is_free_name(t, node.name)) {
        return AIU_FILE_INVALID;
    }
    TRY(take_key(l, NOTE_COSIGNATURE, t->witnesses, t->witnesses_count, t->witness_urls));
    t->witnesses_count++;
    t->nodes[t->nodes_count++] = node;
    return AIU_OK;
}

static uint64_t groups_of(const struct trust *t)
{
    return t->nodes_count - t->witnesses_count;
}

static bool read_threshold(struct span word, unsigned members, unsigned *ret_threshold)
{
    uint64_t value = 0;

    if (span_equal(word, SPAN_OF("all"))) {
        value = members;
    } else if (span_equal(word, SPAN_OF("any"))) {
        value = 1;
    } else if (num_parse_u64(word, members, &value) != AIU_OK) {
        return false;
    }
    *ret_threshold = (unsigned)value;
    return value >= 1;
}

// Bits of all nodes that are a member of some group already.
static uint64_t taken(const struct trust *t)
{
    uint64_t members = 0;

    for (size_t i = 0; i < t->nodes_count; i++) {
        members |= t->nodes[i].members;
    }
    return members;
}

static enum aiu_status take_group(struct trust *t, struct line *l)
{
    struct trust_node node = {.name = next_word(l), .is_group = true};
    struct span threshold = next_word(l);
    struct span word = {0};
    unsigned count = 0;

    if (groups_of(t) == TRUST_GROUPS_MOST) {
        return AIU_TOO_LONG;
    }
    if (!is_free_name(t, node.name)) {
        return AIU_FILE_INVALID;
    }
    while ((word = next_word(l)).n > 0) {
        int member = find_node(t, word);
        // In one group at most, so that each witness can count in one way only.
        if (member == TRUST_NONE || ((taken(t) | node.members) >> (unsigned)member & 1) != 0) {
            return AIU_FILE_INVALID;
        }
        node.members |= (uint64_t)1 << (unsigned)member;
        count++;
    }
    if (!read_threshold(threshold, count, &node.threshold)) {
        return AIU_FILE_INVALID;
    }
    t->nodes[t->nodes_count++] = node;
    return AIU_OK;
}

static enum aiu_status take_quorum(struct trust *t, struct line *l, bool *has_quorum)
{
    struct span name = next_word(l);
    bool none = span_equal(name, SPAN_OF("none"));

    t->quorum = find_node(t, name);
    if (*has_quorum || (!none && t->quorum == TRUST_NONE) || next_word(l).n > 0) {
        return AIU_FILE_INVALID;
    }
    *has_quorum = true;
    return AIU_OK;
}

static enum aiu_status take_line(struct trust *t, struct line *l, bool *has_quorum)
{
    struct span word = next_word(l);

    if (word.n == 0 || word.p[0] == '#') {
        return AIU_OK;
    }
    if (span_equal(word, SPAN_OF("log"))) {
        return take_log(t, l);
    }
    if (span_equal(word, SPAN_OF("witness"))) {
        return take_witness(t, l);
    }
    if (span_equal(word, SPAN_OF("group"))) {
        return take_group(t, l);
    }
    return span_equal(word, SPAN_OF("quorum")) ? take_quorum(t, l, has_quorum) : AIU_FILE_INVALID;
}

static bool is_allowed(struct span line)
{
    for (size_t i = 0; i < line.n; i++) {
        if ((line.p[i] < 0x20 && line.p[i] != '\t') || line.p[i] == 0x7F) {
            return false;
        }
    }
    return true;
}

enum aiu_status trust_parse(struct span file, struct trust *ret_trust, size_t *ret_line)
{
    bool has_quorum = false;
    size_t number = 0;
    enum aiu_status st = file.n > TRUST_FILE_MOST ? AIU_TOO_LONG : AIU_OK;

    *ret_trust = (struct trust){.quorum = TRUST_NONE};
    while (st == AIU_OK && file.n > 0) {
        struct line l = {0};
        number++;
        st = span_cut(file, '\n', &l.rest, &file) && is_allowed(l.rest)
                 ? take_line(ret_trust, &l, &has_quorum)
                 : AIU_FILE_INVALID;
    }
    if (st == AIU_OK && !has_quorum) {
        st = AIU_FILE_INVALID;
    }
    if (st != AIU_OK && ret_line != NULL) {
        *ret_line = number;
    }
    return st;
}

void trust_of_key(struct trust *t, const struct note_key *key)
{
    *t = (struct trust){.logs_count = 1, .quorum = TRUST_NONE};
    t->logs[0] = *key;
}

static bool has_month(struct span name)
{
    static const char form[] = "/0000-00";
    const size_t n = sizeof(form) - 1;

    if (name.n <= n) {
        return false;
    }
    struct span end = span_drop_first(name, name.n - n);
    for (size_t i = 0; i < n; i++) {
        bool digit = end.p[i] >= '0' && end.p[i] <= '9';
        if (form[i] == '0' ? !digit : end.p[i] != (uint8_t)form[i]) {
            return false;
        }
    }
    return true;
}

static struct span without_month(struct span name)
{
    return has_month(name) ? span_drop_last(name, strlen("/0000-00")) : name;
}

enum aiu_status trust_add_shard(struct trust *t, struct span origin)
{
    size_t known = t->logs_count;

    if (!has_month(origin) || !note_name_valid(origin)) {
        return AIU_OK;
    }
    for (size_t i = 0; i < known; i++) {
        if (span_equal(t->logs[i].name, origin)) {
            continue;
        }
        if (span_equal(without_month(t->logs[i].name), without_month(origin))) {
            if (t->logs_count == TRUST_LOGS_MOST) {
                return AIU_TOO_LONG;
            }
            TRY(note_key_init(&t->logs[t->logs_count], origin, NOTE_SIGNATURE,
                              t->logs[i].public_key));
            t->logs_count++;
        }
    }
    return AIU_OK;
}

bool trust_quorum(const struct trust *t, uint64_t witnesses)
{
    uint64_t yes = 0;

    for (size_t i = 0; i < t->nodes_count; i++) {
        const struct trust_node *n = &t->nodes[i];
        bool says = n->is_group ? (unsigned)__builtin_popcountll(yes & n->members) >= n->threshold
                                : (witnesses >> n->witness & 1) != 0;
        yes |= (uint64_t)says << i;
    }
    return t->quorum == TRUST_NONE || (yes >> (unsigned)t->quorum & 1) != 0;
}

static enum aiu_status find_log(const struct trust *t, const struct note *n, struct span origin,
                                size_t *ret_log)
{
    struct note_signers signers;

    TRY(note_verify(n, t->logs, t->logs_count, &signers));
    for (size_t i = 0; i < t->logs_count; i++) {
        if ((signers.keys >> i & 1) != 0 && span_equal(t->logs[i].name, origin)) {
            *ret_log = i;
            return AIU_OK;
        }
    }
    return AIU_AUDIT_UNVERIFIED;
}

enum aiu_status trust_open(const struct trust *t, struct span note,
                           struct checkpoint *ret_checkpoint, struct trust_verdict *ret_verdict)
{
    struct trust_verdict verdict = {.log = 0};
    struct note_signers signers = {.keys = 0};
    struct checkpoint c;
    struct note n;

    TRY(note_parse(note, &n));
    TRY(checkpoint_parse(n.text, &c));
    TRY(find_log(t, &n, c.origin, &verdict.log));
    enum aiu_status st = note_verify(&n, t->witnesses, t->witnesses_count, &signers);
    if (st != AIU_OK && st != AIU_NOT_FOUND) {
        return st;
    }
    verdict.witnesses = signers.keys;
    for (size_t i = 0; i < t->witnesses_count; i++) {
        if (signers.times[i] > verdict.latest_cosignature) {
            verdict.latest_cosignature = signers.times[i];
        }
    }
    if (!trust_quorum(t, verdict.witnesses)) {
        return AIU_FORBIDDEN;
    }
    *ret_checkpoint = c;
    *ret_verdict = verdict;
    return AIU_OK;
}
