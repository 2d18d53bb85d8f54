// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "secret/secret.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "secret/guarded.h"
#include "secret/mac.h"
#include "test.h"

static struct secret *secret_of(const char *text)
{
    struct secret *s = NULL;
    char copy[64];

    assert_ok(secret_init_process(true));
    (void)snprintf(copy, sizeof(copy), "%s", text);
    assert_ok(secret_new_from_bytes((uint8_t *)copy, strlen(copy), &s));
    return s;
}

static void bytes_are_taken_over_and_the_source_is_wiped(void **state)
{
    uint8_t source[] = "a key of 21 bytes -->";
    const uint8_t zeros[21] = {0};
    struct secret *s = NULL;

    (void)state;
    assert_ok(secret_init_process(true));
    assert_ok(secret_new_from_bytes(source, 21, &s));
    assert_memory_equal(source, zeros, 21);
    assert_int_equal(secret_size(s), 21);
    assert_true(secret_equal_span(s, SPAN_OF("a key of 21 bytes -->")));
    assert_false(secret_equal_span(s, SPAN_OF("a key of 21 bytes ->>")));
    assert_false(secret_equal_span(s, SPAN_OF("a key of 21 bytes --")));
    assert_false(secret_equal_span(s, SPAN_OF("a key of 21 bytes -->>")));
    assert_false(secret_equal_span(s, SPAN_OF("")));
    secret_unref(s);
    secret_unref(NULL);
}

static void the_source_is_wiped_on_failure_too(void **state)
{
    static uint8_t source[SECRET_MOST + 1];
    struct secret *s = NULL;

    (void)state;
    memset(source, 'x', sizeof(source));
    assert_status(secret_new_from_bytes(source, sizeof(source), &s), AIU_TOO_LONG);
    for (size_t i = 0; i < sizeof(source); i++) {
        assert_int_equal(source[i], 0);
    }
    assert_status(secret_new_from_bytes(source, 0, &s), AIU_USAGE);
    mem_fail_after(0);
    source[0] = 'x';
    assert_status(secret_new_from_bytes(source, 1, &s), AIU_NO_MEMORY);
    mem_fail_after(SIZE_MAX);
    assert_int_equal(source[0], 0);
    assert_null(s);
}

static void random_secrets_differ(void **state)
{
    CLEANUP(secret_done) struct secret *a = NULL;
    CLEANUP(secret_done) struct secret *b = NULL;
    CLEANUP(secret_done) struct secret *c = NULL;

    (void)state;
    assert_ok(secret_init_process(true));
    assert_ok(secret_new_random(32, &a));
    assert_ok(secret_new_random(32, &b));
    assert_ok(secret_dup(a, &c));
    assert_int_equal(secret_size(a), 32);
    assert_false(secret_equal(a, b));
    assert_true(secret_equal(a, c));
}

// S5: a key goes to its origin and nowhere else.
static void a_secret_leaves_only_for_its_origin(void **state)
{
    CLEANUP(secret_done) struct secret *s = secret_of("sk-test");
    CLEANUP(buf_wipe) struct buf b = BUF_OF(64);
    static const char *const others[] = {
        "https://api.openai.com",          "https://api.openai.com:444",
        "http://api.openai.com:443",       "https://api.openai.com:4433",
        "https://api.openai.com.evil:443", "",
    };

    (void)state;
    assert_ok(buf_append(&b, SPAN_OF("Bearer ")));
    assert_ok(secret_bind_origin(s, SPAN_OF("https://api.openai.com:443")));
    for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
        assert_status(secret_append_for(s, span_str(others[i]), &b), AIU_FORBIDDEN);
        assert_span(others[i], buf_span(&b), SPAN_OF("Bearer "));
    }
    assert_ok(secret_append_for(s, SPAN_OF("https://api.openai.com:443"), &b));
    assert_span("the key", buf_span(&b), SPAN_OF("Bearer sk-test"));
}

// S5
static void an_unbound_secret_leaves_for_nowhere(void **state)
{
    CLEANUP(secret_done) struct secret *s = secret_of("sk-test");
    CLEANUP(buf_wipe) struct buf b = BUF_OF(64);

    (void)state;
    assert_status(secret_append_for(s, SPAN_OF(""), &b), AIU_FORBIDDEN);
    assert_status(secret_append_for(s, SPAN_OF("https://a:443"), &b), AIU_FORBIDDEN);
    assert_int_equal(b.n, 0);
}

