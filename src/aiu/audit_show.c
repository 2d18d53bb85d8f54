// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// `aiu audit show`: the captured content of one request, for whoever holds the state folder. What
// is printed is what the log says was captured: the sealed bytes must have the hash that stands
// there.
#include <stdio.h>
#include <string.h>

#include "aiu/audit.h"
#include "aiu/audit_disclose.h"
#include "aiu/option.h"
#include "audit/capture_record.h"
#include "audit/query.h"
#include "base/num.h"
#include "codec/json.h"
#include "secret/hash.h"

enum { HASH_SIZE = 2 * SHA256_SIZE, PATH_MOST = AUDIT_FOLDER_MOST + 64 };

static const char usage[] =
    "usage: aiu audit show REQUEST-ID [--prompt|--answer] [--raw] [OPTION…]\n"
    "\n"
    "What was captured of a request (audit.capture): the prompt as the provider got it, the answer\n"
    "as the client got it. Checked against the hash in the log. Who reads is put on record first, by\n"
    "the gateway that runs or else by this command; where that fails nothing is shown. Exit code 1\n"
    "where there is nothing, or where the key was erased.\n"
    "\n"
    "  REQUEST-ID   as in x-request-id and aiu audit query\n"
    "  --prompt, --answer   only that\n"
    "  --raw        byte for byte, without headings: only for one of both\n"
    "  --dir DIR    the folder of the log itself, beside --state-dir\n"
    "  --state-dir DIR, --config FILE   which gateway\n";

struct request {
    struct audit_where where;
    const char *id;
    bool part[2]; // enum capture_part
    bool raw;
    char hashes[2][HASH_SIZE + 1]; // as the log has them; empty: none
    char why[2][16];               // "skipped"
    bool found;
    // What was opened, and whose it is.
    bool opened[2];
    struct buf content[2];
    char subject[CAPTURE_SUBJECT_SIZE + 1];
};

// --- the log ----------------------------------------------------------------------------------

static enum aiu_status take_hash(struct request *r, struct span entry, enum capture_part part)
{
    CLEANUP(arena_done) struct arena a;
    struct json_doc doc;

    arena_init(&a, 1 << 20);
    TRY(json_parse(entry, &a, &json_default_limits, &doc, NULL));
    uint32_t token = json_member(&doc, 0, SPAN_OF("capture"));
    if (token == JSON_NONE) {
        return AIU_OK;
    }
    struct span value = json_raw(&doc, token); // of ours: no escapes
    if (value.n == HASH_SIZE) {
        memcpy(r->hashes[part], value.p, HASH_SIZE);
    } else {
        (void)snprintf(r->why[part], sizeof(r->why[part]), "%.*s", (int)value.n,
                       (const char *)value.p);
    }
    return AIU_OK;
}

static enum aiu_status on_hit(void *ctx, const struct query_hit *hit)
{
    struct request *r = ctx;
    uint8_t type = hit->values->row.type;

    if (type != ROW_DECISION && type != ROW_RESULT) {
        return AIU_OK;
    }
    r->found = true;
    return take_hash(r, hit->entry, type == ROW_DECISION ? CAPTURE_PROMPT : CAPTURE_ANSWER);
}

static enum aiu_status look(struct request *r, const char *folder)
{
    struct query q = QUERY_ALL;

    q.columns[ROW_ID] = span_str(r->id);
    return query_run(folder, &q, on_hit, r);
}

// In the log that is written, and in the month of the request.
static enum aiu_status find_hashes(struct request *r)
{
    char folder[AUDIT_FOLDER_MOST], month[CAPTURE_MONTH_SIZE + 1], old[PATH_MOST];

    TRY(audit_folder(&r->where, folder));
    TRY(look(r, folder));
    char *name = strrchr(folder, '/');
    if (r->where.dir == NULL && name != NULL &&
        (!r->found || r->hashes[CAPTURE_PROMPT][0] == '\0')) {
        capture_month(span_str(r->id), month);
        (void)snprintf(old, sizeof(old), "%.*s/%s", (int)(name - folder), folder, month);
        enum aiu_status st = look(r, old);
        return st == AIU_FILE_NOT_FOUND ? AIU_OK : st;
    }
    return AIU_OK;
}

