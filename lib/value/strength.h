// How hard a secret is to guess, by a cautious estimate: text that can be described shortly is
// weak, however long it is. For a weak secret neither length nor fingerprint may be shown.
// SPDX-License-Identifier: MIT
#ifndef LIB_VALUE_STRENGTH_H
#define LIB_VALUE_STRENGTH_H

#include "lib/base/base.h"
#include "lib/base/secret.h"

#define STRENGTH_LENGTH_MIN 16 // bytes
#define STRENGTH_BITS_MIN 64

// Estimates the bits that a guesser must find, counting up to STRENGTH_BITS_MIN and no further.
// The value is read from left to right, each step taking the cheapest description of what comes
// next: a byte (the logarithm of the alphabet in use), a run of one byte, a sequence (abc, 321),
// keys that lie side by side (qwerty), a copy of what stood before, or an English word (13 bits,
// what a diceware word is worth). Of a URL with a password only the password counts.
unsigned strength_bits(struct secret value);

// Whether it has under 16 bytes, under 64 bits, or is a known placeholder. So is the four-word
// passphrase "correct horse battery staple"; six words drawn by lot are not.
bool strength_is_weak(struct secret value);

#endif
