// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The gateway's log with its tiles, and a key in the same process. What was signed last is the
// checkpoint in the folder: a new one must continue it, or is not made.
#include "aiu/auditor.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "audit/checkpoint.h"
#include "audit/log.h"
#include "audit/receipt.h"
#include "audit/tile_source.h"
#include "audit/tile_store.h"
#include "audit/tile_writer.h"
#include "base/alloc.h"
#include "secret/io.h"
#include "secret/sign.h"

enum { WAIT_MS = 60 * 1000, PATH_MOST = 4096 };

struct aiu_auditor {
    struct audit_log *log;
    struct sign_key *signer;
    struct note_key key;
    char *name, *vkey;
    pthread_mutex_t lock; // of all below
    struct tile_writer *writer;
    struct tree_head head; // that was signed last
    struct buf note;       // as it was signed
};

// Opening

static void auditor_free(struct aiu_auditor **a)
{
    if (*a != NULL) {
        IGNORE(aiu_auditor_close(*a)); // it was never handed out: nothing was appended
    }
    *a = NULL;
}

static enum aiu_status open_key(const char *path, struct sign_key **ret_key)
{
    char folder[PATH_MOST];
    const char *slash = strrchr(path, '/');
    size_t n = slash == NULL ? 0 : (size_t)(slash - path) + 1;

    if (n >= sizeof(folder)) {
        return AIU_TOO_LONG;
    }
    memcpy(folder, path, n);
    folder[n] = '\0';
    int fd = open(n == 0 ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return AIU_FILE_NOT_FOUND;
    }
    enum aiu_status st = sign_key_open(fd, slash == NULL ? path : slash + 1, ret_key);
    (void)close(fd);
    return st;
}

static enum aiu_status name_key(struct aiu_auditor *a, const char *name)
{
    CLEANUP(buf_wipe) struct buf vkey = BUF_OF(NOTE_KEY_TEXT_MOST);
    uint8_t public_key[SIGN_PUBLIC_SIZE];

    a->name = mem_dup(name, strlen(name));
    if (a->name == NULL) {
        return AIU_NO_MEMORY;
    }
    sign_key_public(a->signer, public_key);
    TRY(note_key_init(&a->key, span_str(a->name), NOTE_SIGNATURE, public_key));
    TRY(note_key_write(&a->key, &vkey));
    a->vkey = mem_dup(vkey.p, vkey.n);
    return a->vkey == NULL ? AIU_NO_MEMORY : AIU_OK;
}

// What was signed last must be by this key: else somebody else's log would be continued.
static enum aiu_status read_head(struct aiu_auditor *a)
{
    CLEANUP(buf_wipe) struct buf note = BUF_OF(CHECKPOINT_MOST);
    struct checkpoint c;
    uint8_t *p = NULL;
    ssize_t n = 1;
    int fd = openat(tile_writer_folder(a->writer), "checkpoint",
                    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0) {
        return AIU_OK; // nothing was signed yet
    }
    enum aiu_status st = AIU_OK;
    while (n > 0 && st == AIU_OK) {
        st = buf_reserve(&note, 4096, &p);
        n = st == AIU_OK ? read(fd, p, 4096) : 0;
        buf_grow(&note, n > 0 ? (size_t)n : 0);
    }
    (void)close(fd);
    TRY(n < 0 ? AIU_IO : st);
    if (checkpoint_open(buf_span(&note), &a->key, &c) != AIU_OK) {
        return AIU_AUDIT_UNVERIFIED;
    }
    a->head = (struct tree_head){c.size, c.root};
    return buf_append(&a->note, buf_span(&note));
}

static enum aiu_status write_vkey(struct aiu_auditor *a)
{
    CLEANUP(buf_wipe) struct buf line = BUF_OF(NOTE_KEY_TEXT_MOST + 1);

    TRY(buf_append(&line, span_str(a->vkey)));
    TRY(buf_append_byte(&line, '\n'));
    return tile_store_replace(tile_writer_folder(a->writer), "vkey", buf_span(&line), true);
}

enum aiu_status aiu_auditor_open(const char *folder, const char *name, const char *key_file,
                                 struct aiu_auditor **ret_auditor)
{
    CLEANUP(auditor_free) struct aiu_auditor *a = mem_new(1, sizeof(*a));
    struct audit_options options = {
        .folder = folder, .clock = io_clock(), .node = SPAN("libaiu"), .boot = SPAN("0")};
    bool rebuilt = false;

    if (a == NULL) {
        return AIU_NO_MEMORY;
    }
    if (pthread_mutex_init(&a->lock, NULL) != 0) {
        mem_free(TAKE_PTR(a));
        return AIU_NO_MEMORY;
    }
    buf_init(&a->note, CHECKPOINT_MOST);
    TRY(secret_init_library());
    TRY(open_key(key_file, &a->signer));
    TRY(name_key(a, name));
    TRY(audit_open(&options, &a->log));
    TRY(tile_writer_new(folder, true, &a->writer));
    TRY(read_head(a));
    TRY(write_vkey(a));
    TRY(tile_writer_begin(a->writer, a->head.size == 0 ? NULL : &a->head, audit_durable(a->log),
                          &rebuilt));
    *ret_auditor = TAKE_PTR(a);
    return AIU_OK;
}