// S5
static void a_binding_is_for_good(void **state)
{
    CLEANUP(secret_done) struct secret *s = secret_of("sk-test");
    CLEANUP(secret_done) struct secret *copy = NULL;
    static uint8_t long_origin[SECRET_ORIGIN_MOST + 1];
    CLEANUP(buf_wipe) struct buf b = BUF_OF(64);

    (void)state;
    memset(long_origin, 'o', sizeof(long_origin));
    assert_status(secret_bind_origin(s, SPAN_OF("")), AIU_USAGE);
    assert_status(secret_bind_origin(s, span_of(long_origin, sizeof(long_origin))), AIU_USAGE);
    assert_ok(secret_bind_origin(s, SPAN_OF("https://a:443")));
    assert_ok(secret_bind_origin(s, SPAN_OF("https://a:443")));
    assert_status(secret_bind_origin(s, SPAN_OF("https://b:443")), AIU_FORBIDDEN);
    assert_status(secret_append_for(s, SPAN_OF("https://b:443"), &b), AIU_FORBIDDEN);
    assert_ok(secret_dup(s, &copy));
    assert_status(secret_append_for(copy, SPAN_OF("https://a:443"), &b), AIU_FORBIDDEN);
}

// S5: a key that administers an account is recognised, so that configuration can refuse it.
static void admin_keys_are_recognised(void **state)
{
    static const struct {
        const char *key;
        bool admin;
    } cases[] = {
        {"sk-admin-abc", true},      {"sk-ant-admin01-abc", true}, {"sk-proj-abc", false},
        {"sk-ant-api03-abc", false}, {"sk-admi", false},           {"xsk-admin-abc", false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct secret *s = secret_of(cases[i].key);
        assert_int_equal(secret_is_admin_key(s), cases[i].admin);
        secret_unref(s);
    }
}

// What is searched for is never in memory as a whole: each byte is made where it is compared.
static uint8_t needle_byte(size_t i)
{
    return (uint8_t)(0x5A ^ (i * 37 + 11));
}

enum { NEEDLE_SIZE = 40, CHUNK = 1 << 16 };

static size_t count_in(const uint8_t *p, size_t n)
{
    size_t hits = 0;

    if (n < NEEDLE_SIZE) {
        return 0;
    }
    const uint8_t *end = p + n - NEEDLE_SIZE + 1;
    for (const uint8_t *at = p; at < end; at++) {
        at = memchr(at, needle_byte(0), (size_t)(end - at));
        if (at == NULL) {
            break;
        }
        size_t i = 0;
        while (i < NEEDLE_SIZE && at[i] == needle_byte(i)) {
            i++;
        }
        hits += i == NEEDLE_SIZE;
    }
    return hits;
}

// Copies of the needle in all memory of this process, except `chunk`, which it is read through.
// What is larger than a test's memory can be (a sanitizer's shadow) is left out.
static size_t copies_in_memory(uint8_t *chunk)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    int mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    char line[512];
    size_t hits = 0;

    assert_non_null(maps);
    assert_true(mem >= 0);
    while (fgets(line, sizeof(line), maps) != NULL) {
        char *end = NULL;
        uint64_t from = strtoull(line, &end, 16);
        uint64_t to = strtoull(end + 1, NULL, 16);
        if (to - from > (64U << 20) || from == (uintptr_t)chunk) {
            continue;
        }
        for (uint64_t at = from; at < to; at += CHUNK - NEEDLE_SIZE) {
            size_t most = to - at < CHUNK ? (size_t)(to - at) : CHUNK;
            ssize_t n = pread(mem, chunk, most, (off_t)at);
            hits += n > 0 ? count_in(chunk, (size_t)n) : 0;
        }
    }
    (void)fclose(maps);
    (void)close(mem);
    return hits;
}

// A copy that straddles two chunks is whole in one of them, and one in the overlap counts twice;
// so the test asks for none, or for some.
//
// S16: one copy while it lives, whatever it is used for, and none after.
static void nothing_of_a_secret_stays_in_memory(void **state)
{
    uint8_t *chunk = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint8_t *source = mem_new(NEEDLE_SIZE, 1);
    struct buf b = BUF_OF(4096);
    struct secret *s = NULL;
    struct secret *derived = NULL;
    uint8_t mac[MAC_SIZE];

    (void)state;
    assert_ok(secret_init_process(true));
    assert_ptr_not_equal(chunk, MAP_FAILED);
    assert_non_null(source);
    assert_int_equal(copies_in_memory(chunk), 0);
    for (size_t i = 0; i < NEEDLE_SIZE; i++) {
        source[i] = needle_byte(i);
    }
    assert_true(copies_in_memory(chunk) > 0); // the search can find it
    assert_ok(secret_new_from_bytes(source, NEEDLE_SIZE, &s));
    mem_free(source);
    assert_ok(secret_bind_origin(s, SPAN_OF("https://a:443")));
    for (int i = 0; i < 100; i++) { // the buffer grows and moves meanwhile
        assert_ok(secret_append_for(s, SPAN_OF("https://a:443"), &b));
    }
    buf_wipe(&b);
    assert_ok(mac_sha256(s, SPAN_OF("message"), mac));
    assert_ok(hkdf_sha256(s, SPAN_OF("salt"), SPAN_OF("info"), 32, &derived));
    size_t living = copies_in_memory(chunk);
    assert_in_range(living, 1, 2);
    secret_unref(derived);
    secret_unref(s);
    assert_int_equal(copies_in_memory(chunk), 0);
    (void)munmap(chunk, CHUNK);
}

