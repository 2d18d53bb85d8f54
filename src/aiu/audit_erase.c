// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// `aiu audit erase-subject`: GDPR Art. 17 by destroying keys. First the tombstone and a file in
// pending/, so that whatever interrupts this, a gateway finishes it. One that runs forgets its copy
// of the key, destroys the files, puts the erasure on record and removes the file from pending/;
// without one the keys are destroyed here, and the next start does the rest.
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "aiu/audit.h"
#include "aiu/control_file.h"
#include "aiu/option.h"
#include "audit/capture_record.h"
#include "audit/capture_store.h"
#include "secret/mac.h"

enum { WAIT_MS = 5000, POLL_MS = 20, PATH_MOST = AUDIT_FOLDER_MOST + 64 };

static const char usage[] =
    "usage: aiu audit erase-subject --tenant NAME (--user NAME | --key ID) [OPTION…]\n"
    "       aiu audit erase-subject --subject ID [OPTION…]\n"
    "\n"
    "Destroys the keys under which content of a user was captured (audit.capture): it can never be\n"
    "read again, while the log, which holds only hashes, still verifies. The erasure itself goes on\n"
    "record. Later requests of the same user get a new key. Exit code 1 where there is no key.\n"
    "\n"
    "  --user NAME    as requests name it\n"
    "  --key ID       what requests with this virtual key sent without naming a user\n"
    "  --subject ID   as in the log\n"
    "  --state-dir DIR, --config FILE   which gateway\n";

struct request {
    struct state_dir_options where;
    const char *tenant, *user, *key;
    char subject[CAPTURE_SUBJECT_SIZE + 1];
};

static enum aiu_status find_subject(struct request *r)
{
    CLEANUP(secret_done) struct secret *master = NULL;
    CLEANUP(mac_done) struct mac *mac = NULL;
    bool named = r->user != NULL;

    if (r->subject[0] != '\0') {
        return AIU_OK;
    }
    TRY(secret_init_process(false));
    TRY(audit_master(&r->where, &master));
    TRY(capture_subject_mac(master, &mac));
    return capture_subject(mac, span_str(r->tenant), named ? "user" : "key",
                           span_str(named ? r->user : r->key), r->subject);
}

static uint64_t now_us(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

// What has to be on disk before a key goes.
static enum aiu_status announce(const struct request *r, const struct capture_store *s,
                                uint64_t records)
{
    CLEANUP(buf_wipe) struct buf actor = BUF_OF(256);

    TRY(control_file_actor(&actor));
    TRY(capture_erased_write(s, r->subject, now_us()));
    return capture_pending_write(s, r->subject, records, buf_span(&actor));
}

// A gateway that runs has destroyed the keys and forgotten them when it has removed the file.
static bool gateway_did(const struct request *r, const struct capture_store *s)
{
    const struct timespec pause = {0, POLL_MS * 1000000L};

    for (int waited = 0; waited < WAIT_MS && capture_is_pending(s, r->subject); waited += POLL_MS) {
        (void)nanosleep(&pause, NULL);
    }
    return !capture_is_pending(s, r->subject);
}

static enum aiu_status is_gateway_there(const struct request *r, bool *ret_used)
{
    int folder = -1;

    TRY(state_dir_open(&r->where, &folder));
    *ret_used = state_dir_is_used(folder);
    (void)close(folder);
    return AIU_OK;
}

static enum aiu_status destroy(const struct request *r, const struct capture_store *s)
{
    bool used = false;

    TRY(is_gateway_there(r, &used));
    if (used && gateway_did(r, s)) {
        (void)printf("the gateway has forgotten the key; the erasure is on record\n");
        return AIU_OK;
    }
    TRY(capture_keys_erase(s, r->subject));
    if (used) {
        (void)fprintf(stderr,
                      "aiu audit: the keys are destroyed, but the gateway has not confirmed "
                      "that it forgot its own\n");
        return AIU_TIMEOUT;
    }
    (void)printf("no gateway runs: the erasure goes on record at its next start\n");
    return AIU_OK;
}

static enum aiu_status erase(struct request *r)
{
    CLEANUP(capture_store_done) struct capture_store s = CAPTURE_STORE_CLOSED;
    char state[4096], path[PATH_MOST];
    uint64_t keys = 0, records = 0;

    TRY(state_dir_path(&r->where, state));
    (void)snprintf(path, sizeof(path), "%s/audit/capture", state);
    enum aiu_status st = capture_store_open(path, false, &s);
    if (st == AIU_OK) {
        TRY(find_subject(r));
        TRY(capture_record_count(&s, r->subject, &records));
        keys = capture_key_count(&s, r->subject);
        st = keys > 0 ? AIU_OK : AIU_FILE_NOT_FOUND;
    }
    if (st == AIU_FILE_NOT_FOUND) {
        (void)fprintf(stderr, "aiu audit: nothing readable is captured of this subject\n");
        return AIU_NOT_FOUND;
    }
    TRY(st);
    TRY(announce(r, &s, records));
    TRY(destroy(r, &s));
    (void)printf("subject %s: %" PRIu64 " keys destroyed, %" PRIu64 " records unreadable\n",
                 r->subject, keys, records);
    return AIU_OK;
}

static bool take(struct request *r, const char *name, const char *value)
{
    const char **into = strcmp(name, "--tenant") == 0      ? &r->tenant
                        : strcmp(name, "--user") == 0      ? &r->user
                        : strcmp(name, "--key") == 0       ? &r->key
                        : strcmp(name, "--state-dir") == 0 ? &r->where.state_dir
                        : strcmp(name, "--config") == 0    ? &r->where.config
                                                           : NULL;

    if (into != NULL) {
        *into = value;
        return true;
    }
    if (strcmp(name, "--subject") != 0 || !capture_is_subject(value)) {
        return false;
    }
    memcpy(r->subject, value, CAPTURE_SUBJECT_SIZE);
    return true;
}

static bool parse(struct request *r, int argc, char **argv)
{
    for (int i = 1; i < argc; i += 2) {
        if (i + 1 >= argc || !take(r, argv[i], argv[i + 1])) {
            option_complain("aiu audit erase-subject", argv[i]);
            return false;
        }
    }
    if (r->subject[0] != '\0') {
        return r->user == NULL && r->key == NULL;
    }
    return r->tenant != NULL && (r->user != NULL) != (r->key != NULL);
}

int audit_erase(int argc, char **argv)
{
    struct request r = {.tenant = NULL};

    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        (void)fputs(usage, stdout);
        return 0;
    }
    if (!parse(&r, argc, argv)) {
        (void)fputs(usage, stderr);
        return aiu_status_info(AIU_USAGE)->exit;
    }
    return audit_exit(erase(&r));
}
