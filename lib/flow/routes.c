// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Paths are compared byte for byte: no decoding, no folding, no dot segments. A query goes on only
// where it can carry nothing but short parameters, and never a key.
#include "flow/routes.h"

enum { QUERY_MOST = 256, MODEL_MOST = 256 };

static const struct route routes[] = {
#define FLOW_ROUTE(name, method, path, guard, request, answer)                                     \
    {ROUTE_##name, #name, method, path, guard, request, answer},
#include "flow/routes.def"
#undef FLOW_ROUTE
};

const struct route *route_get(enum route_name name)
{
    return &routes[name];
}

static bool is_alnum(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_made_of(struct span s, const char *others)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!is_alnum(s.p[i]) && strchr(others, s.p[i]) == NULL) {
            return false;
        }
    }
    return true;
}

static bool names_a_key(struct span query)
{
    static const struct span names[] = {SPAN("key="), SPAN("api_key="), SPAN("api-key="),
                                        SPAN("token="), SPAN("access_token=")};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        for (struct span rest = query; rest.n >= names[i].n; rest = span_drop_first(rest, 1)) {
            if (span_equal_nocase(span_first(rest, names[i].n), names[i])) {
                return true;
            }
        }
    }
    return false;
}

static bool is_safe_query(struct span query)
{
    return query.n <= QUERY_MOST && is_made_of(query, "_.=&-") && !names_a_key(query);
}

static bool is_model_name(struct span name)
{
    return name.n > 0 && name.n <= MODEL_MOST && is_made_of(name, "._:/@-") &&
           span_find_span(name, SPAN_OF("..")) == name.n &&
           span_find_span(name, SPAN_OF("//")) == name.n;
}

static bool path_matches(const struct route *r, struct span path, struct span *ret_model)
{
    struct span pattern = span_str(r->path);

    if (!span_ends_with(pattern, SPAN_OF("/*"))) {
        return span_equal(pattern, path);
    }
    struct span stem = span_drop_last(pattern, 1);
    *ret_model = span_drop_first(path, stem.n);
    return span_starts_with(path, stem) && is_model_name(*ret_model);
}

enum aiu_status route_find(struct span method, struct span target, struct route_match *ret_match)
{
    *ret_match = (struct route_match){0};
    (void)span_cut(target, '?', &ret_match->path, &ret_match->query);
    for (size_t i = 0; i < ARRAY_SIZE(routes); i++) {
        struct span model = {NULL, 0};
        if (!path_matches(&routes[i], ret_match->path, &model)) {
            continue;
        }
        // "/v1/models/NAME:verb" is another dialect's way to call a model, not a model of this
        // name.
        if (span_find_byte(model, ':') == model.n) {
            ret_match->allow = routes[i].method;
        }
        if (span_equal(method, span_str(routes[i].method))) {
            ret_match->route = &routes[i];
            ret_match->model = model;
            return is_safe_query(ret_match->query) ? AIU_OK : AIU_HTTP_INVALID;
        }
    }
    return ret_match->allow != NULL ? AIU_BAD_METHOD : AIU_NO_ROUTE;
}
