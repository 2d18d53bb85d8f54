// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Snapshots: texts that a test compares with a file of the tree. With AIU_UPDATE set, the file is
// written instead; what changed is then for the reviewer to see.
#pragma once

#include "test.h"

// `name` is a path in the source tree.
static inline void expect_file(const char *name, struct span got)
{
    const char *path = test_source(name);

    if (getenv("AIU_UPDATE") != NULL) { // NOLINT(concurrency-mt-unsafe): one thread
        FILE *f = fopen(path, "wbe");
        assert_non_null(f);
        assert_int_equal(fwrite(got.p, 1, got.n, f), got.n);
        assert_int_equal(fclose(f), 0);
        return;
    }
    struct span wanted = test_read_file(path);
    assert_span(name, got, wanted);
    mem_free((void *)wanted.p);
}
