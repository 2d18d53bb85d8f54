// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Input is read in large pieces, and all whole lines of a piece are answered into one buffer that
// is written before the next read. Nothing is allocated a line once the buffers have grown.
#include "aiu/scan_jsonl.h"

#include <errno.h>
#include <unistd.h>

#include "aiu/status.h"
#include "base/arena.h"
#include "base/buf.h"
#include "codec/json.h"
#include "codec/json_write.h"
#include "detect/deep.h"
#include "secret/io.h"

enum {
    PIECE = 256 << 10,     // one read
    OUT_FULL = 256 << 10,  // written before the next line
    OUT_MOST = 512 << 20,  // the answer of one line
    ARENA_MOST = 512 << 20 // tokens and unescaped text of one line
};

struct filter {
    int in, out;
    const struct rule_set *rules;
    struct engine *engine;
    struct scratch *scratch;
    struct arena arena;
    struct findings found;
    struct buf input, output;
    uint64_t line, bad;
    bool skipping; // the rest of a line that is too long
    bool ended;
};

// What a line asks for. Spans into the line or the arena.
struct question {
    struct span id; // JSON
    struct span text;
    enum text_role role;
};

static const struct {
    const char *name;
    enum text_role role;
} roles[] = {
    {"system", TEXT_SYSTEM},       {"developer", TEXT_SYSTEM}, {"user", TEXT_USER},
    {"assistant", TEXT_ASSISTANT}, {"tool", TEXT_TOOL},        {"function", TEXT_TOOL},
    {"document", TEXT_DOCUMENT},
};

static enum aiu_status read_role(const struct json_doc *doc, enum text_role *ret_role)
{
    uint32_t role = json_member(doc, 0, SPAN_OF("role"));

    if (role == JSON_NONE) {
        *ret_role = TEXT_USER;
        return AIU_OK;
    }
    for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
        if (json_equal(doc, role, span_str(roles[i].name))) {
            *ret_role = roles[i].role;
            return AIU_OK;
        }
    }
    return AIU_USAGE;
}

// The source of a value, quotes of a string included.
static struct span value_source(const struct json_doc *doc, uint32_t token)
{
    struct span raw = json_raw(doc, token);

    return json_type(doc, token) == JSON_STRING ? span_of(raw.p - 1, raw.n + 2) : raw;
}

static enum aiu_status read_question(struct filter *f, struct span line, struct question *q)
{
    struct json_limits limits = json_default_limits;
    struct json_doc doc;

    limits.lone_surrogates = true; // evaluation sets hold them; each is U+FFFD
    TRY(json_parse(line, &f->arena, &limits, &doc, NULL));
    uint32_t id = json_member(&doc, 0, SPAN_OF("id"));
    uint32_t text = json_member(&doc, 0, SPAN_OF("text"));
    if (id != JSON_NONE) {
        q->id = value_source(&doc, id);
    }
    if (!json_is(&doc, text, JSON_STRING)) {
        return AIU_USAGE;
    }
    TRY(read_role(&doc, &q->role));
    return json_string(&doc, text, &f->arena, &q->text);
}

static void write_finding(struct json_writer *w, const struct finding *found)
{
    const struct rule_info *rule = rules_get(found->rule);

    json_write_object(w);
    json_write_member_string(w, "kind", span_str(finding_kind_text(rule->kind)));
    json_write_member_string(w, "rule", span_str(rule->id));
    json_write_member_u64(w, "start", found->start);
    json_write_member_u64(w, "end", found->end);
    json_write_member_string(w, "severity", span_str(severity_text(rule->severity)));
    json_write_member_u64(w, "confidence", found->confidence);
    json_write_object_end(w);
}

static void write_wording(struct json_writer *w, const struct wording *wording)
{
    static const char *const verdicts[] = {
        [WORDING_PASS] = "pass", [WORDING_FLAG] = "flag", [WORDING_BLOCK] = "block"};

    json_write_key(w, "injection");
    json_write_object(w);
    json_write_member_u64(w, "score", wording->score);
    json_write_member_string(w, "verdict", span_str(verdicts[wording->verdict]));
    json_write_object_end(w);
}

static enum aiu_status write_answer(struct filter *f, const struct question *q,
                                    const struct wording *wording)
{
    struct json_writer w;

    json_writer_init(&w, &f->output);
    json_write_object(&w);
    json_write_key(&w, "id");
    json_write_raw(&w, q->id);
    json_write_key(&w, "findings");
    json_write_array(&w);
    for (size_t i = 0; i < f->found.count; i++) {
        write_finding(&w, &f->found.items[i]);
    }
    json_write_array_end(&w);
    write_wording(&w, wording);
    json_write_object_end(&w);
    TRY(json_writer_finish(&w));
    return buf_append_byte(&f->output, '\n');
}

