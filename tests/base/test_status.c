// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// S24, S28, S29: the table of results is whole and its numbers are stable.
#include "base/status.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

static const enum aiu_status all[] = {
#define AIU_STATUS(name, number, ecode, http, exit, retryable, code, text) name,
#include "aiu/status.def"
#undef AIU_STATUS
};

static void every_row_is_found_and_unique(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        const struct aiu_status_info *a = aiu_status_info(all[i]);
        assert_int_equal(a->status, all[i]);
        for (size_t k = 0; k < i; k++) {
            const struct aiu_status_info *b = aiu_status_info(all[k]);
            assert_int_not_equal(a->status, b->status);
            assert_string_not_equal(a->name, b->name);
            assert_string_not_equal(a->ecode, b->ecode);
            assert_string_not_equal(a->code, b->code);
            assert_string_not_equal(a->text, b->text);
        }
    }
}

// S28: E1 3, E2 4, E3 5, E4 6, E5 7, E6 8, E7 9, E8 10, E9 11, E10 78. Usage (2) and the plain no
// (1) are the shell's convention, success is 0.
static void numbers_ecodes_and_exit_codes_belong_to_one_block(void **state)
{
    static const int exit_of_block[] = {0, 3, 4, 5, 6, 7, 8, 9, 10, 11, 78};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        const struct aiu_status_info *a = aiu_status_info(all[i]);
        size_t block = (size_t)(-(int)a->status) / 100;
        long ecode = strtol(a->ecode + 1, NULL, 10);
        assert_true(block < ARRAY_SIZE(exit_of_block));
        assert_int_equal(ecode / 1000, block);
        if (a->status == AIU_USAGE || a->status == AIU_NOT_FOUND) {
            assert_int_equal(a->exit, a->status == AIU_USAGE ? 2 : 1);
        } else {
            assert_int_equal(a->exit, exit_of_block[block]);
        }
    }
}

// S24, S29: texts are fixed clauses of ours, codes are words, HTTP statuses are real.
static void texts_reveal_nothing_and_have_their_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        const struct aiu_status_info *a = aiu_status_info(all[i]);
        assert_true(strncmp(a->name, "AIU_", 4) == 0);
        assert_true(a->http == 200 || (a->http >= 400 && a->http < 600));
        assert_int_equal(a->http == 200, a->status == AIU_OK);
        assert_null(strpbrk(a->text, "%\n\\\"{}"));
        assert_true(strlen(a->text) > 3 && a->text[strlen(a->text) - 1] != '.');
        for (const char *c = a->code; *c != '\0'; c++) {
            assert_true((*c >= 'a' && *c <= 'z') || *c == '_' || (*c >= '0' && *c <= '9'));
        }
    }
}

// S29: who gets one of these may try again; nobody is told to retry what cannot work.
static void retryable_is_what_time_can_mend(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        const struct aiu_status_info *a = aiu_status_info(all[i]);
        bool never = a->http == 400 || a->http == 401 || a->http == 403 || a->http == 404 ||
                     a->http == 405 || a->http == 413 || a->http == 415 || a->http == 501;
        assert_true(!never || !a->retryable);
    }
}

static void a_number_of_no_row_is_an_internal_error(void **state)
{
    (void)state;
    assert_int_equal(aiu_status_info((enum aiu_status) - 12345)->status, AIU_INTERNAL);
    assert_int_equal(aiu_status_info((enum aiu_status)1)->status, AIU_INTERNAL);
    assert_int_equal(AIU_OK, 0);
}

// Numbers that others have stored: changing one breaks them.
static void numbers_are_stable(void **state)
{
    static const struct {
        enum aiu_status status;
        int number;
        const char *ecode, *code;
    } cases[] = {
        {AIU_INVALID_PROMPT, -105, "E1006", "invalid_prompt"},
        {AIU_PROVIDER_UNREACHABLE, -200, "E2001", "provider_unreachable"},
        {AIU_NETWORK, -208, "E2009", "network_error"},
        {AIU_RATE_LIMITED, -501, "E5002", "rate_limit_exceeded"},
        {AIU_CONTENT_BLOCKED, -802, "E8003", "content_blocked"},
        {AIU_UNAUTHENTICATED, -800, "E8001", "invalid_api_key"},
        {AIU_AUDIT_UNAVAILABLE, -1000, "E10001", "audit_unavailable"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_int_equal(cases[i].status, cases[i].number);
        assert_string_equal(aiu_status_info(cases[i].status)->ecode, cases[i].ecode);
        assert_string_equal(aiu_status_info(cases[i].status)->code, cases[i].code);
    }
}

static enum aiu_status tried(enum aiu_status st, int *after)
{
    TRY(st);
    *after = 1;
    return AIU_OK;
}

static void count(int *variable)
{
    *variable += 1;
}

static int *g_counted;

static void count_out(int *variable)
{
    (void)variable;
    count(g_counted);
}

static void errors_go_up_and_variables_are_cleaned_up(void **state)
{
    int after = 0;
    int cleaned = 0;
    char *p = (char[]){"x"};

    (void)state;
    assert_status(tried(AIU_TOO_LONG, &after), AIU_TOO_LONG);
    assert_int_equal(after, 0);
    assert_ok(tried(AIU_OK, &after));
    assert_int_equal(after, 1);
    g_counted = &cleaned;
    {
        CLEANUP(count_out) int variable = 0;
        (void)variable;
    }
    assert_int_equal(cleaned, 1);
    char *taken = TAKE_PTR(p);
    assert_null(p);
    assert_string_equal(taken, "x");
}

// A broken invariant names its place and its source text, no value, and ends the program.
static void a_broken_invariant_ends_the_program(void **state)
{
    int ends[2];
    int status = 0;
    char said[256] = "";

    (void)state;
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct rlimit none = {0, 0};
        int secret = 12345;
        (void)setrlimit(RLIMIT_CORE, &none);
        (void)signal(SIGABRT, SIG_DFL);
        (void)dup2(ends[1], STDERR_FILENO);
        CHECK(secret == 1);
        _exit(0);
    }
    (void)close(ends[1]);
    assert_true(read(ends[0], said, sizeof(said) - 1) > 0);
    (void)close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    assert_non_null(strstr(said, "test_status.c:"));
    assert_non_null(strstr(said, "secret == 1"));
    assert_null(strstr(said, "12345"));
}

TEST_MAIN(every_row_is_found_and_unique, numbers_ecodes_and_exit_codes_belong_to_one_block,
          texts_reveal_nothing_and_have_their_form, retryable_is_what_time_can_mend,
          a_number_of_no_row_is_an_internal_error, numbers_are_stable,
          errors_go_up_and_variables_are_cleaned_up, a_broken_invariant_ends_the_program)
