// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The only file in C++: the detector has no other face.
#include "language/detector.h"

#include <cstdio> // the detector's header needs it
#include <cstring>

#include <cld2/public/compact_lang_det.h>
#include <cld2/public/encodings.h>

namespace
{

enum { SHARE_LEAST = 70 }; // percent of the text that one language has

// Two letters as ISO 639-1 has them now; the detector knows some by older names.
const char *code_of(CLD2::Language language)
{
    static const struct {
        const char *old, *now;
    } renamed[] = {{"iw", "he"}, {"jw", "jv"}, {"mo", "ro"}, {"zh-Hant", "zh"}, {"sr-ME", "sr"}};
    const char *code = CLD2::LanguageCode(language);

    for (const auto &r : renamed) {
        if (std::strcmp(code, r.old) == 0) {
            return r.now;
        }
    }
    return std::strlen(code) == 2 ? code : nullptr;
}

} // namespace

const char *detector_guess(const char *text, int n)
{
    CLD2::Language top[3] = {CLD2::UNKNOWN_LANGUAGE, CLD2::UNKNOWN_LANGUAGE,
                             CLD2::UNKNOWN_LANGUAGE};
    const CLD2::CLDHints hints = {nullptr, nullptr, CLD2::UNKNOWN_ENCODING, CLD2::UNKNOWN_LANGUAGE};
    int percent[3] = {0};
    double scores[3] = {0};
    int bytes = 0;
    bool reliable = false;
    int valid = 0;

    (void)CLD2::ExtDetectLanguageSummaryCheckUTF8(text, n, true, &hints, 0, top, percent, scores,
                                                  nullptr, &bytes, &reliable, &valid);
    bool sure = reliable && valid == n && percent[0] >= SHARE_LEAST;
    return sure && top[0] != CLD2::UNKNOWN_LANGUAGE ? code_of(top[0]) : nullptr;
}
