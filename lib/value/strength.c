// The estimate: a sum of the cheapest descriptions, in sixteenths of a bit. Since it stops at 64
// bits and every step costs at least one, there are at most 64 steps, each linear in the length.
// SPDX-License-Identifier: MIT
#include "lib/value/strength.h"

#include "lib/base/ascii.h"
#include "lib/value/placeholder.h"
#include "lib/value/urltext.h"

#define BIT 16u // one bit in the unit of the estimate

#define RUN_MIN 4         // shorter repeats, sequences and copies happen by chance
#define COPY_DISTANCE 256 // how far back a copy is looked for
#define COPY_COST (8 * BIT)
#define KEYBOARD_COST (6 * BIT)
#define WORD_COST (13 * BIT) // a diceware word: log2(6^5)
#define JOINT_COST (1 * BIT) // the same mark between words once more
#define WORD_LONG 8          // letters that this pays for; each further one costs two bits

struct scan {
	const uint8_t *at;
	size_t length;
	unsigned literal; // what one byte costs
	bool is_hex;      // hex digits only: no words in there
};

// A description of the next `length` bytes and what it costs.
struct match {
	size_t length;
	unsigned cost;
};

// The logarithm to base 2 in sixteenths, rounded down.
static unsigned log2_sixteenths(size_t number)
{
	unsigned whole = 63 - (unsigned)__builtin_clzll(number | 1);
	uint64_t mantissa = whole >= 16 ? (uint64_t)number >> (whole - 16)
					: (uint64_t)number << (16 - whole); // 1.0 is 1 << 16
	unsigned result = whole;

	for (int i = 0; i < 4; i++) { // each squaring gives one bit of the fraction
		mantissa = mantissa * mantissa >> 16;
		result <<= 1;
		if (mantissa >> 17) {
			mantissa >>= 1;
			result |= 1;
		}
	}
	return result;
}

static int lower(int c)
{
	return ascii_is_upper(c) ? c + 32 : c;
}

// Followers of each letter that are common in English.
static const char *const followers[26] = {"bcdfgiklmnprstuvwy", "aeiloruy", "aehikloqrtuy",
	"adeilorsuy", "acdefgilmnprstvwxy", "aefiloruty", "aehilnorsu", "aeioruty",
	"abcdefgklmnoprstvz", "aeou", "aeilnsy", "adefiklopstuvy", "abeimopsuy", "acdefgiknostuvy",
	"bcdfgiklmnoprstuvwx", "aehiloprstuy", "u", "abcdegiklmnoprstuvy", "aceihklmnopqstuwy",
	"acehilorstuwy", "abcdefgilmnprst", "aeio", "aehilnors", "aceipt", "abeilmnoprst", "aeioz"};

static bool is_common_pair(int first, int second)
{
	return strchr(followers[lower(first) - 'a'], lower(second)) != NULL;
}

// Something that goes on for `length` bytes; what is too short to pay is not reckoned up.
static struct match match_of(size_t length, unsigned cost)
{
	return (struct match){length, length < RUN_MIN ? 0 : cost + log2_sixteenths(length)};
}

static struct match match_run(const struct scan *scan, size_t i)
{
	size_t end = i + 1;

	while (end < scan->length && scan->at[end] == scan->at[i])
		end++;
	return match_of(end - i, scan->literal);
}

static struct match match_sequence(const struct scan *scan, size_t i)
{
	size_t end = i + 1;
	int step = end < scan->length ? scan->at[end] - scan->at[i] : 0;

	if (step == 1 || step == -1)
		while (end < scan->length && scan->at[end] - scan->at[end - 1] == step)
			end++;
	return match_of(end - i, scan->literal + BIT);
}

