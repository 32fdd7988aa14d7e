// Judges claims: their types, then the times, the issuer, the audience, and what the profile
// requires and forwards. The signature was judged before, by token.c.
// SPDX-License-Identifier: MIT
#include "verifier/trust/token/claims.h"

#include "lib/base/text.h"
#include "verifier/trust/token/token.h"

#include <inttypes.h>
#include <math.h>

#define WANTED_MAX (TOKEN_CLAIM_COUNT + 2 * PROFILE_LIST_MAX)
#define SHOWN_SIZE 68 // of what a token says, in a detail
#define SPAN_SIZE 40
#define TIME_SIZE 128
#define MS_PER_S 1000

static const char *const known_names[TOKEN_CLAIM_COUNT] = {
	[TOKEN_ISS] = "iss",
	[TOKEN_SUB] = "sub",
	[TOKEN_AUD] = "aud",
	[TOKEN_EXP] = "exp",
	[TOKEN_NBF] = "nbf",
	[TOKEN_IAT] = "iat",
	[TOKEN_JTI] = "jti",
};

static const char *const type_names[] = {
	[STRICTJSON_ABSENT] = "missing",
	[STRICTJSON_NULL] = "null",
	[STRICTJSON_FALSE] = "false",
	[STRICTJSON_TRUE] = "true",
	[STRICTJSON_NUMBER] = "a number",
	[STRICTJSON_STRING] = "a string",
	[STRICTJSON_ARRAY] = "an array",
	[STRICTJSON_OBJECT] = "an object",
};

// A judgement in progress. Times are milliseconds as doubles: exact to the year 9999.
struct judging {
	const struct profile_rules *rules;
	const struct token_options *options;
	struct token_verdict *verdict;
	double now, exp, nbf, iat;
};

#define NO_DATE NAN // compares as false with everything

static const struct strictjson_value *known(const struct judging *it, enum token_claim claim)
{
	return &it->verdict->known[claim].value;
}

static bool is_there(const struct strictjson_value *value)
{
	return value->type != STRICTJSON_ABSENT && value->type != STRICTJSON_NULL;
}

// ---- reading

// The place of a claim among those that the reader is asked for; a new one when it is not yet
// there.
static size_t want(struct strictjson_member *wanted, size_t *count, const char *name)
{
	size_t i = 0;

	while (i < *count && strcmp(wanted[i].name, name) != 0)
		i++;
	if (i == *count)
		wanted[(*count)++].name = name;
	return i;
}

// Each name is asked for once, whatever lists it is on.
static bool read_claims(const struct profile_rules *rules, struct token_verdict *verdict)
{
	struct strictjson_member wanted[WANTED_MAX];
	uint8_t required[PROFILE_LIST_MAX] = {0}, forwarded[PROFILE_LIST_MAX] = {0};
	enum strictjson_result result;
	size_t count = 0, at;

	for (; count < TOKEN_CLAIM_COUNT; count++)
		wanted[count].name = known_names[count];
	for (size_t i = 0; i < rules->require.count; i++)
		required[i] = (uint8_t)want(wanted, &count, rules->require.items[i]);
	for (size_t i = 0; i < rules->forward.count; i++)
		forwarded[i] = (uint8_t)want(wanted, &count, rules->forward.items[i]);
	result = strictjson_object(verdict->claims, verdict->claims_length, wanted, count, &at);
	memcpy(verdict->known, wanted, sizeof(verdict->known));
	for (size_t i = 0; i < rules->require.count; i++)
		verdict->required[i] = wanted[required[i]];
	for (size_t i = 0; i < rules->forward.count; i++)
		verdict->forwarded[i] = wanted[forwarded[i]];
	return result == STRICTJSON_OK ||
	       token_refuse_json(verdict, result, TOKEN_CLAIMS, "payload", at);
}

// ---- showing

// What a STRING says, with quotes; of others their type.
static const char *show(const struct strictjson_value *value, char out[static SHOWN_SIZE])
{
	if (value->type != STRICTJSON_STRING)
		return type_names[value->type];
	out[0] = '"';
	(void)strictjson_show(value, out + 1, SHOWN_SIZE - 2);
	memcpy(out + strlen(out), "\"", 2);
	return out;
}

