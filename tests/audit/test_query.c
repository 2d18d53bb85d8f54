// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// S6, S74, S92: what a query finds is what a look at every entry finds, with and without its index.
#include "audit/query.h"

#include "audit_test.h"
#include "base/crc32c.h"

enum { REQUESTS = 1500, DAY = 86400 };

static const char *const keys[] = {"app1", "app2", "batch"};
static const char *const models[] = {"gpt-4o", "gpt-4o-mini"};
static const char *const rules[] = {"pii.email", "pii.card", "secret.generic"};

static uint64_t time_of(uint64_t i)
{
    return (UINT64_C(20780) * DAY + i * 60) * 1000000 + 5;
}

static void id_of(uint64_t i, char out[37])
{
    (void)snprintf(out, 37, "0199c3a0-0000-7000-8000-%012llx", (unsigned long long)i);
}

static void append(struct audit_log *log, struct buf *b)
{
    uint64_t index = 0;
    enum aiu_status st = AIU_OVERLOADED;

    while (st == AIU_OVERLOADED) {
        st = audit_append(log, buf_span(b), &index);
        if (st == AIU_OVERLOADED) {
            assert_ok(audit_wait(log, audit_durable(log), 10000));
        }
    }
    assert_ok(st);
    buf_reset(b);
}

static void append_decision(struct audit_log *log, uint64_t i)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(RECORD_MOST);
    const struct record_origin origin = {SPAN("gw1"), SPAN("b007")};
    struct span found[1] = {span_str(rules[i % 3])};
    char id[37];

    id_of(i, id);
    const struct record_decision d = {
        .id = span_str(id),
        .unix_us = time_of(i),
        .tenant = SPAN_OF("acme"),
        .key = span_str(keys[i % 3]),
        .model = span_str(models[i % 2]),
        .user = i % 5 == 0 ? SPAN_OF("h1:202611-00000000:alice") : SPAN_OF(""),
        .policy = {.verdict = i % 7 == 0 ? SPAN_OF("redact") : SPAN_OF("pass"),
                   .rules = found,
                   .rules_count = i % 7 == 0,
                   .findings = i % 7 == 0},
    };
    assert_ok(record_decision(&b, &origin, &d));
    append(log, &b);
}

static void append_result(struct audit_log *log, uint64_t i)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(RECORD_MOST);
    char id[37];

    id_of(i, id);
    const struct record_result r = {
        .id = span_str(id),
        .unix_us = time_of(i) + 1000,
        .outcome = i % 11 == 0 ? RECORD_ERROR : RECORD_OK,
        .http_status = 200,
        .has_usage = true,
        .tokens_in = i,
        .tokens_out = 2,
    };
    assert_ok(record_result(&b, &r));
    append(log, &b);
}

static void append_request(struct audit_log *log, uint64_t i)
{
    append_decision(log, i);
    append_result(log, i);
}

static struct audit_log *open_log(const char *folder)
{
    struct audit_options options = small_options(folder);
    struct audit_log *log = NULL;

    options.unsafe_no_sync = true;
    assert_ok(audit_open(&options, &log));
    return log;
}

static void fill_log(const char *folder, uint64_t from, uint64_t to)
{
    struct audit_log *log = open_log(folder);

    for (uint64_t i = from; i < to; i++) {
        append_request(log, i);
    }
    assert_ok(audit_close(log));
}

struct seen {
    uint64_t decisions, results, others, tokens, last;
};

static enum aiu_status see(void *ctx, const struct query_hit *hit)
{
    struct seen *s = ctx;

    assert_true(s->last == 0 || hit->index > s->last);
    s->last = hit->index;
    if (hit->values->row.type == ROW_DECISION) {
        s->decisions++;
    } else if (hit->values->row.type == ROW_RESULT) {
        s->results++;
        s->tokens += hit->values->tokens_in;
    } else {
        s->others++;
    }
    return AIU_OK;
}

static enum aiu_status see_any(void *ctx, const struct query_hit *hit)
{
    struct seen *s = ctx;

    s->last = 0; // indices begin anew with each month
    return see(ctx, hit);
}

static struct seen ask(const char *folder, const struct query *q)
{
    struct seen s = {0};

    assert_ok(query_run(folder, q, see, &s));
    return s;
}

static void assert_seen(struct seen s, uint64_t requests, uint64_t tokens)
{
    assert_int_equal(s.decisions, requests);
    assert_int_equal(s.results, requests);
    assert_int_equal(s.others, 0);
    assert_int_equal(s.tokens, tokens);
}

