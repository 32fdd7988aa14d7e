// Which places of the text whole words reach, one byte after the other.
// SPDX-License-Identifier: MIT
#include "lib/value/placeholder_words.h"

#include "lib/base/ascii.h"
#include "lib/value/placeholder.h"

// The words of which such texts are made, by their first letter. A text of these alone is a
// placeholder when one of them is telling and there are two at least; joined without a mark they
// count as well.
// clang-format off
static const char *const telling_words[26] = {
	['c' - 'a'] = "change changed changeme",
	['d' - 'a'] = "dummy",
	['e' - 'a'] = "example",
	['f' - 'a'] = "fake fallback fixme",
	['i' - 'a'] = "insecure insert",
	['p' - 'a'] = "pass passphrase passwd password placeholder",
	['r' - 'a'] = "replace",
	['s' - 'a'] = "sample secret secrets",
	['t' - 'a'] = "todo",
	['u' - 'a'] = "unsafe",
	['y' - 'a'] = "your",
};
static const char *const filling_words[26] = {
	['a' - 'a'] = "a access add admin aes an and api app application at auth authentication",
	['b' - 'a'] = "backend base64 be before bit bits byte bytes",
	['c' - 'a'] = "char character characters chars client complex cookie csrf",
	['d' - 'a'] = "database db default demo deployment dev development do dont",
	['e' - 'a'] = "encoded encrypt encryption enter env environment",
	['f' - 'a'] = "for frontend",
	['g' - 'a'] = "generate generated guess",
	['h' - 'a'] = "hard hash here hex hs256 hs512",
	['i' - 'a'] = "in is it",
	['j' - 'a'] = "jws jwt",
	['k' - 'a'] = "key keys",
	['l' - 'a'] = "least local localhost long longer",
	['m' - 'a'] = "max me min minimum mode must my",
	['n' - 'a'] = "new next nextauth no not",
	['o' - 'a'] = "oauth of old only or our own",
	['p' - 'a'] = "please postgres private prod production public put",
	['r' - 'a'] = "random really redis refresh root",
	['s' - 'a'] = ("safe salt secure security server session set sha256 shared should sign "
		       "signature signing some staging string strong super"),
	['t' - 'a'] = "temp temporary test testing tests that the this to token tokens",
	['u' - 'a'] = "ultra unique use used user using",
	['v' - 'a'] = "value variable very",
	['w' - 'a'] = "webhook with",
	['x' - 'a'] = "x",
};
// clang-format on

// More digits than a year and a length are no decoration.
#define DIGITS_MAX 8

// How a place in the text can be reached by whole words.
enum reach {
	REACH_START = 1, // no word yet
	REACH_FILL = 2,  // words, none of them telling
	REACH_TOLD = 4,  // one word, telling
	REACH_KNOWN = 8, // two words or more, one of them telling
};

static unsigned step(unsigned from, bool telling)
{
	unsigned to = 0;

	if (from & REACH_START)
		to |= telling ? REACH_TOLD : REACH_FILL;
	if (from & REACH_FILL)
		to |= telling ? REACH_KNOWN : REACH_FILL;
	if (from & (REACH_TOLD | REACH_KNOWN))
		to |= REACH_KNOWN;
	return to;
}

// Carries the reach of one place on over each of the words that stands there.
static void extend(
	struct secret text, size_t i, const char *words, bool telling, unsigned char *reach)
{
	const uint8_t *at = secret_bytes(text) + i;
	size_t left = text.length - i;

	while (words && *words) { // by hand: most differ at their second letter
		size_t same = 0;

		while (same < left && words[same] > ' ' && (uint8_t)words[same] == at[same])
			same++;
		words += same;
		if (*words <= ' ')
			reach[i + same] |= (unsigned char)step(reach[i], telling);
		while (*words > ' ')
			words++;
		words += *words == ' ';
	}
}

bool placeholder_words_make(struct secret text)
{
	unsigned char reach[PLACEHOLDER_MAX + 1] = {REACH_START};
	size_t digits = 0;

	for (size_t i = 0; i < text.length; i++) {
		uint8_t c = secret_bytes(text)[i];
		bool digit = ascii_is_digit(c);

		digits += digit;
		if (!reach[i])
			continue;
		if (digit || (c >= ' ' && c < 0x7F && !ascii_is_lower(c)))
			reach[i + 1] |= reach[i]; // a mark or a number changes nothing
		if (!ascii_is_lower(c))
			continue;
		extend(text, i, telling_words[c - 'a'], true, reach);
		extend(text, i, filling_words[c - 'a'], false, reach);
	}
	return digits <= DIGITS_MAX && (reach[text.length] & REACH_KNOWN);
}
