// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// `aiu audit prove`, `checkpoint` and `key`: what to hand to somebody who wants to check (guide
// S62, S64). A receipt is for the caller of one request; a checkpoint that lies elsewhere shows
// later that the log was neither cut nor written anew.
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "aiu/audit_months.h"
#include "aiu/option.h"
#include "audit/query.h"
#include "audit/reader.h"
#include "audit/receipt.h"
#include "audit/tile_source.h"
#include "base/num.h"
#include "secret/sign.h"
#include "verify/keys.h"

enum { PATH_MOST = AUDIT_FOLDER_MOST + 64, ID_SIZE = 36 };

static const char prove_usage[] =
    "usage: aiu audit prove REQUEST-ID [--result] [--witnessed] [--out FILE] [--entry FILE]\n"
    "       aiu audit prove --index INDEX [--month MONTH] [--witnessed] [--out FILE] [--entry FILE]\n"
    "\n"
    "A receipt that the record of a request stands in the log, for anybody with the public key:\n"
    "  aiu-verify --receipt FILE --entry FILE --key VKEY\n"
    "\n"
    "  REQUEST-ID     as in x-request-id and aiu audit query; looked for in all months\n"
    "  --result       of how it ended, instead of what was decided\n"
    "  --index INDEX  of this entry of the month that is written, or of --month\n"
    "  --month MONTH  only that month: 2026-10, or main, the one that is written\n"
    "  --witnessed    by the newest checkpoint that witnesses have cosigned\n"
    "  --out FILE     instead of REQUEST-ID.tlog-proof; - is the standard output\n"
    "  --entry FILE   write the record itself there, too\n"
    "  --dir DIR, --state-dir DIR, --config FILE   which log\n";

struct request {
    struct audit_where where;
    const char *id, *index, *month, *out, *entry;
    bool result, witnessed;
};

struct found {
    uint64_t index;
    struct buf entry;
};

// Finding the entry

struct search {
    const struct request *request;
    struct found *found;
};

static bool is_wanted(const struct request *r, enum row_type type)
{
    return r->result ? type == ROW_RESULT || type == ROW_ABANDONED : type == ROW_DECISION;
}

static enum aiu_status take_hit(void *ctx, const struct query_hit *hit)
{
    const struct search *s = ctx;

    if (!is_wanted(s->request, (enum row_type)hit->values->row.type)) {
        return AIU_OK;
    }
    s->found->index = hit->index;
    TRY(buf_append(&s->found->entry, hit->entry));
    return AIU_CANCELLED; // enough
}

// When the request began, where its id says so (UUIDv7), less a day: what is older is passed over.
static uint64_t time_of_id(struct span id)
{
    const uint64_t day_us = UINT64_C(86400) * 1000000;
    uint64_t ms = 0;

    for (size_t i = 0; i < 13; i++) {
        int digit = num_hex_digit(id.p[i]);
        ms = digit < 0 ? ms : ms << 4 | (uint64_t)digit;
    }
    return id.p[14] == '7' && ms * 1000 > day_us ? ms * 1000 - day_us : 0;
}

static enum aiu_status find_id_from(const struct request *r, const char *folder, uint64_t from_us,
                                    struct found *found)
{
    struct search s = {r, found};
    struct query q = QUERY_ALL;

    q.one_month = true;
    q.window.from_us = from_us;
    q.columns[ROW_ID] = span_str(r->id);
    enum aiu_status st = query_run(folder, &q, take_hit, &s);
    return st == AIU_CANCELLED ? AIU_OK : st == AIU_OK ? AIU_NOT_FOUND : st;
}

static enum aiu_status find_id(const struct request *r, const char *folder, struct found *found)
{
    uint64_t from_us = time_of_id(span_str(r->id));
    enum aiu_status st = find_id_from(r, folder, from_us, found);

    // A clock that was set back.
    return st == AIU_NOT_FOUND && from_us > 0 ? find_id_from(r, folder, 0, found) : st;
}

static enum aiu_status find_index(const struct request *r, const char *folder, struct found *found)
{
    struct reader *reader = NULL;
    struct reader_entry entry;

    TRY(num_parse_u64(span_str(r->index), UINT64_MAX, &found->index));
    TRY(reader_open(folder, found->index, &reader));
    enum aiu_status st = reader_next(reader, &entry);
    st = st == AIU_OK ? buf_append(&found->entry, entry.bytes) : st;
    reader_free(reader);
    return st;
}

static enum aiu_status find_entry(const struct request *r, const char *folder, struct found *found)
{
    return r->index != NULL ? find_index(r, folder, found) : find_id(r, folder, found);
}

// The receipt

static enum aiu_status read_below(const char *folder, const char *name, struct buf *b)
{
    char path[PATH_MOST];

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    return keys_read_file(path, b);
}

