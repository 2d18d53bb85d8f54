// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "audit/fsck.h"

#include "audit/frontier.h"
#include "audit/walk.h"

enum aiu_status fsck_run(const char *folder, struct fsck_report *ret_report)
{
    CLEANUP(folder_done) struct folder f = FOLDER_CLOSED;
    CLEANUP(walk_result_done) struct walk_result w;

    struct tree frontier;

    walk_result_init(&w);
    TRY(folder_open_reader(folder, &f));
    // Before the segments are listed: a live log may begin another in between.
    bool has_frontier = frontier_load(&f, &frontier);
    TRY(walk_log(&f,
                 &(struct walk_options){
                     .frontier = has_frontier ? &frontier : NULL,
                     .hash_all = true,
                 },
                 &w));
    *ret_report = w.report;
    return AIU_OK;
}

const char *fsck_text(enum fsck_fault fault)
{
    switch (fault) {
    case FSCK_NONE:
        return "the log is whole";
    case FSCK_EMPTY:
        return "the folder has no segment";
    case FSCK_MISSING:
        return "one or more segments before this one are missing, or the one before was cut short";
    case FSCK_HEADER:
        return "the header of this segment is damaged";
    case FSCK_NAME:
        return "this segment does not begin with the entry that its name says";
    case FSCK_FRAME:
        return "an entry is damaged, and good ones follow it";
    case FSCK_ORDER:
        return "an entry stands in the wrong place";
    case FSCK_ROOT:
        return "the entries before this segment are not those that it was begun with";
    case FSCK_SIGNED:
        return "the log is not what was signed of it";
    }
    return "";
}
