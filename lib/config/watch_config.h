// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Part of config/config.h: who is told what the audit log says (`audit.exports`, `alerts`).
#pragma once

#include "base/span.h"
#include "secret/load.h"

// Where a secret comes from; never the secret. Hand `from` to secret_load.
struct config_source {
    bool given; // false: there is none
    struct secret_source from;
    uint32_t line, column; // in the file, 0 elsewhere
};

enum config_address_kind { CONFIG_TCP, CONFIG_UNIX };

struct config_address {
    enum config_address_kind kind;
    struct span host; // TCP: without brackets
    uint16_t port;    // TCP; 0 lets the system choose
    struct span path; // UNIX: absolute, or relative to the state folder
    bool loopback;    // TCP on 127.0.0.0/8, ::1 or localhost; every UNIX address
};

enum config_channel {
    CONFIG_SYSLOG_UDP,
    CONFIG_SYSLOG_TCP,
    CONFIG_SYSLOG_TLS,
    CONFIG_SYSLOG_LOCAL, // a unix: address, such as unix:/dev/log
    CONFIG_OTLP = 4,     // of exports
    CONFIG_WEBHOOK = 4,  // of alerts
    CONFIG_COMMAND = 5
};

enum config_export_format { CONFIG_RFC5424, CONFIG_OCSF };

struct config_export {
    struct span name;
    enum config_channel to;
    struct config_address address; // syslog
    struct span url;               // otlp
    struct span ca_file;
    struct config_source token; // otlp
    enum config_export_format format;
    bool from_start;
    bool allow_plaintext;
};

struct config_alert_target {
    struct span name;
    enum config_channel to;
    struct config_address address; // syslog
    struct span url;               // webhook
    struct span ca_file;
    struct span command;         // a program; the alert is on its standard input
    struct config_source secret; // webhook: signs
    bool allow_plaintext;
};

// As watch/alert.h has them, in its order.
enum config_alert_kind {
    CONFIG_ALERT_RATE,
    CONFIG_ALERT_BURST,
    CONFIG_ALERT_NEW_MODEL,
    CONFIG_ALERT_AFTER_HOURS,
    CONFIG_ALERT_DENIALS,
    CONFIG_ALERT_AUTH_FAILURES,
    CONFIG_ALERT_SPEND,
    CONFIG_ALERT_ERRORS,
    CONFIG_ALERT_EVENT
};

struct config_alert_rule {
    struct span name;
    enum config_alert_kind when;
    int severity; // low, medium, high, critical
    uint64_t more_than, least;
    uint64_t within_ms, quiet_ms;
    struct span hours; // "08:00-18:00", UTC
    uint16_t from_minute, to_minute;
    struct span event;
};

struct config_alerts {
    bool off;
    const struct config_alert_rule *rules; // count 0: the built-in ones
    size_t rule_count;
    const struct config_alert_target *targets;
    size_t target_count;
};
