// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/watchers.h"

#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "audit/query.h"
#include "base/alloc.h"
#include "codec/url.h"
#include "watch/alert.h"
#include "watch/anchor_sink.h"
#include "watch/deliver.h"
#include "watch/sink.h"

enum { TEXT_MOST = 4096, LEARN_DAYS = 30 };

// The way to a collector.
struct outlet {
    struct sink_syslog *syslog;
    struct sink_otlp *otlp;
    struct secret *token;
};

struct export
{
    struct outlet entries;
    struct follower *follower;
    struct outlet checkpoints;
    struct anchor_sink anchor_sink;
};

struct watchers {
    struct watchers_options o;
    struct export *exports;
    size_t export_count;
    struct anchor_target anchor_targets[ANCHOR_TARGETS_MOST];
    struct anchor *anchor;
    struct alert_rule rules[ALERT_RULES_MOST];
    struct deliver_target *targets;
    struct secret **secrets; // of targets
    const char *(*commands)[2];
    size_t target_count;
    struct alerts *alerts;
    bool learnt;
    uint64_t begun_us;
    char log_folder[TEXT_MOST];
    struct follower *follower;
    _Atomic uint64_t raised, undelivered;
    atomic_bool stopping;
    struct arena texts;
};

// --- texts of the configuration as C has them -------------------------------------------------

static enum aiu_status text_of(struct watchers *w, struct span s, const char **ret_text)
{
    struct span copy;

    *ret_text = NULL;
    if (s.n == 0) {
        return AIU_OK;
    }
    TRY(arena_copy(&w->texts, s, &copy)); // with a NUL behind it
    *ret_text = (const char *)copy.p;
    return AIU_OK;
}

static enum aiu_status link_of(struct watchers *w, enum config_channel to,
                               const struct config_address *address, struct span ca_file,
                               struct link_options *ret_link)
{
    static const enum link_kind kinds[] = {[CONFIG_SYSLOG_UDP] = LINK_UDP,
                                           [CONFIG_SYSLOG_TCP] = LINK_TCP,
                                           [CONFIG_SYSLOG_TLS] = LINK_TLS,
                                           [CONFIG_SYSLOG_LOCAL] = LINK_LOCAL};
    struct span host = address->kind == CONFIG_UNIX ? address->path : address->host;

    *ret_link = (struct link_options){
        .kind = kinds[to], .port = address->port, .timeout_ms = DELIVER_MS, .stop = &w->stopping};
    TRY(text_of(w, host, &ret_link->host));
    return text_of(w, ca_file, &ret_link->ca_file);
}

// A secret that may go to the origin of `url`.
static enum aiu_status load_secret(const struct watchers *w, const struct config_source *source,
                                   struct span url, struct secret **ret_secret)
{
    CLEANUP(buf_wipe) struct buf origin = BUF_OF(512);
    struct url u;

    if (!source->given) {
        return AIU_OK;
    }
    TRY(secret_load(&source->from, w->o.env, ret_secret));
    TRY(url_parse(url, &u));
    TRY(url_append_origin(&u, &origin));
    return secret_bind_origin(*ret_secret, buf_span(&origin));
}

// --- exports ----------------------------------------------------------------------------------

static enum aiu_status make_syslog(struct watchers *w, const struct config_export *c,
                                   struct outlet *e)
{
    struct sink_syslog_options o = {.format =
                                        c->format == CONFIG_OCSF ? FORMAT_OCSF : FORMAT_RFC5424,
                                    .host = w->o.origin->node,
                                    .pid = (uint64_t)getpid()};

    TRY(link_of(w, c->to, &c->address, c->ca_file, &o.link));
    return sink_syslog_new(&o, &e->syslog);
}

static enum aiu_status make_otlp(struct watchers *w, const struct config_export *c,
                                 struct outlet *e)
{
    struct sink_otlp_options o = {.url = c->url,
                                  .host = w->o.origin->node,
                                  .allow_plaintext = c->allow_plaintext,
                                  .logger = w->o.logger,
                                  .stop = &w->stopping};

