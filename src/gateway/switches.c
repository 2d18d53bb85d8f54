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

static bool is_another(struct switches *s)
{
    struct stat st;

    if (fstatat(s->state->folder, "control.json", &st, AT_SYMLINK_NOFOLLOW) != 0) {
        st = (struct stat){0};
    }
    bool another = st.st_mtim.tv_sec != s->modified.tv_sec ||
                   st.st_mtim.tv_nsec != s->modified.tv_nsec || st.st_ino != s->inode;
    s->modified = st.st_mtim;
    s->inode = st.st_ino;
    return another;
}

bool switches_look(struct switches *s,
                   void (*on_change)(void *ctx, const struct control_change *change), void *ctx)
{
    CLEANUP(buf_wipe) struct buf text = BUF_OF(FILE_MOST);

    if (!is_another(s)) {
        return false;
    }
    enum aiu_status st = state_read(s->state, "control.json", &text);
    if (st != AIU_OK) {
        buf_reset(&text);
        // What cannot be read stops everything: any text that is not JSON says so.
        st = buf_append(&text, SPAN_OF("unreadable"));
    }
    if (st == AIU_OK) {
        st = control_load(s->control, buf_span(&text), on_change, ctx);
    }
    if (st != AIU_OK) {
        log_event(s->log, LOG_CRITICAL, "control_file_invalid",
                  LOG_NAME("code", aiu_status_info(st)->code));
    }
    return true;
}
