// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The supervisor: prepares everything that can fail while somebody is still looking, forks the
// worker, and starts it again when it dies. It never reads from the network.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "audit/shard.h"
#include "base/alloc.h"
#include "gateway/anchors.h"
#include "gateway/gateway.h"
#include "gateway/listen.h"
#include "gateway/offline.h"
#include "gateway/signing.h"
#include "secret/io.h"
#include "secret/vkey.h"

extern char **environ; // NOLINT(readability-redundant-declaration): as POSIX has it

enum {
    QUICK_DEATH_MS = 1000, // a worker that lived shorter counts towards giving up
    QUICK_DEATHS_MOST = 8,
    BACKOFF_MOST_MS = 2000,
    STOP_GRACE_MS = 5000,
    SIGNER_PAUSE_MS = 200
};

// --- configuration ----------------------------------------------------------------------------

static void print_report(const struct gateway *g, const struct config_report *report)
{
    CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 20);

    if (report->count > 0 &&
        config_report_text(report, span_str(g->config_path), &text) == AIU_OK) {
        (void)fwrite(text.p, 1, text.n, stderr);
    }
}

static void log_report(const struct gateway *g, const struct config_report *report)
{
    for (size_t i = 0; i < report->count; i++) {
        const struct config_problem *p = &report->problems[i];
        log_event(&g->log, p->warning ? LOG_WARNING : LOG_ERROR, "config_problem",
                  LOG_U64("line", p->line), LOG_U64("column", p->column),
                  LOG_ID("path", span_str(p->path)));
    }
}

// The environment as it was: secrets are taken out when they are read, so that a reload would miss
// them. Nobody asks for more of them than whether they are there; the values are in g->env.
static enum aiu_status whole_environment(const struct gateway *g, struct arena *a,
                                         const char *const **ret_env)
{
    size_t there = 0, held = 0;

    while (environ[there] != NULL) {
        there++;
    }
    while (secret_env_name(g->env, held) != NULL) {
        held++;
    }
    const char **env = arena_array(a, there + held + 1, sizeof(*env));
    if (env == NULL) {
        return AIU_NO_MEMORY;
    }
    memcpy(env, environ, there * sizeof(*env));
    for (size_t i = 0; i < held; i++) {
        CLEANUP(buf_wipe) struct buf text = BUF_OF(4096);
        struct span copy;
        TRY(buf_printf(&text, "%s=(held by the gateway)", secret_env_name(g->env, i)));
        TRY(arena_copy(a, buf_span(&text), &copy)); // with a NUL behind it
        env[there + i] = (const char *)copy.p;
    }
    *ret_env = env;
    return AIU_OK;
}

static enum aiu_status load_config(const struct gateway *g, struct config_report *report,
                                   struct config **ret_config)
{
    struct config_options o = g->config_options;
    struct arena arena;

    arena_init(&arena, 16 << 20);
    enum aiu_status st = whole_environment(g, &arena, &o.env);
    if (st == AIU_OK) {
        st = g->config_path[0] == '\0' ? config_embedded(&o, report, ret_config)
                                       : config_load(g->config_path, &o, report, ret_config);
    }
    arena_done(&arena);
    return st;
}

enum aiu_status gateway_load_config(struct gateway *g, bool log_them, struct config **ret_config)
{
    struct config_report report = {.count = 0};
    enum aiu_status st = load_config(g, &report, ret_config);

    print_report(g, &report);
    if (log_them) {
        log_report(g, &report);
    }
    return st;
}

static enum aiu_status find_config(struct gateway *g)
{
    CLEANUP(buf_wipe) struct buf path = BUF_OF(sizeof(g->config_path) - 1);

    if (g->options.config != NULL) {
        (void)snprintf(g->config_path, sizeof(g->config_path), "%s", g->options.config);
        return AIU_OK;
    }
    enum aiu_status st = config_find_file((const char *const *)environ, &path);
    if (st == AIU_NOT_FOUND) {
        return AIU_OK;
    }
    TRY(st);
    (void)snprintf(g->config_path, sizeof(g->config_path), "%.*s", (int)path.n,
                   (const char *)path.p);
    return AIU_OK;
}

static bool has_provider_key(void)
{
    static const char *const names[] = {"AI_API_KEY", "AI_API_KEY_FILE", "OPENAI_API_KEY"};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        const char *value = getenv(names[i]); // NOLINT(concurrency-mt-unsafe): one thread
        if (value != NULL && value[0] != '\0') {
            return true;
        }
    }
    return false;
}

