// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Letters apart ("i g n o r e", "i-g-n-o-r-e") are put together; words written together
// ("ignoreallprevious") are parted by a short list of the words that instructions are made of.
#include <string.h>

#include "detect/ascii.h"
#include "detect/guess_parts.h"
#include "detect/lanes.h"

enum {
    STRIDE = LANES,
    LETTERS_LEAST = 5,   // apart
    TOGETHER_LEAST = 12, // without a gap
    JOINED_LEAST = 16,   // in a token that was one
    SPLIT_MOST = 4096,
    WORD_MOST = 16,
};

// --- words together ---------------------------------------------------------------------------

// clang-format off: in order
static const struct span vocabulary[] = {
    SPAN("a"),
    SPAN("about"),
    SPAN("above"),
    SPAN("act"),
    SPAN("admin"),
    SPAN("after"),
    SPAN("again"),
    SPAN("all"),
    SPAN("also"),
    SPAN("always"),
    SPAN("an"),
    SPAN("and"),
    SPAN("answer"),
    SPAN("any"),
    SPAN("anything"),
    SPAN("api"),
    SPAN("are"),
    SPAN("as"),
    SPAN("ask"),
    SPAN("assistant"),
    SPAN("at"),
    SPAN("attack"),
    SPAN("base"),
    SPAN("be"),
    SPAN("because"),
    SPAN("been"),
    SPAN("before"),
    SPAN("begin"),
    SPAN("below"),
    SPAN("bomb"),
    SPAN("build"),
    SPAN("but"),
    SPAN("by"),
    SPAN("bypass"),
    SPAN("can"),
    SPAN("cannot"),
    SPAN("change"),
    SPAN("chat"),
    SPAN("code"),
    SPAN("command"),
    SPAN("commands"),
    SPAN("comply"),
    SPAN("confidential"),
    SPAN("content"),
    SPAN("context"),
    SPAN("conversation"),
    SPAN("copy"),
    SPAN("could"),
    SPAN("create"),
    SPAN("credentials"),
    SPAN("current"),
    SPAN("dan"),
    SPAN("data"),
    SPAN("delete"),
    SPAN("describe"),
    SPAN("developer"),
    SPAN("direct"),
    SPAN("directives"),
    SPAN("disable"),
    SPAN("disclose"),
    SPAN("display"),
    SPAN("disregard"),
    SPAN("do"),
    SPAN("does"),
    SPAN("done"),
    SPAN("dont"),
    SPAN("drug"),
    SPAN("dump"),
    SPAN("earlier"),
    SPAN("email"),
    SPAN("enable"),
    SPAN("end"),
    SPAN("erase"),
    SPAN("every"),
    SPAN("everything"),
    SPAN("exactly"),
    SPAN("execute"),
    SPAN("explain"),
    SPAN("file"),
    SPAN("files"),
    SPAN("filter"),
    SPAN("filters"),
    SPAN("first"),
    SPAN("follow"),
    SPAN("following"),
    SPAN("for"),
    SPAN("forget"),
    SPAN("free"),
    SPAN("from"),
    SPAN("full"),
    SPAN("get"),
    SPAN("give"),
    SPAN("given"),
    SPAN("go"),
    SPAN("guidelines"),
    SPAN("hack"),
    SPAN("hacked"),
    SPAN("had"),
    SPAN("has"),
    SPAN("have"),
    SPAN("hello"),
    SPAN("here"),
    SPAN("hidden"),
    SPAN("hide"),
    SPAN("him"),
    SPAN("his"),
    SPAN("how"),
    SPAN("human"),
    SPAN("i"),
    SPAN("if"),
    SPAN("ignore"),
    SPAN("ignoring"),
    SPAN("illegal"),
    SPAN("in"),
    SPAN("information"),
    SPAN("initial"),
    SPAN("inject"),
    SPAN("input"),
    SPAN("instead"),
    SPAN("instruction"),
    SPAN("instructions"),
    SPAN("internal"),
    SPAN("into"),
    SPAN("is"),
    SPAN("it"),
    SPAN("its"),
    SPAN("jailbreak"),
    SPAN("just"),
    SPAN("keep"),
    SPAN("key"),
    SPAN("keys"),
    SPAN("know"),
    SPAN("language"),
    SPAN("last"),
    SPAN("let"),
    SPAN("like"),
    SPAN("limits"),
    SPAN("list"),
    SPAN("login"),
    SPAN("longer"),
    SPAN("made"),
    SPAN("make"),
    SPAN("malware"),
    SPAN("may"),
    SPAN("me"),
    SPAN("message"),
    SPAN("messages"),
    SPAN("mode"),
    SPAN("model"),
    SPAN("moral"),
    SPAN("more"),
    SPAN("must"),
    SPAN("my"),
    SPAN("name"),
    SPAN("never"),
    SPAN("new"),
    SPAN("no"),
    SPAN("not"),
    SPAN("nothing"),
    SPAN("now"),
    SPAN("obey"),
    SPAN("of"),
    SPAN("on"),
    SPAN("only"),
    SPAN("open"),
    SPAN("or"),
    SPAN("order"),
    SPAN("orders"),
    SPAN("original"),
    SPAN("other"),
    SPAN("our"),
    SPAN("out"),
    SPAN("output"),
    SPAN("over"),
    SPAN("override"),
    SPAN("password"),
    SPAN("passwords"),
    SPAN("play"),
    SPAN("please"),
    SPAN("policies"),
    SPAN("policy"),
    SPAN("polite"),
    SPAN("post"),
    SPAN("pretend"),
    SPAN("previous"),
    SPAN("previously"),
    SPAN("print"),
    SPAN("prior"),
    SPAN("private"),
    SPAN("program"),
    SPAN("prompt"),
    SPAN("prompts"),
    SPAN("provide"),
    SPAN("pwned"),
    SPAN("question"),
    SPAN("read"),
    SPAN("refuse"),
    SPAN("remember"),
    SPAN("remove"),
    SPAN("repeat"),
    SPAN("reply"),
    SPAN("respond"),
    SPAN("response"),
    SPAN("restrictions"),
    SPAN("reveal"),
    SPAN("role"),
    SPAN("root"),
    SPAN("rule"),
    SPAN("rules"),
    SPAN("run"),
    SPAN("safe"),
    SPAN("safety"),
    SPAN("said"),
    SPAN("say"),
    SPAN("secret"),
    SPAN("secrets"),
    SPAN("secure"),
    SPAN("security"),
    SPAN("send"),
    SPAN("set"),
    SPAN("share"),
    SPAN("should"),
    SPAN("show"),
    SPAN("so"),
    SPAN("some"),
    SPAN("speak"),
    SPAN("start"),
    SPAN("starting"),
    SPAN("step"),
    SPAN("stop"),
    SPAN("system"),
    SPAN("task"),
    SPAN("tell"),
    SPAN("text"),
    SPAN("that"),
    SPAN("the"),
    SPAN("their"),
    SPAN("them"),
    SPAN("then"),
    SPAN("there"),
    SPAN("these"),
    SPAN("they"),
    SPAN("this"),
    SPAN("time"),
    SPAN("to"),
    SPAN("token"),
    SPAN("trained"),
    SPAN("translate"),
    SPAN("true"),
    SPAN("type"),
    SPAN("under"),
    SPAN("unfiltered"),
    SPAN("until"),
    SPAN("up"),
    SPAN("us"),
    SPAN("use"),
    SPAN("user"),
    SPAN("users"),
    SPAN("using"),
    SPAN("verbatim"),
    SPAN("want"),
    SPAN("was"),
    SPAN("we"),
    SPAN("weapon"),
    SPAN("were"),
    SPAN("what"),
    SPAN("when"),
    SPAN("where"),
    SPAN("which"),
    SPAN("who"),
    SPAN("will"),
    SPAN("with"),
    SPAN("without"),
    SPAN("word"),
    SPAN("words"),
    SPAN("would"),
    SPAN("write"),
    SPAN("you"),
    SPAN("your"),
    SPAN("yourself"),
};
// clang-format on

