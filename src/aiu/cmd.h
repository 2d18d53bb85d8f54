// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The subcommands of `aiu`, one file each. Every one gets its own name as argv[0] and returns the
// exit code of the program.
#pragma once

int cmd_alerts(int argc, char **argv);
int cmd_audit(int argc, char **argv);
int cmd_config(int argc, char **argv);
int cmd_evidence(int argc, char **argv);
int cmd_gateway(int argc, char **argv);
int cmd_incident(int argc, char **argv);
int cmd_keys(int argc, char **argv);
int cmd_maintenance(int argc, char **argv);
int cmd_redact(int argc, char **argv);
int cmd_restore(int argc, char **argv);
int cmd_rules(int argc, char **argv);
int cmd_scan(int argc, char **argv);
