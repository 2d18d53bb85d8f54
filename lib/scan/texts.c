// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "scan/texts.h"

#include <errno.h>
#include <unistd.h>

#include "base/alloc.h"
#include "scan/git.h"

static void report(const struct files_options *options, struct files_result *r, const char *path,
                   const char *why)
{
    r->problems++;
    if (options->problem != NULL) {
        options->problem(options->ctx, path, why);
    }
}

// Give the result what a content found. The hits' texts change their owner.
static enum aiu_status move_findings(struct content *c, struct files_result *r)
{
    for (size_t i = 0; i < c->hits.count; i++) {
        TRY(file_findings_append(&r->hits, &c->hits.items[i]));
        c->hits.items[i].revealed = NULL;
    }
    r->files += c->files;
    r->bytes += c->bytes;
    r->binary += c->binary;
    return file_findings_sort(&r->hits);
}

static enum aiu_status scan_source(struct content *c, const struct content_source *source,
                                   const struct files_options *options, struct files_result *r)
{
    errno = 0;
    enum aiu_status st = content_scan(c, source);
    if (st == AIU_OK || st == AIU_NO_MEMORY) {
        return st;
    }
    report(options, r, source->file->path,
           st == AIU_IO ? strerrordesc_np(errno) : aiu_status_info(st)->text);
    return AIU_OK;
}

enum aiu_status texts_scan_pipe(const struct files_options *options, int fd, const char *name,
                                struct files_result *result)
{
    CLEANUP(content_done) struct content c;
    struct source_file *file = NULL;
    struct content_source source = {.read = content_read_fd, .ctx = &fd, .text = true};

    TRY(content_init(&c, options->rules));
    TRY(source_file_new(name, name, 0, &file));
    enum aiu_status st = files_keep(result, file);
    if (st != AIU_OK) {
        source_file_free(file);
        return st;
    }
    source.file = file;
    TRY(scan_source(&c, &source, options, result));
    return move_findings(&c, result);
}

struct staging {
    const struct files_options *options;
    struct files_result *result;
    struct content content;
    struct git_blobs blobs;
};

static enum aiu_status scan_blob(struct staging *s, const struct staged_file *staged,
                                 const struct source_file *file)
{
    const struct content_source source = {.read = git_blobs_read,
                                          .ctx = &s->blobs,
                                          .file = file,
                                          .lines = staged->whole ? NULL : staged->lines,
                                          .line_pairs = staged->line_pairs};

    TRY(git_blobs_open(&s->blobs, staged->blob));
    return scan_source(&s->content, &source, s->options, s->result);
}

static enum aiu_status is_passed(const struct content_rules *rules, const char *name, bool *ret_yes)
{
    *ret_yes = false;
    return rules->allow == NULL ? AIU_OK : allow_has_file(rules->allow, span_str(name), ret_yes);
}

static enum aiu_status scan_staged(struct staging *s, const struct staged_file *staged,
                                   size_t order)
{
    struct source_file *file = NULL;
    bool passed = false;

    TRY(is_passed(s->options->rules, staged->name, &passed));
    if (passed || (!staged->whole && staged->line_pairs == 0)) {
        return AIU_OK;
    }
    TRY(source_file_new(staged->name, staged->name, order, &file));
    enum aiu_status st = files_keep(s->result, file);
    if (st != AIU_OK) {
        source_file_free(file);
        return st;
    }
    return scan_blob(s, staged, file);
}

static enum aiu_status scan_all(struct staging *s, const struct staged *staged)
{
    for (size_t i = 0; i < staged->count; i++) {
        TRY(scan_staged(s, &staged->files[i], i));
    }
    return move_findings(&s->content, s->result);
}

enum aiu_status texts_scan_staged(const struct files_options *options, const char *const *paths,
                                  size_t count, struct files_result *result)
{
    CLEANUP(staged_done) struct staged staged = {0};
    struct staging s = {.options = options, .result = result};

    TRY(staged_read(paths, count, &staged));
    TRY(content_init(&s.content, options->rules));
    enum aiu_status st = git_blobs_start(&s.blobs);
    st = st == AIU_OK ? scan_all(&s, &staged) : st;
    git_blobs_stop(&s.blobs);
    content_done(&s.content);
    return st;
}