// --- content ----------------------------------------------------------------------------------

static bool has_hash(struct span sealed, const char *hash)
{
    CLEANUP(buf_wipe) struct buf hex = BUF_OF(HASH_SIZE);
    uint8_t digest[SHA256_SIZE];

    sha256(sealed, digest);
    return num_append_hex(&hex, span_of(digest, sizeof(digest))) == AIU_OK &&
           span_equal(buf_span(&hex), span_str(hash));
}

// The key is not there: say whether it was destroyed on purpose.
static enum aiu_status say_erased(const struct capture_store *s, struct span sealed)
{
    CLEANUP(buf_wipe) struct buf when = BUF_OF(8192);
    struct capture_key_name key;

    TRY(capture_record_head(sealed, &key));
    if (capture_erased_read(s, key.subject, &when) == AIU_OK) {
        (void)fprintf(stderr,
                      "aiu audit: the key of subject %s was erased (last at %.*s): nobody can read "
                      "this any more\n",
                      key.subject, (int)when.n, (const char *)when.p);
    } else {
        (void)fprintf(stderr, "aiu audit: the key %s of subject %s is missing\n", key.id,
                      key.subject);
    }
    return AIU_NOT_FOUND;
}

static enum aiu_status open_record(struct request *r, const struct capture_store *s,
                                   const struct secret *master, enum capture_part part)
{
    CLEANUP(buf_wipe) struct buf sealed = BUF_OF(CAPTURE_SEALED_MOST);
    struct capture_key_name key;
    char name[CAPTURE_NAME_MOST];

    TRY(capture_record_name(span_str(r->id), part, name));
    enum aiu_status st = capture_record_read(s, name, &sealed);
    if (st == AIU_FILE_NOT_FOUND) {
        (void)fprintf(stderr, "aiu audit: capture has no %s: deleted, or never written\n", name);
        return AIU_NOT_FOUND;
    }
    TRY(st);
    if (!has_hash(buf_span(&sealed), r->hashes[part])) {
        (void)fprintf(stderr, "aiu audit: %s is not what the log says was captured\n", name);
        return AIU_AUDIT_UNVERIFIED;
    }
    st = capture_record_open(s, master, name, buf_span(&sealed), &r->content[part]);
    if (st == AIU_FILE_NOT_FOUND) {
        return say_erased(s, buf_span(&sealed));
    }
    TRY(st);
    TRY(capture_record_head(buf_span(&sealed), &key));
    memcpy(r->subject, key.subject, sizeof(r->subject));
    r->opened[part] = true;
    return AIU_OK;
}

static enum aiu_status open_part(struct request *r, const struct capture_store *s,
                                 const struct secret *master, enum capture_part part)
{
    const char *word = part == CAPTURE_PROMPT ? "prompt" : "answer";

    if (r->hashes[part][0] == '\0') {
        (void)fprintf(stderr, "aiu audit: the %s was not captured%s%s\n", word,
                      r->why[part][0] == '\0' ? "" : ": ", r->why[part]);
        return AIU_NOT_FOUND;
    }
    return open_record(r, s, master, part);
}

// Nothing is shown that is not on record as shown.
static enum aiu_status print_opened(const struct request *r)
{
    const bool *opened = r->opened;
    const char *what = opened[CAPTURE_PROMPT] && opened[CAPTURE_ANSWER] ? "prompt,answer"
                       : opened[CAPTURE_PROMPT]                         ? "prompt"
                                                                        : "answer";
    const struct disclosure d = {&r->where.state, r->id, what, r->subject};

