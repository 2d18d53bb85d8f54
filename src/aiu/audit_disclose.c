// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "aiu/audit_disclose.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "aiu/control_file.h"
#include "audit/append_once.h"
#include "audit/record.h"
#include "base/num.h"
#include "net/once.h"
#include "secret/io.h"
#include "secret/random.h"

enum { ASK_MS = 5000, POLL_MS = 10, NODE_SIZE = 65, BOOT_BYTES = 8 };

// --- through the gateway ----------------------------------------------------------------------

// The number in the answer {"index":N}; AIU_PROVIDER_ERROR for any other answer than 200.
static enum aiu_status ask(const char *state, struct span method, struct span path,
                           uint64_t *ret_index)
{
    CLEANUP(buf_wipe) struct buf url = BUF_OF(8192);
    CLEANUP(arena_done) struct arena a;
    struct once_answer answer = {.body = BUF_OF(65536)};
    struct json_doc doc;

    arena_init(&a, 1 << 20);
    TRY(buf_printf(&url, "unix:%s/admin.sock", state));
    const struct once_request r = {
        .method = method, .url = buf_span(&url), .path = path, .timeout_ms = ASK_MS};
    enum aiu_status st = once_run(&r, &answer);
    st = st == AIU_OK && answer.status != 200 ? AIU_PROVIDER_ERROR : st;
    st = st == AIU_OK ? json_parse(buf_span(&answer.body), &a, &json_default_limits, &doc, NULL)
                      : st;
    st = st == AIU_OK ? json_u64(&doc, json_member(&doc, 0, SPAN_OF("index")), ret_index) : st;
    buf_wipe(&answer.body);
    return st;
}

static enum aiu_status wait_durable(const char *state, uint64_t index)
{
    const struct timespec pause = {0, POLL_MS * 1000000L};
    char path[64];
    enum aiu_status st = AIU_TIMEOUT;

    (void)snprintf(path, sizeof(path), "/admin/v1/settled/%" PRIu64, index);
    for (int waited = 0; waited < ASK_MS; waited += POLL_MS) {
        st = ask(state, SPAN_OF("GET"), span_str(path), &index);
        if (st != AIU_PROVIDER_ERROR) {
            return st;
        }
        (void)nanosleep(&pause, NULL);
    }
    return st;
}

static enum aiu_status tell_gateway(const struct disclosure *d, const char *state,
                                    struct span actor)
{
    CLEANUP(buf_wipe) struct buf path = BUF_OF(4096);
    uint64_t index = 0;

    TRY(buf_printf(&path, "/admin/v1/content-read/%s/%s/%s/", d->id, d->what, d->subject));
    TRY(num_append_hex(&path, actor));
    TRY(ask(state, SPAN_OF("POST"), buf_span(&path), &index));
    return wait_durable(state, index);
}

// --- without one ------------------------------------------------------------------------------

static enum aiu_status append_here(const struct disclosure *d, const char *state, struct span actor)
{
    CLEANUP(buf_wipe) struct buf boot = BUF_OF(64), entry = BUF_OF(RECORD_MOST);
    uint8_t noise[BOOT_BYTES];
    char node[NODE_SIZE] = "unknown";

    random_fill(noise, sizeof(noise));
    TRY(num_append_hex(&boot, span_of(noise, sizeof(noise))));
    IGNORE(gethostname(node, sizeof(node) - 1) == 0 ? AIU_OK : AIU_NOT_FOUND);
    const struct append_once o = {
        .state = state,
        .clock = io_clock(),
        .node = span_str(node),
        .boot = buf_span(&boot),
    };
    const struct record_origin origin = {o.node, o.boot};
    const struct record_content_read r = {span_str(d->id), span_str(d->what), span_str(d->subject),
                                          actor};
    TRY(record_content_read(&entry, &origin, clock_unix_us(&o.clock), &r));
    return append_once(&o, buf_span(&entry));
}

enum aiu_status disclosure_record(const struct disclosure *d)
{
    CLEANUP(buf_wipe) struct buf actor = BUF_OF(256);
    char state[4096];
    int folder = -1;

    TRY(control_file_actor(&actor));
    TRY(state_dir_path(d->where, state));
    TRY(state_dir_open(d->where, &folder));
    bool used = state_dir_is_used(folder);
    (void)close(folder);
    enum aiu_status st =
        used ? tell_gateway(d, state, buf_span(&actor)) : append_here(d, state, buf_span(&actor));
    if (st != AIU_OK) {
        (void)fprintf(
            stderr, "aiu audit: not shown, because the reading cannot be put on record (%s, %s)\n",
            used ? "by the gateway" : "no gateway runs", aiu_status_info(st)->text);
    }
    return st;
}
