// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// URLs in answers: how far one reaches, and whether its host is one that data may go to.
//
// Pure. Threads: any. Errors: none.
#pragma once

#include "base/span.h"
#include "detect/rules.h"

// Whether a URL in Markdown or HTML goes on with `c`.
bool url_has(uint8_t c);

// Whether the host of `url` is in the list; "*.example.com" stands for every host below it. A URL
// without a host is at no host.
bool url_host_allowed(struct span url, const struct host_list *allowed);
