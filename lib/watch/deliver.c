// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "watch/deliver.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/num.h"
#include "net/once.h"
#include "secret/mac.h"
#include "watch/format.h"

enum { LINE_MOST = 65536, ANSWER_MOST = 65536, SIGNED_MOST = 65536, TICK_MS = 100 };

// --- syslog -----------------------------------------------------------------------------------

static enum aiu_status to_syslog(const struct deliver_target *t, const struct deliver_message *m)
{
    CLEANUP(buf_wipe) struct buf line = BUF_OF(LINE_MOST);
    CLEANUP(buf_wipe) struct buf frame = BUF_OF(LINE_MOST + 16);
    const struct format_syslog s = {.severity = m->critical ? FORMAT_CRITICAL : FORMAT_WARNING,
                                    .unix_us = m->unix_us,
                                    .host = m->host,
                                    .msgid = "ALERT",
                                    .message = m->json};
    struct link *link = NULL;

    TRY(format_syslog_message(&s, &line));
    if (t->link.kind == LINK_TCP || t->link.kind == LINK_TLS) {
        TRY(buf_printf(&frame, "%zu ", line.n));
    }
    TRY(buf_append(&frame, buf_span(&line)));
    TRY(link_new(&t->link, &link));
    enum aiu_status st = link_send(link, buf_span(&frame));
    link_free(link);
    return st;
}

static const struct span passed_on[] = {SPAN("PATH="), SPAN("HOME="),   SPAN("USER="),
                                        SPAN("LANG="), SPAN("LC_ALL="), SPAN("TZ=")};

// --- command ----------------------------------------------------------------------------------

// The exit code of the child; AIU_TIMEOUT, after which it is gone.
static enum aiu_status wait_for(pid_t child, const atomic_bool *stop)
{
    int fd = (int)syscall(SYS_pidfd_open, child, 0);
    struct pollfd p = {.fd = fd, .events = POLLIN};
    int status = 0;
    bool late = fd >= 0;

    for (int ms = 0; late && ms < DELIVER_MS && !(stop != NULL && atomic_load(stop));
         ms += TICK_MS) {
        late = poll(&p, 1, TICK_MS) == 0;
    }

    if (late) {
        (void)kill(-child, SIGKILL);
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    if (late) {
        return AIU_TIMEOUT;
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? AIU_OK : AIU_IO;
}

// Other variables may hold keys.
static void pick_environment(char *out[static ARRAY_SIZE(passed_on) + 1])
{
    size_t n = 0;

    for (char **e = environ; e != NULL && *e != NULL && n < ARRAY_SIZE(passed_on); e++) {
        for (size_t i = 0; i < ARRAY_SIZE(passed_on); i++) {
            if (span_starts_with(span_str(*e), passed_on[i])) {
                out[n++] = *e;
                break;
            }
        }
    }
    out[n] = NULL;
}

// It gets no descriptor of ours but what it reads, and leads a group, so that a kill ends its
// children, too.
static enum aiu_status spawn(const struct deliver_target *t, int input, pid_t *ret_child)
{
    char *environment[ARRAY_SIZE(passed_on) + 1];
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t all, none;

    (void)sigfillset(&all);
    (void)sigemptyset(&none);
    pick_environment(environment);
    if (posix_spawn_file_actions_init(&actions) != 0) {
        return AIU_NO_MEMORY;
    }
    if (posix_spawnattr_init(&attributes) != 0) {
        (void)posix_spawn_file_actions_destroy(&actions);
        return AIU_NO_MEMORY;
    }
    (void)posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    (void)posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
    (void)posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    (void)posix_spawnattr_setsigmask(&attributes, &none); // ours are blocked for its sake
    (void)posix_spawnattr_setsigdefault(&attributes, &all);
    (void)posix_spawnattr_setpgroup(&attributes, 0);
    (void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                                    POSIX_SPAWN_SETPGROUP);
    int st = posix_spawnp(ret_child, t->argv[0], &actions, &attributes, (char *const *)t->argv,
                          environment);
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&actions);
    return st == 0 ? AIU_OK : st == ENOENT ? AIU_FILE_NOT_FOUND : AIU_FILE_DENIED;
}

// An alert is smaller than a pipe's buffer, so it can be written before anybody reads.
static enum aiu_status to_command(const struct deliver_target *t, const struct deliver_message *m)
{
    int ends[2];
    pid_t child = 0;