// A time as RFC 3339 writes it, in UTC; from days since 1970 to a date by eras of 400 years.
static const char *show_time(double ms, char out[static TIME_SIZE])
{
	int64_t seconds = (int64_t)(ms / MS_PER_S), of_day = seconds % 86400;
	int64_t days = seconds / 86400 + 719468; // since 0000-03-01
	int64_t era = days / 146097, of_era = days % 146097;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * of_year + 2) / 153, day = of_year - (153 * month + 2) / 5 + 1;

	if (ms < 0)
		return "before 1970";
	month += month < 10 ? 3 : -9;
	year += era * 400 + (month <= 2);
	(void)snprintf(out, TIME_SIZE,
		"%04" PRId64 "-%02" PRId64 "-%02" PRId64 "T%02" PRId64 ":%02" PRId64 ":%02" PRId64
		"Z",
		year, month, day, of_day / 3600, of_day / 60 % 60, of_day % 60);
	return out;
}

static const char *show_span(uint64_t ms, char out[static SPAN_SIZE])
{
	if (ms % MS_PER_S == 0)
		(void)snprintf(out, SPAN_SIZE, "%" PRIu64 " s", ms / MS_PER_S);
	else
		(void)snprintf(out, SPAN_SIZE, "%" PRIu64 " ms", ms);
	return out;
}

// ---- times

static bool refuse_time(struct judging *it, enum token_code code, const char *what, double time)
{
	bool ago = code == TOKEN_E_EXPIRED;
	double away = ago ? it->now - time : time - it->now;
	uint64_t leeway_ms =
		code == TOKEN_E_FUTURE ? TOKEN_FUTURE_S * MS_PER_S : it->rules->leeway_ms;
	char leeway[SPAN_SIZE], when[TIME_SIZE], span[TEXT_SPAN_SIZE];

	return token_refuse(it->verdict, code, TOKEN_CLAIMS, "%s %s %s %s %s (leeway %s)", what,
		show_time(time, when), ago ? "was" : "is",
		text_span(span, (double)(int64_t)(away / MS_PER_S)), ago ? "ago" : "ahead",
		show_span(leeway_ms, leeway));
}

static bool read_date(struct judging *it, enum token_claim claim, double *ret_ms)
{
	const struct strictjson_value *value = known(it, claim);
	double seconds;

	*ret_ms = NO_DATE;
	if (value->type == STRICTJSON_ABSENT)
		return true;
	if (!strictjson_number(value, &seconds))
		return token_refuse(it->verdict, TOKEN_E_CLAIM_INVALID, TOKEN_CLAIMS,
			"%s is %s, not a number of seconds", known_names[claim],
			type_names[value->type]);
	if (!(seconds <= (double)TOKEN_DATE_MAX && seconds >= -(double)TOKEN_DATE_MAX))
		return token_refuse(it->verdict, TOKEN_E_CLAIM_INVALID, TOKEN_CLAIMS,
			"%s %.*s is %s%s", known_names[claim], (int)value->length, value->text,
			seconds < 0 ? "long before 1970" : "after the year 9999",
			seconds > 0 && seconds / MS_PER_S <= (double)TOKEN_DATE_MAX
				? "; it must be seconds, and looks like milliseconds"
				: "");
	*ret_ms = seconds * MS_PER_S;
	return true;
}

static bool judge_age(struct judging *it)
{
	double end = it->iat + (double)it->rules->max_age_ms;

	if (!it->rules->max_age_ms)
		return true;
	if (isnan(it->iat))
		return token_refuse(it->verdict, TOKEN_E_CLAIM_MISSING, TOKEN_CLAIMS,
			"it has no iat, which max_age of profile %s needs", it->rules->name);
	if (it->now < end + (double)it->rules->leeway_ms)
		return true;
	return refuse_time(it, TOKEN_E_EXPIRED, "iat + max_age", end);
}