// --- embedded defaults ------------------------------------------------------------------------

static char g_local_key[VKEY_TOKEN_SIZE + 1]; // shown once, then wiped
static char g_local_hash[VKEY_DIGEST_TEXT_SIZE + 1];
static char g_mock_url[128];

static enum aiu_status make_local_key(struct gateway *g)
{
    CLEANUP(buf_wipe) struct buf token = BUF_OF(256);
    CLEANUP(buf_wipe) struct buf hash = BUF_OF(256);
    struct vkey_digest digest;

    TRY(vkey_generate(&token));
    TRY(vkey_digest(buf_span(&token), &digest));
    TRY(vkey_digest_format(&digest, &hash));
    CHECK(token.n < sizeof(g_local_key) && hash.n < sizeof(g_local_hash));
    memcpy(g_local_key, token.p, token.n);
    memcpy(g_local_hash, hash.p, hash.n);
    g->config_options.local_key_hash = span_of(g_local_hash, hash.n);
    return AIU_OK;
}

static enum aiu_status prepare_embedded(struct gateway *g)
{
    char record[4200];

    TRY(make_local_key(g));
    if (has_provider_key() || g->options.check) {
        g->config_options.mock_base_url = SPAN_OF("http://127.0.0.1:9/v1"); // --check calls nobody
        return AIU_OK;
    }
    (void)snprintf(record, sizeof(record), "%s/mock-record.jsonl", g->state.path);
    enum aiu_status st = offline_start(record, g_mock_url);
    if (st != AIU_OK) {
        system_say("no provider is configured, and the built-in offline provider (aiu-mock) cannot "
                   "be started: %s; set AI_API_KEY, or write a configuration",
                   aiu_status_info(st)->text);
        return st;
    }
    g->config_options.mock_base_url = span_str(g_mock_url);
    return AIU_OK;
}

// A line for people, and a command to try. The key is in no file and no log.
static void print_welcome(const struct gateway *g)
{
    const char *model = config_uses_mock(g->config) ? "mock-echo" : "gpt-4o-mini";

    printf("\nAI Utilities gateway %s\n",
           config_uses_mock(g->config) ? "with the built-in offline provider (no AI_API_KEY is set)"
                                       : "with the provider of your environment");
    printf("  base URL  %s/v1\n  key       %s\n  state     %s\n\nTry it:\n\n", g->address,
           g_local_key, g->state.path);
    printf("curl -s %s/v1/chat/completions -H 'Authorization: Bearer %s' -H 'Content-Type: "
           "application/json' -d '{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":"
           "\"Charge card 4111 1111 1111 1111 and mail jane.doe@example.org\"}]}'\n\n",
           g->address, g_local_key, model);
    (void)fflush(stdout);
    mem_wipe(g_local_key, sizeof(g_local_key));
}

// --- preparing --------------------------------------------------------------------------------

static const char *state_dir_of(const struct gateway *g, char out[4096])
{
    if (g->options.state_dir != NULL) {
        return g->options.state_dir;
    }
    (void)snprintf(out, 4096, "%.*s", (int)g->config->state_dir.n,
                   (const char *)g->config->state_dir.p);
    return out;
}

static enum aiu_status open_state(struct gateway *g, const char *path)
{
    enum aiu_status st = state_open(path, &g->state);

    switch ((int)st) {
    case AIU_OK:
        break;
    case AIU_BUSY:
        system_say("another gateway uses the state folder %s; stop it, or choose another with "
                   "--state-dir",
                   path);
        break;
    case AIU_CONFIG_KEY_EXPOSED:
        system_say("the state folder %s must belong to you and be closed to others: chmod 700 %s",
                   path, path);
        break;
    default:
        system_say("the state folder %s cannot be created or opened: %s", path,
                   strerrordesc_np(errno));
        break;
    }
    return st;
}

// Where the embedded defaults put their state, before there is a configuration.
static enum aiu_status open_embedded_state(struct gateway *g)
{
    struct config_report report = {.count = 0};
    struct config_options o = g->config_options;
    CLEANUP(config_unrefp) struct config *c = NULL;
    char path[4096];

