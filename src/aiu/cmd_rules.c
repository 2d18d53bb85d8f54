// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// `aiu rules`: the detection rules that are built in, and whether rules, these or those of files,
// find what they should.
#include <stdio.h>
#include <string.h>

#include "aiu/cmd.h"
#include "aiu/config_file.h"
#include "aiu/option.h"
#include "base/alloc.h"
#include "codec/json_write.h"
#include "detect/engine.h"
#include "rulec/rulec.h"
#include "scan/select.h"

static const char usage[] =
    "usage: aiu rules list [--json] [KIND or ID…]\n"
    "       aiu rules show [--json] ID…\n"
    "       aiu rules test [FILE…]\n"
    "\n"
    "  list   the rules that are built in: id, severity, what they find\n"
    "  show   all about a rule, with its examples; with --json of all that the words name, as in list\n"
    "  test   run every example and counterexample of the rules that are built in, or check and run\n"
    "         those of rule files (docs/rules.md): what is wrong is said with file, line and reason\n"
    "\n"
    "Exit code: 0, 1 where there is no such rule or a test fails, 2 usage.\n";

enum { LIST_BYTES = 16 << 20, USAGE = 2 };

static bool is_wanted(const struct rule_info *rule, char **words)
{
    if (*words == NULL) {
        return true;
    }
    for (; *words != NULL; words++) {
        if (select_names(span_str(*words), rule)) {
            return true;
        }
    }
    return false;
}

static void print_rule(const struct rule_info *rule)
{
    (void)printf("%-36s %-8s  %s%s\n", rule->id, severity_text(rule->severity), rule->description,
                 rule->opt_in ? " (only where it is named)" : "");
}

static void write_examples(struct json_writer *w, const char *name, const char *const *examples)
{
    json_write_key(w, name);
    json_write_array(w);
    for (size_t i = 0; examples != NULL && examples[i] != NULL; i++) {
        json_write_string(w, span_str(examples[i]));
    }
    json_write_array_end(w);
}

static void write_rule(struct json_writer *w, const struct rule_info *rule, bool examples)
{
    json_write_object(w);
    json_write_member_string(w, "id", span_str(rule->id));
    json_write_member_string(w, "kind", span_str(finding_kind_text(rule->kind)));
    json_write_member_string(w, "severity", span_str(severity_text(rule->severity)));
    json_write_member_u64(w, "confidence", rule->confidence);
    json_write_member_string(w, "tag", span_str(rule->tag));
    json_write_member_bool(w, "certain", rule->certain);
    json_write_member_bool(w, "opt_in", rule->opt_in);
    json_write_member_string(w, "description", span_str(rule->description));
    if (examples) {
        write_examples(w, "examples", rule->examples);
        write_examples(w, "counterexamples", rule->counterexamples);
    }
    json_write_object_end(w);
}

// An array of the rules that the words name; exit code 1 where there is none.
static int print_json(char **words, bool examples)
{
    CLEANUP(buf_wipe) struct buf out = BUF_OF(LIST_BYTES);
    struct json_writer w;
    size_t shown = 0;

    json_writer_init(&w, &out);
    json_write_array(&w);
    for (size_t i = 0; i < rules_count(); i++) {
        if (is_wanted(rules_get((uint16_t)i), words)) {
            write_rule(&w, rules_get((uint16_t)i), examples);
            shown++;
        }
    }
    json_write_array_end(&w);
    enum aiu_status st = json_writer_finish(&w);
    if (st != AIU_OK) {
        (void)fprintf(stderr, "aiu rules: %s\n", aiu_status_info(st)->text);
        return aiu_status_info(st)->exit;
    }
    (void)printf("%.*s\n", (int)out.n, (const char *)out.p);
    return shown > 0 ? 0 : 1;
}

static int list_rules(char **words)
{
    size_t shown = 0;

    if (*words != NULL && strcmp(*words, "--json") == 0) {
        return print_json(words + 1, false);
    }
    for (size_t i = 0; i < rules_count(); i++) {
        if (is_wanted(rules_get((uint16_t)i), words)) {
            print_rule(rules_get((uint16_t)i));
            shown++;
        }
    }
    return shown > 0 ? 0 : 1;
}

