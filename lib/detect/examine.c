// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// 1. A finding that is open goes on by its flow.
// 2. Vectorscan reports literals; one pass over the bytes finds runs of digits and rare single
//    bytes. At each such anchor the programs that hang on it say NO, YES or MORE.
// 3. What may still become a finding begins at or behind `unknown`: at the first program that said
//    MORE, or in the last bytes that an unfinished anchor could reach back over.
// 4. Candidates before `unknown` are all there will ever be. From left to right, the first one that
//    does not overlap the last accepted one is a finding (earliest, then flowing, then longest,
//    then gravest, then surest).
//
// All offsets are 32 bits inside a view. Nothing is dropped where memory or a bound is short: the
// examination fails as a whole.
#include "detect/examine.h"

#include <string.h>

#include "base/alloc.h"
#include "detect/ascii.h"
#include "detect/context.h"
#include "detect/engine_parts.h"
#include "detect/match_output.h"
#include "detect/program.h"
#include "detect/shape.h"
#include "detect/unicode.h"
#include "detect/validate.h"

struct job {
    const struct engine *engine;
    const struct catalog *catalog;
    struct scratch *scratch;
    const struct rule_set *rules;
    bool shapes;        // some are on
    struct chain chain; // of run_shapes: here it is cleared once and not for each run
    const struct view *view;
    size_t decided;
    size_t more; // earliest start of what can not be told yet
    struct context_reader context;
    bool gated; // words were read up to the anchor
    uint64_t enabled_known;
    uint32_t enabled[CATALOG_RUN + 1]; // by length of a run: programs whose rules are on
    enum aiu_status status;
};

// Room for one more element in an array of the scratch.
static enum aiu_status grow(void **array, size_t size, size_t count, size_t *capacity, size_t most)
{
    if (count < *capacity) {
        return AIU_OK;
    }
    if (count >= most) {
        return AIU_INSPECTION_FAILED;
    }
    size_t larger = *capacity == 0 ? 64 : 2 * *capacity;
    void *moved = mem_resize_wiped(*array, *capacity * size, larger * size);
    if (moved == NULL) {
        return AIU_NO_MEMORY;
    }
    *array = moved;
    *capacity = larger;
    return AIU_OK;
}

static enum aiu_status push_candidate(struct job *job, const struct candidate *candidate)
{
    struct scratch *s = job->scratch;
    void *array = s->candidates;

    TRY(grow(&array, sizeof(*candidate), s->candidate_count, &s->candidate_capacity,
             SCRATCH_CANDIDATES));
    s->candidates = array;
    s->candidates[s->candidate_count++] = *candidate;
    return AIU_OK;
}

static bool is_valid(const struct check *check, struct span text, bool *sure)
{
    if (!check->placeholders && is_placeholder(text)) {
        return false;
    }
    if (check->entropy > 0 && entropy_sixteenths(text) < check->entropy) {
        return false;
    }
    enum validity validity = validator_run((enum validator_id)check->validator, text);
    *sure = *sure || validity == VALID_SURE;
    return validity != VALID_NO;
}

// What is judged of a finding without end is what is certain of it.
static enum aiu_status confirm(struct job *job, const struct program *program, struct hit *hit)
{
    const struct check *check = &job->catalog->checks[program->check];

    if (hit->start < job->decided || hit->end <= hit->start ||
        !is_valid(check, span_of(job->view->p + hit->start, hit->end - hit->start), &hit->sure)) {
        return AIU_OK;
    }
    struct candidate candidate = {
        .start = (uint32_t)hit->start,
        .end = (uint32_t)hit->end,
        .rule = program->rule,
        .check = program->check,
        .confidence = hit->sure ? 100 : check->confidence,
        .near = CONTEXT_FAR,
        .flow = hit->flow,
    };
    return push_candidate(job, &candidate);
}