// The place of a key on the keyboard: its row times 16 plus its column, both from 1; 0: none.
// clang-format off
static const uint8_t key_places[256] = {
	['1'] = 17, ['2'] = 18, ['3'] = 19, ['4'] = 20, ['5'] = 21,
	['6'] = 22, ['7'] = 23, ['8'] = 24, ['9'] = 25, ['0'] = 26,
	['q'] = 33, ['w'] = 34, ['e'] = 35, ['r'] = 36, ['t'] = 37,
	['y'] = 38, ['u'] = 39, ['i'] = 40, ['o'] = 41, ['p'] = 42,
	['a'] = 49, ['s'] = 50, ['d'] = 51, ['f'] = 52, ['g'] = 53,
	['h'] = 54, ['j'] = 55, ['k'] = 56, ['l'] = 57,
	['z'] = 65, ['x'] = 66, ['c'] = 67, ['v'] = 68, ['b'] = 69, ['n'] = 70, ['m'] = 71,
};
// clang-format on

static int key_place(uint8_t c)
{
	return key_places[lower(c)];
}

static struct match match_keyboard(const struct scan *scan, size_t i)
{
	size_t end = i + 1;
	int place = key_place(scan->at[i]);
	int step = end < scan->length && place ? key_place(scan->at[end]) - place : 0;

	if (step == 1 || step == -1)
		while (end < scan->length && key_place(scan->at[end]) == place + step) {
			place += step;
			end++;
		}
	return match_of(end - i, KEYBOARD_COST);
}

// The longest text that stood before; it may run into itself, as abcabcabc does.
static struct match match_copy(const struct scan *scan, size_t i)
{
	size_t best = 0, farthest = i < COPY_DISTANCE ? i : COPY_DISTANCE;

	for (size_t back = 1; back <= farthest; back++) {
		size_t length = 0;

		if (i + best >= scan->length || scan->at[i + best] != scan->at[i + best - back])
			continue; // cannot be longer than the best
		while (i + length < scan->length &&
			scan->at[i + length] == scan->at[i + length - back])
			length++;
		if (length > best)
			best = length;
	}
	return match_of(best, COPY_COST);
}

// A word begins at a letter after something else, or at a capital after a small letter.
static bool is_word_start(const struct scan *scan, size_t i)
{
	return ascii_is_letter(scan->at[i]) &&
	       (i == 0 || !ascii_is_letter(scan->at[i - 1]) ||
		       (scan->at[i] < 'a' && scan->at[i - 1] >= 'a'));
}

// Letters whose neighbours are those of English words.
static struct match match_word(const struct scan *scan, size_t i)
{
	size_t end, common = 0, length, pairs;
	unsigned cost = WORD_COST;

	if (scan->is_hex || !is_word_start(scan, i))
		return (struct match){0, 0};
	for (end = i + 1; end < scan->length && ascii_is_letter(scan->at[end]); end++) {
		if (is_word_start(scan, end))
			break;
		common += is_common_pair(scan->at[end - 1], scan->at[end]);
	}
	length = end - i;
	pairs = length - 1;
	if (length < RUN_MIN || common * 20 < pairs * 17)
		return (struct match){0, 0};
	if (length > WORD_LONG)
		cost += (unsigned)(length - WORD_LONG < STRENGTH_BITS_MIN ? length - WORD_LONG
									  : STRENGTH_BITS_MIN) *
			2 * BIT;
	return (struct match){length, cost};
}

// A mark that stood before, behind a letter and before one: it joins words, as in a-b-c.
static bool is_known_joint(const struct scan *scan, size_t i)
{
	uint8_t c = scan->at[i];

	return i > 0 && i + 1 < scan->length && c > 0 && c < 0x7F && strchr(" -_.,", c) &&
	       ascii_is_letter(scan->at[i - 1]) && ascii_is_letter(scan->at[i + 1]) &&
	       memchr(scan->at, c, i);
}

// The description that saves most against writing the bytes out.
static struct match cheapest(const struct scan *scan, size_t i)
{
	static struct match (*const kinds[])(const struct scan *scan, size_t i) = {
		match_run, match_sequence, match_keyboard, match_copy, match_word};
	struct match best = {1, scan->literal};
	uint64_t saved = 0;

