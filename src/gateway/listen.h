// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Binding the data and admin sockets, by the supervisor: a worker that dies leaves them open, and
// connections wait for the next one.
#pragma once

#include "gateway/gateway.h"

// Bind what the configuration and options say: fills data, data_count, admin, address, is_unix.
// Says what is wrong on stderr.
MUST_CHECK enum aiu_status listen_bind(struct gateway *g);

// Remove the files of unix sockets: at the very end.
void listen_remove(const struct gateway *g);

// TLS of the data listener as `config` wants it; NULL in `*ret_tls` where it is off. Says which
// file is wrong on stderr.
MUST_CHECK enum aiu_status listen_tls(const struct gateway *g, const struct config *config,
                                      struct tls **ret_tls);
