// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Addresses to listen on: HOST:PORT, [IPV6]:PORT, unix:PATH.
//
// Ownership: the result borrows the text. Threads: any. Errors: AIU_CONFIG_INVALID.
#pragma once

#include "config/config.h"

enum { ADDRESS_PATH_MOST = 107 }; // sun_path without its NUL

MUST_CHECK enum aiu_status address_parse(struct span text, struct config_address *ret_address);

// The one spelling of it.
MUST_CHECK enum aiu_status address_text(const struct config_address *a, struct buf *dst);