// Whether the bytes beside the anchor let the program run at all.
static inline bool passes_gates(const struct catalog *c, const struct program *program,
                                const struct view *v, const struct site *site)
{
    if (program->before != INDEX_NONE && site->start > 0 &&
        !class_has(&c->classes[program->before], v->p[site->start - 1])) {
        return false;
    }
    return program->after == INDEX_NONE || site->end >= v->n ||
           class_has(&c->classes[program->after], v->p[site->end]);
}

// A link to a host that may have the data.
static bool is_allowed_link(const struct job *job, const struct program *program,
                            const struct hit *hit)
{
    const struct host_list *hosts = job->rules->hosts;
    struct span url = {job->view->p + hit->start, hit->end - hit->start};

    return hosts != NULL && job->catalog->info[program->rule].kind == KIND_OUTPUT &&
           url_host_allowed(url, hosts);
}

// Whether a program at a run of digits can have the word that it needs: words were read up to there
// and a little beyond what its finding may begin.
static inline bool may_have_context(const struct job *job, const struct program *program)
{
    const struct check *check = &job->catalog->checks[program->check];

    return !check_waits(check) || job->context.last[check->context - 1U] > 0;
}

static void run_program(struct job *job, const struct program *program, const struct site *site)
{
    const struct catalog *c = job->catalog;
    struct hit hit __attribute__((uninitialized)); // both begin it

    if (!rule_set_has(job->rules, program->rule) ||
        (job->gated && !may_have_context(job, program))) {
        return;
    }
    enum match m = program->matcher != MATCHER_NONE
                       ? matcher_run((enum matcher)program->matcher, job->view, site, &hit)
                       : program_run(c, program, job->view, site, &hit);
    if (m == MATCH_YES) {
        job->status = is_allowed_link(job, program, &hit) ? AIU_OK : confirm(job, program, &hit);
    } else if (m == MATCH_MORE && hit.start < job->more && hit.start >= job->decided) {
        job->more = hit.start;
    }
}

static void run_programs(struct job *job, size_t first, size_t count, const struct site *site)
{
    const struct catalog *c = job->catalog;

    for (size_t i = first; i < first + count && job->status == AIU_OK; i++) {
        const struct program *program = &c->programs[c->triggers[i]];
        if (passes_gates(c, program, job->view, site)) {
            run_program(job, program, site);
        }
    }
}

// Those of the first programs of a run of `n` digits whose rules are on.
static uint32_t enabled_at_run(struct job *job, size_t n)
{
    const struct catalog *c = job->catalog;
    size_t count = c->runs[n + 1] - c->runs[n];

    if ((job->enabled_known >> n & 1) == 0) {
        job->enabled_known |= UINT64_C(1) << n;
        job->enabled[n] = 0;
        for (size_t i = 0; i < count && i < RUN_GATED; i++) {
            const struct program *p = &c->programs[c->triggers[c->runs[n] + i]];
            bool on = rule_set_has(job->rules, p->rule) &&
                      (p->matcher != MATCHER_phone_region || job->view->regions != NULL);
            job->enabled[n] |= (uint32_t)on << i;
        }
    }
    return job->enabled[n];
}

// Words before a run are read where something may want them. No shape begins inside of a word.
static void read_context(struct job *job, size_t at, bool wanted)
{
    if (wanted) {
        context_read(&job->context, at);
        context_prune(&job->context, at);
    }
}

// The programs of a run of `n` digits. The bytes beside it leave a few of them.
static void run_digits(struct job *job, size_t n, const struct site *site, bool inner)
{
    const struct catalog *c = job->catalog;
    size_t first = c->runs[n];
    size_t count = c->runs[n + 1] - first;
    const struct run_gate *gate = &job->engine->gates[n];
    uint32_t open = run_gate_pass(gate, job->view, site, inner) & enabled_at_run(job, n);

    read_context(job, site->start, !inner || (open & gate->context) != 0 || count > RUN_GATED);
    open &= job->context.active_count == 0 ? ~gate->context : UINT32_MAX;
    job->gated = true;
    for (; open != 0 && job->status == AIU_OK; open &= open - 1) {
        size_t i = (size_t)__builtin_ctz(open);
        run_program(job, &c->programs[c->triggers[first + i]], site);
    }
    if (count > RUN_GATED) {
        run_programs(job, first + RUN_GATED, count - RUN_GATED, site);
    }
    job->gated = false;
}

