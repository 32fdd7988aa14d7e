// Times first, then names. A value of the token is shown where it is not verified as well, so it is
// made printable and cut.
// SPDX-License-Identifier: MIT
#include "verifier/trust/diagnosis/remark.h"

#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "verifier/trust/form/strictjson.h"
#include "verifier/trust/token/profile.h"
#include "verifier/trust/token/token.h"

#include <math.h>
#include <stdarg.h>
#include <time.h>

#define SHOWN_MAX 120      // bytes of a claim in a text
#define MILLISECONDS 1e11  // later than year 5138: nobody means that
#define ZONE_S 1800        // time zones differ by multiples of this
#define ZONE_SLACK_S 120   // and a token travels for a moment
#define ZONE_MAX_S 50400   // 14 hours
#define JUST_EXPIRED_S 300 // so little may be a clock's fault
#define MOMENT_SIZE 32

void remark_add(
	struct remark_list *list, enum finding finding, const char *hint, const char *format, ...)
{
	const struct finding_kind *kind = finding_kind(finding);
	char text[1024];
	const char *copy;
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	copy = pool_copy(list->pool, text);
	if (!copy)
		list->incomplete = true;
	else if (list->count < REMARK_MAX)
		list->items[list->count++] =
			(struct remark){kind->severity, kind->code, copy, hint ? hint : kind->fix};
}

bool remark_has(const struct remark_list *list, enum finding finding)
{
	for (size_t i = 0; i < list->count; i++)
		if (text_equal(list->items[i].code, finding_kind(finding)->code))
			return true;
	return false;
}

void remark_sort(struct remark_list *list)
{
	for (size_t i = 1; i < list->count; i++) {
		struct remark item = list->items[i];
		size_t at = i;

		for (; at && list->items[at - 1].severity < item.severity; at--)
			list->items[at] = list->items[at - 1];
		list->items[at] = item;
	}
}

// ---- times

static const char *moment(double seconds, char out[static MOMENT_SIZE])
{
	time_t at = (time_t)seconds;
	struct tm parts;

	if (!gmtime_r(&at, &parts) || !strftime(out, MOMENT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &parts))
		(void)snprintf(out, MOMENT_SIZE, "%.0f", seconds);
	return out;
}

// A time that can be compared; remarks on one that cannot.
static bool is_time(struct remark_list *list, const struct strictjson_member *claim, double *ret_at)
{
	double at;

	if (claim->value.type == STRICTJSON_ABSENT)
		return false;
	if (!strictjson_number(&claim->value, &at)) {
		remark_add(list, FINDING_CLAIM, "write times as numbers: seconds since 1970",
			"%s is no number", claim->name);
		return false;
	}
	if (at > MILLISECONDS && at / 1000 <= (double)TOKEN_DATE_MAX) {
		remark_add(list, FINDING_MILLISECONDS, NULL,
			"%s is in milliseconds; JWT times are seconds", claim->name);
		at /= 1000;
	}
	if (!(fabs(at) <= (double)TOKEN_DATE_MAX)) {
		remark_add(list, FINDING_CLAIM, "write seconds since 1970",
			"%s is past the year 9999", claim->name);
		return false;
	}
	*ret_at = at;
	return true;
}

static void remark_expiry(struct remark_list *list, double exp, double leeway, double now)
{
	char text[TEXT_SPAN_SIZE], at[MOMENT_SIZE];

	if (now < exp + leeway)
		return;
	remark_add(list, FINDING_EXPIRED,
		now - exp < JUST_EXPIRED_S ? "get a new token; if it was new, compare the clocks "
					     "(timedatectl) or set `leeway` of the profile"
					   : "get a new token",
		"it expired %s ago, at %s", text_span(text, now - exp), moment(exp, at));
}

// Tokens from the future come from a clock that is ahead; by whole hours, from a time zone.
static void remark_ahead(struct remark_list *list, double ahead)
{
	double zones = (double)(int64_t)(ahead / ZONE_S + 0.5);
	char text[TEXT_SPAN_SIZE];

	if (zones >= 1 && ahead <= ZONE_MAX_S + ZONE_SLACK_S &&
		fabs(ahead - zones * ZONE_S) <= ZONE_SLACK_S) {
		remark_add(list, FINDING_CLOCK_SKEW,
			"take UTC seconds: Date.now() / 1000, time(NULL), time.time()",
			"it is %s ahead: local time was taken for UTC where it was made",
			text_span(text, ahead));
		return;
	}
	remark_add(list, FINDING_CLOCK_SKEW, NULL,
		"the clock where it was made is at least %s ahead of this one",
		text_span(text, ahead));
}