	if (is_known_joint(scan, i))
		return (struct match){1, JOINT_COST};
	for (size_t kind = 0; kind < ARRAY_SIZE(kinds); kind++) {
		struct match match = kinds[kind](scan, i);
		uint64_t written = (uint64_t)match.length * scan->literal;

		if (match.length < RUN_MIN || written <= match.cost + saved)
			continue;
		best = match;
		saved = written - match.cost;
	}
	return best;
}

// The classes of a byte: whose alphabet it is of, and whether it is a digit of hex in small or in
// capital letters.
enum byte_class {
	CLASS_LOW = 1,
	CLASS_HIGH = 2,
	CLASS_DIGIT = 4,
	CLASS_MARK = 8,
	CLASS_BINARY = 16,
	CLASS_HEX_LOW = 32,
	CLASS_HEX_HIGH = 64,
};
// clang-format off
static const uint8_t classes[256] = {
	[0x00 ... 0x1F] = CLASS_BINARY, [0x7F ... 0xFF] = CLASS_BINARY,
	[' ' ... '/'] = CLASS_MARK, [':' ... '@'] = CLASS_MARK, ['[' ... '`'] = CLASS_MARK,
	['{' ... '~'] = CLASS_MARK,
	['0' ... '9'] = CLASS_DIGIT | CLASS_HEX_LOW | CLASS_HEX_HIGH,
	['a' ... 'f'] = CLASS_LOW | CLASS_HEX_LOW, ['g' ... 'z'] = CLASS_LOW,
	['A' ... 'F'] = CLASS_HIGH | CLASS_HEX_HIGH, ['G' ... 'Z'] = CLASS_HIGH,
};
// clang-format on

// Bytes of an alphabet that a value draws from, by the classes seen in it.
static unsigned alphabet_size(bool is_hex, unsigned any, unsigned distinct)
{
	unsigned size = 0;

	if (is_hex)
		size = 16;
	else
		size = (any & CLASS_LOW ? 26u : 0) + (any & CLASS_HIGH ? 26u : 0) +
		       (any & CLASS_MARK ? 33u : 0) + (any & CLASS_DIGIT ? 10u : 0) +
		       (any & CLASS_BINARY ? 161u : 0);
	if ((any & ~(unsigned)(CLASS_HEX_LOW | CLASS_HEX_HIGH)) == CLASS_DIGIT)
		size = 10;
	// few distinct bytes in a long text: it does not use the alphabet that it seems to
	if (distinct <= 4)
		return distinct > 2 ? distinct : 2;
	return size < 3 * distinct ? size : 3 * distinct;
}

static struct scan scan_of(struct secret value)
{
	struct scan scan = {.at = secret_bytes(value), .length = value.length};
	unsigned any = 0, all = CLASS_HEX_LOW | CLASS_HEX_HIGH, distinct = 0;
	uint64_t seen[4] = {0};

	for (size_t i = 0; i < scan.length; i++) {
		uint8_t c = scan.at[i];

		any |= classes[c];
		all &= classes[c];
		seen[c / 64] |= UINT64_C(1) << c % 64;
	}
	for (size_t i = 0; i < ARRAY_SIZE(seen); i++)
		distinct += (unsigned)__builtin_popcountll(seen[i]);
	scan.is_hex = all != 0;
	scan.literal = log2_sixteenths(alphabet_size(scan.is_hex, any, distinct));
	return scan;
}

unsigned strength_bits(struct secret value)
{
	struct secret password;
	struct scan scan;
	unsigned cost = 0;

	if (urltext_password(value, &password))
		value = password;
	scan = scan_of(value);
	for (size_t i = 0; i < scan.length && cost < STRENGTH_BITS_MIN * BIT;) {
		struct match match = cheapest(&scan, i);

		cost += match.cost;
		i += match.length;
	}
	return cost < STRENGTH_BITS_MIN * BIT ? cost / BIT : STRENGTH_BITS_MIN;
}

bool strength_is_weak(struct secret value)
{
	return value.length < STRENGTH_LENGTH_MIN || strength_bits(value) < STRENGTH_BITS_MIN ||
	       placeholder_is_known(value);
}
