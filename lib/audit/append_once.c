// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "audit/append_once.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "audit/folder.h"
#include "audit/log.h"
#include "audit/publish.h"
#include "audit/shard.h"
#include "audit/signer_state.h"

enum { DURABLE_MS = 10000 };

// An old copy of a log that was put back must not be gone on with.
static enum aiu_status expect_signed(const char *state, const char *folder,
                                     struct tree_head *ret_signed)
{
    CLEANUP(folder_close_fd) int fd = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct signer_state s;

    if (fd < 0) {
        return folder_errno(errno);
    }
    TRY(signer_state_load(fd, &s));
    return publish_expect(folder, &s.head, ret_signed);
}

static enum aiu_status append(struct audit_log *log, struct span entry)
{
    uint64_t index = 0;

    TRY(audit_append(log, entry, &index));
    return audit_wait(log, index, DURABLE_MS);
}

enum aiu_status append_once(const struct append_once *o, struct span entry)
{
    char audit[SHARD_PATH_MOST], folder[SHARD_PATH_MOST];
    struct audit_log *log = NULL;
    struct audit_options options = {
        .folder = folder, .clock = o->clock, .node = o->node, .boot = o->boot};

    if (snprintf(folder, sizeof(folder), "%s/audit/main", o->state) >= (int)sizeof(folder)) {
        return AIU_TOO_LONG;
    }
    (void)snprintf(audit, sizeof(audit), "%.*s", (int)(strlen(folder) - strlen("/main")), folder);
    if (access(folder, F_OK) != 0) {
        return AIU_FILE_NOT_FOUND; // opening would make one
    }
    TRY(shard_settle(audit));
    TRY(expect_signed(o->state, folder, &options.signed_head));
    TRY(audit_open(&options, &log));
    enum aiu_status st = append(log, entry);
    enum aiu_status closed = audit_close(log);
    return st == AIU_OK ? closed : st;
}
