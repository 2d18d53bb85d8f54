// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The built-in offline provider: `aiu-mock`, started beside the gateway where no provider is
// configured. It dies with the gateway.
#pragma once

#include "base/status.h"

// Start it on a port of the loopback interface that the system chooses; `base_url` becomes
// "http://127.0.0.1:PORT/v1". It appends what it receives to `record`.
//   AIU_FILE_NOT_FOUND  there is no aiu-mock beside this program
//   AIU_TIMEOUT, AIU_IO
MUST_CHECK enum aiu_status offline_start(const char *record, char base_url[128]);

// Stop it, where it was started.
void offline_stop(void);

// Whether `pid` is the offline provider's.
bool offline_is(int pid);
