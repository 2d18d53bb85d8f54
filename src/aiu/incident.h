// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The verbs of `aiu incident`. Each is called with its own name as argv[0] and returns the exit
// code of the program.
#pragma once

int incident_report(int argc, char **argv);
int incident_revoke_provider_key(int argc, char **argv);