// Requests below `most` for which `fits` is true, counted without an index.
static void expect(const char *folder, const struct query *q, uint64_t most,
                   bool (*fits)(uint64_t i))
{
    uint64_t requests = 0, tokens = 0;

    for (uint64_t i = 0; i < most; i++) {
        requests += fits(i);
        tokens += fits(i) ? i : 0;
    }
    assert_seen(ask(folder, q), requests, tokens);
}

static bool is_app2(uint64_t i)
{
    return i % 3 == 1;
}

static bool is_mini_in_the_second_day(uint64_t i)
{
    return i % 2 == 1 && i * 60 >= DAY && i < REQUESTS;
}

static bool is_redacted(uint64_t i)
{
    return i % 7 == 0;
}

static bool is_card(uint64_t i)
{
    return i % 7 == 0 && i % 3 == 1;
}

static bool is_pii(uint64_t i)
{
    return i % 7 == 0 && i % 3 != 2;
}

static bool is_alice(uint64_t i)
{
    return i % 5 == 0;
}

static struct query by(enum row_column column, const char *value)
{
    struct query q = QUERY_ALL;

    q.columns[column] = span_str(value);
    return q;
}

static void ask_all(const char *folder, uint64_t most)
{
    const struct span alice[] = {SPAN("h1:202611-00000000:alice"), SPAN("h1:202612-0:alice")};
    struct query q = by(ROW_KEY, "app2");

    expect(folder, &q, most, is_app2);
    q = by(ROW_MODEL, "gpt-4o-mini");
    q.window.from_us = time_of(DAY / 60);
    expect(folder, &q, most, is_mini_in_the_second_day);
    q = by(ROW_VERDICT, "redact");
    expect(folder, &q, most, is_redacted);
    q = QUERY_ALL;
    q.rule = SPAN_OF("pii.card");
    expect(folder, &q, most, is_card);
    q.rule = SPAN_OF("pii.");
    expect(folder, &q, most, is_pii);
    q = QUERY_ALL;
    q.users = alice;
    q.user_count = 2;
    expect(folder, &q, most, is_alice);
    q = by(ROW_KEY, "nobody");
    assert_seen(ask(folder, &q), 0, 0);
}

static void a_query_finds_what_a_look_at_every_entry_finds(void **state)
{
    (void)state;
    char folder[PATH_SIZE];

    fill_log(new_log_folder(folder), 0, REQUESTS / 2);
    ask_all(folder, REQUESTS / 2); // makes the index
    ask_all(folder, REQUESTS / 2); // uses it
    fill_log(folder, REQUESTS / 2, REQUESTS);
    ask_all(folder, REQUESTS); // brings it up to date
    remove_log_folder(folder);
}

// S74: an incident at the turn of a month is one question.
static void all_months_of_a_log_answer(void **state)
{
    (void)state;
    char state_folder[PATH_SIZE], audit[PATH_SIZE + 8], old[PATH_SIZE + 16], now[PATH_SIZE + 16];
    struct query q = by(ROW_KEY, "app2");

    (void)snprintf(state_folder, sizeof(state_folder), "%s", test_new_folder());
    (void)snprintf(audit, sizeof(audit), "%s/audit", state_folder);
    (void)snprintf(old, sizeof(old), "%s/2026-10", audit);
    (void)snprintf(now, sizeof(now), "%s/main", audit);
    assert_int_equal(mkdir(audit, 0700), 0);
    struct audit_log *log = open_log(old);
    for (uint64_t i = 0; i < REQUESTS / 2; i++) {
        append_request(log, i);
    }
    append_decision(log, REQUESTS - 2); // its result comes in the next month: "app2"
    assert_ok(audit_close(log));
    log = open_log(now);
    append_result(log, REQUESTS - 2);
    for (uint64_t i = REQUESTS / 2; i < REQUESTS - 2; i++) {
        append_request(log, i);
    }
    append_request(log, REQUESTS - 1);
    assert_ok(audit_close(log));

    struct seen s = {0};
    assert_ok(query_run(now, &q, see_any, &s));
    assert_int_equal(s.decisions, REQUESTS / 3);
    assert_int_equal(s.results, REQUESTS / 3);
    s = (struct seen){0};
    q.one_month = true;
    assert_ok(query_run(now, &q, see_any, &s));
    assert_true(s.decisions > 0 && s.decisions < REQUESTS / 3);
    test_remove_folder(state_folder);
}

