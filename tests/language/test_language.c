// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// S52: the language of a prompt, or nothing where it is not sure.
#include "language/language.h"

#include "test.h"

static void s52_the_language_of_ordinary_sentences_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *text, *code;
    } cases[] = {
        {"Could you please explain to me how the weather in the mountains changes so fast?", "en"},
        {"Kannst du mir bitte erklären, warum sich das Wetter in den Bergen so schnell ändert?",
         "de"},
        {"Pouvez-vous m'expliquer pourquoi le temps change si vite dans les montagnes ?", "fr"},
        {"¿Puedes explicarme por qué el tiempo cambia tan rápido en las montañas?", "es"},
        {"Puoi spiegarmi perché il tempo in montagna cambia così velocemente ogni giorno?", "it"},
        {"Kun je me uitleggen waarom het weer in de bergen zo snel verandert?", "nl"},
        {"Czy możesz mi wyjaśnić, dlaczego pogoda w górach tak szybko się zmienia?", "pl"},
        {"Объясни мне, пожалуйста, почему погода в горах меняется так быстро?", "ru"},
        {"Dağlarda havanın neden bu kadar hızlı değiştiğini bana açıklayabilir misin?", "tr"},
        {"هل يمكنك أن تشرح لي لماذا يتغير الطقس في الجبال بهذه السرعة؟", "ar"},
        {"התוכל להסביר לי מדוע מזג האוויר בהרים משתנה כל כך מהר?", "he"},
        {"请你向我解释一下为什么山里的天气变化得这么快?", "zh"},
        {"山の天気がどうしてこんなに早く変わるのか説明してくれますか。", "ja"},
        {"산의 날씨가 왜 이렇게 빨리 변하는지 설명해 주시겠어요?", "ko"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const char *code = language_guess(span_str(cases[i].text));
        if (code == NULL || strcmp(code, cases[i].code) != 0) {
            fail_msg("%s is taken for %s", cases[i].code, code == NULL ? "nothing" : code);
        }
    }
}

static void s52_there_is_no_language_where_it_is_not_sure(void **state)
{
    (void)state;
    static const struct span texts[] = {
        SPAN(""),
        SPAN(" "),
        SPAN("ok"),
        SPAN("4111 1111 1111 1111"),
        SPAN("{\"a\":[1,2,3]}"),
        SPAN("\xFF\xFE broken \xC3 text that is no valid encoding of anything at all"),
        SPAN("xqzt vwkp bnrg dfjh lmcs"),
    };

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        assert_null(language_guess(texts[i]));
    }
}

static void a_long_text_is_read_up_to_a_bound_and_never_inside_a_character(void **state)
{
    (void)state;
    CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 20);

    for (size_t shift = 0; shift < 4; shift++) {
        buf_reset(&text);
        assert_ok(buf_append(&text, span_first(SPAN_OF("...."), shift)));
        while (text.n < LANGUAGE_MOST + 100) {
            assert_ok(buf_append(&text, SPAN_OF("погода в горах меняется быстро, и никто не "
                                                "знает почему. ")));
        }
        assert_string_equal(language_guess(buf_span(&text)), "ru");
    }
}

TEST_MAIN(s52_the_language_of_ordinary_sentences_is_told,
          s52_there_is_no_language_where_it_is_not_sure,
          a_long_text_is_read_up_to_a_bound_and_never_inside_a_character)
