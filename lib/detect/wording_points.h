// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// How evidence adds up: each rule that found a phrase gives its strength once, the model what its
// score is worth. What is needed depends on whose words they are. The trainer calibrates with the
// same sums.
#pragma once

#include <stdbool.h>

enum {
    POINTS_USER = 100,    // needed to flag what a user says
    POINTS_FOREIGN = 75,  // what a tool or a document says
    POINTS_OF_SCORE = 33, // of one unit of the model's score
    POINTS_MODEL = 150,   // most of the model
    POINTS_AGAINST = -20, // most that a harmless score takes from weak evidence
};

// Of the model: POINTS_USER at its threshold.
static inline int points_of_score(float score, float threshold)
{
    float points = (float)POINTS_USER + (float)POINTS_OF_SCORE * (score - threshold);

    if (points > (float)POINTS_MODEL) {
        return POINTS_MODEL;
    }
    return points < (float)POINTS_AGAINST ? POINTS_AGAINST : (int)points;
}

// Together. What phrases alone suffice for stands, whatever the model says.
static inline int points_joined(int phrases, int model, int needed)
{
    return phrases >= needed && model < 0 ? phrases : phrases + model;
}