    if (pipe2(ends, O_CLOEXEC) != 0) {
        return AIU_IO;
    }
    bool written = write(ends[1], m->json.p, m->json.n) == (ssize_t)m->json.n;
    (void)close(ends[1]);
    enum aiu_status st = written ? spawn(t, ends[0], &child) : AIU_IO;
    (void)close(ends[0]);
    return st == AIU_OK ? wait_for(child, t->stop) : st;
}

// --- webhook ----------------------------------------------------------------------------------

static enum aiu_status sign(const struct deliver_target *t, const struct deliver_message *m,
                            struct buf *value)
{
    CLEANUP(buf_wipe) struct buf text = BUF_OF(SIGNED_MOST);
    uint8_t mac[MAC_SIZE];
    uint64_t now = (uint64_t)time(NULL);

    TRY(buf_append_u64(&text, now));
    TRY(buf_append(&text, SPAN_OF(".")));
    TRY(buf_append(&text, m->json));
    TRY(mac_sha256(t->secret, buf_span(&text), mac));
    TRY(buf_printf(value, "t=%llu,v1=", (unsigned long long)now));
    return num_append_hex(value, span_of(mac, sizeof(mac)));
}

static enum aiu_status to_webhook(const struct deliver_target *t, const struct deliver_message *m)
{
    CLEANUP(buf_wipe) struct buf signature = BUF_OF(256);
    struct once_answer answer = {.body = BUF_OF(ANSWER_MOST)};
    struct http_field fields[] = {
        {SPAN("content-type"), SPAN("application/json"), HTTP_CONTENT_TYPE},
        {SPAN("aiu-signature"), {NULL, 0}, HTTP_OTHER}};
    struct once_request r = {.method = SPAN_OF("POST"),
                             .url = t->url,
                             .fields = fields,
                             .field_count = 1,
                             .body = m->json,
                             .ca_file = t->ca_file,
                             .allow_plaintext = t->allow_plaintext,
                             .timeout_ms = DELIVER_MS,
                             .stop = t->stop};

    if (t->secret != NULL) {
        TRY(sign(t, m, &signature));
        fields[1].value = buf_span(&signature);
        r.field_count = 2;
    }
    enum aiu_status st = once_run(&r, &answer);
    buf_wipe(&answer.body);
    TRY(st);
    return answer.status >= 200 && answer.status < 300 ? AIU_OK : AIU_PROVIDER_ERROR;
}

static enum aiu_status attempt(const struct deliver_target *t, const struct deliver_message *m)
{
    switch (t->kind) {
    case DELIVER_SYSLOG:
        return to_syslog(t, m);
    case DELIVER_COMMAND:
        return to_command(t, m);
    case DELIVER_WEBHOOK:
        break;
    }
    return to_webhook(t, m);
}

enum aiu_status deliver(const struct deliver_target *t, const struct deliver_message *m,
                        bool (*keep_on)(void *ctx), void *ctx)
{
    enum aiu_status st = attempt(t, m);

    for (unsigned i = 1; st != AIU_OK && i < DELIVER_ATTEMPTS; i++) {
        uint64_t ms = (uint64_t)DELIVER_PAUSE_MS << (i - 1);
        const struct timespec pause = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
        if (keep_on != NULL && !keep_on(ctx)) {
            break;
        }
        (void)nanosleep(&pause, NULL);
        st = attempt(t, m);
    }
    return st;
}
