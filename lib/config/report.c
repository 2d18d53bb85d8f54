// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Problems of a configuration, and the guess at what was meant: the known name with the smallest
// number of inserted, removed, changed or swapped letters, if that is small for its length.
#include "config/report.h"

#include <stdarg.h>
#include <stdio.h>

static void copy_text(char *dst, size_t size, struct span text)
{
    size_t n = text.n < size - 1 ? text.n : size - 1;

    if (n > 0) {
        memcpy(dst, text.p, n);
    }
    dst[n] = '\0';
}

static void add(struct config_report *r, const struct config_problem *problem,
                struct config_place at)
{
    if (r->count == CONFIG_PROBLEMS) {
        r->more++;
        return;
    }
    struct config_problem *p = &r->problems[r->count++];
    *p = *problem;
    p->line = at.line;
    p->column = at.column;
    copy_text(p->path, sizeof(p->path), at.path);
}

void report_error(struct config_report *r, enum aiu_status status, struct config_place at,
                  const char *message, ...)
{
    struct config_problem p = {.status = status};
    va_list args;

    va_start(args, message);
    (void)vsnprintf(p.message, sizeof(p.message), message, args);
    va_end(args);
    r->errors++;
    add(r, &p, at);
}

void report_warning(struct config_report *r, struct config_place at, const char *message, ...)
{
    struct config_problem p = {.warning = true};
    va_list args;

    va_start(args, message);
    (void)vsnprintf(p.message, sizeof(p.message), message, args);
    va_end(args);
    add(r, &p, at);
}

enum { WORD_MOST = 40 };

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

// Optimal string alignment distance of two words of at most WORD_MOST bytes.
static unsigned distance(struct span a, struct span b)
{
    unsigned row[3][WORD_MOST + 1] = {{0}};

    for (unsigned j = 0; j <= b.n; j++) {
        row[1][j] = j;
    }
    for (unsigned i = 1; i <= a.n; i++) {
        row[2][0] = i;
        for (unsigned j = 1; j <= b.n; j++) {
            unsigned change = row[1][j - 1] + (a.p[i - 1] != b.p[j - 1]);
            row[2][j] = least(change, 1 + least(row[1][j], row[2][j - 1]));
            if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1]) {
                row[2][j] = least(row[2][j], row[0][j - 2] + 1);
            }
        }
        memcpy(row[0], row[1], sizeof(row[0]));
        memcpy(row[1], row[2], sizeof(row[1]));
    }
    return row[1][b.n];
}

void report_suggest(struct config_report *r, struct span word,
                    struct span (*names)(const void *ctx, size_t i), const void *ctx)
{
    struct span best = {0};
    unsigned best_distance = (unsigned)(word.n < 4 ? 1 : word.n / 3) + 1;

    if (r->count == 0 || r->more > 0 || word.n == 0 || word.n > WORD_MOST) {
        return;
    }
    for (size_t i = 0;; i++) {
        struct span name = names(ctx, i);
        if (name.n == 0) {
            break;
        }
        unsigned d = name.n > WORD_MOST ? UINT32_MAX : distance(word, name);
        if (d < best_distance) {
            best = name;
            best_distance = d;
        }
    }
    copy_text(r->problems[r->count - 1].suggestion, sizeof(r->problems[0].suggestion), best);
}

enum aiu_status report_status(const struct config_report *r)
{
    for (size_t i = 0; i < r->count; i++) {
        if (!r->problems[i].warning) {
            return r->problems[i].status;
        }
    }
    return r->errors > 0 ? AIU_CONFIG_INVALID : AIU_OK;
}

// "FILE:12:5: ", "FILE: ", or "environment: " for a variable: keys have no capitals.
static enum aiu_status append_place(const struct config_problem *p, struct span file,
                                    struct buf *dst)
{
    if (p->line == 0 && p->path[0] >= 'A' && p->path[0] <= 'Z') {
        return buf_append(dst, SPAN_OF("environment: "));
    }
    if (file.n == 0) {
        return AIU_OK;
    }
    TRY(buf_append(dst, file));
    if (p->line > 0) {
        TRY(buf_printf(dst, ":%u:%u", p->line, p->column));
    }
    return buf_append(dst, SPAN_OF(": "));
}

static enum aiu_status append_problem(const struct config_problem *p, struct span file,
                                      struct buf *dst)
{
    TRY(append_place(p, file, dst));
    TRY(buf_append(dst, p->warning ? SPAN_OF("warning: ") : SPAN_OF("error: ")));
    if (p->path[0] != '\0') {
        TRY(buf_printf(dst, "%s: ", p->path));
    }
    TRY(buf_append(dst, span_str(p->message)));
    if (p->suggestion[0] != '\0') {
        TRY(buf_printf(dst, "; did you mean \"%s\"?", p->suggestion));
    }
    return buf_append_byte(dst, '\n');
}

enum aiu_status config_report_text(const struct config_report *r, struct span file, struct buf *dst)
{
    for (size_t i = 0; i < r->count; i++) {
        TRY(append_problem(&r->problems[i], file, dst));
    }
    return r->more == 0 ? AIU_OK : buf_printf(dst, "and %zu more\n", r->more);
}
