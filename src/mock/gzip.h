// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A gzip member (RFC 1952) of stored blocks (RFC 1951 3.2.4): valid, and needs no library.
#pragma once

#include "base/buf.h"

MUST_CHECK enum aiu_status gzip_append(struct buf *out, struct span text);