// Two requests whose ids have the same hash in rows.
static void find_clash(uint64_t pair[2])
{
    enum { IDS = 1 << 18, SLOTS = 1 << 20 };
    static uint32_t seen_by[SLOTS]; // number + 1 of an id, by the low bits of its hash
    char id[37], other[37];

    for (uint64_t i = 0; i < IDS; i++) {
        id_of(i, id);
        uint32_t hash = row_hash(span_str(id));
        uint32_t *slot = &seen_by[hash % SLOTS];
        id_of(*slot == 0 ? 0 : *slot - 1, other);
        if (*slot != 0 && row_hash(span_str(other)) == hash) {
            pair[0] = *slot - 1;
            pair[1] = i;
            return;
        }
        *slot = (uint32_t)i + 1;
    }
    fail_msg("no clash");
}

static void a_clash_of_hashes_is_never_an_answer(void **state)
{
    (void)state;
    char folder[PATH_SIZE], id[37];
    uint64_t pair[2] = {0};

    find_clash(pair);
    struct audit_log *log = open_log(new_log_folder(folder));
    append_decision(log, pair[0]);
    append_decision(log, pair[1]);
    append_result(log, pair[1]);
    append_result(log, pair[0]);
    assert_ok(audit_close(log));
    for (size_t i = 0; i < 2; i++) {
        id_of(pair[i], id);
        struct query q = by(ROW_ID, id);
        assert_seen(ask(folder, &q), 1, pair[i]);
    }
    // By something that results do not name.
    struct query q = QUERY_ALL;
    q.window = (struct index_window){time_of(pair[0]), time_of(pair[0]) + 1};
    assert_seen(ask(folder, &q), 1, pair[0]);
    remove_log_folder(folder);
}

static void for_each_index_file(const char *folder, void (*change)(const char *path))
{
    char path[2 * PATH_SIZE];
    size_t count = 0;

    for (uint64_t first = 0; first < UINT64_C(2) * REQUESTS; first++) {
        (void)snprintf(path, sizeof(path), "%s/index/%020llu.idx", folder,
                       (unsigned long long)first);
        if (access(path, F_OK) == 0) {
            change(path);
            count++;
        }
    }
    assert_true(count > 3); // several segments
}

static void remove_file(const char *path)
{
    assert_int_equal(unlink(path), 0);
}

static void cut_in_half(const char *path)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(truncate(path, st.st_size / 2), 0);
}

// A header that is right, of more rows than there are.
static void claim_more_rows(const char *path)
{
    uint8_t header[64];
    uint64_t count = UINT64_MAX / 2;
    int fd = open(path, O_RDWR);

    assert_int_equal(pread(fd, header, sizeof(header), 0), (ssize_t)sizeof(header));
    memcpy(header + 32, &count, sizeof(count));
    uint32_t crc = crc32c(0, span_of(header, 60));
    memcpy(header + 60, &crc, sizeof(crc));
    assert_int_equal(pwrite(fd, header, sizeof(header), 0), (ssize_t)sizeof(header));
    assert_int_equal(close(fd), 0);
}

static void flip_header(const char *path)
{
    int fd = open(path, O_RDWR);

    assert_int_equal(pwrite(fd, "\xFF\xFF", 2, 24), 2);
    assert_int_equal(close(fd), 0);
}

static void close_it(const char *path)
{
    assert_int_equal(chmod(path, 0), 0);
}

static void an_index_that_is_lost_or_damaged_is_made_again(void **state)
{
    (void)state;
    static void (*const changes[])(const char *path) = {remove_file, cut_in_half, flip_header,
                                                        claim_more_rows, close_it};
    char folder[PATH_SIZE];

    fill_log(new_log_folder(folder), 0, REQUESTS);
    for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
        ask_all(folder, REQUESTS);
        for_each_index_file(folder, changes[i]);
        ask_all(folder, REQUESTS);
    }
    remove_log_folder(folder);
}

// The entries of another log under an index that is not theirs.
static void an_index_of_other_entries_is_not_believed(void **state)
{
    (void)state;
    char folder[PATH_SIZE], other[PATH_SIZE], from[2 * PATH_SIZE], to[2 * PATH_SIZE];

    fill_log(new_log_folder(folder), 0, REQUESTS / 2);
    fill_log(new_log_folder(other), 0, REQUESTS / 4);
    ask_all(folder, REQUESTS / 2);
    (void)snprintf(from, sizeof(from), "%s/index", folder);
    (void)snprintf(to, sizeof(to), "%s/index", other);
    assert_int_equal(rename(from, to), 0);
    ask_all(other, REQUESTS / 4);
    remove_log_folder(folder);
    remove_log_folder(other);
}

