// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "audit/verify.h"

const char *verify_word(enum verify_fault fault)
{
    static const char *const words[] = {
        [VERIFY_GOOD] = "good",
        [VERIFY_EMPTY] = "empty",
        [VERIFY_NO_CHECKPOINT] = "no_checkpoint",
        [VERIFY_NOT_A_CHECKPOINT] = "not_a_checkpoint",
        [VERIFY_FOREIGN_KEY] = "foreign_key",
        [VERIFY_BAD_SIGNATURE] = "bad_signature",
        [VERIFY_NO_QUORUM] = "no_quorum",
        [VERIFY_ROLLED_BACK] = "rolled_back",
        [VERIFY_FORKED] = "forked",
        [VERIFY_TRUNCATED] = "truncated",
        [VERIFY_DAMAGED] = "damaged",
        [VERIFY_EDITED] = "edited",
        [VERIFY_DELETED] = "deleted",
        [VERIFY_INSERTED] = "inserted",
        [VERIFY_REORDERED] = "reordered",
        [VERIFY_REWRITTEN] = "rewritten",
        [VERIFY_TILE_MISSING] = "tile_missing",
        [VERIFY_TILE_CHANGED] = "tile_changed",
        [VERIFY_UNLINKED] = "unlinked",
        [VERIFY_KEY_RECORD] = "key_record",
        [VERIFY_EPOCH] = "epoch",
    };

    return words[fault];
}

const char *verify_text(enum verify_fault fault)
{
    static const char *const texts[] = {
        [VERIFY_GOOD] = "the log is what was signed",
        [VERIFY_EMPTY] = "there are neither entries nor tiles",
        [VERIFY_NO_CHECKPOINT] = "there is no signed checkpoint",
        [VERIFY_NOT_A_CHECKPOINT] = "the checkpoint is not written as one",
        [VERIFY_FOREIGN_KEY] = "the checkpoint is signed by another key",
        [VERIFY_BAD_SIGNATURE] = "a signature in the name of a known key is not that key's",
        [VERIFY_NO_QUORUM] = "fewer witnesses have cosigned than the policy asks for",
        [VERIFY_ROLLED_BACK] = "the log is older than a checkpoint that was kept outside",
        [VERIFY_FORKED] = "the log is not that of a checkpoint kept outside, and both are signed",
        [VERIFY_TRUNCATED] = "the end of the log is cut off: more entries were signed",
        [VERIFY_DAMAGED] = "bytes are damaged: they are no entry",
        [VERIFY_EDITED] = "an entry is not the one that was signed",
        [VERIFY_DELETED] = "one or more entries are missing",
        [VERIFY_INSERTED] = "one or more entries were put in between",
        [VERIFY_REORDERED] = "entries stand in another order",
        [VERIFY_REWRITTEN] = "entries were changed, and what is published of them with them",
        [VERIFY_TILE_MISSING] = "a published file is missing",
        [VERIFY_TILE_CHANGED] = "a published file is not that of the entries, which are right",
        [VERIFY_UNLINKED] = "the log does not begin with the end of the one before",
        [VERIFY_KEY_RECORD] = "an entry brings a key that no key before it has vouched for",
        [VERIFY_EPOCH] = "a checkpoint is not signed with the key of its day",
    };

    return texts[fault];
}