static void remark_times(struct remark_list *list, const struct profile_rules *rules,
	const struct strictjson_member *known, int64_t now_ms)
{
	double now = (double)now_ms / 1000, leeway = rules ? (double)rules->leeway_ms / 1000 : 0;
	double at, ahead = 0;
	char text[MOMENT_SIZE], span[TEXT_SPAN_SIZE];

	if (is_time(list, &known[TOKEN_EXP], &at))
		remark_expiry(list, at, leeway, now);
	if (is_time(list, &known[TOKEN_NBF], &at) && at > now + leeway) // which may be meant so
		remark_add(list, FINDING_NOT_YET, NULL, "it is not valid before %s, in %s",
			moment(at, text), text_span(span, at - now));
	if (is_time(list, &known[TOKEN_IAT], &at) && at > now + leeway) {
		if (at > now + TOKEN_FUTURE_S)
			remark_add(list, FINDING_ISSUED_AHEAD, NULL,
				"it says that it was issued in %s", text_span(span, at - now));
		ahead = at - now;
	}
	if (ahead > 0)
		remark_ahead(list, ahead);
}

// ---- names

static const char *shown(const struct strictjson_value *value, char out[static SHOWN_MAX])
{
	return strictjson_show(value, out, SHOWN_MAX);
}

// Whether two names differ by one slash at the end only.
static bool is_slash_apart(const struct strictjson_value *value, const char *name)
{
	char text[1024], other[1024];
	size_t length;

	if (!strictjson_text(value, text, sizeof(text)))
		return false;
	length = strlen(text);
	if (length && text[length - 1] == '/') {
		text[length - 1] = '\0';
		return strcmp(text, name) == 0;
	}
	return (size_t)snprintf(other, sizeof(other), "%s/", text) < sizeof(other) &&
	       strcmp(other, name) == 0;
}

static void remark_issuer(
	struct remark_list *list, const char *issuer, const struct strictjson_value *value)
{
	char text[SHOWN_MAX];

	if (!issuer || strictjson_is(value, issuer, strlen(issuer)))
		return;
	if (value->type == STRICTJSON_ABSENT)
		remark_add(list, FINDING_ISSUER, "set iss where the token is made",
			"it has no iss, the profile wants %s", issuer);
	else if (is_slash_apart(value, issuer))
		remark_add(list, FINDING_ISSUER_SLASH, NULL,
			"iss and the profile's issuer (%s) differ by the slash at the end", issuer);
	else
		remark_add(list, FINDING_ISSUER, NULL, "iss is %s, the profile wants %s",
			shown(value, text), issuer);
}

// Whether one of the audiences is the value, or nearly (ret_near).
static bool is_audience(const struct profile_list *list, const struct strictjson_value *value,
	const char **ret_near)
{
	for (size_t i = 0; i < list->count; i++) {
		if (strictjson_is(value, list->items[i], strlen(list->items[i])))
			return true;
		if (is_slash_apart(value, list->items[i]))
			*ret_near = list->items[i];
	}
	return false;
}

static void remark_audience(struct remark_list *list, const struct profile_list *audience,
	const struct strictjson_value *value)
{
	const char *near = NULL;
	struct strictjson_value item;
	char text[SHOWN_MAX];
	size_t cursor = 0;

	if (!audience->count || is_audience(audience, value, &near))
		return;
	while (value->type == STRICTJSON_ARRAY && strictjson_next(value, &cursor, NULL, &item))
		if (is_audience(audience, &item, &near))
			return;
	if (value->type == STRICTJSON_ABSENT)
		remark_add(list, FINDING_AUDIENCE, "set aud where the token is made",
			"it has no aud, the profile wants %s", audience->items[0]);
	else if (near)
		remark_add(list, FINDING_AUDIENCE_SLASH, NULL,
			"aud and the profile's audience (%s) differ by the slash at the end", near);
	else
		remark_add(list, FINDING_AUDIENCE, NULL, "aud is %s, the profile wants %s",
			shown(value, text), audience->items[0]);
}

bool remark_claims(struct remark_list *list, const struct profile_rules *rules, const char *payload,
	size_t length, int64_t now_ms)
{
	struct strictjson_member known[TOKEN_CLAIM_COUNT] = {
		[TOKEN_ISS] = {.name = "iss"},
		[TOKEN_SUB] = {.name = "sub"},
		[TOKEN_AUD] = {.name = "aud"},
		[TOKEN_EXP] = {.name = "exp"},
		[TOKEN_NBF] = {.name = "nbf"},
		[TOKEN_IAT] = {.name = "iat"},
		[TOKEN_JTI] = {.name = "jti"},
	};

	if (strictjson_object(payload, length, known, TOKEN_CLAIM_COUNT, NULL) != STRICTJSON_OK)
		return false;
	remark_times(list, rules, known, now_ms);
	if (rules) {
		remark_issuer(list, rules->issuer, &known[TOKEN_ISS].value);
		remark_audience(list, &rules->audience, &known[TOKEN_AUD].value);
	}
	return true;
}