    if (g->options.state_dir != NULL) {
        return open_state(g, g->options.state_dir);
    }
    o.mock_base_url = SPAN_OF("http://127.0.0.1:9/v1");
    TRY(config_embedded(&o, &report, &c));
    (void)snprintf(path, sizeof(path), "%.*s", (int)c->state_dir.n, (const char *)c->state_dir.p);
    return open_state(g, path);
}

static enum aiu_status load(struct gateway *g)
{
    char path[4096];

    g->config_options.env = (const char *const *)environ;
    g->config_options.check_files = true;
    TRY(find_config(g));
    if (g->config_path[0] == '\0') {
        if (!g->options.check) {
            TRY(open_embedded_state(g));
        }
        TRY(prepare_embedded(g));
        return gateway_load_config(g, false, &g->config);
    }
    TRY(gateway_load_config(g, false, &g->config));
    return g->options.check ? AIU_OK : open_state(g, state_dir_of(g, path));
}

static enum aiu_status open_log(struct gateway *g)
{
    char path[4096];
    const struct config_log *l = &g->config->log;

    g->log = (struct logger){.level = l->level, .format = l->format, .clock = io_clock()};
    (void)snprintf(path, sizeof(path), "%.*s", (int)l->file.n, (const char *)l->file.p);
    enum aiu_status st = system_log_open(&g->log, l->file.n > 0 ? path : NULL);
    if (st != AIU_OK) {
        system_say("the log file %s cannot be opened: %s", path, strerrordesc_np(errno));
    }
    return st;
}

static size_t processors(void)
{
    cpu_set_t set;

    return sched_getaffinity(0, sizeof(set), &set) == 0 ? (size_t)CPU_COUNT(&set) : 1;
}

// Build a service and drop it: whatever a key file or certificate has to say, it says it now.
static enum aiu_status try_service(struct gateway *g)
{
    struct service_problem problem;
    struct service *s = NULL;
    struct limits *limits = NULL;
    struct tls *tls = NULL;

    TRY(limits_new(&limits));
    const struct service_options o = {g->config, g->env, limits, g->switches.control};
    enum aiu_status st = service_new(&o, &problem, &s);
    if (st != AIU_OK) {
        system_say("%s: %s", problem.where, problem.what);
    }
    service_unref(s);
    limits_free(limits);
    TRY(st);
    st = listen_tls(g, g->config, &tls);
    tls_unref(tls);
    return st;
}

static enum aiu_status try_witnesses(const struct gateway *g)
{
    size_t bad = 0;
    enum aiu_status st = anchors_check(g->config, &bad);

    if (st != AIU_OK) {
        system_say("audit.witnesses[%zu]: %s", bad,
                   st == AIU_TOO_LONG ? "too many" : "vkey is not the key of a witness");
    }
    return st;
}

static void ignore_change(void *ctx, const struct control_change *change)
{
    (void)ctx; // the worker records it
    (void)change;
}

// A key that was dropped must not come back with the next worker.
static void look_at_switches(struct gateway *g)
{
    const struct service_options o = {g->config, g->env, NULL, g->switches.control};

    if (switches_look(&g->switches, ignore_change, NULL)) {
        service_forget_dropped(&o);
    }
}

// What the schema cannot say of the audit log's names and times.
static enum aiu_status check_audit(const struct gateway *g)
{
    const struct config *c = g->config;
    const uint64_t least_ms = SHARD_RETAIN_LEAST_DAYS * UINT64_C(86400000);

    if (!note_name_valid(c->audit_origin) || c->audit_origin.n > SIGNER_ORIGIN_MOST) {
        system_say("audit.origin: a name like example.com/gateway, without spaces or \"+\", of at "
                   "most %d bytes",
                   SIGNER_ORIGIN_MOST);
        return AIU_CONFIG_INVALID;
    }
    if (c->audit_retention_ms != 0 && c->audit_retention_ms < least_ms) {
        system_say("audit.retention: at least %dd, or 0 to keep all", SHARD_RETAIN_LEAST_DAYS);
        return AIU_CONFIG_INVALID;
    }
    return AIU_OK;
}