static void print_examples(const char *title, const char *const *examples)
{
    for (size_t i = 0; examples != NULL && examples[i] != NULL; i++) {
        (void)printf("%s", i == 0 ? title : "");
        (void)fputs("  ", stdout);
        config_file_print(stdout, span_str(examples[i]));
        (void)fputc('\n', stdout);
    }
}

static int show_rules(char **words)
{
    int code = 0;

    if (*words == NULL) {
        (void)fputs(usage, stderr);
        return USAGE;
    }
    if (strcmp(*words, "--json") == 0 && words[1] != NULL) {
        return print_json(words + 1, true);
    }
    for (; *words != NULL; words++) {
        uint16_t number = 0;
        if (!rules_find(span_str(*words), &number)) {
            (void)fputs("aiu rules: there is no rule ", stderr);
            config_file_print(stderr, span_str(*words));
            (void)fputc('\n', stderr);
            code = 1;
            continue;
        }
        const struct rule_info *rule = rules_get(number);
        (void)printf("%s\n  %s\n\nkind        %s\nseverity    %s\nconfidence  %u\ntag         %s\n"
                     "blocks      %s\n",
                     rule->id, rule->description, finding_kind_text(rule->kind),
                     severity_text(rule->severity), rule->confidence, rule->tag,
                     rule->certain ? "by itself" : "only beside other evidence");
        print_examples("finds what is marked:\n", rule->examples);
        print_examples("leaves alone:\n", rule->counterexamples);
        (void)fputs(words[1] == NULL ? "" : "\n", stdout);
    }
    return code;
}

struct tester {
    struct engine *engine;
    struct scratch *scratch;
    struct findings found;
    unsigned examples, failed;
};

// An example without its marks; false where there are none.
static bool unmark(const char *example, struct buf *text, size_t *ret_start, size_t *ret_end)
{
    static const struct span opening = SPAN("⟦");
    static const struct span closing = SPAN("⟧");
    struct span s = span_str(example);
    size_t open = span_find_span(s, opening);
    size_t close = span_find_span(s, closing);

    buf_reset(text);
    if (open == s.n || close == s.n || close < open) {
        return false;
    }
    *ret_start = open;
    *ret_end = close - opening.n;
    return buf_append(text, span_first(s, open)) == AIU_OK &&
           buf_append(text, span_of(s.p + open + opening.n, close - open - opening.n)) == AIU_OK &&
           buf_append(text, span_drop_first(s, close + closing.n)) == AIU_OK;
}

// Exactly what is marked; of phrases, which are many and of many lengths, at least a part.
static bool has(const struct findings *found, uint16_t rule, size_t start, size_t end)
{
    bool phrase = rules_get(rule)->kind == KIND_INJECTION;

    for (size_t i = 0; i < found->count; i++) {
        const struct finding *f = &found->items[i];
        bool exact = f->start == start && f->end == end;
        bool touched = f->start < end && f->end > start;
        if (f->rule == rule && (exact || (phrase && touched))) {
            return true;
        }
    }
    return false;
}

static bool find(struct tester *t, const struct rule_set *rules, struct span text)
{
    return scan_text(t->engine, t->scratch, rules, text, &t->found) == AIU_OK &&
           find_phrases(&catalog_builtin, rules, text, &t->found) == AIU_OK;
}

static bool finds(struct tester *t, uint16_t rule, struct span text, size_t start, size_t end)
{
    // One that is in no set is alone, as it is where it is used.
    struct rule_set rules = {0};

    if (!rules_get(rule)->opt_in) {
        rules = rule_set_all();
    }
    rules.fields = true; // an example may be nothing but the number
    rule_set_add(&rules, rule);
    return find(t, &rules, text) && has(&t->found, rule, start, end);
}

