// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A token is a picture of 32 bytes of a keyed hash: each of its characters is chosen by a byte.
// What must hold afterwards (check digits) is computed over the rest.
#include "detect/token.h"

#include "detect/ascii.h"

enum {
    WORD_SIZE = 12, // five bits each
    PHONE_DIGITS = 10,
    CARD_LEAST = 12,
    CARD_MOST = 19,
    SSN_DIGITS = 9,
    IBAN_LEAST = 15,
    IBAN_MOST = 34,
    MAC_DIGITS = 12,
};

// --- which style ------------------------------------------------------------------------------

static size_t count_of(struct span s, bool (*is)(uint8_t))
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++) {
        n += is(s.p[i]);
    }
    return n;
}

static bool is_tagged(const struct rule_info *rule, const char *tag)
{
    return rule->kind == KIND_PII && span_equal(span_str(rule->tag), span_str(tag));
}

static bool looks_like_iban(struct span value)
{
    size_t n = count_of(value, is_alnum);

    return n >= IBAN_LEAST && n <= IBAN_MOST && is_alpha(value.p[0]) && is_alpha(value.p[1]);
}

static enum token_style style_of_ip(struct span value)
{
    if (span_find_byte(value, ':') < value.n) {
        return TOKEN_IPV6;
    }
    return span_find_byte(value, '.') < value.n ? TOKEN_IPV4 : TOKEN_WORD;
}

// What the rule is called decides, as far as the value is shaped so: a finding in disguise (coded,
// in full-width digits) is a word.
static enum token_style style_of_tag(const struct rule_info *rule, struct span value)
{
    size_t digits = count_of(value, is_digit);

    if (is_tagged(rule, "email") && span_find_byte(value, '@') < value.n) {
        return TOKEN_EMAIL;
    }
    if (is_tagged(rule, "card") && digits >= CARD_LEAST && digits <= CARD_MOST) {
        return TOKEN_CARD;
    }
    if (is_tagged(rule, "us_ssn") && digits == SSN_DIGITS) {
        return TOKEN_SSN;
    }
    if (is_tagged(rule, "iban") && looks_like_iban(value)) {
        return TOKEN_IBAN;
    }
    if (is_tagged(rule, "mac") && count_of(value, is_hex) == MAC_DIGITS) {
        return TOKEN_MAC;
    }
    if (is_tagged(rule, "phone") && digits >= 7) {
        return TOKEN_PHONE;
    }
    return is_tagged(rule, "ip") ? style_of_ip(value) : TOKEN_WORD;
}

enum token_style token_style_of(const struct rule_info *rule, struct span value, bool number)
{
    enum token_style style = value.n < 2 ? TOKEN_WORD : style_of_tag(rule, value);

    if (number) {
        return style == TOKEN_CARD || style == TOKEN_SSN ? style : TOKEN_NUMBER;
    }
    return style;
}

enum token_group token_group_of(enum token_style style)
{
    switch (style) {
    case TOKEN_WORD:
    case TOKEN_EMAIL:
        return TOKENS_TEXT;
    case TOKEN_CARD:
    case TOKEN_SSN:
    case TOKEN_PHONE:
    case TOKEN_NUMBER:
        return TOKENS_DIGITS;
    case TOKEN_IBAN:
        return TOKENS_ALNUM;
    case TOKEN_IPV4:
    case TOKEN_IPV6:
    case TOKEN_MAC:
        return TOKENS_EXACT;
    }
    return TOKENS_TEXT;
}

static uint8_t to_upper(uint8_t c)
{
    return is_alpha(c) ? (uint8_t)(c & ~0x20) : c;
}

enum aiu_status token_canonical(enum token_style style, struct span value, struct buf *dst)
{
    bool digits = style == TOKEN_CARD || style == TOKEN_SSN;

    if (!digits && style != TOKEN_IBAN) {
        return buf_append(dst, value);
    }
    for (size_t i = 0; i < value.n; i++) {
        if (digits ? is_digit(value.p[i]) : is_alnum(value.p[i])) {
            TRY(buf_append_byte(dst, to_upper(value.p[i])));
        }
    }
    return AIU_OK;
}

// --- making -----------------------------------------------------------------------------------

// The bytes of the hash in turn; a token longer than the hash goes round, shifted.
struct source {
    const uint8_t *mac;
    size_t next;
};

