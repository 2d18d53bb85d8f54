// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// CRC-32C (Castagnoli, RFC 3720 B.4): finds torn writes, proves nothing against an attacker.
#pragma once

#include "base/span.h"

// Continue `crc` (0 at the start) over `bytes`.
uint32_t crc32c(uint32_t crc, struct span bytes);