    TRY(text_of(w, c->ca_file, &o.ca_file));
    TRY(load_secret(w, &c->token, c->url, &e->token));
    o.bearer = e->token;
    return sink_otlp_new(&o, &e->otlp);
}

static enum aiu_status make_outlet(struct watchers *w, const struct config_export *c,
                                   struct outlet *e, struct follow_sink *ret_sink)
{
    TRY(c->to == CONFIG_OTLP ? make_otlp(w, c, e) : make_syslog(w, c, e));
    *ret_sink = e->syslog != NULL ? sink_syslog_of(e->syslog) : sink_otlp_of(e->otlp);
    return AIU_OK;
}

static void outlet_done(struct outlet *e)
{
    sink_syslog_free(e->syslog);
    sink_otlp_free(e->otlp);
    secret_unref(e->token);
}

static enum aiu_status start_export(struct watchers *w, size_t i)
{
    const struct config_export *c = &w->o.config->exports[i];
    struct export *e = &w->exports[i];
    struct follow_options o = {.folder = w->o.log_folder,
                               .log = w->o.audit,
                               .logger = w->o.logger,
                               .from_start = c->from_start};

    TRY(make_outlet(w, c, &e->entries, &o.sink));
    TRY(text_of(w, c->name, &o.name));
    return follow_start(&o, &e->follower);
}

// Each collector of entries keeps checkpoints, too (guide S62): what was signed is known outside.
static enum aiu_status start_anchor(struct watchers *w)
{
    struct anchor_options o = {.folder = w->o.log_folder,
                               .targets = w->anchor_targets,
                               .interval_ms = w->o.config->anchor_ms,
                               .logger = w->o.logger};

    for (size_t i = 0; i < w->export_count && o.target_count < ANCHOR_TARGETS_MOST; i++) {
        const struct config_export *c = &w->o.config->exports[i];
        struct anchor_sink *s = &w->exports[i].anchor_sink;
        TRY(make_outlet(w, c, &w->exports[i].checkpoints, &s->sink));
        s->node = w->o.origin->node;
        s->clock = *w->o.clock;
        w->anchor_targets[o.target_count++] =
            (struct anchor_target){.name = c->name, .send = anchor_sink_send, .ctx = s};
    }
    return o.target_count == 0 ? AIU_OK : anchor_start(&o, &w->anchor);
}

// --- alerts -----------------------------------------------------------------------------------

size_t watchers_rules(const struct config *c, struct alert_rule *rules)
{
    size_t count =
        c->alerts.rule_count < ALERT_RULES_MOST ? c->alerts.rule_count : ALERT_RULES_MOST;

    if (count == 0) {
        memcpy(rules, alert_defaults, alert_default_count * sizeof(*rules));
        return alert_default_count;
    }
    for (size_t i = 0; i < count; i++) {
        const struct config_alert_rule *r = &c->alerts.rules[i];
        rules[i] = (struct alert_rule){.name = r->name,
                                       .kind = (enum alert_kind)r->when,
                                       .severity = (enum alert_severity)r->severity,
                                       .more_than = r->more_than,
                                       .least = r->least,
                                       .within_s = (uint32_t)(r->within_ms / 1000),
                                       .quiet_s = (uint32_t)(r->quiet_ms / 1000),
                                       .from_minute = r->from_minute,
                                       .to_minute = r->to_minute,
                                       .event = r->event};
    }
    return count;
}

_Static_assert((int)CONFIG_ALERT_EVENT == (int)ALERT_EVENT, "the two lists are one");

static bool keep_on(void *ctx)
{
    return !atomic_load(&((struct watchers *)ctx)->stopping);
}

