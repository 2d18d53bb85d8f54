// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Links in an answer that carry data away: whoever shows the answer fetches an image at once, and a
// link when it is clicked. What carries data is long or in a code: a value of the query or
// fragment, a part of the path, a label of the host. The finding is the URL; it is certain as soon
// as one part is, and goes on to the URL's end.
#include "detect/match_output.h"

#include "detect/ascii.h"
#include "detect/catalog.h"
#include "detect/matcher.h"

enum {
    ALT_MOST = 100, // text of a link that is looked through for its beginning
    BLANKS_MOST = 4,
    SCHEME_MOST = 6, // "https:"
    URL_MOST = 512,  // a longer one carries data whatever it looks like
};

bool url_has(uint8_t c)
{
    return c > ' ' && c != 0x7F && c != ')' && c != '"' && c != '\'' && c != '<' && c != '>' &&
           c != '`' && c != ']' && c != '|' && c != '^' && c != '{' && c != '}';
}

// --- which URL --------------------------------------------------------------------------------

// Where the URL behind an anchor like `](` or `src=` begins: behind blanks and a quote. MATCH_NO
// where what stands there names no host.
static enum match url_start(const struct view *v, size_t at, size_t *ret_start)
{
    size_t from = at;

    while (at < v->n && at - from < BLANKS_MOST && v->p[at] == ' ') {
        at++;
    }
    at += at < v->n && (v->p[at] == '"' || v->p[at] == '\'' || v->p[at] == '<');
    *ret_start = at;
    struct span scheme = at < v->n && v->p[at] == '/' ? SPAN_OF("//") : SPAN_OF("http");
    size_t seen = v->n - at < scheme.n ? v->n - at : scheme.n;
    if (!equal_lowered(v->p + at, scheme.p, seen)) {
        return MATCH_NO;
    }
    if (seen < scheme.n) {
        return v->final ? MATCH_NO : MATCH_MORE;
    }
    return MATCH_YES;
}

// Whether the text of the link that ends with the `]` at `at` is that of an image.
static bool is_image_text(const struct view *v, size_t at)
{
    int depth = 0;

    for (size_t n = 0; n < ALT_MOST && n <= at; n++) {
        uint8_t c = v->p[at - n];
        depth += c == ']' ? 1 : c == '[' ? -1 : 0;
        if (depth == 0) {
            return at > n && v->p[at - n - 1] == '!';
        }
    }
    return false;
}

// `](` is an image by what stands before it; a reference, `src=` and `url(` always are.
static bool is_image(const struct view *v, const struct site *anchor)
{
    uint8_t c = v->p[anchor->start];

    if (c == ']' && v->p[anchor->start + 1] == '(') {
        return is_image_text(v, anchor->start);
    }
    return (c | 0x20) != 'h';
}

// --- what it carries --------------------------------------------------------------------------

// A part between separators.
struct part {
    size_t n;
    unsigned blanks; // '+' and "%20"
    bool upper, lower, digit;
};

enum place { PLACE_HOST, PLACE_PATH, PLACE_QUERY };

// From how many bytes on a part carries data: in plain letters, in a code (both cases and digits),
// in words with so many blanks between.
struct limits {
    size_t plain, coded;
    unsigned blanks;
};

static const struct limits image_limits[] =
    {[PLACE_HOST] = {32, 24, 1}, [PLACE_PATH] = {80, 40, 4}, [PLACE_QUERY] = {24, 12, 2}};
static const struct limits link_limits[] =
    {[PLACE_HOST] = {48, 32, 1}, [PLACE_PATH] = {128, 64, 12}, [PLACE_QUERY] = {64, 24, 8}};

static bool carries(const struct part *p, const struct limits *limits)
{
    bool coded = p->upper && p->lower && p->digit;

    return p->blanks >= limits->blanks || p->n >= limits->plain || (coded && p->n >= limits->coded);
}

static void add(struct part *p, const struct view *v, size_t at)
{
    uint8_t c = v->p[at];

    p->n++;
    p->upper = p->upper || is_upper(c);
    p->lower = p->lower || (is_alpha(c) && !is_upper(c));
    p->digit = p->digit || is_digit(c);
    p->blanks += c == '+';
    p->blanks += c == '0' && p->n >= 3 && v->p[at - 1] == '2' && v->p[at - 2] == '%';
}