static enum aiu_status make_receipt(const char *folder, const struct found *found,
                                    struct span checkpoint, struct buf *out)
{
    CLEANUP(tile_source_done) struct tile_source *source = NULL;
    struct receipt receipt = {.index = found->index, .checkpoint = checkpoint};
    struct checkpoint c;
    struct note n;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0) {
        return AIU_FILE_NOT_FOUND;
    }
    enum aiu_status st = note_parse(checkpoint, &n);
    st = st == AIU_OK ? checkpoint_parse(n.text, &c) : st;
    if (st == AIU_OK && found->index >= c.size) {
        st = AIU_BUSY;
    }
    st = st == AIU_OK ? tile_source_open(fd, c.size, &source) : st;
    if (st == AIU_OK) {
        struct proof_source tiles = tile_source_proofs(source);
        struct tree_hash leaf = tree_leaf(buf_span(&found->entry));
        st = proof_inclusion(&tiles, found->index, c.size, &receipt.proof);
        // Never hand out what does not hold.
        if (st == AIU_OK &&
            !proof_check_inclusion(&receipt.proof, found->index, c.size, &leaf, &c.root)) {
            st = AIU_AUDIT_UNVERIFIED;
        }
    }
    (void)close(fd);
    return st == AIU_OK ? receipt_write(&receipt, out) : st;
}

static enum aiu_status write_out(const char *path, struct span bytes)
{
    if (strcmp(path, "-") == 0) {
        return fwrite(bytes.p, 1, bytes.n, stdout) == bytes.n && fflush(stdout) == 0 ? AIU_OK
                                                                                     : AIU_IO;
    }
    FILE *f = fopen(path, "we");
    if (f == NULL) {
        return AIU_FILE_DENIED;
    }
    bool good = fwrite(bytes.p, 1, bytes.n, f) == bytes.n;
    good = fclose(f) == 0 && good;
    return good ? AIU_OK : AIU_IO;
}

static enum aiu_status prove(const struct request *r, const char *folder)
{
    CLEANUP(buf_wipe) struct buf checkpoint = BUF_OF(CHECKPOINT_MOST);
    CLEANUP(buf_wipe) struct buf receipt = BUF_OF(RECEIPT_MOST);
    struct found found = {.entry = BUF_OF(UINT16_MAX)};
    char path[ID_SIZE + 32];

    // First: what is signed now stays signed, and the entry is looked for behind it.
    enum aiu_status st = read_below(folder, r->witnessed ? "cosigned" : "checkpoint", &checkpoint);
    if (st == AIU_FILE_NOT_FOUND) {
        (void)fprintf(stderr, "aiu audit prove: this log has no checkpoint\n");
        return st;
    }
    st = st == AIU_OK ? find_entry(r, folder, &found) : st;
    st = st == AIU_OK ? make_receipt(folder, &found, buf_span(&checkpoint), &receipt) : st;
    (void)snprintf(path, sizeof(path), "%.*s.tlog-proof", ID_SIZE,
                   r->id == NULL ? r->index : r->id);
    if (st == AIU_OK) {
        st = write_out(r->out == NULL ? path : r->out, buf_span(&receipt));
    }
    if (st == AIU_OK && r->entry != NULL) {
        st = write_out(r->entry, buf_span(&found.entry));
    }
    if (st == AIU_OK && (r->out == NULL || strcmp(r->out, "-") != 0)) {
        struct span origin, rest;
        (void)span_cut(buf_span(&checkpoint), '\n', &origin, &rest);
        (void)printf("entry %" PRIu64 " of ", found.index);
        audit_print_harmless(origin); // with its month
        (void)printf(": %s\n", r->out == NULL ? path : r->out);
    }
    buf_wipe(&found.entry);
    return st;
}

// Where else there are entries, for an index that nobody said the month of.
static void say_other_months(const struct audit_months *m)
{
    (void)fprintf(stderr, "aiu audit prove: %s has no such entry; --month looks into",
                  m->list.names[m->list.count - 1]);
    for (size_t i = 0; i + 1 < m->list.count; i++) {
        (void)fprintf(stderr, " %s", m->list.names[i]);
    }
    (void)fputc('\n', stderr);
}

// A request in any month, the newest first; an index in the newest, as it counts in a month.
static enum aiu_status prove_in_months(const struct request *r)
{
    struct audit_months m;
    char path[AUDIT_FOLDER_MOST];
    enum aiu_status st = AIU_NOT_FOUND;

    TRY(audit_months_open(&r->where, r->month, &m));
    size_t least = r->id == NULL ? m.list.count - 1 : 0;
    for (size_t i = m.list.count; i > least && st == AIU_NOT_FOUND; i--) {
        audit_months_path(&m, i - 1, path);
        st = prove(r, path);
    }
    if (st == AIU_NOT_FOUND && r->id == NULL && m.list.count > 1) {
        say_other_months(&m);
    }
    return st;
}