static void tell_targets(struct watchers *w, const struct deliver_message *m)
{
    for (size_t i = 0; i < w->target_count && keep_on(w); i++) {
        enum aiu_status st = deliver(&w->targets[i], m, keep_on, w);
        if (st != AIU_OK) {
            (void)atomic_fetch_add(&w->undelivered, 1);
            log_event(w->o.logger, LOG_ERROR, "alert_undelivered",
                      LOG_ID("target", w->targets[i].name),
                      LOG_NAME("code", aiu_status_info(st)->code));
        }
    }
}

static void record_alert(struct watchers *w, const struct alert *a)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(RECORD_MOST);
    uint64_t index = 0;
    const struct record_field fields[] = {
        RECORD_TEXT("alert", a->rule->name),
        RECORD_TEXT("kind", span_str(alert_kind_text(a->rule->kind))),
        RECORD_TEXT("severity", span_str(alert_severity_text(a->rule->severity))),
        RECORD_TEXT("subject", a->subject),
        RECORD_NUMBER("count", a->count),
        RECORD_NUMBER("index", a->index),
    };

    if (record_event(&b, w->o.origin, RECORD_ALERT, clock_unix_us(w->o.clock), fields,
                     ARRAY_SIZE(fields)) == AIU_OK) {
        IGNORE(audit_append(w->o.audit, buf_span(&b), &index)); // the alert goes out anyway
    }
}

static enum aiu_status on_alert(void *ctx, const struct alert *a)
{
    struct watchers *w = ctx;
    CLEANUP(buf_wipe) struct buf json = BUF_OF(8192);

    if (!keep_on(w) && w->target_count > 0) {
        return AIU_CANCELLED;
    }
    (void)atomic_fetch_add(&w->raised, 1);
    log_event(w->o.logger, a->rule->severity >= ALERT_HIGH ? LOG_CRITICAL : LOG_WARNING, "alert",
              LOG_ID("rule", a->rule->name), LOG_ID("subject", a->subject),
              LOG_U64("count", a->count));
    record_alert(w, a);
    TRY(alert_json(a, w->o.origin->node, &json));
    const struct deliver_message m = {.json = buf_span(&json),
                                      .host = w->o.origin->node,
                                      .critical = a->rule->severity >= ALERT_HIGH,
                                      .unix_us = a->unix_us};
    tell_targets(w, &m);
    // What was cut short comes again at the next start.
    return keep_on(w) || w->target_count == 0 ? AIU_OK : AIU_CANCELLED;
}

static enum aiu_status learn_hit(void *ctx, const struct query_hit *hit)
{
    struct watchers *w = ctx;

    return keep_on(w) ? alerts_learn(w->alerts, hit) : AIU_CANCELLED;
}

// What was usual before this start. The log is read once; where it cannot be, everything is new.
static void learn(struct watchers *w)
{
    uint64_t now = clock_unix_us(w->o.clock);
    uint64_t days = (uint64_t)LEARN_DAYS * 86400 * 1000000;
    struct query q = QUERY_ALL;

    q.window.from_us = now > days ? now - days : 0;
    q.window.to_us = w->begun_us;
    q.columns[ROW_TYPE_NAME] = SPAN_OF("decision");
    IGNORE(query_run(w->o.log_folder, &q, learn_hit, w));
    w->learnt = true;
}

// Learning may take a while with a large log: it is done here, on the follower's thread.
static enum aiu_status take_entry(void *ctx, uint64_t index, struct span entry,
                                  const struct row_values *values)
{
    struct watchers *w = ctx;

    (void)entry;
    if (!w->learnt) {
        learn(w);
    }
    return alerts_take(w->alerts, index, values);
}

static enum aiu_status flush_nothing(void *ctx)
{
    (void)ctx;
    return AIU_OK;
}

static enum aiu_status make_target(struct watchers *w, size_t i)
{
    const struct config_alert_target *c = &w->o.config->alerts.targets[i];
    struct deliver_target *t = &w->targets[i];

