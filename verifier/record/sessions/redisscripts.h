// The atomic steps in Redis, each a Lua script.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_RECORD_SESSIONS_REDISSCRIPTS_H
#define VERIFIER_RECORD_SESSIONS_REDISSCRIPTS_H

// Names of keys:
//   PREFIX:{s}:f:ID       string: the family, see redisscripts.c
//   PREFIX:{s}:u:SUBJECT  sorted set of the ids of a subject's families, by their absolute end
//   PREFIX:{s}:news       sorted set of what was revoked, by a number that grows
//   PREFIX:{s}:until      sorted set of the same, by when it is over
//   PREFIX:{s}:count      that number
// What is revoked is "f:" and a family's id, or "t:" and a jti. {s} keeps all in one slot.
#define REDISSCRIPTS_TAG ":{s}:"

// KEYS of each: its own, news, until, count. Times in ms; a steady time of -1: Redis' own TIME.
enum redisscript {
	// KEYS[1] the family, [2] the subject's set; ARGV family, subject, id, now, absolute end,
	// ms to keep the family, ms to keep the set, 1: it may be there already from a first try.
	// Answers 1, or 0: the id is taken.
	REDISSCRIPT_CREATE,
	// KEYS[1] the family; ARGV generation, now, steady, grace, idle, access, ms to keep it
	// after
	// its end, packed as one string. Answers the outcome as a digit and the family, or nothing.
	REDISSCRIPT_USE,
	// KEYS[1] the family; ARGV end, now, access. Answers how many lived.
	REDISSCRIPT_END_FAMILY,
	// KEYS[1] the subject's set; ARGV what families' names begin with, end, now, access.
	// Likewise.
	REDISSCRIPT_END_SUBJECT,
	// ARGV jti, now, until. Answers 1 when that is new, else 0.
	REDISSCRIPT_END_TOKEN,
	// ARGV after which number, how many at most. Answers {the number up to which it tells, 1:
	// there is more, what, until, what, until ...}.
	REDISSCRIPT_NEWS,
	// ARGV before when, how many at most. Answers how many are forgotten.
	REDISSCRIPT_SWEEP,
	REDISSCRIPTS, // how many there are
};

extern const char *const redisscripts[REDISSCRIPTS]; // the texts

#endif