static void take_anchor(struct job *job, const struct anchor *anchor, size_t end)
{
    struct site site = {end - anchor->n, end};

    run_programs(job, anchor->first, anchor->count, &site);
}

static int on_literal(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                      void *ctx)
{
    struct job *job = ctx;

    (void)from;
    (void)flags;
    take_anchor(job, &job->catalog->anchors[id], (size_t)to);
    return job->status != AIU_OK;
}

static enum aiu_status scan_literals(struct job *job, const struct engine *e)
{
    hs_error_t st = hs_scan(e->database, (const char *)job->view->p, (unsigned)job->view->n, 0,
                            job->scratch->hs, on_literal, job);

    if (job->status != AIU_OK) {
        return job->status;
    }
    return st == HS_SUCCESS ? AIU_OK : AIU_INSPECTION_FAILED;
}

enum { STRIDE = 32 };

// Whether one of `STRIDE` bytes is a digit or one of the three; written so that it is vectorised.
static bool any_spot(const uint8_t *p, const uint8_t spots[CATALOG_BYTES])
{
    uint8_t any = 0;

    for (size_t i = 0; i < STRIDE; i++) {
        any |= (uint8_t)((uint8_t)(p[i] - '0') < 10) | (uint8_t)(p[i] == spots[0]) |
               (uint8_t)(p[i] == spots[1]) | (uint8_t)(p[i] == spots[2]);
    }
    return any != 0;
}

// The next digit or anchor byte from `at` on; v->n where there is none. The first few bytes are
// read one by one: where there are many digits the next one is near.
static size_t next_spot(const struct view *v, size_t at, const uint8_t spots[CATALOG_BYTES])
{
    size_t end = v->n - at < STRIDE / 4 ? v->n : at + STRIDE / 4;

    while (at < v->n) {
        for (; at < end; at++) {
            uint8_t c = v->p[at];
            if (is_digit(c) || c == spots[0] || c == spots[1] || c == spots[2]) {
                return at;
            }
        }
        while (v->n - at >= STRIDE && !any_spot(v->p + at, spots)) {
            at += STRIDE;
        }
        end = v->n - at < STRIDE ? v->n : at + STRIDE;
    }
    return at;
}

static enum aiu_status confirm_shape(struct job *job, const struct shape *shape,
                                     const struct hit *hit, struct span text)
{
    const struct check *check = &job->catalog->checks[shape->check];
    enum validity validity = validator_run((enum validator_id)check->validator, text);

    if (hit->start < job->decided || validity == VALID_NO) {
        return AIU_OK;
    }
    struct candidate candidate = {
        .start = (uint32_t)hit->start,
        .end = (uint32_t)hit->end,
        .rule = check->rule,
        .check = shape->check,
        .confidence = check->confidence,
        .near = CONTEXT_FAR,
    };
    return push_candidate(job, &candidate);
}

static void run_shape(struct job *job, const struct shape *shape, const struct chain *chain)
{
    struct span text;
    struct hit hit;

    if (job->status != AIU_OK ||
        !rule_set_has(job->rules, job->catalog->checks[shape->check].rule)) {
        return;
    }
    enum match m = shape_match(job->catalog, shape, job->view, chain, &hit, &text);
    if (m == MATCH_YES) {
        job->status = confirm_shape(job, shape, &hit, text);
    } else if (m == MATCH_MORE && hit.start < job->more && hit.start >= job->decided) {
        job->more = hit.start;
    }
}

enum { SHAPE_LEAST = 5 }; // characters

