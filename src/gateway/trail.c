// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/trail.h"

#include <stdio.h>

#include "audit/shard.h"
#include "gateway/signing.h"

enum {
    SIGNER_TRIES = 5, // of two seconds each
    LAST_RECORD_MS = 5000
};

static void on_publish(void *ctx, enum publish_event event, const char *why)
{
    const struct trail *t = ctx;
    const struct logger *log = &t->g->log;

    switch (event) {
    case PUBLISH_REBUILT:
        log_event(log, LOG_WARNING, "audit_tree_rebuilt", LOG_NAME("why", why));
        break;
    case PUBLISH_DEGRADED:
        log_event(log, LOG_ERROR, "audit_unsigned", LOG_NAME("why", why));
        break;
    case PUBLISH_RECOVERED:
        log_event(log, LOG_INFO, "audit_signed_again", LOG_BOOL("signed", true));
        break;
    case PUBLISH_MONTH:
        log_event(log, LOG_INFO, "audit_month_begun", LOG_NAME("what", why));
        break;
    case PUBLISH_PURGED:
        capture_purge(t->capture, why);
        log_event(log, LOG_WARNING, "audit_month_deleted", LOG_BOOL("recorded", true));
        break;
    case PUBLISH_REFUSED:
        log_event(log, LOG_CRITICAL, "audit_signature_refused", LOG_NAME("why", why));
        break;
    }
}

// What was signed of the log: without that, an old copy of it could be taken for the log.
static enum aiu_status ask_for_head(const struct trail *t, struct signer_head *ret_head)
{
    const struct signer_request hello = {.month = 0};
    static struct signer_reply reply;
    enum aiu_status st = AIU_TIMEOUT;

    for (int i = 0; i < SIGNER_TRIES && st == AIU_TIMEOUT; i++) {
        st = signing_ask(t->g, &hello, &reply);
    }
    if (st != AIU_OK) {
        system_say("the signer of the audit log does not answer");
        return AIU_AUDIT_UNAVAILABLE;
    }
    *ret_head = reply.head;
    return AIU_OK;
}

static void say_why_not(const char *folder, const struct signer_head *head, enum aiu_status st)
{
    if (st == AIU_AUDIT_ROLLED_BACK) {
        system_say("the audit log in %s is not what was signed of it: %llu entries of %s were "
                   "signed, and they are not there. Either an old copy was put back, or the disk "
                   "lost what it had confirmed, or somebody changed the log. Nothing is signed or "
                   "served over it. Put the newer log back; docs/audit.md tells what else can be "
                   "done",
                   folder, (unsigned long long)head->tree.size, head->origin);
        return;
    }
    system_say("the audit log in %s cannot be used: %s; `aiu audit fsck --dir %s` explains", folder,
               aiu_status_info(st)->text, folder);
}

static enum aiu_status open_log(struct trail *t, struct clock clock, struct record_origin origin)
{
    char audit[TRAIL_FOLDER_MOST];
    struct signer_head head = {0};
    struct audit_options o = {
        .folder = t->folder, .clock = clock, .node = origin.node, .boot = origin.boot};

    TRY(ask_for_head(t, &head));
    (void)snprintf(audit, sizeof(audit), "%s/audit", t->g->state.path);
    enum aiu_status st = shard_settle(audit);
    st = st == AIU_OK ? publish_expect(t->folder, &head, &o.signed_head) : st;
    st = st == AIU_OK ? audit_open(&o, &t->log) : st;
    if (st != AIU_OK) {
        say_why_not(t->folder, &head, st);
    }
    return st;
}

enum aiu_status trail_open(struct trail *t, struct gateway *g, struct clock clock,
                           struct record_origin origin)
{
    t->g = g;
    (void)snprintf(t->folder, sizeof(t->folder), "%s/audit/main", g->state.path);
    TRY(open_log(t, clock, origin));
    const struct publish_options o = {.folder = t->folder,
                                      .log = t->log,
                                      .clock = clock,
                                      .origin = origin,
                                      .ask = signing_ask,
                                      .ask_ctx = g,
                                      .keep_ms = g->config->audit_retention_ms,
                                      .on_event = on_publish,
                                      .on_event_ctx = t};
    return publish_start(&o, &t->publisher);
}

void trail_close(struct trail *t, uint64_t last)
{
    if (t->log == NULL) {
        return;
    }
    IGNORE(audit_wait(t->log, last, LAST_RECORD_MS));
    publish_stop(t->publisher);
    (void)audit_close(t->log);
    t->log = NULL;
}
