// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// rulec OUT.c RULES.yaml...
#include <stdio.h>

#include "rulec.h"

#include "base/alloc.h"
#include "detect/engine_parts.h"

// The engine's sources refer to it; rulec makes engines of its own catalogs only.
const struct catalog catalog_builtin = {0};

// Make the database and put it into the catalog as bytes.
static bool add_database(struct arena *a, struct catalog *c)
{
    hs_database_t *database = NULL;
    char *bytes = NULL;
    size_t n = 0;
    bool ok = false;

    if (engine_compile(c, &database) == AIU_OK &&
        hs_serialize_database(database, &bytes, &n) == HS_SUCCESS) {
        uint8_t *copy = arena_new(a, n);
        if (copy != NULL) {
            memcpy(copy, bytes, n);
            c->database = copy;
            c->database_n = n;
            ok = true;
        }
    }
    mem_free(bytes);
    (void)hs_free_database(database);
    return ok;
}

static bool compile(struct arena *a, struct errors *e, struct source *source, const char *out)
{
    struct catalog catalog;

    if (!build_all(a, e, source, &catalog)) {
        return false;
    }
    if (!add_database(a, &catalog)) {
        (void)fprintf(stderr, "rulec: error: the database could not be made\n");
        return false;
    }
    run_examples(a, e, source, &catalog);
    if (e->count > 0) {
        return false;
    }
    if (!emit_catalog(out, &catalog)) {
        (void)fprintf(stderr, "%s: error: can not be written\n", out);
        return false;
    }
    (void)printf("rulec: %zu rules, %zu programs, %zu literals, database of %zu bytes, reach %zu, "
                 "%zu nodes of phrases\n",
                 catalog.rule_count, catalog.program_count, catalog.anchor_count,
                 catalog.database_n, catalog.reach, catalog.phrases.node_count);
    return true;
}

int main(int argc, char **argv)
{
    struct arena arena;
    struct errors errors = {0};
    struct source source;

    arena_init(&arena, MEMORY);
    if (argc < 3 || !source_init(&arena, &source)) {
        (void)fprintf(stderr, "usage: rulec OUT.c RULES.yaml...\n");
        return 2;
    }
    for (int i = 2; i < argc; i++) {
        load_file(&arena, &errors, argv[i], &source);
    }
    bool ok =
        errors.count == 0 && source.rule_count > 0 && compile(&arena, &errors, &source, argv[1]);
    arena_done(&arena);
    return ok ? 0 : 1;
}
