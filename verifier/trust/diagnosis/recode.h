// Writes a value in another encoding, as respell.h in other signs: base64, hex, percent signs,
// Unicode forms, or as its hash.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_DIAGNOSIS_RECODE_H
#define VERIFIER_TRUST_DIAGNOSIS_RECODE_H

#include "verifier/trust/diagnosis/respell.h"

enum recode_unicode { RECODE_NFC, RECODE_NFD, RECODE_NFKC, RECODE_NFKD };
enum recode_hash { RECODE_HASH_RAW, RECODE_HASH_HEX, RECODE_HASH_BASE64 };

// base64 or base64url to bytes.
respell_make recode_decode64;
// To libsodium's variant `number` of base64.
respell_make recode_encode64;
// Hex to bytes, up to what is none.
respell_make recode_decode16;
// To hex with the digits `a`.
respell_make recode_encode16;
// base64 text with `b` for `a`, and with the `=` at its end that make it whole (number 1), or with
// none.
respell_make recode_repad;
// %XX to bytes, and + to `number`.
respell_make recode_percent_decode;
// As encodeURIComponent() writes it.
respell_make recode_percent_encode;
// As String(bytes) writes an array in JavaScript: "115,101,99".
respell_make recode_decimal;
// In the enum recode_unicode `number`; none where all is ASCII.
respell_make recode_normalise;
// Each byte taken for a character of Latin-1 and written as UTF-8.
respell_make recode_from_latin1;
// `a`, then each character as `number` bytes: of 1 its lowest one, as Latin-1; 2 is UTF-16.
respell_make recode_to_units;
// The SHA-256 ("256") or SHA-512 ("512") of it, as an enum recode_hash in `number` says.
respell_make recode_hash;

#endif