static bool take_prove_option(struct request *r, int argc, char **argv, int *i)
{
    const struct option_row options[] = {
        {"--index", &r->index, NULL},   {"--month", &r->month, NULL},
        {"--out", &r->out, NULL},       {"--entry", &r->entry, NULL},
        {"--result", NULL, &r->result}, {"--witnessed", NULL, &r->witnessed},
    };

    if (argv[*i][0] != '-' && r->id == NULL) {
        r->id = argv[*i];
        return true;
    }
    return audit_where_option(&r->where, argc, argv, i) ||
           option_take("aiu audit prove", options, ARRAY_SIZE(options), argc, argv, i);
}

int audit_prove(int argc, char **argv)
{
    struct request r = {0};

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            (void)fputs(prove_usage, stdout);
            return 0;
        }
        if (!take_prove_option(&r, argc, argv, &i)) {
            (void)fputs(prove_usage, stderr);
            return aiu_status_info(AIU_USAGE)->exit;
        }
    }
    if ((r.id == NULL) == (r.index == NULL) ||
        (r.id != NULL && strspn(r.id, "0123456789abcdef-") != ID_SIZE)) {
        (void)fputs(prove_usage, stderr);
        return aiu_status_info(AIU_USAGE)->exit;
    }
    enum aiu_status st = prove_in_months(&r);
    if (st == AIU_BUSY) {
        (void)fprintf(stderr, "aiu audit prove: not signed for yet; try again in a second\n");
        return aiu_status_info(st)->exit;
    }
    if (st == AIU_NOT_FOUND) {
        (void)fprintf(stderr, "aiu audit prove: no such record\n");
    }
    return audit_exit(st);
}

// The two files

static int print_file(int argc, char **argv, const char *name, const char *usage)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(CHECKPOINT_MOST);
    struct audit_where where = {0};
    char folder[AUDIT_FOLDER_MOST];

    const struct audit_syntax syntax = {usage, NULL, 0};
    int code = audit_parse(&syntax, &where, argc, argv);

    if (code != AUDIT_GO_ON) {
        return code;
    }
    enum aiu_status st = audit_folder(&where, folder);
    st = st == AIU_OK ? read_below(folder, name, &b) : st;
    if (st == AIU_FILE_NOT_FOUND) {
        (void)fprintf(stderr, "aiu audit: no %s here; a gateway that signs makes it\n", name);
        return aiu_status_info(st)->exit;
    }
    st = st == AIU_OK ? write_out("-", buf_span(&b)) : st;
    return audit_exit(st);
}

int audit_checkpoint(int argc, char **argv)
{
    return print_file(argc, argv, "checkpoint",
                      "usage: aiu audit checkpoint\n\n"
                      "The signed size and root of the log. Keep it elsewhere: with\n"
                      "  aiu audit verify --since FILE\n"
                      "it shows later that the log was neither cut nor written anew.\n"
                      "\n"
                      "  --dir DIR, --state-dir DIR, --config FILE   which log\n");
}

// A key that follows: the signer finds it, puts it on record and signs with both (audit/signer.h).
static enum aiu_status make_next_key(const char *folder)
{
    CLEANUP(sign_key_done) struct sign_key *key = NULL;
    char state[PATH_MOST];

    TRY(secret_init_process(false));
    (void)snprintf(state, sizeof(state), "%s/../..", folder);
    int fd = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return AIU_FILE_NOT_FOUND;
    }
    // Only beside a key: a copy of a log has none.
    enum aiu_status st =
        faccessat(fd, "audit-signing.key", F_OK, 0) == 0 ? AIU_OK : AIU_FILE_NOT_FOUND;
    st = st == AIU_OK ? sign_key_open(fd, "audit-signing.next", &key) : st;
    (void)close(fd);
    return st;
}

static int rotate(const struct audit_where *where)
{
    char folder[AUDIT_FOLDER_MOST];
    enum aiu_status st = audit_folder(where, folder);

    st = st == AIU_OK ? make_next_key(folder) : st;
    if (st == AIU_OK) {
        (void)printf("a new key is made; the gateway puts it on record and signs with both until "
                     "the month ends\n");
    }
    return audit_exit(st);
}

static bool asks_to_rotate(int argc, char **argv, struct audit_where *where)
{
    bool rotates = false;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--rotate") == 0) {
            rotates = true;
        } else if (!audit_where_option(where, argc, argv, &i)) {
            return false;
        }
    }
    return rotates;
}

int audit_key(int argc, char **argv)
{
    struct audit_where where = {0};

    if (asks_to_rotate(argc, argv, &where)) {
        return rotate(&where);
    }
    return print_file(
        argc, argv, "vkey",
        "usage: aiu audit key [--rotate]\n\n"
        "The public key that the log is signed with, for aiu audit verify --key,\n"
        "aiu-verify and every other program that knows signed notes.\n"
        "\n"
        "  --rotate  make the key that follows: the gateway signs with both until the\n"
        "            month ends, and with the new one alone then\n"
        "  --dir DIR, --state-dir DIR, --config FILE   which log\n");
}
