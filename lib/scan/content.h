// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Scans the content of one file, whatever it is. A file of up to CONTENT_WHOLE bytes is examined as
// a whole, disguises and codes included (deep.h); a longer one in pieces, by the exact rules. A
// file with a zero byte near its beginning is binary and left alone, as git does, but for UTF-16
// with a byte order mark, which is read as the UTF-8 that says the same.
//
// Ownership: a content serves one thread and keeps its buffers from file to file; wiped at the end.
// Threads:   one. Memory: about CONTENT_WHOLE twice, whatever the file.
// Errors:    AIU_IO of the reader, AIU_INSPECTION_FAILED, AIU_NO_MEMORY.
#pragma once

#include <pthread.h>
#include <sys/types.h>

#include "base/buf.h"
#include "detect/engine.h"
#include "detect/text_role.h"
#include "scan/allow.h"
#include "scan/file_finding.h"
#include "scan/utf16.h"

enum {
    CONTENT_WHOLE = 4 << 20,
    CONTENT_PIECE = 1 << 20,
    CONTENT_BINARY = 8000, // bytes that are looked at for a zero
};

// What all threads of a scan share.
struct content_rules {
    const struct engine *engine;
    struct rule_set rules;
    enum text_role role;
    bool deep;   // whole files: disguises, codes and wording too
    bool reveal; // keep what was found
    const struct allow *allow;
    pthread_mutex_t *allow_lock;
};

// The next bytes of a file into `to`: how many, 0 at the end, -1 on an error.
typedef ssize_t (*content_read)(void *ctx, uint8_t *to, size_t most);
// Of a descriptor: `ctx` is an int.
ssize_t content_read_fd(void *ctx, uint8_t *to, size_t most);

struct content_source {
    content_read read;
    void *ctx;
    const struct source_file *file;
    bool text;             // examine it though it has zero bytes
    const uint64_t *lines; // pairs of first line and the one behind the last that count; NULL: all
    size_t line_pairs;
};

struct content {
    const struct content_rules *rules;
    struct scratch *scratch;
    struct buf text;
    struct findings found;
    struct file_findings hits;
    struct utf16_reader utf16; // of a file that needs it
    uint64_t bytes;            // of all files, as they are examined
    uint64_t files;            // examined
    uint64_t binary;           // left alone
};

MUST_CHECK enum aiu_status content_init(struct content *c, const struct content_rules *rules);
void content_done(struct content *c);

// Examine a file; what is found is added to c->hits.
MUST_CHECK enum aiu_status content_scan(struct content *c, const struct content_source *source);
