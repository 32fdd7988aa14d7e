// Where source code reads the environment: process.env.NAME, os.getenv("NAME") and the like. A
// search in text, not a parser: it runs nothing, follows no import and knows no scope; what it
// finds is a proposal for a person.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_MENTION_H
#define LOADER_INSPECT_MENTION_H

#include "lib/base/base.h"

// Longer names are no keys.
#define MENTION_NAME_MAX 255
// How far before `= process.env` a `{` is looked for.
#define MENTION_PATTERN_MAX 4096

enum mention_language {
	MENTION_NONE,   // no source code that is read here
	MENTION_SCRIPT, // JavaScript, TypeScript and what embeds them
	MENTION_PYTHON,
	MENTION_GO,
	MENTION_RUBY,
	MENTION_RUST,
	MENTION_PHP,
	MENTION_JAVA, // and Kotlin
	MENTION_CSHARP,
};

// One place that reads a key.
struct mention {
	const char *name; // a view of the source, not ended by NUL
	size_t name_length;
	uint32_t line;
	bool fallback; // a text literal follows that stands in when the key is missing
	bool browser;  // read through import.meta.env, so inlined for the browser
};

// The language by a file's name; MENTION_NONE also for tests, type declarations and minified code.
enum mention_language mention_language_of(const char *file_name);

// Calls `found` for each place. Comment lines and assignments to a key do not count; a key whose
// name is computed cannot be seen.
// Returns: 0, or what `found` returned when it is not 0.
int mention_scan(const char *bytes, size_t length, enum mention_language language,
	int (*found)(void *user, const struct mention *mention), void *user) must_check;

#endif