static bool leaves_alone(struct tester *t, uint16_t rule, struct span text)
{
    struct rule_set rules = {.fields = true};

    rule_set_add(&rules, rule);
    return find(t, &rules, text) && t->found.count == 0;
}

static void complain(struct tester *t, uint16_t rule, const char *what, const char *example)
{
    t->failed++;
    (void)fprintf(stderr, "aiu rules: %s %s: ", rules_get(rule)->id, what);
    config_file_print(stderr, span_str(example));
    (void)fputc('\n', stderr);
}

static void test_rule(struct tester *t, uint16_t number)
{
    CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 20);
    const struct rule_info *rule = rules_get(number);
    size_t start = 0;
    size_t end = 0;

    for (size_t i = 0; rule->examples != NULL && rule->examples[i] != NULL; i++) {
        t->examples++;
        if (!unmark(rule->examples[i], &text, &start, &end) ||
            !finds(t, number, buf_span(&text), start, end)) {
            complain(t, number, "does not find the example", rule->examples[i]);
        }
    }
    for (size_t i = 0; rule->counterexamples != NULL && rule->counterexamples[i] != NULL; i++) {
        t->examples++;
        if (!leaves_alone(t, number, span_str(rule->counterexamples[i]))) {
            complain(t, number, "finds the counterexample", rule->counterexamples[i]);
        }
    }
}

static void tester_done(struct tester *t)
{
    findings_done(&t->found);
    scratch_free(t->scratch);
    engine_free(t->engine);
}

static int test_built_in(void)
{
    CLEANUP(tester_done) struct tester t = {.found = FINDINGS_OF(FINDINGS_MOST)};

    enum aiu_status st = engine_new(&t.engine);
    st = st == AIU_OK ? scratch_new(t.engine, &t.scratch) : st;
    if (st != AIU_OK) {
        (void)fprintf(stderr, "aiu rules: %s\n", aiu_status_info(st)->text);
        return aiu_status_info(st)->exit;
    }
    for (size_t i = 0; i < rules_count(); i++) {
        test_rule(&t, (uint16_t)i);
    }
    (void)printf("%zu rules, %u examples, %u failed\n", rules_count(), t.examples, t.failed);
    return t.failed == 0 ? 0 : 1;
}

// Reads and checks the files together, as the build does with ours.
static bool test_source(struct arena *a, char **files)
{
    struct errors errors = {0};
    struct source source;
    struct catalog catalog;

    if (!source_init(a, &source)) {
        (void)fputs("aiu rules: memory is used up\n", stderr);
        return false;
    }
    for (; *files != NULL; files++) {
        load_file(a, &errors, *files, &source);
    }
    if (errors.count == 0 && source.rule_count == 0) {
        (void)fputs("aiu rules: the files have no rules\n", stderr);
        return false;
    }
    if (errors.count > 0 || !build_all(a, &errors, &source, &catalog)) {
        return false;
    }
    run_examples(a, &errors, &source, &catalog);
    if (errors.count == 0) {
        (void)printf("%zu rules, 0 failed\n", catalog.rule_count);
    }
    return errors.count == 0;
}

static int test_files(char **files)
{
    struct arena arena;

    arena_init(&arena, MEMORY);
    bool ok = test_source(&arena, files);
    arena_done(&arena);
    return ok ? 0 : 1;
}

int cmd_rules(int argc, char **argv)
{
    if (argc < 2 || strcmp(argv[1], "--help") == 0) {
        (void)fputs(usage, argc < 2 ? stderr : stdout);
        return argc < 2 ? USAGE : 0;
    }
    if (strcmp(argv[1], "list") == 0) {
        return list_rules(argv + 2);
    }
    if (strcmp(argv[1], "show") == 0) {
        return show_rules(argv + 2);
    }
    if (strcmp(argv[1], "test") == 0) {
        return argv[2] == NULL ? test_built_in() : test_files(argv + 2);
    }
    option_complain("aiu rules", argv[1]);
    (void)fputs(usage, stderr);
    return USAGE;
}
