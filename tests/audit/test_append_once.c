// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// S27, S62: an entry by a command while no gateway runs goes on with the log as a gateway would,
// and with no other.
#include "audit/append_once.h"
#include "publish_test.h"

static enum aiu_status append(struct site *s, const char *state)
{
    const struct append_once o = {state, site_clock(s), SPAN("gw1"), SPAN("b008")};

    return append_once(&o, SPAN_OF("{\"v\":1,\"t\":\"content_read\"}"));
}

static void begin(struct site *s, uint64_t entries)
{
    site_init(s);
    site_start(s);
    site_append_published(s, entries);
}

// Entries that have `text` in them.
static unsigned count(const struct site *s, struct span text)
{
    struct reader *r = NULL;
    struct reader_entry entry;
    unsigned found = 0;

    assert_ok(reader_open(s->log_folder, 0, &r));
    while (reader_next(r, &entry) == AIU_OK) {
        found += span_find_span(entry.bytes, text) < entry.bytes.n;
    }
    reader_free(r);
    return found;
}

static void the_entry_is_in_the_log_and_the_next_gateway_signs_for_it(void **state)
{
    (void)state;
    struct site s;

    begin(&s, 20);
    site_stop(&s);
    assert_ok(append(&s, s.state));
    assert_ok(append(&s, s.state));
    assert_int_equal(count(&s, SPAN_OF("content_read")), 2);
    site_start(&s);
    site_append_published(&s, 1);
    site_stop(&s);
    site_assert_published(&s, 23);
    assert_int_equal(count(&s, SPAN_OF("content_read")), 2);
    site_done(&s);
}

static void a_log_that_a_gateway_writes_is_left_alone(void **state)
{
    (void)state;
    struct site s;

    begin(&s, 5);
    assert_status(append(&s, s.state), AIU_AUDIT_LOCKED);
    site_stop(&s);
    assert_int_equal(count(&s, SPAN_OF("content_read")), 0);
    site_done(&s);
}

static void where_there_is_no_log_none_is_made(void **state)
{
    (void)state;
    struct site s;
    char path[PATH_SIZE + 16];

    site_init(&s);
    assert_status(append(&s, s.state), AIU_FILE_NOT_FOUND);
    (void)snprintf(path, sizeof(path), "%s/audit", s.state);
    assert_int_not_equal(access(path, F_OK), 0);
    assert_status(append(&s, "/nowhere"), AIU_FILE_NOT_FOUND);
    site_done(&s);
}

static void an_old_copy_that_was_put_back_is_not_gone_on_with(void **state)
{
    (void)state;
    struct site s;
    char command[4 * PATH_SIZE];

    begin(&s, 5);
    site_stop(&s);
    (void)snprintf(command, sizeof(command), "cp -a '%s' '%s/old'", s.log_folder, s.state);
    assert_int_equal(system(command), 0);
    site_start(&s);
    site_append_published(&s, 50);
    site_stop(&s);
    (void)snprintf(command, sizeof(command), "rm -r '%s' && mv '%s/old' '%s'", s.log_folder,
                   s.state, s.log_folder);
    assert_int_equal(system(command), 0);
    assert_status(append(&s, s.state), AIU_AUDIT_ROLLED_BACK);
    assert_int_equal(count(&s, SPAN_OF("content_read")), 0);
    site_done(&s);
}

TEST_MAIN(the_entry_is_in_the_log_and_the_next_gateway_signs_for_it,
          a_log_that_a_gateway_writes_is_left_alone, where_there_is_no_log_none_is_made,
          an_old_copy_that_was_put_back_is_not_gone_on_with)