// On or after exp it has expired (RFC 7519 section 4.1.4); at nbf it is valid (section 4.1.5).
static bool judge_times(struct judging *it)
{
	double leeway = (double)it->rules->leeway_ms;

	if (!read_date(it, TOKEN_EXP, &it->exp) || !read_date(it, TOKEN_NBF, &it->nbf) ||
		!read_date(it, TOKEN_IAT, &it->iat))
		return false;
	if (!isnan(it->exp)) {
		double left = (it->exp - it->now) / MS_PER_S;

		it->verdict->expires_in_s = left > 0 ? (int64_t)left : 0;
		if (!(it->now < it->exp + leeway))
			return refuse_time(it, TOKEN_E_EXPIRED, "exp", it->exp);
	}
	if (it->nbf > it->now + leeway)
		return refuse_time(it, TOKEN_E_NOT_YET, "nbf", it->nbf);
	if (!it->options->may_be_ahead && it->iat > it->now + (double)TOKEN_FUTURE_S * MS_PER_S)
		return refuse_time(it, TOKEN_E_FUTURE, "iat", it->iat);
	return judge_age(it);
}

// ---- issuer, audience, and what the profile lists

static bool judge_strings(struct judging *it)
{
	static const enum token_claim strings[] = {TOKEN_ISS, TOKEN_SUB, TOKEN_JTI};

	for (size_t i = 0; i < ARRAY_SIZE(strings); i++) {
		enum strictjson_type type = known(it, strings[i])->type;

		if (type != STRICTJSON_ABSENT && type != STRICTJSON_STRING)
			return token_refuse(it->verdict, TOKEN_E_CLAIM_INVALID, TOKEN_CLAIMS,
				"%s is %s, not a string", known_names[strings[i]],
				type_names[type]);
	}
	return true;
}

static bool judge_issuer(struct judging *it)
{
	const struct strictjson_value *iss = known(it, TOKEN_ISS);
	const char *issuer = it->rules->issuer;
	char shown[SHOWN_SIZE];

	if (!issuer)
		return true;
	if (iss->type == STRICTJSON_ABSENT)
		return token_refuse(it->verdict, TOKEN_E_CLAIM_MISSING, TOKEN_CLAIMS,
			"it has no iss, and profile %s wants \"%.64s\"", it->rules->name, issuer);
	if (strictjson_is(iss, issuer, strlen(issuer)))
		return true;
	return token_refuse(it->verdict, TOKEN_E_ISS, TOKEN_CLAIMS,
		"iss is %s, and profile %s wants \"%.64s\"", show(iss, shown), it->rules->name,
		issuer);
}

// Which audiences aud names: one of the profile's, and the one that was asked for.
struct audiences {
	bool ours, asked;
};

static bool judge_name(
	struct judging *it, const struct strictjson_value *name, struct audiences *found)
{
	const struct profile_list *list = &it->rules->audience;
	const struct token_options *options = it->options;

	if (name->type != STRICTJSON_STRING)
		return token_refuse(it->verdict, TOKEN_E_CLAIM_INVALID, TOKEN_CLAIMS,
			"aud holds %s; each item must be a string", type_names[name->type]);
	for (size_t i = 0; i < list->count && !found->ours; i++)
		found->ours = strictjson_is(name, list->items[i], strlen(list->items[i]));
	if (options->audience && !found->asked)
		found->asked = strictjson_is(name, options->audience, options->audience_length);
	return true;
}

static bool read_audience(struct judging *it, struct audiences *found)
{
	const struct strictjson_value *aud = known(it, TOKEN_AUD);
	struct strictjson_value item;
	size_t cursor = 0;

	if (aud->type == STRICTJSON_ABSENT)
		return true;
	if (aud->type == STRICTJSON_STRING)
		return judge_name(it, aud, found);
	if (aud->type != STRICTJSON_ARRAY)
		return token_refuse(it->verdict, TOKEN_E_CLAIM_INVALID, TOKEN_CLAIMS,
			"aud is %s, neither a string nor an array of strings",
			type_names[aud->type]);
	while (strictjson_next(aud, &cursor, NULL, &item))
		if (!judge_name(it, &item, found))
			return false;
	return true;
}

