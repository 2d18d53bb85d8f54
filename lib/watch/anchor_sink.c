// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "watch/anchor_sink.h"

#include "audit/checkpoint.h"
#include "codec/json_write.h"

enum { ENTRY_MOST = 2 * CHECKPOINT_MOST, ARENA_MOST = 4 << 20 };

static enum aiu_status write_entry(const struct anchor_sink *s, struct span note, struct buf *b)
{
    char stamp[CLOCK_STAMP_SIZE];
    struct json_writer w;

    clock_stamp(clock_unix_us(&s->clock), stamp);
    json_writer_init(&w, b);
    json_write_object(&w);
    json_write_member_u64(&w, "v", 1);
    json_write_member_string(&w, "t", SPAN_OF("checkpoint"));
    json_write_member_string(&w, "ts", span_of(stamp, sizeof(stamp)));
    json_write_member_string(&w, "node", s->node);
    json_write_member_string(&w, "checkpoint", note);
    json_write_object_end(&w);
    return json_writer_finish(&w);
}

static enum aiu_status hand_on(const struct follow_sink *sink, uint64_t size, struct span entry,
                               const struct row_values *values)
{
    enum aiu_status st = sink->take(sink->ctx, size, entry, values);

    st = st == AIU_OK ? sink->flush(sink->ctx) : st;
    if (st != AIU_OK && sink->rewind != NULL) {
        sink->rewind(sink->ctx);
    }
    return st;
}

enum aiu_status anchor_sink_send(void *ctx, struct span note)
{
    const struct anchor_sink *s = ctx;
    CLEANUP(buf_wipe) struct buf entry = BUF_OF(ENTRY_MOST);
    CLEANUP(arena_done) struct arena a;
    struct row_values values;
    struct checkpoint c;
    struct note n;

    TRY(note_parse(note, &n));
    TRY(checkpoint_parse(n.text, &c));
    TRY(write_entry(s, note, &entry));
    arena_init(&a, ARENA_MOST);
    row_read(buf_span(&entry), &a, &values);
    return hand_on(&s->sink, c.size, buf_span(&entry), &values);
}