// The line of /proc/self/smaps with the kernel's flags for the mapping of `p`.
static void flags_of(const void *p, char out[static 512])
{
    FILE *f = fopen("/proc/self/smaps", "re");
    bool here = false;

    assert_non_null(f);
    while (fgets(out, 512, f) != NULL) {
        char *end = NULL;
        uint64_t from = strtoull(out, &end, 16);
        if (end != out && *end == '-') {
            here = (uintptr_t)p >= from && (uintptr_t)p < strtoull(end + 1, NULL, 16);
        }
        if (here && strncmp(out, "VmFlags:", 8) == 0) {
            break;
        }
    }
    (void)fclose(f);
}

// Whether this process can lock memory at all: not over its limit, and not under a sanitizer.
static bool can_lock(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char flags[512];

    assert_ptr_not_equal(page, MAP_FAILED);
    (void)mlock(page, 4096);
    flags_of(page, flags);
    (void)munmap(page, 4096);
    return strstr(flags, " lo") != NULL;
}

// S16
static void the_pages_are_locked_and_left_out_of_dumps(void **state)
{
    CLEANUP(secret_done) struct secret *s = secret_of("sk-test");
    char flags[512];

    (void)state;
    flags_of(secret_bytes(s).p, flags);
    assert_non_null(strstr(flags, " dd"));
    assert_int_equal(strstr(flags, " lo") != NULL, can_lock());
}

static int signal_of_child(void (*act)(const struct secret *s), const struct secret *s)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        struct rlimit none = {0, 0};
        (void)setrlimit(RLIMIT_CORE, &none);
        (void)signal(SIGSEGV, SIG_DFL); // cmocka catches it
        (void)close(STDERR_FILENO);
        act(s);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : 1;
}

static void read_inside(const struct secret *s)
{
    volatile uint8_t sum = 0;

    for (size_t i = 0; i < secret_size(s); i++) {
        sum = (uint8_t)(sum + secret_bytes(s).p[i]);
    }
}

static void write_inside(const struct secret *s)
{
    *(volatile uint8_t *)(uintptr_t)secret_bytes(s).p = 1;
}

static void read_behind(const struct secret *s)
{
    volatile uint8_t byte = *(const volatile uint8_t *)(secret_bytes(s).p + secret_size(s));
    (void)byte;
}

// S16
static void the_bytes_cannot_be_changed_or_overrun(void **state)
{
    CLEANUP(secret_done) struct secret *s = secret_of("sk-test");

    (void)state;
    assert_int_equal(signal_of_child(read_inside, s), 0);
    assert_int_equal(signal_of_child(write_inside, s), 1);
    assert_int_equal(signal_of_child(read_behind, s), 1);
}

static void make_undumpable(const struct secret *s)
{
    (void)s;
    _exit(secret_init_process(false) == AIU_OK && prctl(PR_GET_DUMPABLE) == 0 ? 0 : 1);
}

// S16
static void the_process_leaves_no_core_dump(void **state)
{
    struct rlimit core;

    (void)state;
    assert_ok(secret_init_process(true));
    assert_int_equal(prctl(PR_GET_DUMPABLE), 1); // tests may look
    assert_int_equal(getrlimit(RLIMIT_CORE, &core), 0);
    assert_int_equal(core.rlim_max, 0);
    assert_int_equal(signal_of_child(make_undumpable, NULL), 0);
}

static void *append_and_let_go(void *shared)
{
    struct secret *s = shared;

    for (int i = 0; i < 1000; i++) {
        struct buf b = BUF_OF(64);
        struct secret *mine = secret_ref(s);
        enum aiu_status st = secret_append_for(mine, SPAN_OF("https://a:443"), &b);
        bool right = st == AIU_OK && span_equal(buf_span(&b), SPAN_OF("sk-test"));
        buf_wipe(&b);
        secret_unref(mine);
        if (!right) {
            return shared;
        }
    }
    secret_unref(s);
    return NULL;
}

static void many_threads_may_hold_one_secret(void **state)
{
    struct secret *s = secret_of("sk-test");
    pthread_t threads[4];

    (void)state;
    assert_ok(secret_bind_origin(s, SPAN_OF("https://a:443")));
    for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, append_and_let_go, secret_ref(s)), 0);
    }
    secret_unref(s);
    for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
        void *failed = NULL;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
}

TEST_MAIN(bytes_are_taken_over_and_the_source_is_wiped, the_source_is_wiped_on_failure_too,
          random_secrets_differ, a_secret_leaves_only_for_its_origin,
          an_unbound_secret_leaves_for_nowhere, a_binding_is_for_good, admin_keys_are_recognised,
          nothing_of_a_secret_stays_in_memory, the_pages_are_locked_and_left_out_of_dumps,
          the_bytes_cannot_be_changed_or_overrun, the_process_leaves_no_core_dump,
          many_threads_may_hold_one_secret)