static bool separates(uint8_t c, enum place place)
{
    switch (place) {
    case PLACE_HOST:
        return c == '.';
    case PLACE_PATH:
        return c == '/';
    case PLACE_QUERY:
        break;
    }
    return c == '&' || c == '=' || c == ';';
}

static enum place place_after(enum place place, uint8_t c)
{
    if (c == '?' || c == '#') {
        return PLACE_QUERY;
    }
    return place == PLACE_HOST && c == '/' ? PLACE_PATH : place;
}

static enum match carrying(const struct view *v, size_t at, bool image, struct hit *hit)
{
    const struct limits *limits = image ? image_limits : link_limits;
    enum place place = PLACE_HOST;
    struct part part = {0};
    size_t start = at;

    while (at < v->n && at - start < SCHEME_MOST && v->p[at] != '/') {
        at++;
    }
    if (at < v->n && v->p[at] != '/') {
        return MATCH_NO; // no host follows
    }
    at += at + 2 <= v->n ? 2 : 0;
    for (; at < v->n && url_has(v->p[at]); at++) {
        enum place next = place_after(place, v->p[at]);
        bool separator = next != place || separates(v->p[at], place);
        if (separator) {
            part = (struct part){0};
            place = next;
        } else {
            add(&part, v, at);
        }
        if (carries(&part, &limits[place]) || at - start >= URL_MOST) {
            *hit = (struct hit){.start = start, .end = at + 1, .flow = {.kind = FLOW_URL}};
            return MATCH_YES;
        }
    }
    return at == v->n && !v->final ? match_more(hit, start) : MATCH_NO;
}

static enum match link_at(const struct view *v, const struct site *anchor, bool image,
                          struct hit *hit)
{
    size_t start = 0;

    if (is_image(v, anchor) != image) {
        return MATCH_NO;
    }
    enum match m = url_start(v, anchor->end, &start);
    if (m != MATCH_YES) {
        return m == MATCH_MORE ? match_more(hit, anchor->end) : MATCH_NO;
    }
    return carrying(v, start, image, hit);
}

enum match matcher_image_link(const struct view *v, const struct site *anchor, struct hit *hit)
{
    return link_at(v, anchor, true, hit);
}

enum match matcher_data_link(const struct view *v, const struct site *anchor, struct hit *hit)
{
    return link_at(v, anchor, false, hit);
}

// --- scripts ----------------------------------------------------------------------------------

static bool stands_before(const struct view *v, size_t at, struct span word)
{
    return at >= word.n && equal_lowered(v->p + at - word.n, word.p, word.n);
}

// The anchor is a scheme that runs a script: where a link or an image has it.
enum match matcher_script_url(const struct view *v, const struct site *anchor, struct hit *hit)
{
    size_t at = anchor->start;

    at -= at > 0 && (v->p[at - 1] == '"' || v->p[at - 1] == '\'' || v->p[at - 1] == '<');
    *hit = (struct hit){.start = anchor->start, .end = anchor->end};
    return stands_before(v, at, SPAN_OF("](")) || stands_before(v, at, SPAN_OF("href=")) ||
                   stands_before(v, at, SPAN_OF("src="))
               ? MATCH_YES
               : MATCH_NO;
}

// --- hosts ------------------------------------------------------------------------------------

// Empty where programs may not agree which host it is: after a scheme and one slash, or with a
// backslash, which one takes for a slash and another for nothing.
static struct span host_of(struct span url)
{
    size_t at = span_find_byte(url, '/');
    bool begins = at == 0 || (at < url.n && url.p[at - 1] == ':');
    size_t n = 0;

    if (!begins || !span_starts_with(span_drop_first(url, at), SPAN_OF("//"))) {
        return (struct span){0};
    }
    struct span host = span_drop_first(url, at + 2);
    while (n < host.n && host.p[n] != '/' && host.p[n] != '?' && host.p[n] != '#') {
        n++;
    }
    host = span_first(host, span_find_byte(host, '\\') < n ? 0 : n);
    for (size_t i = host.n; i-- > 0;) { // behind the user's name: that is no host
        if (host.p[i] == '@') {
            host = span_drop_first(host, i + 1);
            break;
        }
    }
    return span_first(host, span_find_byte(host, ':'));
}