// Shapes are tried where a word of their context stands near, or where the text may be nothing
// else: most of them are too weak for more.
static void run_shapes(struct job *job, size_t at)
{
    const struct catalog *c = job->catalog;
    bool alone = job->rules->fields && job->view->first &&
                 (at <= SHAPE_LEAD + CONTEXT_LEAD || may_stand_alone(job->view, at));
    struct chain *chain = &job->chain;

    if (!alone && job->context.active_count == 0) {
        return;
    }
    chain_read(job->view, at, chain);
    if (chain->n + chain->lead < SHAPE_LEAST && !chain->cut) {
        return;
    }
    alone = alone && may_stand_alone(job->view, chain->lead_start);
    for (size_t i = 0; alone && i < c->shape_count; i++) {
        if (c->checks[c->shapes[i].check].alone) {
            run_shape(job, &c->shapes[i], chain);
        }
    }
    for (size_t k = 0; k < job->context.active_count; k++) {
        uint16_t group = job->context.active[k];
        for (size_t i = c->shape_groups[group]; i < c->shape_groups[group + 1U]; i++) {
            run_shape(job, &c->shapes[c->shape_triggers[i]], chain);
        }
    }
}

static size_t take_run(struct job *job, size_t at)
{
    const struct view *v = job->view;
    struct site site = {at, at};

    while (site.end < v->n && is_digit(v->p[site.end])) {
        site.end++;
    }
    size_t n = site.end - at;
    if (n <= CATALOG_RUN && (v->final || site.end < v->n)) {
        bool inner = run_goes_on_word(v, at);
        run_digits(job, n, &site, inner);
        if (job->shapes && !inner) {
            run_shapes(job, at);
        }
    }
    return site.end;
}

static enum aiu_status scan_bytes(struct job *job)
{
    const struct catalog *c = job->catalog;
    uint8_t spots[CATALOG_BYTES] = {'0', '0', '0'};

    for (size_t i = 0; i < c->byte_count; i++) {
        spots[i] = c->pool[c->bytes[i].at];
    }
    for (size_t at = 0; job->status == AIU_OK; at++) {
        at = next_spot(job->view, at, spots);
        if (at == job->view->n) {
            break;
        }
        if (is_digit(job->view->p[at])) {
            at = take_run(job, at) - 1;
            continue;
        }
        for (size_t i = 0; i < c->byte_count; i++) {
            if (spots[i] == job->view->p[at]) {
                take_anchor(job, &c->bytes[i], at + 1);
            }
        }
    }
    return job->status;
}

// Bytes of a character at the end of the view that is not whole.
static size_t cut_tail(const struct view *v)
{
    for (size_t n = 1; n <= 3 && n <= v->n; n++) {
        uint8_t c = v->p[v->n - n];
        if (c >= 0xC0) {
            return char_size(c) > n ? n : 0;
        }
        if (c < 0x80) {
            return 0;
        }
    }
    return 0;
}

static size_t char_start(const struct view *v, size_t at, size_t least)
{
    for (int i = 0; i < 3 && at > least && at < v->n && (v->p[at] & 0xC0) == 0x80; i++) {
        at--;
    }
    return at;
}

// Behind the character whose first byte stands before `at`; text that is no UTF-8 may not have it.
static size_t char_end(const struct view *v, size_t at, size_t most)
{
    size_t size = char_size(v->p[at - 1]);

    for (size_t i = 1; i < size && at < most && (v->p[at] & 0xC0) == 0x80; i++) {
        at++;
    }
    return at;
}

// Where the bytes begin that an anchor not yet whole may reach back over.
static size_t break_point(const struct catalog *c, const struct view *v, size_t from)
{
    size_t end = v->n - cut_tail(v);
    size_t at = end > from ? end : from;
    size_t least = at - from > c->reach ? at - c->reach : from;

    while (at > least && class_has(&c->inside, v->p[at - 1])) {
        at--;
    }
    if (at > least && (at == end || is_digit(v->p[at]))) {
        size_t code = letters_before_blank(v, at);
        at -= code > 0 && at - from > code ? code + 1 : 0;
    }
    return at > least ? char_end(v, at, end) : char_start(v, at, from);
}