static uint8_t next_byte(struct source *s)
{
    size_t at = s->next++;

    return (uint8_t)(s->mac[at % TOKEN_MAC_SIZE] + 61 * (at / TOKEN_MAC_SIZE));
}

static uint8_t next_digit(struct source *s)
{
    return (uint8_t)('0' + next_byte(s) % 10);
}

static uint8_t next_nonzero(struct source *s)
{
    return (uint8_t)('1' + next_byte(s) % 9);
}

static uint8_t next_hex(struct source *s)
{
    return (uint8_t) "0123456789abcdef"[next_byte(s) % 16];
}

static enum aiu_status append_word(struct source *s, struct buf *dst)
{
    // Crockford's alphabet: nothing that is easily taken for something else
    static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

    for (int i = 0; i < WORD_SIZE; i++) {
        TRY(buf_append_byte(dst, (uint8_t)alphabet[next_byte(s) % 32]));
    }
    return AIU_OK;
}

static enum aiu_status make_word(struct source *s, const struct rule_info *rule, struct buf *dst)
{
    TRY(buf_printf(dst, "%s_%s_", rule->kind == KIND_SECRET ? "SECRET" : "PII", rule->tag));
    return append_word(s, dst);
}

static enum aiu_status make_email(struct source *s, struct buf *dst)
{
    TRY(buf_append(dst, SPAN_OF("pii.")));
    TRY(append_word(s, dst));
    return buf_append(dst, SPAN_OF("@example.com"));
}

// What networks and processors print on the cards of their test systems.
static struct span card_prefix(size_t digits)
{
    switch (digits) {
    case 14:
        return SPAN_OF("360066");
    case 15:
        return SPAN_OF("370000");
    case 12:
    case 17:
    case 18:
        return SPAN_OF("677179");
    default:
        return SPAN_OF("400000");
    }
}

static uint8_t luhn_digit(const uint8_t *digits, size_t n)
{
    unsigned sum = 0;

    for (size_t i = 0; i < n; i++) {
        unsigned d = (unsigned)(digits[n - 1 - i] - '0');
        d = i % 2 == 0 ? 2 * d : d;
        sum += d > 9 ? d - 9 : d;
    }
    return (uint8_t)('0' + (10 - sum % 10) % 10);
}

static void card_digits(struct source *s, uint8_t *digits, size_t n)
{
    struct span prefix = card_prefix(n);

    for (size_t i = 0; i < n - 1; i++) {
        digits[i] = i < prefix.n ? prefix.p[i] : next_digit(s);
    }
    digits[n - 1] = luhn_digit(digits, n - 1);
}

// The group is 01 to 49: the ITIN has the others.
static void ssn_digits(struct source *s, uint8_t *digits)
{
    digits[0] = '9';
    for (size_t i = 1; i < SSN_DIGITS; i++) {
        digits[i] = next_digit(s);
    }
    digits[3] = (uint8_t)('0' + next_byte(s) % 5);
    digits[4] = digits[3] == '0' ? next_nonzero(s) : digits[4];
}

// `chars` in the places of the value's symbols; what stands between them stays.
static enum aiu_status put_in_place(struct span value, bool (*is)(uint8_t), const uint8_t *chars,
                                    struct buf *dst)
{
    for (size_t i = 0, k = 0; i < value.n; i++) {
        TRY(buf_append_byte(dst, is(value.p[i]) ? chars[k++] : value.p[i]));
    }
    return AIU_OK;
}

static enum aiu_status make_card(struct source *s, struct span value, struct buf *dst)
{
    uint8_t digits[CARD_MOST];

    card_digits(s, digits, count_of(value, is_digit));
    return put_in_place(value, is_digit, digits, dst);
}

static enum aiu_status make_ssn(struct source *s, struct span value, struct buf *dst)
{
    uint8_t digits[SSN_DIGITS];

    ssn_digits(s, digits);
    return put_in_place(value, is_digit, digits, dst);
}

static enum aiu_status make_digits(struct source *s, const char *prefix, size_t n, struct buf *dst)
{
    TRY(buf_append(dst, span_str(prefix)));
    for (size_t i = 0; i < n; i++) {
        TRY(buf_append_byte(dst, i == 0 ? next_nonzero(s) : next_digit(s)));
    }
    return AIU_OK;
}

