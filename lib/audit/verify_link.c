// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A month's first entry has the last checkpoint of the month before in it. The entry is part of the
// tree that was verified, so nothing but its text is left to compare. Cosignatures may have joined
// that checkpoint later: only what is signed counts.
#include <fcntl.h>

#include "audit/scan.h"
#include "audit/tile_source.h"
#include "audit/verify_private.h"
#include "base/alloc.h"

enum { ESCAPED_MOST = 2 * NOTE_COSIGNED_MOST };

static void scan_done_here(struct scan *s)
{
    scan_done(s);
}

static enum aiu_status first_of_wal(const struct verify *v, struct buf *entry)
{
    CLEANUP(folder_close_fd) int fd = -1;
    CLEANUP(scan_done_here) struct scan s = {.fd = -1};
    char name[WAL_NAME_SIZE];
    struct wal_header header;
    struct wal_frame frame;
    enum wal_found found = WAL_END;
    bool good = false;

    wal_name(0, name);
    TRY(scan_init(&s));
    TRY(folder_open_file(v->wal_fd, name, O_RDONLY | O_NONBLOCK, &fd));
    TRY(scan_begin(&s, fd, &header, &good));
    if (good) {
        TRY(scan_next(&s, &frame, &found));
    }
    return found == WAL_FRAME ? buf_append(entry, frame.entry) : AIU_OK;
}

static enum aiu_status first_of_bundle(const struct verify *v, struct buf *entry)
{
    struct tile t = {TILE_ENTRIES, 0, tile_width(TILE_ENTRIES, 0, v->report->size)};
    uint8_t *bytes = mem_new(TILE_BUNDLE_MOST, 1);
    struct span first = {0};
    size_t n = 0;

    if (bytes == NULL) {
        return AIU_NO_MEMORY;
    }
    enum aiu_status st = tile_file_read(v->top_fd, &t, bytes, TILE_BUNDLE_MOST, &n);
    if (st == AIU_FILE_NOT_FOUND && t.width < TILE_WIDTH) {
        t.width = TILE_WIDTH;
        st = tile_file_read(v->top_fd, &t, bytes, TILE_BUNDLE_MOST, &n);
    }
    struct span bundle = span_of(bytes, n);
    if (st == AIU_OK && tile_bundle_next(&bundle, &first)) {
        st = buf_append(entry, first);
    }
    mem_free(bytes);
    return st;
}

// The text as a JSON string has it, without quotes.
static enum aiu_status escape(struct span text, struct buf *out)
{
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if (c == '\n') {
            TRY(buf_append(out, SPAN_OF("\\n")));
            continue;
        }
        if (c == '"' || c == '\\') {
            TRY(buf_append_byte(out, '\\'));
        }
        TRY(buf_append_byte(out, c));
    }
    return AIU_OK;
}

enum aiu_status verify_link(struct verify *v)
{
    CLEANUP(buf_wipe) struct buf entry = BUF_OF(WAL_ENTRY_MOST);
    CLEANUP(buf_wipe) struct buf wanted = BUF_OF(ESCAPED_MOST);
    struct note n;

    if (!v->report->has_wal && !v->report->has_bundles) {
        return AIU_OK; // hashes alone do not tell
    }
    if (note_parse(*v->options->after, &n) != AIU_OK) {
        return AIU_FILE_INVALID;
    }
    TRY(buf_append(&wanted, SPAN_OF("\"checkpoint\":\"")));
    TRY(escape(n.text, &wanted));
    TRY(v->report->has_wal ? first_of_wal(v, &entry) : first_of_bundle(v, &entry));
    if (span_find_span(buf_span(&entry), buf_span(&wanted)) == entry.n) {
        verify_find(v, VERIFY_UNLINKED, 0, 1);
    }
    return AIU_OK;
}