    *t = (struct deliver_target){.name = c->name,
                                 .url = c->url,
                                 .allow_plaintext = c->allow_plaintext,
                                 .stop = &w->stopping};
    if (c->to <= CONFIG_SYSLOG_LOCAL) {
        t->kind = DELIVER_SYSLOG;
        return link_of(w, c->to, &c->address, c->ca_file, &t->link);
    }
    if (c->to == CONFIG_COMMAND) {
        t->kind = DELIVER_COMMAND;
        t->argv = w->commands[i];
        return text_of(w, c->command, &w->commands[i][0]);
    }
    t->kind = DELIVER_WEBHOOK;
    TRY(text_of(w, c->ca_file, &t->ca_file));
    TRY(load_secret(w, &c->secret, c->url, &w->secrets[i]));
    t->secret = w->secrets[i];
    return AIU_OK;
}

static void fail(struct service_problem *p, const char *list, size_t i, enum aiu_status st)
{
    (void)snprintf(p->where, sizeof(p->where), "%s[%zu]", list, i);
    p->what = aiu_status_info(st)->text;
}

static enum aiu_status make_targets(struct watchers *w, struct service_problem *problem)
{
    w->target_count = w->o.config->alerts.target_count;
    w->targets = mem_new(w->target_count + 1, sizeof(*w->targets));
    w->secrets = mem_new(w->target_count + 1, sizeof(*w->secrets));
    w->commands = mem_new(w->target_count + 1, sizeof(*w->commands));
    if (w->targets == NULL || w->secrets == NULL || w->commands == NULL) {
        return AIU_NO_MEMORY;
    }
    for (size_t i = 0; i < w->target_count; i++) {
        enum aiu_status st = make_target(w, i);
        if (st != AIU_OK) {
            fail(problem, "alerts.to", i, st);
            return st;
        }
    }
    return AIU_OK;
}

static enum aiu_status start_alerts(struct watchers *w, struct service_problem *problem)
{
    const struct follow_options o = {.name = "alerts",
                                     .folder = w->o.log_folder,
                                     .log = w->o.audit,
                                     .logger = w->o.logger,
                                     .sink = {take_entry, flush_nothing, NULL, w}};
    size_t count = watchers_rules(w->o.config, w->rules);

    if (w->o.config->alerts.off) {
        return AIU_OK;
    }
    TRY(make_targets(w, problem));
    TRY(alerts_new(w->rules, count, on_alert, w, &w->alerts));
    return follow_start(&o, &w->follower);
}

// --- life -------------------------------------------------------------------------------------

static enum aiu_status start(struct watchers *w, struct service_problem *problem)
{
    w->exports = mem_new(w->o.config->export_count + 1, sizeof(*w->exports));
    if (w->exports == NULL) {
        return AIU_NO_MEMORY;
    }
    for (size_t i = 0; i < w->o.config->export_count; i++) {
        w->export_count = i + 1;
        enum aiu_status st = start_export(w, i);
        if (st != AIU_OK) {
            fail(problem, "audit.exports", i, st);
            return st;
        }
    }
    TRY(start_anchor(w));
    return start_alerts(w, problem);
}

enum aiu_status watchers_new(const struct watchers_options *o, struct service_problem *problem,
                             struct watchers **ret_watchers)
{
    struct watchers *w = mem_new(1, sizeof(*w));

    *problem = (struct service_problem){.what = ""};
    if (w == NULL) {
        return AIU_NO_MEMORY;
    }
    w->o = *o;
    w->o.config = config_ref(o->config);
    (void)snprintf(w->log_folder, sizeof(w->log_folder), "%s", o->log_folder);
    w->o.log_folder = w->log_folder;
    w->begun_us = clock_unix_us(o->clock);
    arena_init(&w->texts, 1 << 20);
    enum aiu_status st = start(w, problem);
    if (st != AIU_OK) {
        watchers_free(w);
        return st;
    }
    *ret_watchers = w;
    return AIU_OK;
}

