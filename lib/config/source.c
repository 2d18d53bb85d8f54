// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Whoever writes a key into the file gets an answer that says what to write instead, and never the
// key back.
#include "config/source.h"

#include "base/utf8.h"
#include "config/environment.h"

enum { SOURCE_TEXT_MOST = 1000, SOURCE_PATH_MOST = 4000, WORDS_MOST = 64 };

struct form {
    struct span key;
    enum secret_source_kind kind;
};

static const struct form forms[] = {
    {SPAN("env"), SECRET_FROM_ENV},
    {SPAN("file"), SECRET_FROM_FILE},
    {SPAN("command"), SECRET_FROM_COMMAND},
    {SPAN("credential"), SECRET_FROM_CREDENTIAL},
};

static struct span form_name_at(const void *ctx, size_t i)
{
    const size_t *count = ctx;

    return i < *count ? forms[i].key : (struct span){0};
}

static void refuse(struct builder *b, const struct node *n, const char *message)
{
    report_error(b->report, AIU_CONFIG_INVALID, builder_place(b, n), "%s", message);
}

static bool is_variable_name(struct span text)
{
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && (i == 0 || c < '0' || c > '9')) {
            return false;
        }
    }
    return text.n > 0 && text.n <= 128;
}

static enum aiu_status keep_string(struct builder *b, struct span text, const char **ret_string)
{
    struct span copy;

    TRY(arena_copy(&b->snapshot->arena, text, &copy));
    *ret_string = (const char *)copy.p; // arena_copy puts a NUL behind it
    return AIU_OK;
}

static bool is_printable(struct span text)
{
    struct span rest = text;

    while (rest.n > 0) {
        uint32_t code = utf8_next_lossy(&rest);
        if (code < ' ' || (code >= 0x7F && code < 0xA0)) {
            return false;
        }
    }
    return text.n > 0 && text.n <= SOURCE_TEXT_MOST;
}

static enum aiu_status set_file(struct builder *b, const struct node *n, const char **ret_name)
{
    CLEANUP(buf_wipe) struct buf path = BUF_OF(SOURCE_PATH_MOST);

    enum aiu_status st = environment_expand_home(b->env, n->text, &path);
    if (st == AIU_NOT_FOUND || st == AIU_TOO_LONG) {
        refuse(b, n, "~ stands for $HOME, which is not set");
        return AIU_OK;
    }
    TRY(st);
    return keep_string(b, buf_span(&path), ret_name);
}

static enum aiu_status set_name(struct builder *b, const struct form *form, const struct node *n,
                                struct secret_source *to)
{
    if (n->kind != NODE_SCALAR || !is_printable(n->text)) {
        refuse(b, n, "must be a single name");
        return AIU_OK;
    }
    if (form->kind == SECRET_FROM_ENV && !is_variable_name(n->text)) {
        refuse(b, n, "must be the name of an environment variable, not its value");
        return AIU_OK;
    }
    if (form->kind == SECRET_FROM_CREDENTIAL && span_find_byte(n->text, '/') < n->text.n) {
        refuse(b, n, "must be the name of a credential, without a \"/\"");
        return AIU_OK;
    }
    return form->kind == SECRET_FROM_FILE ? set_file(b, n, &to->name)
                                          : keep_string(b, n->text, &to->name);
}

static enum aiu_status set_words(struct builder *b, const struct node *n, struct secret_source *to)
{
    size_t i = 0;

    if (n->kind != NODE_LIST || n->count == 0 || n->count > WORDS_MOST) {
        refuse(b, n, "must be a list: [PROGRAM, ARGUMENT, …]; no shell reads it");
        return AIU_OK;
    }
    const char **words = arena_array(&b->snapshot->arena, n->count + 1, sizeof(*words));
    if (words == NULL) {
        return AIU_NO_MEMORY;
    }
    for (const struct node *child = n->first; child != NULL; child = child->next) {
        if (child->kind != NODE_SCALAR || (i == 0 && child->text.n == 0)) {
            refuse(b, child, "must be a single word");
            return AIU_OK;
        }
        TRY(keep_string(b, child->text, &words[i++]));
    }
    to->argv = words;
    return AIU_OK;
}

static const struct form *find_form(struct span key, bool file_only)
{
    for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
        if (span_equal(forms[i].key, key) && (!file_only || forms[i].kind == SECRET_FROM_FILE)) {
            return &forms[i];
        }
    }
    return NULL;
}

static void refuse_form(struct builder *b, const struct node *n, bool file_only)
{
    const size_t count = ARRAY_SIZE(forms);
    const char *forms_text = file_only ? "{ file: PATH }"
                                       : "{ env: NAME }, { file: PATH }, { command: [PROGRAM, …] } "
                                         "or { credential: NAME }";

    if (n->kind == NODE_SCALAR && n->text.n > 0 && !file_only) {
        report_error(b->report, AIU_CONFIG_INVALID, builder_place(b, n),
                     "a key must not stand in this file; write %s", forms_text);
        return;
    }
    report_error(b->report, AIU_CONFIG_INVALID, builder_place(b, n), "must be %s", forms_text);
    if (n->kind == NODE_MAP && n->count == 1 && !file_only) {
        report_suggest(b->report, n->first->key, form_name_at, &count);
    }
}

enum aiu_status source_set(struct builder *b, bool file_only, const struct node *node,
                           struct config_source *field)
{
    const struct form *form = NULL;

    if (node->kind == NODE_MAP && node->count == 1) {
        form = find_form(node->first->key, file_only);
    }
    if (form == NULL) {
        refuse_form(b, node, file_only);
        return AIU_OK;
    }
    struct config_source s = {.given = true,
                              .from = {.kind = form->kind, .raw = file_only},
                              .line = node->line,
                              .column = node->column};
    TRY(form->kind == SECRET_FROM_COMMAND ? set_words(b, node->first, &s.from)
                                          : set_name(b, form, node->first, &s.from));
    if (s.from.name != NULL || s.from.argv != NULL) {
        *field = s;
    }
    return AIU_OK;
}

enum aiu_status source_text(const struct config_source *s, struct buf *dst)
{
    switch (s->from.kind) {
    case SECRET_FROM_ENV:
        return buf_printf(dst, "{ env: %s }", s->from.name);
    case SECRET_FROM_FILE:
        return buf_printf(dst, "{ file: %s }", s->from.name);
    case SECRET_FROM_COMMAND:
        return buf_printf(dst, "{ command: [%s%s] }", s->from.argv[0],
                          s->from.argv[1] == NULL ? "" : ", ****");
    case SECRET_FROM_CREDENTIAL:
        return buf_printf(dst, "{ credential: %s }", s->from.name);
    }
    return AIU_INTERNAL;
}
