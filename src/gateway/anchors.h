// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The witnesses of the configuration, for watch/anchor.h.
#pragma once

#include "config/config.h"
#include "watch/anchor.h"

struct anchors {
    struct anchor *anchor; // NULL: no witness is configured
    struct config *config; // a reference: names and keys point into it
    struct anchor_witness witnesses[ANCHOR_WITNESSES_MOST];
    char *ca_files[ANCHOR_WITNESSES_MOST];
    size_t count;
};

// Whether the witnesses can be used; `*ret_bad` is the number of the first that can not.
//   AIU_CONFIG_INVALID  its vkey is not that of a witness
//   AIU_TOO_LONG        more than ANCHOR_WITNESSES_MOST
MUST_CHECK enum aiu_status anchors_check(const struct config *c, size_t *ret_bad);

// `folder` is the log's. Strings of `o` but for the witnesses must outlive the anchors.
MUST_CHECK enum aiu_status anchors_start(struct anchors *a, struct config *c,
                                         const struct anchor_options *o);

// Whether these are already the witnesses of `c`: then there is nothing to start again, which may
// have to wait for a witness that hangs.
bool anchors_fit(const struct anchors *a, const struct config *c);

// Fine on zeroed anchors.
void anchors_stop(struct anchors *a);