static bool ranks_before(const struct catalog *c, const struct candidate *a,
                         const struct candidate *b)
{
    if (a->start != b->start) {
        return a->start < b->start;
    }
    if (c->checks[a->check].gives_way != c->checks[b->check].gives_way) {
        return c->checks[b->check].gives_way;
    }
    if (c->checks[a->check].flows != c->checks[b->check].flows) {
        return c->checks[a->check].flows;
    }
    if (a->end != b->end) {
        return a->end > b->end;
    }
    if (a->near != b->near) {
        return a->near < b->near;
    }
    if (c->info[a->rule].severity != c->info[b->rule].severity) {
        return c->info[a->rule].severity > c->info[b->rule].severity;
    }
    if (a->confidence != b->confidence) {
        return a->confidence > b->confidence;
    }
    return a->check < b->check;
}

static void sift_down(const struct catalog *c, struct candidate *items, size_t root, size_t n)
{
    for (;;) {
        size_t child = 2 * root + 1;
        if (child >= n) {
            return;
        }
        if (child + 1 < n && ranks_before(c, &items[child], &items[child + 1])) {
            child++;
        }
        if (!ranks_before(c, &items[root], &items[child])) {
            return;
        }
        struct candidate swapped = items[root];
        items[root] = items[child];
        items[child] = swapped;
        root = child;
    }
}

// Heap sort: no memory, and no order of the input makes it slow.
static void sort_candidates(const struct catalog *c, struct candidate *items, size_t n)
{
    size_t sorted = 1;

    while (sorted < n && !ranks_before(c, &items[sorted], &items[sorted - 1])) {
        sorted++;
    }
    if (sorted >= n) {
        return;
    }
    for (size_t i = n / 2; i-- > 0;) {
        sift_down(c, items, i, n);
    }
    for (size_t i = n - 1; i > 0; i--) {
        struct candidate last = items[i];
        items[i] = items[0];
        items[0] = last;
        sift_down(c, items, 0, i);
    }
}