enum aiu_status aiu_auditor_close(struct aiu_auditor *auditor)
{
    if (auditor == NULL) {
        return AIU_OK;
    }
    enum aiu_status st = audit_close(auditor->log);
    tile_writer_free(auditor->writer);
    sign_key_free(auditor->signer);
    buf_wipe(&auditor->note);
    mem_free(auditor->name);
    mem_free(auditor->vkey);
    (void)pthread_mutex_destroy(&auditor->lock);
    mem_free(auditor);
    return st;
}

const char *aiu_auditor_key(const struct aiu_auditor *auditor)
{
    return auditor->vkey;
}

enum aiu_status aiu_auditor_append(struct aiu_auditor *auditor, const char *record, size_t n,
                                   uint64_t *ret_index)
{
    uint64_t index = 0;

    TRY(audit_append(auditor->log, span_of(record, n), &index));
    TRY(audit_wait(auditor->log, index, WAIT_MS));
    *ret_index = index;
    return AIU_OK;
}

// Texts for the caller

static enum aiu_status hand_out(const struct buf *b, char **ret_text, size_t *ret_n)
{
    char *text = mem_dup(b->p, b->n);

    if (text == NULL) {
        return AIU_NO_MEMORY;
    }
    *ret_text = text;
    if (ret_n != NULL) {
        *ret_n = b->n;
    }
    return AIU_OK;
}

void aiu_auditor_text_free(char *text)
{
    mem_free(text);
}

// Signing

static enum aiu_status continues(const struct aiu_auditor *a, const struct tree_head *now)
{
    struct proof p = {.count = 0};

    if (a->head.size == 0) {
        return AIU_OK;
    }
    if (now->size < a->head.size) {
        return AIU_AUDIT_UNVERIFIED;
    }
    TRY(tile_writer_prove(a->writer, a->head.size, &p));
    return proof_check_consistency(&p, &a->head, now) ? AIU_OK : AIU_AUDIT_UNVERIFIED;
}

static enum aiu_status sign(struct aiu_auditor *a)
{
    CLEANUP(buf_wipe) struct buf note = BUF_OF(CHECKPOINT_MOST);

    TRY(tile_writer_take(a->writer, audit_durable(a->log)));
    TRY(tile_writer_flush(a->writer));
    const struct tree_head now = tile_writer_head(a->writer);
    TRY(continues(a, &now));
    const struct checkpoint c = {.origin = a->key.name, .size = now.size, .root = now.root};
    TRY(checkpoint_sign(&a->key, a->signer, &c, &note));
    TRY(tile_store_replace(tile_writer_folder(a->writer), "checkpoint", buf_span(&note), true));
    buf_reset(&a->note);
    TRY(buf_append(&a->note, buf_span(&note)));
    a->head = now;
    tile_writer_tidy(a->writer, now.size);
    return AIU_OK;
}

// After an error the writer has to find its place again.
static enum aiu_status sign_or_begin_again(struct aiu_auditor *a)
{
    bool rebuilt = false;
    enum aiu_status st = sign(a);

    if (st != AIU_OK) {
        IGNORE(tile_writer_begin(a->writer, a->head.size == 0 ? NULL : &a->head,
                                 audit_durable(a->log), &rebuilt)); // the first error counts
    }
    return st;
}

enum aiu_status aiu_auditor_checkpoint(struct aiu_auditor *auditor, char **ret_note, size_t *ret_n)
{
    (void)pthread_mutex_lock(&auditor->lock);
    enum aiu_status st = sign_or_begin_again(auditor);
    if (st == AIU_OK) {
        st = hand_out(&auditor->note, ret_note, ret_n);
    }
    (void)pthread_mutex_unlock(&auditor->lock);
    return st;
}

static enum aiu_status prove(struct aiu_auditor *a, uint64_t index, struct buf *out)
{
    CLEANUP(tile_source_done) struct tile_source *source = NULL;
    struct receipt r = {.index = index, .checkpoint = buf_span(&a->note)};

    if (index >= a->head.size) {
        return index < audit_durable(a->log) ? AIU_BUSY : AIU_NOT_FOUND;
    }
    TRY(tile_source_open(tile_writer_folder(a->writer), a->head.size, &source));
    struct proof_source tiles = tile_source_proofs(source);
    TRY(proof_inclusion(&tiles, index, a->head.size, &r.proof));
    return receipt_write(&r, out);
}

enum aiu_status aiu_auditor_prove(struct aiu_auditor *auditor, uint64_t index, char **ret_receipt,
                                  size_t *ret_n)
{
    CLEANUP(buf_wipe) struct buf receipt = BUF_OF(RECEIPT_MOST);

    (void)pthread_mutex_lock(&auditor->lock);
    enum aiu_status st = prove(auditor, index, &receipt);
    (void)pthread_mutex_unlock(&auditor->lock);
    return st == AIU_OK ? hand_out(&receipt, ret_receipt, ret_n) : st;
}