static enum aiu_status prepare(struct gateway *g)
{
    TRY(secret_init_process(false));
    TRY(secret_env_new(&g->env));
    TRY(load(g));
    TRY(check_audit(g));
    TRY(open_log(g));
    TRY(switches_init(&g->switches, &g->state, &g->log));
    if (!g->options.check) {
        look_at_switches(g);
    }
    TRY(try_service(g));
    TRY(try_witnesses(g));
    if (g->options.check) {
        return AIU_OK;
    }
    g->loops = g->config->workers > 0 ? g->config->workers : processors();
    g->loops = g->loops > GATEWAY_LOOPS_MOST ? GATEWAY_LOOPS_MOST : g->loops;
    TRY(signing_init(g));
    TRY(listen_bind(g));
    return engine_new(&g->engine);
}

// --- the worker's life ------------------------------------------------------------------------

static uint64_t now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

struct supervisor {
    struct gateway *g;
    pid_t worker, signer;
    uint64_t signer_started_ms;
    int ready; // read end of the worker's pipe; -1 when it has spoken
    uint64_t started_ms;
    uint32_t quick_deaths;
    bool announced;
    bool stopping;
};

static enum aiu_status start_worker(struct supervisor *s)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0) {
        return AIU_IO;
    }
    s->started_ms = now_ms();
    pid_t parent = getpid();
    s->worker = fork();
    if (s->worker == 0) {
        (void)close(ends[0]);
        mem_wipe(g_local_key, sizeof(g_local_key)); // only its hash is the worker's
        (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() != parent) {
            _exit(0); // the supervisor was gone before the line above
        }
        s->g->ready = ends[1];
        signing_leave(s->g);
        exit(worker_run(s->g)); // NOLINT(concurrency-mt-unsafe): its threads have ended
    }
    (void)close(ends[1]);
    s->ready = ends[0];
    return s->worker < 0 ? AIU_IO : AIU_OK;
}

static void hear_ready(struct supervisor *s)
{
    char byte = 0;

    if (read(s->ready, &byte, 1) == 1) {
        log_event(&s->g->log, LOG_INFO, "worker_ready", LOG_U64("pid", (uint64_t)s->worker),
                  LOG_U64("ms", now_ms() - s->started_ms));
        if (!s->announced) {
            (void)fprintf(stderr, "ready %s\n", s->g->address);
            if (s->g->config_path[0] == '\0') {
                print_welcome(s->g);
            }
        }
        s->announced = true;
    }
    (void)close(s->ready);
    s->ready = -1;
}

static void pause_ms(uint64_t ms)
{
    const struct timespec t = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};

    (void)nanosleep(&t, NULL); // a signal may cut it short: the worker starts earlier then
}

// A worker that cannot start, or dies at once again and again, would not do better the next time.
static bool is_hopeless(const struct supervisor *s, int status)
{
    return !s->announced || s->quick_deaths >= QUICK_DEATHS_MOST ||
           (WIFEXITED(status) && WEXITSTATUS(status) == aiu_status_info(AIU_AUDIT_CORRUPT)->exit);
}

