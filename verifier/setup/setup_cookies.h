// Judges the cookies that [session] of samekeyd.ini and its profiles have set: what a browser would
// silently throw away, or take for another.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_SETUP_SETUP_COOKIES_H
#define VERIFIER_SETUP_SETUP_COOKIES_H

#include "lib/base/base.h"

struct setup_reading;

#define SETUP_COOKIES_MAX 8 // names that are read or set

// A cookie's name, and the line that is to blame for it.
struct setup_cookie {
	const char *name;
	int line;
};

// Judges the attributes that [session] gives every cookie.
void setup_cookies_judge_attributes(struct setup_reading *reading);

// Judges the names, of which there are at most SETUP_COOKIES_MAX.
void setup_cookies_judge_names(
	struct setup_reading *reading, const struct setup_cookie *cookies, size_t count);

#endif
