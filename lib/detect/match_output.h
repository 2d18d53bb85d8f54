// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// URLs in answers: how far one reaches, and whether its host is one that data may go to.
//
// Pure. Threads: any. Errors: none.
#pragma once

#include <stddef.h>

#include "base/span.h"
#include "detect/matcher.h"
#include "detect/rules.h"

// Whether a URL in Markdown or HTML goes on with `c`.
bool url_has(uint8_t c);

// Whether the host of `url` is in the list; "*.example.com" stands for every host below it. A URL
// without a host is at no host.
bool url_host_allowed(struct span url, const struct host_list *allowed);

// Whether what begins at `at` stands inside the address of an image or link, behind what names a
// host: the host would learn it. `*ret_start`: where the address begins. Looks at most
// CATALOG_CONTEXT bytes back and none ahead; an address that begins further back counts as one
// where nothing ends it. "mailto:" and "tel:" name no host, and a path alone names the reader's
// own.
bool url_surrounds(const struct view *v, size_t at, size_t *ret_start);

// Whether `url`, the beginning of an address, has a whole host, which is in the list.
bool url_tells_allowed(struct span url, const struct host_list *allowed);