static unsigned nearer(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

// How near the context is. A place ("Norway") counts only beside a word that says what kind of
// thing follows ("id number"), and less than the thing's own name.
static unsigned context_of(struct context_reader *r, const struct check *check, size_t start)
{
    unsigned near = CONTEXT_FAR;

    if (check->context == 0 && check->place == 0) {
        return near;
    }
    context_read(r, start);
    if (check->context > 0) {
        near = context_near(r, check->context - 1U, start);
    }
    if (check->place > 0 && near > check->near) {
        unsigned place = context_near(r, check->place - 1U, start);
        unsigned word = context_near(r, r->catalog->context_id_words, start);
        if (place != CONTEXT_FAR && word != CONTEXT_FAR) {
            return nearer(CATALOG_NEAR + nearer(place, word), CONTEXT_FAR - 1);
        }
    }
    return near > check->near ? CONTEXT_FAR : near;
}

// Whether `candidate` has what its check needs around it; a word that helps raises confidence.
static enum match has_context(struct job *job, const struct check *check,
                              struct candidate *candidate)
{
    candidate->near = (uint16_t)context_of(&job->context, check, candidate->start);
    if (candidate->near != CONTEXT_FAR) {
        candidate->confidence = (uint8_t)((candidate->confidence + 100) / 2);
        return MATCH_YES;
    }
    if (!check->context_required) {
        candidate->near = CONTEXT_FAR - 1; // better than a weak one that only stands alone
        return MATCH_YES;
    }
    return check->alone && job->rules->fields
               ? stands_alone(job->view, candidate->start, candidate->end)
               : MATCH_NO;
}

// Of the candidates from `i` on that begin at the same place, the best one that has its context;
// returns the index behind them. MATCH_MORE where it can not be told yet.
static size_t best_of(struct job *job, size_t i, struct candidate *ret_best, enum match *ret_found)
{
    const struct candidate *items = job->scratch->candidates;
    size_t start = items[i].start;
    enum match found = MATCH_NO;

    for (; i < job->scratch->candidate_count && items[i].start == start; i++) {
        struct candidate c = items[i];
        enum match m = has_context(job, &job->catalog->checks[c.check], &c);
        if (m == MATCH_YES && (found == MATCH_NO || ranks_before(job->catalog, &c, ret_best))) {
            *ret_best = c;
        }
        found = m == MATCH_NO || found == MATCH_MORE ? found : m;
    }
    *ret_found = found;
    return i;
}

// Keep the candidates that are findings, in front of the array; returns how far they reach.
// `unknown` moves to the first candidate of which it can not be told.
static size_t accept(struct job *job, size_t *unknown, struct progress *p, size_t *ret_count)
{
    struct scratch *s = job->scratch;
    const struct catalog *catalog = job->catalog;
    size_t reached = p->decided;
    size_t kept = 0;
    size_t i = 0;

    context_init(&job->context, job->view);
    while (i < s->candidate_count && s->candidates[i].start < *unknown) {
        struct candidate c = s->candidates[i];
        enum match found = MATCH_NO;
        if (c.start < reached) {
            i++;
            continue;
        }
        i = best_of(job, i, &c, &found);
        if (found == MATCH_MORE) {
            *unknown = c.start;
            break;
        }
        if (found == MATCH_NO) {
            continue;
        }
        reached = c.end;
        if (c.flow.kind != FLOW_NONE) {
            p->flow = c.flow;
            reached = flow_run(&p->flow, catalog->classes, job->view, c.end);
            c.end = (uint32_t)reached;
        }
        s->candidates[kept++] = c;
        if (p->flow.kind != FLOW_NONE) {
            break;
        }
    }
    *ret_count = kept;
    return reached;
}

static void job_begin(struct job *job, const struct engine *e, struct scratch *s,
                      const struct rule_set *rules, const struct view *v)
{
    job->engine = e;
    job->catalog = e->catalog;
    job->scratch = s;
    job->rules = rules;
    job->view = v;
    job->decided = 0;
    job->more = v->n;
    job->gated = false;
    job->enabled_known = 0;
    job->status = AIU_OK;
    job->context = (struct context_reader){
        .catalog = e->catalog,
        .bytes = &e->context_bytes,
        .last = s->last_near,
        .active = s->active,
        .active_count = s->active_count,
    };
}

static enum aiu_status decide(struct job *job, struct progress *p, struct decided *ret_decided)
{
    const struct catalog *c = job->catalog;
    struct scratch *s = job->scratch;
    const struct view *v = job->view;

    if (p->flow.kind != FLOW_NONE) {
        p->decided = flow_run(&p->flow, c->classes, v, p->decided);
        ret_decided->extended = p->decided;
    }
    if (p->flow.kind != FLOW_NONE || p->decided == v->n) {
        return AIU_OK;
    }
    job->decided = p->decided;
    s->candidate_count = 0;
    context_init(&job->context, v);
    TRY(scan_literals(job, job->engine));
    job->shapes = rule_set_meets(job->rules, &job->engine->shaped);
    if (job->shapes || rule_set_meets(job->rules, &job->engine->spots)) {
        TRY(scan_bytes(job));
    }
    sort_candidates(c, s->candidates, s->candidate_count);
    size_t unknown = v->n;
    if (!v->final) {
        size_t broken = break_point(c, v, p->decided);
        unknown = broken < job->more ? broken : job->more;
    }
    size_t reached = accept(job, &unknown, p, &ret_decided->count);
    ret_decided->items = s->candidates;
    p->decided = p->flow.kind != FLOW_NONE || reached > unknown ? reached : unknown;
    return AIU_OK;
}

enum aiu_status examine(const struct engine *e, struct scratch *s, const struct rule_set *rules,
                        const struct view *v, struct progress *p, struct decided *ret_decided)
{
    struct job job __attribute__((uninitialized)); // large, and begun here
    struct view view = *v;

    *ret_decided = (struct decided){0};
    if (v->n > EXAMINE_MOST) {
        return AIU_INSPECTION_FAILED;
    }
    view.regions = rules->regions.count > 0 ? &rules->regions : NULL;
    job_begin(&job, e, s, rules, &view);
    enum aiu_status st = decide(&job, p, ret_decided);
    s->active_count = job.context.active_count;
    return st;
}