// ISO 7064 MOD 97-10 over the account, the country and "00".
static unsigned iban_rest(const uint8_t *chars, size_t n)
{
    unsigned rest = 0;

    for (size_t i = 0; i < n; i++) {
        uint8_t c = chars[(i + 4) % n];
        unsigned value = is_digit(c) ? (unsigned)(c - '0') : (unsigned)(c - 'A') + 10;
        rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
    }
    return rest;
}

// Letters stay letters and digits digits, so that the country's structure holds; the bank's code
// begins with 99 or XX.
static enum aiu_status make_iban(struct source *s, struct span value, struct buf *dst)
{
    uint8_t chars[IBAN_MOST];
    size_t n = 0;

    for (size_t i = 0; i < value.n; i++) {
        uint8_t c = to_upper(value.p[i]);
        if (!is_alnum(c)) {
            continue;
        }
        if (n == 2 || n == 3) {
            c = '0';
        } else if (n == 4 || n == 5) {
            c = is_digit(c) ? '9' : 'X';
        } else if (n > 5) {
            c = is_digit(c) ? next_digit(s) : (uint8_t)('A' + next_byte(s) % 26);
        }
        chars[n++] = c;
    }
    unsigned check = 98 - iban_rest(chars, n);
    chars[2] = (uint8_t)('0' + check / 10);
    chars[3] = (uint8_t)('0' + check % 10);
    return put_in_place(value, is_alnum, chars, dst);
}

static enum aiu_status make_ipv4(struct source *s, struct buf *dst)
{
    unsigned net = 18 + next_byte(s) % 2, third = next_byte(s), host = next_byte(s);

    return buf_printf(dst, "198.%u.%u.%u", net, third, host);
}

// No group begins with 0: models leave such zeros out.
static enum aiu_status make_ipv6(struct source *s, struct buf *dst)
{
    TRY(buf_append(dst, SPAN_OF("2001:db8")));
    for (int i = 0; i < 6; i++) {
        TRY(buf_append_byte(dst, ':'));
        TRY(buf_append_byte(dst, next_nonzero(s)));
        for (int k = 0; k < 3; k++) {
            TRY(buf_append_byte(dst, next_hex(s)));
        }
    }
    return AIU_OK;
}

static enum aiu_status make_mac(struct source *s, struct span value, struct buf *dst)
{
    uint8_t digits[MAC_DIGITS] = {'0', '2'};

    for (size_t i = 2; i < MAC_DIGITS; i++) {
        digits[i] = next_hex(s);
    }
    return put_in_place(value, is_hex, digits, dst);
}

enum aiu_status token_make(enum token_style style, const struct rule_info *rule, struct span value,
                           const uint8_t mac[TOKEN_MAC_SIZE], struct buf *dst)
{
    struct source s = {mac, 0};

    switch (style) {
    case TOKEN_WORD:
        return make_word(&s, rule, dst);
    case TOKEN_EMAIL:
        return make_email(&s, dst);
    case TOKEN_CARD:
        return make_card(&s, value, dst);
    case TOKEN_SSN:
        return make_ssn(&s, value, dst);
    case TOKEN_PHONE:
        return make_digits(&s, "+999", PHONE_DIGITS, dst);
    case TOKEN_IBAN:
        return make_iban(&s, value, dst);
    case TOKEN_IPV4:
        return make_ipv4(&s, dst);
    case TOKEN_IPV6:
        return make_ipv6(&s, dst);
    case TOKEN_MAC:
        return make_mac(&s, value, dst);
    case TOKEN_NUMBER:
        return make_digits(&s, "", value.n, dst);
    }
    return make_word(&s, rule, dst);
}

// --- reading ----------------------------------------------------------------------------------

enum { SEPARATORS_BETWEEN = 2, CUT = 4 };

// Bytes of the separator at `at`; 0 for none, CUT where it can not be told yet.
static size_t separator_at(const struct view *v, size_t at)
{
    uint8_t c = v->p[at];

    if (c == ' ' || c == '-' || c == '.' || c == '/' || c == '(' || c == ')') {
        return 1;
    }
    if (c != 0xC2 && c != 0xE2) {
        return 0;
    }
    size_t n = c == 0xC2 ? 2 : 3;
    if (at + n > v->n) {
        return v->final ? 0 : CUT;
    }
    if (n == 2) {
        return v->p[at + 1] == 0xA0 ? n : 0; // no-break space
    }
    // thin and narrow spaces, hyphens and dashes of General Punctuation
    uint8_t last = v->p[at + 2];
    return v->p[at + 1] == 0x80 && ((last >= 0x87 && last <= 0x95) || last == 0xAF) ? n : 0;
}