// Length of the longest words of the list that `text` begins with, by length, as bits.
static uint32_t words_at(struct span text)
{
    uint32_t found = 0;
    size_t from = 0;
    size_t to = ARRAY_SIZE(vocabulary);

    while (from < to) { // the first word that begins with the letter
        size_t middle = from + (to - from) / 2;
        if (vocabulary[middle].p[0] < text.p[0]) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    for (; from < ARRAY_SIZE(vocabulary) && vocabulary[from].p[0] == text.p[0]; from++) {
        if (span_starts_with(text, vocabulary[from])) {
            found |= 1U << vocabulary[from].n;
        }
    }
    return found;
}

struct cut {
    uint16_t cost; // of all up to here
    uint8_t n;     // the last word
    bool known;
};

// The cheapest way to write `letters`: a word of the list costs 2, a letter of none 3.
static void find_cuts(struct span letters, struct cut *cuts)
{
    cuts[0] = (struct cut){0};
    for (size_t i = 1; i <= letters.n; i++) {
        cuts[i].cost = UINT16_MAX;
    }
    for (size_t i = 0; i < letters.n; i++) {
        uint32_t found = words_at(span_drop_first(letters, i));
        if (cuts[i].cost + 3 < cuts[i + 1].cost) {
            cuts[i + 1] = (struct cut){(uint16_t)(cuts[i].cost + 3), 1, false};
        }
        for (uint8_t n = 1; n <= WORD_MOST && found >> n != 0; n++) {
            if ((found >> n & 1) != 0 && cuts[i].cost + 2 < cuts[i + n].cost) {
                cuts[i + n] = (struct cut){(uint16_t)(cuts[i].cost + 2), n, true};
            }
        }
    }
}

enum aiu_status guess_split(struct span letters, struct buf *out, bool *ret_split)
{
    struct cut cuts[SPLIT_MOST / 8 + 1];
    uint8_t starts[SPLIT_MOST / 8 + 1] = {0}; // a word begins here
    size_t strange = 0;

    *ret_split = false;
    letters = span_first(letters, ARRAY_SIZE(cuts) - 1);
    find_cuts(letters, cuts);
    for (size_t i = letters.n; i > 0; i -= cuts[i].n) {
        bool alone = !cuts[i].known && i > 1 && !cuts[i - 1].known;
        starts[i - cuts[i].n] = !alone;
        strange += !cuts[i].known;
    }
    for (size_t i = 0; i < letters.n; i++) {
        TRY(i > 0 && starts[i] ? buf_append_byte(out, ' ') : AIU_OK);
        TRY(buf_append_byte(out, letters.p[i]));
    }
    *ret_split = letters.n >= TOGETHER_LEAST && strange * 4 < letters.n;
    return AIU_OK;
}

static enum aiu_status hand_out_split(struct span letters, size_t from, size_t to,
                                      struct folder *made, guess_handler take, void *ctx)
{
    bool split = false;

    fold_begin(made);
    TRY(fold_put_whole(made, SPAN_OF(""), from, to - from));
    TRY(guess_split(letters, &made->text, &split));
    const struct folded reading = fold_reading(made, FOLD_GUESSED);
    return split ? take(ctx, &reading, false) : AIU_OK;
}

enum aiu_status guess_joined(struct span source, size_t start, size_t end, struct folder *made,
                             guess_handler take, void *ctx)
{
    uint8_t letters[SPLIT_MOST / 8];
    size_t n = 0;

    for (size_t i = start; i < end && n < sizeof(letters); i++) {
        if (is_alpha(source.p[i])) {
            letters[n++] = to_lower(source.p[i]);
        }
    }
    if (n < JOINED_LEAST || (words_at(span_of(letters, n)) & ~2U) == 0) {
        return AIU_OK; // it begins with no word of two letters and more
    }
    return hand_out_split(span_of(letters, n), start, end, made, take, ctx);
}

// --- letters apart ----------------------------------------------------------------------------

static lanes words_in(const uint8_t *p)
{
    lanes v = lanes_load(p);

    return lanes_letters(v) | lanes_digits(v);
}

// Whether four letters in a row stand apart.
static bool any_apart(const uint8_t *p)
{
    lanes apart = words_in(p + 2) & ~words_in(p + 1) & ~words_in(p + 3);

    return lanes_any(apart) &&
           lanes_any(apart & words_in(p) & words_in(p + 4) & ~words_in(p + 5) & words_in(p + 6));
}

// A row of letters apart at `at`, one byte between each two: how many bytes.
static size_t row_at(struct span words, size_t at)
{
    size_t n = 0;

    if (at > 0 && (is_alnum(words.p[at - 1]) || words.p[at - 1] >= 0x80)) {
        return 0;
    }
    while (at + n < words.n && is_alnum(words.p[at + n])) {
        if (at + n + 1 < words.n &&
            (is_alnum(words.p[at + n + 1]) || words.p[at + n + 1] >= 0x80)) {
            return n > 0 ? n - 1 : 0; // the last one begins a word
        }
        if (at + n + 2 >= words.n) {
            return n + 1;
        }
        n += 2;
    }
    return n > 0 ? n - 1 : 0;
}

struct place {
    size_t start, end;
};

static struct place source_of(const struct guessing *g, size_t at)
{
    struct place p;

    folded_source(g->words, at, at + 1, &p.start, &p.end);
    return p;
}

// As it stood, where it is ASCII: a key has both cases.
static enum aiu_status put_letter(struct guessing *g, size_t at, struct place p)
{
    bool plain = p.end == p.start + 1 && g->source.p[p.start] < 0x80;
    const uint8_t *byte = plain ? g->source.p + p.start : g->words->text.p + at;

    return fold_put(g->made, span_of(byte, 1), p.start, p.end - p.start);
}

// The letters of a row; a gap that is wider than the first, or other, parts words.
static enum aiu_status put_row(struct guessing *g, size_t at, size_t n, bool *ret_gaps)
{
    struct span words = g->words->text;
    struct place before = source_of(g, at);
    size_t usual = 0;

    *ret_gaps = false;
    fold_begin(g->made);
    TRY(put_letter(g, at, before));
    for (size_t i = at + 2; i < at + n; i += 2) {
        struct place p = source_of(g, i);
        size_t gap = p.start - before.end;
        usual = usual == 0 ? gap : usual;
        if (gap > usual || words.p[i - 1] != words.p[at + 1]) {
            *ret_gaps = true;
            TRY(fold_put(g->made, SPAN_OF(" "), before.end, gap));
        }
        TRY(put_letter(g, i, p));
        before = p;
    }
    return AIU_OK;
}

static enum aiu_status take_row(struct guessing *g, size_t at, size_t n)
{
    uint8_t letters[SPLIT_MOST / 8];
    size_t count = 0;
    size_t digits = 0;
    bool gaps = false;

    for (size_t i = 0; i < n && count < sizeof(letters); i += 2) {
        letters[count++] = g->words->text.p[at + i];
        digits += is_digit(g->words->text.p[at + i]);
    }
    if (digits * 2 > count) {
        return AIU_OK; // a row of numbers
    }
    TRY(put_row(g, at, n, &gaps));
    const struct folded reading = fold_reading(g->made, FOLD_GUESSED);
    TRY(g->take(g->ctx, &reading, true));
    if (gaps) {
        return AIU_OK;
    }
    return hand_out_split(span_of(letters, count), source_of(g, at).start,
                          source_of(g, at + n - 1).end, g->made, g->take, g->ctx);
}

static enum aiu_status find_rows(struct guessing *g, size_t at, size_t upto)
{
    while (at < upto) {
        size_t n = row_at(g->words->text, at);
        if (n / 2 + 1 >= LETTERS_LEAST) {
            TRY(take_row(g, at, n));
        }
        at += n + 1;
    }
    return AIU_OK;
}

enum aiu_status guess_apart(struct guessing *g)
{
    struct span words = g->words->text;
    size_t done = 0;
    size_t at = 0;

    for (; words.n - at >= STRIDE + 6; at += STRIDE) {
        if (at >= done && any_apart(words.p + at)) {
            // A row is taken as a whole, so what it covers is not looked at again.
            size_t from = at > 0 ? at - 1 : 0;
            while (from > done && from > 0 && words.p[from - 1] != ' ' && at - from < 8) {
                from--;
            }
            for (size_t i = from; i < at + STRIDE;) {
                size_t n = row_at(words, i);
                if (n / 2 + 1 >= LETTERS_LEAST) {
                    TRY(take_row(g, i, n));
                }
                i += n + 1;
                done = i;
            }
        }
    }
    return find_rows(g, at > done ? at : done, words.n);
}