static bool refuse_audience(struct judging *it, const char *wanted, size_t length)
{
	const struct strictjson_value *aud = known(it, TOKEN_AUD);
	char own[SHOWN_SIZE], other[SHOWN_SIZE];
	const struct strictjson_value name = {
		.type = STRICTJSON_STRING, .text = wanted, .length = length};

	if (aud->type == STRICTJSON_ABSENT)
		return token_refuse(it->verdict, TOKEN_E_CLAIM_MISSING, TOKEN_CLAIMS,
			"it has no aud, and %s is wanted", show(&name, own));
	return token_refuse(it->verdict, TOKEN_E_AUD, TOKEN_CLAIMS, "aud is %s, and %s is wanted",
		show(aud, other), show(&name, own));
}

static bool judge_audience(struct judging *it)
{
	const struct profile_list *list = &it->rules->audience;
	const struct token_options *options = it->options;
	struct audiences found = {.ours = !list->count, .asked = !options->audience};

	if (!read_audience(it, &found))
		return false;
	if (!found.ours)
		return refuse_audience(it, list->items[0], strlen(list->items[0]));
	return found.asked || refuse_audience(it, options->audience, options->audience_length);
}

static bool judge_required(struct judging *it)
{
	for (size_t i = 0; i < it->rules->require.count; i++)
		if (!is_there(&it->verdict->required[i].value))
			return token_refuse(it->verdict, TOKEN_E_CLAIM_MISSING, TOKEN_CLAIMS,
				"it has no %.64s, which profile %s requires",
				it->rules->require.items[i], it->rules->name);
	return true;
}

// Whether an escape of a STRING, at its backslash, stands for a control character.
static bool is_control_escape(const char *at)
{
	unsigned code = 0;

	if (at[1] != 'u')
		return strchr("bfnrt", at[1]);
	for (size_t i = 2; i < 6; i++)
		code = code * 16 + (unsigned)text_hex_digit(at[i]);
	return code < 0x20 || (code >= 0x7F && code < 0xA0);
}

// Whether a STRING that was found good holds a control character, written or escaped: C0, DEL, C1.
static bool has_control(const struct strictjson_value *value)
{
	const char *at = value->text, *end = at + value->length;

	if (!text_is_line(at, value->length))
		return true;
	if (!value->escaped)
		return false;
	while ((at = memchr(at, '\\', (size_t)(end - at)))) {
		if (is_control_escape(at))
			return true;
		at += 2;
	}
	return false;
}

// What is null is not forwarded, as what is missing is not.
static bool judge_forwarded(struct judging *it)
{
	for (size_t i = 0; i < it->rules->forward.count; i++) {
		const struct strictjson_value *value = &it->verdict->forwarded[i].value;
		const char *name = it->rules->forward.items[i];

		if (value->type == STRICTJSON_ARRAY || value->type == STRICTJSON_OBJECT)
			return token_refuse(it->verdict, TOKEN_E_CLAIM_INVALID, TOKEN_CLAIMS,
				"%.64s is %s, and cannot be forwarded in a header", name,
				type_names[value->type]);
		if (value->type == STRICTJSON_STRING && has_control(value))
			return token_refuse(it->verdict, TOKEN_E_CLAIM_UNSAFE, TOKEN_CLAIMS,
				"%.64s holds control characters, and is to be forwarded in a "
				"header",
				name);
	}
	return true;
}

bool claims_judge(const struct profile_rules *rules, const struct token_options *options,
	struct token_verdict *verdict)
{
	struct judging it = {.rules = rules, .options = options, .verdict = verdict};

	it.now = (double)options->now_ms;
	return read_claims(rules, verdict) && judge_times(&it) && judge_strings(&it) &&
	       judge_issuer(&it) && judge_audience(&it) && judge_required(&it) &&
	       judge_forwarded(&it);
}