void watchers_free(struct watchers *w)
{
    if (w == NULL) {
        return;
    }
    atomic_store(&w->stopping, true);
    follow_stop(w->follower);
    anchor_stop(w->anchor);
    for (size_t i = 0; i < w->export_count; i++) {
        struct export *e = &w->exports[i];
        follow_stop(e->follower);
        outlet_done(&e->entries);
        outlet_done(&e->checkpoints);
    }
    for (size_t i = 0; w->secrets != NULL && i < w->target_count; i++) {
        secret_unref(w->secrets[i]);
    }
    alerts_free(w->alerts);
    mem_free(w->exports);
    mem_free(w->targets);
    mem_free(w->secrets);
    mem_free(w->commands);
    arena_done(&w->texts);
    config_unref(w->o.config);
    mem_free(w);
}

enum aiu_status watchers_metrics(const struct watchers *w, struct buf *b)
{
    TRY(buf_append(b, SPAN_OF("# TYPE aiu_export_lag_entries gauge\n")));
    for (size_t i = 0; i < w->export_count; i++) {
        const struct follower *f = w->exports[i].follower;
        TRY(buf_printf(b, "aiu_export_lag_entries{export=\"%s\"} %llu\n", follow_name(f),
                       (unsigned long long)follow_lag(f)));
    }
    TRY(buf_append(b, SPAN_OF("# TYPE aiu_export_failures gauge\n")));
    for (size_t i = 0; i < w->export_count; i++) {
        const struct follower *f = w->exports[i].follower;
        TRY(buf_printf(b, "aiu_export_failures{export=\"%s\"} %llu\n", follow_name(f),
                       (unsigned long long)follow_failures(f)));
    }
    return buf_printf(b,
                      "# TYPE aiu_alerts_total counter\naiu_alerts_total %llu\n"
                      "# TYPE aiu_alerts_undelivered_total counter\n"
                      "aiu_alerts_undelivered_total %llu\n",
                      (unsigned long long)atomic_load(&w->raised),
                      (unsigned long long)atomic_load(&w->undelivered));
}

// --- the test ---------------------------------------------------------------------------------

static enum aiu_status send_test(struct watchers *w, struct span host, uint64_t now_us,
                                 void (*say)(void *ctx, struct span target, enum aiu_status st),
                                 void *ctx)
{
    static const struct alert_rule rule = {.name = SPAN("test"), .kind = ALERT_EVENT};
    CLEANUP(buf_wipe) struct buf json = BUF_OF(8192);
    struct service_problem problem;
    const struct alert alert = {&rule, SPAN_OF("all"), 1, 0, now_us};

    TRY(make_targets(w, &problem));
    TRY(alert_json(&alert, host, &json));
    const struct deliver_message m = {.json = buf_span(&json), .host = host, .unix_us = now_us};
    for (size_t i = 0; i < w->target_count; i++) {
        say(ctx, w->targets[i].name, deliver(&w->targets[i], &m, NULL, NULL));
    }
    return AIU_OK;
}

enum aiu_status watchers_test(struct config *c, struct span host, uint64_t now_us,
                              void (*say)(void *ctx, struct span target, enum aiu_status st),
                              void *ctx)
{
    struct watchers *w = mem_new(1, sizeof(*w));

    if (w == NULL) {
        return AIU_NO_MEMORY;
    }
    w->o.config = config_ref(c);
    arena_init(&w->texts, 1 << 20);
    enum aiu_status st = secret_init_process(false);
    if (st == AIU_OK) {
        st = secret_env_new(&w->o.env);
    }
    if (st == AIU_OK) {
        st = send_test(w, host, now_us, say, ctx);
    }
    secret_env_free(w->o.env);
    watchers_free(w);
    return st;
}
