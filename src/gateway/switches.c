// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/switches.h"

#include <fcntl.h>
#include <sys/stat.h>

enum { FILE_MOST = 256 * 1024 };

enum aiu_status switches_init(struct switches *s, const struct state *state,
                              const struct logger *log)
{
    *s = (struct switches){.state = state, .log = log};
    return control_new(&s->control);
}

void switches_done(struct switches *s)
{
    control_free(s->control);
    s->control = NULL;
}

// Whether the file is another one than before; its size, too, because two writes may have one time.
static bool is_another(struct switches *s)
{
    struct stat st;

    if (fstatat(s->state->folder, "control.json", &st, AT_SYMLINK_NOFOLLOW) != 0) {
        st = (struct stat){0};
    }
    bool another = st.st_mtim.tv_sec != s->modified.tv_sec ||
                   st.st_mtim.tv_nsec != s->modified.tv_nsec || st.st_ino != s->inode ||
                   st.st_size != s->size;
    s->modified = st.st_mtim;
    s->inode = st.st_ino;
    s->size = st.st_size;
    return another;
}

// An empty file is one that somebody is writing, or that was lost: no file is what says nothing.
static enum aiu_status read_file(const struct switches *s, struct buf *text)
{
    TRY(state_read(s->state, "control.json", text));
    return text->n == 0 && s->inode != 0 ? AIU_FILE_INVALID : AIU_OK;
}

// What cannot be read stops everything: any text that is not JSON says so. It may be read the next
// time (a process without a free descriptor), so it is looked at again.
static enum aiu_status stop_all(struct switches *s,
                                void (*on_change)(void *ctx, const struct control_change *change),
                                void *ctx)
{
    s->modified = (struct timespec){.tv_sec = -1};
    return control_load(s->control, SPAN_OF("unreadable"), on_change, ctx);
}

bool switches_look(struct switches *s,
                   void (*on_change)(void *ctx, const struct control_change *change), void *ctx)
{
    CLEANUP(buf_wipe) struct buf text = BUF_OF(FILE_MOST);

    if (!is_another(s)) {
        return false;
    }
    enum aiu_status st = read_file(s, &text);
    bool unreadable = st != AIU_OK;
    st = unreadable ? stop_all(s, on_change, ctx)
                    : control_load(s->control, buf_span(&text), on_change, ctx);
    if (st != AIU_OK && !(unreadable && s->unreadable)) {
        log_event(s->log, LOG_CRITICAL, "control_file_invalid",
                  LOG_NAME("code", aiu_status_info(st)->code));
    }
    s->unreadable = unreadable;
    return true;
}
