// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Erasing overwrites a seed before its file is removed. On a copy-on-write file system or a flash
// disk the old bytes may still lie somewhere: the docs say so.
#include "audit/signer_keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "audit/folder.h"

static const char log_name[] = "audit-signing.key";
static const char next_name[] = "audit-signing.next";
static const char old_name[] = "audit-signing.old";

enum { NAME_SIZE = 48 };

static void epoch_name(uint32_t epoch, char out[NAME_SIZE])
{
    (void)snprintf(out, NAME_SIZE, "audit-epoch-%u.key", epoch);
}

static bool exists(int folder, const char *name)
{
    return faccessat(folder, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static enum aiu_status erase(int folder, const char *name)
{
    static const uint8_t zeros[SIGN_SEED_SIZE];
    CLEANUP(folder_close_fd) int fd = -1;

    enum aiu_status st = folder_open_file(folder, name, O_WRONLY | O_NONBLOCK, &fd);
    if (st == AIU_FILE_NOT_FOUND) {
        return AIU_OK;
    }
    TRY(st);
    if (pwrite(fd, zeros, sizeof(zeros), 0) != (ssize_t)sizeof(zeros) || fsync(fd) != 0 ||
        unlinkat(folder, name, 0) != 0 || fsync(folder) != 0) {
        return AIU_IO;
    }
    return AIU_OK;
}

static enum aiu_status open_epoch(struct signer_keys *k, struct signer_state *state)
{
    char name[NAME_SIZE];

    epoch_name(state->epoch, name);
    if (state->epoch == 0 || !exists(k->folder, name)) {
        state->epoch_began_s = 0; // the next one is due, and signed by the log's key
        return AIU_OK;
    }
    TRY(sign_key_open(k->folder, name, &k->epoch));
    epoch_name(state->epoch - 1, name);
    return erase(k->folder, name);
}

enum aiu_status signer_keys_open(int folder, struct signer_state *state,
                                 struct signer_keys *ret_keys)
{
    CLEANUP(signer_keys_done) struct signer_keys k = {.folder = folder};

    TRY(sign_key_open(folder, log_name, &k.log));
    TRY(erase(folder, old_name));
    TRY(signer_keys_look(&k));
    TRY(open_epoch(&k, state));
    *ret_keys = k;
    k = (struct signer_keys){0};
    return AIU_OK;
}

void signer_keys_done(struct signer_keys *k)
{
    sign_key_free(k->log);
    sign_key_free(k->next);
    sign_key_free(k->epoch);
    sign_key_free(k->epoch_next);
    *k = (struct signer_keys){0};
}

enum aiu_status signer_keys_look(struct signer_keys *k)
{
    if (k->next != NULL || !exists(k->folder, next_name)) {
        return AIU_OK;
    }
    return sign_key_open(k->folder, next_name, &k->next);
}

enum aiu_status signer_keys_prepare_epoch(struct signer_keys *k, const struct signer_state *state)
{
    char name[NAME_SIZE];

    if (k->epoch_next != NULL) {
        return AIU_OK;
    }
    epoch_name(state->epoch + 1, name);
    return sign_key_open(k->folder, name, &k->epoch_next);
}

enum aiu_status signer_keys_find_epoch(struct signer_keys *k, const struct signer_state *state)
{
    char name[NAME_SIZE];

    epoch_name(state->epoch + 1, name);
    return exists(k->folder, name) ? signer_keys_prepare_epoch(k, state) : AIU_OK;
}

enum aiu_status signer_keys_begin_epoch(struct signer_keys *k, struct signer_state *state,
                                        uint64_t now_s)
{
    char name[NAME_SIZE];
    struct signer_state next = *state;

    next.epoch++;
    next.epoch_began_s = now_s;
    TRY(signer_state_save(k->folder, &next));
    epoch_name(state->epoch, name);
    *state = next;
    sign_key_free(k->epoch);
    k->epoch = TAKE_PTR(k->epoch_next);
    return erase(k->folder, name);
}

// The link keeps the old seed in reach of erase() whenever a crash comes; the rename is what
// changes the key.
enum aiu_status signer_keys_end_rotation(struct signer_keys *k)
{
    if (k->next == NULL) {
        return AIU_OK;
    }
    if ((linkat(k->folder, log_name, k->folder, old_name, 0) != 0 && errno != EEXIST) ||
        renameat(k->folder, next_name, k->folder, log_name) != 0 || fsync(k->folder) != 0) {
        return AIU_IO;
    }
    sign_key_free(k->log);
    k->log = TAKE_PTR(k->next);
    return erase(k->folder, old_name);
}

void signer_keys_vouch(const struct sign_key *by, const char *vkey,
                       uint8_t ret_signature[SIGN_SIZE])
{
    char message[SIGNER_VKEY_SIZE + 32];
    int n = snprintf(message, sizeof(message), "aiu/audit-key/v1\n%s\n", vkey);

    sign_message(by, span_of(message, (size_t)n), ret_signature);
}