static const char *error_text(enum aiu_status st)
{
    return st == AIU_USAGE ? "a line is {\"id\":…,\"text\":\"…\"}, with a known \"role\" or none"
                           : aiu_status_info(st)->text;
}

// A line that cannot be scanned is never answered as one without findings.
static enum aiu_status write_error(struct filter *f, const struct question *q, enum aiu_status why)
{
    struct json_writer w;

    f->bad++;
    json_writer_init(&w, &f->output);
    json_write_object(&w);
    json_write_key(&w, "id");
    json_write_raw(&w, q->id);
    json_write_member_u64(&w, "line", f->line);
    json_write_member_string(&w, "error", span_str(error_text(why)));
    json_write_object_end(&w);
    TRY(json_writer_finish(&w));
    return buf_append_byte(&f->output, '\n');
}

static enum aiu_status flush(struct filter *f)
{
    if (!io_write_all(f->out, buf_span(&f->output))) {
        return AIU_IO;
    }
    buf_reset(&f->output);
    return AIU_OK;
}

static bool is_blank(struct span line)
{
    for (size_t i = 0; i < line.n; i++) {
        if (line.p[i] != ' ' && line.p[i] != '\t' && line.p[i] != '\r') {
            return false;
        }
    }
    return true;
}

static enum aiu_status answer_line(struct filter *f, struct span line)
{
    struct question q = {.id = SPAN("null")};
    struct wording wording = {0};

    f->line++;
    if (is_blank(line)) {
        return AIU_OK;
    }
    size_t before = f->output.n;
    enum aiu_status st = read_question(f, line, &q);
    if (st == AIU_OK) {
        st = deep_scan(f->engine, f->scratch, f->rules, q.role, q.text, &f->found, &wording);
    }
    if (st == AIU_OK) {
        st = write_answer(f, &q, &wording);
    }
    if (st != AIU_OK) {
        f->output.n = before; // half an answer is none
        st = write_error(f, &q, st);
    }
    arena_reset(&f->arena);
    return st == AIU_OK && f->output.n >= OUT_FULL ? flush(f) : st;
}

// Answer all whole lines that have come.
static enum aiu_status answer_lines(struct filter *f)
{
    struct span rest = buf_span(&f->input);
    size_t end = span_find_byte(rest, '\n');

    while (end < rest.n) {
        if (!f->skipping) {
            TRY(answer_line(f, span_first(rest, end)));
        }
        f->skipping = false;
        rest = span_drop_first(rest, end + 1);
        end = span_find_byte(rest, '\n');
    }
    buf_consume(&f->input, f->input.n - rest.n);
    return AIU_OK;
}

// A line without end is answered once and then passed over.
static enum aiu_status bound_line(struct filter *f)
{
    const struct question nameless = {.id = SPAN("null")};

    if (f->skipping) {
        buf_reset(&f->input);
        return AIU_OK;
    }
    if (f->input.n < JSONL_LINE_MOST) {
        return AIU_OK;
    }
    f->line++;
    f->skipping = true;
    buf_reset(&f->input);
    return write_error(f, &nameless, AIU_TOO_LONG);
}

static enum aiu_status read_piece(struct filter *f)
{
    uint8_t *into = NULL;

    TRY(buf_reserve(&f->input, PIECE, &into));
    ssize_t n = 0;
    do {
        n = read(f->in, into, PIECE);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        return AIU_IO;
    }
    f->ended = n == 0;
    buf_grow(&f->input, (size_t)n);
    return AIU_OK;
}

static enum aiu_status run(struct filter *f)
{
    while (!f->ended) {
        TRY(read_piece(f));
        TRY(answer_lines(f));
        TRY(bound_line(f));
        TRY(flush(f));
    }
    if (f->input.n > 0) {
        TRY(answer_line(f, buf_span(&f->input)));
    }
    return flush(f);
}

static void filter_done(struct filter *f)
{
    buf_wipe(&f->input);
    buf_wipe(&f->output);
    arena_done(&f->arena);
    findings_done(&f->found);
    scratch_free(f->scratch);
    engine_free(f->engine);
}

enum aiu_status scan_jsonl(int in, int out, const struct rule_set *rules, uint64_t *ret_bad)
{
    CLEANUP(filter_done)
    struct filter f = {
        .in = in,
        .out = out,
        .rules = rules,
        .found = FINDINGS_OF(FINDINGS_MOST),
        .input = BUF_OF(JSONL_LINE_MOST + PIECE),
        .output = BUF_OF(OUT_MOST),
    };

    arena_init(&f.arena, ARENA_MOST);
    TRY(engine_new(&f.engine));
    TRY(scratch_new(f.engine, &f.scratch));
    TRY(run(&f));
    *ret_bad = f.bad;
    return AIU_OK;
}