// Returns the exit code with which the supervisor ends, or -1 to go on.
static int worker_died(struct supervisor *s, int status)
{
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : aiu_status_info(AIU_INTERNAL)->exit;
    bool quick = now_ms() - s->started_ms < QUICK_DEATH_MS;

    if (s->ready >= 0) {
        hear_ready(s);
    }
    if (s->stopping) {
        return code;
    }
    s->quick_deaths = quick ? s->quick_deaths + 1 : 0;
    log_event(&s->g->log, LOG_CRITICAL, "worker_died",
              LOG_I64("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0), LOG_I64("exit", code));
    if (is_hopeless(s, status)) {
        return code != 0 ? code : aiu_status_info(AIU_INTERNAL)->exit;
    }
    if (s->quick_deaths > 1) {
        uint64_t wait = 100U << s->quick_deaths;
        pause_ms(wait < BACKOFF_MOST_MS ? wait : BACKOFF_MOST_MS);
    }
    return start_worker(s) == AIU_OK ? -1 : aiu_status_info(AIU_IO)->exit;
}

static void start_signer(struct supervisor *s)
{
    s->signer_started_ms = now_ms();
    s->signer = signing_start(s->g);
}

// The log goes on without a signer and catches up with the next one. Returns as worker_died.
static int signer_died(struct supervisor *s, int status)
{
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    bool quick = now_ms() - s->signer_started_ms < QUICK_DEATH_MS;

    log_event(&s->g->log, LOG_CRITICAL, "signer_died",
              LOG_I64("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0), LOG_I64("exit", code));
    if (!s->announced && code != 0) {
        (void)kill(s->worker, SIGKILL); // it waits for a head that nobody tells
        return code;
    }
    if (quick) {
        pause_ms(SIGNER_PAUSE_MS);
    }
    start_signer(s);
    return -1;
}

static int reap(struct supervisor *s)
{
    int status = 0;
    pid_t pid = 0;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == s->worker) {
            int code = worker_died(s, status);
            if (code >= 0) {
                return code;
            }
        } else if (pid == s->signer) {
            int code = signer_died(s, status);
            if (code >= 0) {
                return code;
            }
        } else if (offline_is(pid)) {
            log_event(&s->g->log, LOG_ERROR, "offline_provider_died", LOG_I64("pid", pid));
        }
    }
    return -1;
}

// The worker reloads by itself; the supervisor checks first, and keeps the new configuration for
// the next worker.
static void reload(struct supervisor *s)
{
    struct config *next = NULL;

    if (gateway_load_config(s->g, true, &next) != AIU_OK) {
        log_event(&s->g->log, LOG_ERROR, "reload_refused", LOG_BOOL("unchanged", true));
        return;
    }
    struct config *before = s->g->config;
    s->g->config = next;
    if (try_service(s->g) != AIU_OK) { // a key or certificate that cannot be used
        s->g->config = before;
        config_unref(next);
        log_event(&s->g->log, LOG_ERROR, "reload_refused", LOG_BOOL("unchanged", true));
        return;
    }
    config_unref(before);
    (void)kill(s->worker, SIGHUP);
}

static void stop(struct supervisor *s)
{
    if (!s->stopping) {
        s->stopping = true;
        log_event(&s->g->log, LOG_INFO, "stopping", LOG_U64("pid", (uint64_t)getpid()));
        (void)kill(s->worker, SIGTERM);
        (void)alarm((unsigned)((s->g->config->timeouts.drain_ms + STOP_GRACE_MS) / 1000));
    }
}

// One signal; returns as worker_died.
static int handle(struct supervisor *s, int signal)
{
    switch (signal) {
    case SIGCHLD:
        return reap(s);
    case SIGHUP:
        reload(s);
        return -1;
    case SIGUSR2:
        look_at_switches(s->g);
        return -1;
    case SIGUSR1:
        system_log_reopen();
        (void)kill(s->worker, SIGUSR1);
        return -1;
    case SIGALRM:
        (void)kill(s->worker, SIGKILL); // did not drain in its time
        return -1;
    case SIGTERM:
    case SIGINT:
        stop(s);
        return -1;
    default:
        return -1;
    }
}

static int supervise(struct supervisor *s, const sigset_t *set)
{
    const struct timespec soon = {0, 2000000};
    int code = -1;

    while (code < 0) {
        // Until the worker has said that it serves, look at its pipe between signals.
        int signal = s->ready >= 0 ? sigtimedwait(set, NULL, &soon) : sigwaitinfo(set, NULL);
        struct pollfd p = {.fd = s->ready, .events = POLLIN};
        if (s->ready >= 0 && poll(&p, 1, 0) > 0) {
            hear_ready(s);
        }
        code = signal > 0 ? handle(s, signal) : -1;
    }
    return code;
}

static int serve(struct gateway *g)
{
    struct supervisor s = {.g = g, .ready = -1};
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGCHLD);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGHUP);
    (void)sigaddset(&set, SIGUSR1);
    (void)sigaddset(&set, SIGUSR2);
    (void)sigaddset(&set, SIGALRM);
    (void)pthread_sigmask(SIG_SETMASK, &set, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    start_signer(&s);
    if (s.signer < 0 || start_worker(&s) != AIU_OK) {
        system_say("the worker cannot be started: %s", strerrordesc_np(errno));
        return aiu_status_info(AIU_IO)->exit;
    }
    int code = supervise(&s, &set);
    signing_end(g);
    (void)waitpid(s.signer, NULL, 0);
    listen_remove(g);
    offline_stop();
    return code;
}

int gateway_run(const struct gateway_options *o)
{
    static struct gateway g;

    (void)umask(077);
    g.options = *o;
    enum aiu_status st = prepare(&g);
    if (st != AIU_OK) {
        offline_stop();
        return aiu_status_info(st)->exit;
    }
    if (o->check) {
        (void)fprintf(stderr, "the configuration is fine\n");
        return 0;
    }
    return serve(&g);
}
