// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Exports and alerts: what a channel needs, and what a rule of its kind needs.
#include "base/num.h"
#include "codec/url.h"
#include "config/check.h"

static bool is_syslog(enum config_channel to)
{
    return to <= CONFIG_SYSLOG_LOCAL;
}

// A channel and the values that one of its kind has.
struct channel {
    const char *list;
    size_t index;
    enum config_channel to;
    const struct config_address *address;
    struct span url;
    bool allow_plaintext;
};

static void check_address(struct builder *b, const struct channel *c)
{
    bool is_local = c->to == CONFIG_SYSLOG_LOCAL;

    if (c->address->host.n == 0 && c->address->path.n == 0) {
        report_error(b->report, AIU_CONFIG_INVALID, check_place(b, c->list, c->index, "to"),
                     "syslog needs an address");
    } else if (is_local != (c->address->kind == CONFIG_UNIX)) {
        report_error(b->report, AIU_CONFIG_INVALID, check_place(b, c->list, c->index, "address"),
                     is_local ? "syslog_local needs a unix: address"
                              : "only syslog_local takes a unix: address");
    } else if (!is_local && c->to != CONFIG_SYSLOG_TLS && !c->address->loopback) {
        report_warning(b->report, check_place(b, c->list, c->index, "address"),
                       "entries cross the network unencrypted: syslog_tls encrypts them");
    }
}

static void check_url(struct builder *b, const struct channel *c)
{
    struct url u;

    if (c->url.n == 0) {
        report_error(b->report, AIU_CONFIG_INVALID, check_place(b, c->list, c->index, "to"),
                     "it needs a url");
        return;
    }
    if (url_parse(c->url, &u) == AIU_OK && u.scheme == URL_HTTP && !url_is_loopback(&u) &&
        !c->allow_plaintext) {
        report_error(b->report, AIU_CONFIG_INVALID, check_place(b, c->list, c->index, "url"),
                     "http:// to another machine; allow_plaintext: true allows it");
    }
}

static void check_exports(struct builder *b)
{
    const struct config *config = &b->snapshot->config;

    for (size_t i = 0; i < config->export_count; i++) {
        const struct config_export *e = &config->exports[i];
        const struct channel c = {"audit.exports", i,      e->to,
                                  &e->address,     e->url, e->allow_plaintext};
        if (is_syslog(e->to)) {
            check_address(b, &c);
        } else {
            check_url(b, &c);
        }
    }
}

static void check_targets(struct builder *b)
{
    const struct config_alerts *a = &b->snapshot->config.alerts;

    for (size_t i = 0; i < a->target_count; i++) {
        const struct config_alert_target *t = &a->targets[i];
        const struct channel c = {"alerts.to", i, t->to, &t->address, t->url, t->allow_plaintext};
        if (is_syslog(t->to)) {
            check_address(b, &c);
        } else if (t->to == CONFIG_WEBHOOK) {
            check_url(b, &c);
        } else if (t->command.n == 0) {
            report_error(b->report, AIU_CONFIG_INVALID, check_place(b, "alerts.to", i, "to"),
                         "it needs a command");
        }
    }
}

// "08:00" in minutes of the day.
static bool take_minute(struct span text, uint16_t *ret_minute)
{
    struct span hour, minute;
    uint64_t h = 0, m = 0;

    if (!span_cut(text, ':', &hour, &minute) || hour.n != 2 || minute.n != 2 ||
        num_parse_u64(hour, 24, &h) != AIU_OK || num_parse_u64(minute, 59, &m) != AIU_OK ||
        h * 60 + m > 1440) {
        return false;
    }
    *ret_minute = (uint16_t)(h * 60 + m);
    return true;
}

static void check_hours(struct builder *b, struct config_alert_rule *r, size_t i)
{
    struct span from, to;

    if (!span_cut(r->hours, '-', &from, &to) || !take_minute(from, &r->from_minute) ||
        !take_minute(to, &r->to_minute)) {
        report_error(b->report, AIU_CONFIG_INVALID, check_place(b, "alerts.rules", i, "hours"),
                     "after_hours needs hours such as \"08:00-18:00\"");
    }
}

static void check_rules(struct builder *b)
{
    const struct config_alerts *a = &b->snapshot->config.alerts;

    for (size_t i = 0; i < a->rule_count; i++) {
        struct config_alert_rule *r = (struct config_alert_rule *)&a->rules[i]; // ours still
        if (r->when == CONFIG_ALERT_AFTER_HOURS) {
            check_hours(b, r, i);
        }
        if (r->when == CONFIG_ALERT_EVENT && r->event.n == 0) {
            report_error(b->report, AIU_CONFIG_INVALID, check_place(b, "alerts.rules", i, "when"),
                         "it needs an event");
        }
        if (span_equal(r->event, SPAN_OF("alert"))) {
            report_error(b->report, AIU_CONFIG_INVALID, check_place(b, "alerts.rules", i, "event"),
                         "an alert about alerts would never end");
        }
    }
}

void check_watch(struct builder *b)
{
    check_exports(b);
    check_targets(b);
    check_rules(b);
}