static enum match skip_separators(const struct view *v, size_t at, unsigned most, size_t *ret_at)
{
    for (unsigned i = 0; i < most && at < v->n; i++) {
        size_t n = separator_at(v, at);
        if (n == CUT) {
            return MATCH_MORE;
        }
        if (n == 0) {
            break;
        }
        at += n;
    }
    *ret_at = at;
    return at == v->n && !v->final ? MATCH_MORE : MATCH_YES;
}

static enum match end_of_view(const struct view *v)
{
    return v->final ? MATCH_NO : MATCH_MORE;
}

static bool is_escapable(uint8_t c)
{
    return c == '_' || c == '.' || c == '@' || c == '-';
}

static enum match text_symbol(const struct view *v, size_t at, uint8_t *ret_symbol,
                              size_t *ret_next)
{
    uint8_t c = v->p[at];

    if (c == '\\') {
        if (at + 1 == v->n) {
            return end_of_view(v);
        }
        c = v->p[++at];
        if (!is_escapable(c)) {
            return MATCH_NO;
        }
    }
    *ret_symbol = to_lower(c);
    *ret_next = at + 1;
    return MATCH_YES;
}

static enum match spaced_symbol(const struct view *v, size_t at, unsigned most, bool (*is)(uint8_t),
                                uint8_t *ret_symbol, size_t *ret_next)
{
    if (most > 0) {
        enum match m = skip_separators(v, at, most, &at);
        if (m != MATCH_YES) {
            return m;
        }
    }
    if (at == v->n || !is(v->p[at])) {
        return MATCH_NO;
    }
    *ret_symbol = to_lower(v->p[at]);
    *ret_next = at + 1;
    return MATCH_YES;
}

enum match token_symbol(enum token_group g, const struct view *v, size_t at, bool first,
                        uint8_t *ret_symbol, size_t *ret_next)
{
    if (at >= v->n) {
        return end_of_view(v);
    }
    switch (g) {
    case TOKENS_TEXT:
        return text_symbol(v, at, ret_symbol, ret_next);
    case TOKENS_DIGITS:
        if (first && v->p[at] == '+') {
            *ret_symbol = '+';
            *ret_next = at + 1;
            return MATCH_YES;
        }
        return spaced_symbol(v, at, first ? 0 : SEPARATORS_BETWEEN, is_digit, ret_symbol, ret_next);
    case TOKENS_ALNUM:
        return spaced_symbol(v, at, first ? 0 : 1, is_alnum, ret_symbol, ret_next);
    case TOKENS_EXACT:
    case TOKEN_GROUPS:
        break;
    }
    *ret_symbol = to_lower(v->p[at]);
    *ret_next = at + 1;
    return MATCH_YES;
}

bool token_edge_left(enum token_group g, const struct view *v, size_t at)
{
    if (g == TOKENS_TEXT || at == 0) {
        return true;
    }
    uint8_t before = v->p[at - 1];
    if (g == TOKENS_DIGITS) {
        return !is_digit(before);
    }
    return !is_alnum(before) && (g == TOKENS_ALNUM || before != '.');
}

enum match token_edge_right(enum token_group g, const struct view *v, size_t at)
{
    if (g == TOKENS_TEXT) {
        return MATCH_YES;
    }
    if (at == v->n) {
        return v->final ? MATCH_YES : MATCH_MORE;
    }
    uint8_t next = v->p[at];
    if (g == TOKENS_DIGITS) {
        return is_digit(next) ? MATCH_NO : MATCH_YES;
    }
    if (is_alnum(next)) {
        return MATCH_NO;
    }
    if (g == TOKENS_ALNUM || next != '.') {
        return MATCH_YES;
    }
    if (at + 1 == v->n) {
        return v->final ? MATCH_YES : MATCH_MORE;
    }
    return is_digit(v->p[at + 1]) ? MATCH_NO : MATCH_YES;
}

enum aiu_status token_fold(enum token_group g, struct span token, struct buf *dst, bool *ret_whole)
{
    const struct view v = {token.p, token.n, true, true, NULL};
    size_t at = 0;
    uint8_t symbol = 0;

    while (token_symbol(g, &v, at, at == 0, &symbol, &at) == MATCH_YES) {
        TRY(buf_append_byte(dst, symbol));
    }
    *ret_whole = at == token.n;
    return AIU_OK;
}