bool url_host_allowed(struct span url, const struct host_list *allowed)
{
    struct span host = host_of(url);

    for (size_t i = 0; i < allowed->count; i++) {
        struct span name = allowed->names[i];
        bool any = span_starts_with(name, SPAN_OF("*."));
        name = any ? span_drop_first(name, 1) : name; // ".example.com"
        bool fits = any ? host.n > name.n : host.n == name.n;
        if (fits && span_equal_nocase(span_drop_first(host, host.n - name.n), name)) {
            return true;
        }
    }
    return false;
}

// --- what stands in an address ----------------------------------------------------------------

enum {
    BACK_MOST = CATALOG_CONTEXT - 32, // how far before it an address may begin
    GAP_MOST = 8,                     // blanks beside "="
};

static bool ends_with_name(const struct view *v, size_t end, struct span name)
{
    return end >= name.n && equal_lowered(v->p + end - name.n, name.p, name.n);
}

// Attributes whose value is fetched or opened.
static bool is_attribute(const struct view *v, size_t end)
{
    static const struct span names[] = {SPAN("src"),    SPAN("href"), SPAN("srcset"),
                                        SPAN("poster"), SPAN("data"), SPAN("background"),
                                        SPAN("action")};

    for (size_t n = 0; n < GAP_MOST && end > 0 && is_blank(v->p[end - 1]); n++) {
        end--;
    }
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (ends_with_name(v, end, names[i])) {
            return true;
        }
    }
    return false;
}

// Whether an address begins behind the byte at `at`.
static bool opens(const struct view *v, size_t at)
{
    switch (v->p[at]) {
    case '(':
        return ends_with_name(v, at, SPAN_OF("]")) || ends_with_name(v, at, SPAN_OF("url"));
    case ':':
        return ends_with_name(v, at, SPAN_OF("]"));
    case '=':
        return is_attribute(v, at);
    default:
        return false;
    }
}

// Whether what `opener` began at `from` has ended before `at`: at its quote or bracket, or without
// one at a blank or at the bracket that it does not open itself.
static bool has_ended(const struct view *v, size_t from, size_t at, uint8_t opener)
{
    uint8_t c = v->p[from - 1];
    uint8_t end = c == '<' ? '>' : c == '"' || c == '\'' ? c : 0;
    int depth = 0;

    for (size_t i = from; i < at; i++) {
        c = v->p[i];
        depth += c == '(' ? 1 : c == ')' ? -1 : 0;
        if (end != 0 ? c == end
                     : c <= ' ' || (opener == '(' && depth < 0) || (opener == '=' && c == '>')) {
            return true;
        }
    }
    return false;
}

// Whether `url`, the beginning of an address, names a host, in any of the ways that browsers take.
static bool names_host(struct span url)
{
    static const struct span harmless[] = {SPAN("mailto:"), SPAN("tel:")};

    for (size_t i = 0; i < ARRAY_SIZE(harmless); i++) {
        if (span_equal_nocase(span_first(url, harmless[i].n), harmless[i])) {
            return false;
        }
    }
    for (size_t i = 0; i < url.n; i++) {
        bool slash = url.p[i] == '/' || url.p[i] == '\\';
        bool next = i + 1 < url.n && (url.p[i + 1] == '/' || url.p[i + 1] == '\\');
        if (url.p[i] == ':' || url.p[i] == '&' || (slash && next)) {
            return true;
        }
    }
    return false;
}

bool url_surrounds(const struct view *v, size_t at, size_t *ret_start)
{
    size_t least = at > BACK_MOST ? at - BACK_MOST : 0;
    bool address = least > 0;

    for (size_t i = at; i-- > least;) {
        address = address && url_has(v->p[i]);
        if (!opens(v, i)) {
            continue;
        }
        size_t from = i + 1;
        while (from < at && is_blank(v->p[from])) {
            from++;
        }
        from += from < at && (v->p[from] == '"' || v->p[from] == '\'' || v->p[from] == '<');
        if (!has_ended(v, from, at, v->p[i])) {
            *ret_start = from;
            return names_host(span_of(v->p + from, at - from));
        }
    }
    *ret_start = least;
    return address && names_host(span_of(v->p + least, at - least));
}

bool url_tells_allowed(struct span url, const struct host_list *allowed)
{
    struct span behind = span_drop_first(url, span_find_span(url, SPAN_OF("//")) + 2);

    return span_find_byte(behind, '/') < behind.n && url_host_allowed(url, allowed);
}