static void stamps_are_read_as_they_are_written(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",           "2026",        "2026-13-01", "2026-11-23T25",
        "2026-11-2x", "2026-11-23 ", "1969-12-31", "2026-11-23T01:60"};
    uint64_t us = 0;

    for (uint64_t i = 0; i < 60000; i++) {
        char stamp[CLOCK_STAMP_SIZE];
        uint64_t wanted = i * UINT64_C(7654321987654) % UINT64_C(253402300799000000);
        clock_stamp(wanted, stamp);
        assert_ok(row_parse_stamp(span_of(stamp, sizeof(stamp)), &us));
        assert_int_equal(us, wanted);
    }
    assert_ok(row_parse_stamp(SPAN_OF("2026-11-23"), &us));
    assert_int_equal(us, UINT64_C(1795392000) * 1000000);
    assert_ok(row_parse_stamp(SPAN_OF("2026-11-23T01:02Z"), &us));
    assert_int_equal(us, (UINT64_C(1795392000) + 3720) * 1000000);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        assert_status(row_parse_stamp(span_str(bad[i]), &us), AIU_USAGE);
    }
}

// What the quick reader takes and what the parser takes is the same.
static void entries_of_any_form_are_read_alike(void **state)
{
    (void)state;
    static const char *const same[][2] = {
        {"{\"t\":\"decision\",\"vk\":\"app1\",\"model\":\"m\",\"policy\":{\"verdict\":\"redact\","
         "\"rules\":[\"a.b\",\"c.d\"],\"n\":2}}",
         "{ \"t\":\"decision\", \"vk\":\"app\\u0031\", \"model\":\"m\", \"policy\":{\"n\":2,"
         "\"rules\":[\"a.b\",\"c.d\"],\"verdict\":\"redact\"} }"},
        {"{\"t\":\"result\",\"ts\":\"2026-11-23T01:02:03.000004Z\",\"outcome\":\"ok\",\"success\":true,"
         "\"status\":200,\"usage\":{\"in\":7,\"out\":9,\"src\":\"provider\"},\"out_bytes\":5,\"dur_us\":3}",
         "{\"t\":\"result\",\"ts\":\"2026-11-23T01:02:03.000004Z\",\"outcome\":\"ok\",\"success\":true ,"
         "\"status\":200,\"usage\":{\"in\":7,\"out\":9,\"src\":\"provider\"},\"out_bytes\":5,\"dur_us\":3}"},
        {"{\"t\":\"auth_fail\",\"code\":\"invalid_api_key\"}",
         "{\"code\":\"invalid_api_key\", \"t\":\"auth_fail\", \"x\":[1,{}], \"y\":-1.5e3}"},
    };
    CLEANUP(arena_done) struct arena a;
    struct row_values x, y;

    arena_init(&a, 1 << 20);
    for (size_t i = 0; i < ARRAY_SIZE(same); i++) {
        row_read(span_str(same[i][0]), &a, &x);
        row_read(span_str(same[i][1]), &a, &y);
        assert_memory_equal(&x.row, &y.row, sizeof(x.row));
        assert_true(x.row.type != ROW_OTHER);
        assert_int_equal(x.rule_count, y.rule_count);
        assert_int_equal(x.status, y.status);
        assert_int_equal(x.tokens_in, y.tokens_in);
        assert_int_equal(x.tokens_out, y.tokens_out);
        assert_int_equal(x.out_bytes, y.out_bytes);
        assert_int_equal(x.duration_us, y.duration_us);
        assert_int_equal(x.has_usage, y.has_usage);
    }
    row_read(SPAN_OF("{\"t\":\"decision\""), &a, &x);
    assert_int_equal(x.row.type, ROW_OTHER);
}

TEST_MAIN(all_months_of_a_log_answer, a_clash_of_hashes_is_never_an_answer,
          entries_of_any_form_are_read_alike, a_query_finds_what_a_look_at_every_entry_finds,
          an_index_that_is_lost_or_damaged_is_made_again, an_index_of_other_entries_is_not_believed,
          stamps_are_read_as_they_are_written)