    if (!opened[CAPTURE_PROMPT] && !opened[CAPTURE_ANSWER]) {
        return AIU_OK;
    }
    TRY(disclosure_record(&d));
    for (int part = CAPTURE_PROMPT; part <= CAPTURE_ANSWER; part++) {
        const struct buf *content = &r->content[part];
        if (r->raw && opened[part]) {
            return fwrite(content->p, 1, content->n, stdout) == content->n ? AIU_OK : AIU_IO;
        }
        if (opened[part]) {
            (void)printf("%s:\n", part == CAPTURE_PROMPT ? "prompt" : "answer");
            TRY(audit_print_line(buf_span(content), false));
        }
    }
    return AIU_OK;
}

static enum aiu_status show(struct request *r)
{
    CLEANUP(capture_store_done) struct capture_store s = CAPTURE_STORE_CLOSED;
    CLEANUP(secret_done) struct secret *master = NULL;
    char state[4096], path[PATH_MOST];
    enum aiu_status worst = AIU_OK;

    TRY(find_hashes(r));
    if (!r->found) {
        (void)fprintf(stderr, "aiu audit: no such request\n");
        return AIU_NOT_FOUND;
    }
    TRY(secret_init_process(false));
    TRY(state_dir_path(&r->where.state, state));
    (void)snprintf(path, sizeof(path), "%s/audit/capture", state);
    enum aiu_status st = capture_store_open(path, false, &s);
    if (st == AIU_FILE_NOT_FOUND) {
        (void)fprintf(stderr, "aiu audit: nothing was ever captured here\n");
        return AIU_NOT_FOUND;
    }
    TRY(st);
    TRY(audit_master(&r->where.state, &master));
    for (int part = CAPTURE_PROMPT; part <= CAPTURE_ANSWER; part++) {
        // Both were not asked for by name: the answer may well not be there.
        bool optional = part == CAPTURE_ANSWER && r->part[CAPTURE_PROMPT] &&
                        r->hashes[part][0] == '\0' && r->why[part][0] == '\0';
        st =
            r->part[part] && !optional ? open_part(r, &s, master, (enum capture_part)part) : AIU_OK;
        worst = st == AIU_OK ? worst : st;
    }
    st = print_opened(r);
    return st == AIU_OK ? worst : st;
}

static bool parse(struct request *r, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (audit_where_option(&r->where, argc, argv, &i)) {
            continue;
        }
        if (strcmp(argv[i], "--prompt") == 0) {
            r->part[CAPTURE_PROMPT] = true;
        } else if (strcmp(argv[i], "--answer") == 0) {
            r->part[CAPTURE_ANSWER] = true;
        } else if (strcmp(argv[i], "--raw") == 0) {
            r->raw = true;
        } else if (argv[i][0] != '-' && r->id == NULL) {
            r->id = argv[i];
        } else {
            option_complain("aiu audit show", argv[i]);
            return false;
        }
    }
    bool one = r->part[CAPTURE_PROMPT] != r->part[CAPTURE_ANSWER];
    if (!r->part[CAPTURE_PROMPT] && !r->part[CAPTURE_ANSWER]) {
        r->part[CAPTURE_PROMPT] = r->part[CAPTURE_ANSWER] = true;
    }
    return r->id != NULL && (one || !r->raw);
}

int audit_show(int argc, char **argv)
{
    struct request r = {.content = {BUF_OF(CAPTURE_MOST + 64), BUF_OF(CAPTURE_MOST + 64)}};
    char name[CAPTURE_NAME_MOST];

    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        (void)fputs(usage, stdout);
        return 0;
    }
    if (!parse(&r, argc, argv) ||
        capture_record_name(span_str(r.id), CAPTURE_PROMPT, name) != AIU_OK) {
        (void)fputs(usage, stderr);
        return aiu_status_info(AIU_USAGE)->exit;
    }
    enum aiu_status st = show(&r);
    buf_wipe(&r.content[CAPTURE_PROMPT]);
    buf_wipe(&r.content[CAPTURE_ANSWER]);
    return audit_exit(st);
}
