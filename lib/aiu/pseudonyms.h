// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What a public list of pseudonyms is inside. Ownership: its own. Threads: as the public header.
#pragma once

#include "aiu/pseudonyms.h"
#include "detect/pseudonym.h"

struct aiu_pseudonyms {
    struct pseudonyms list; // its keyer's ctx is this struct
    aiu_pseudonyms_mac mac;
    void *ctx;
};
