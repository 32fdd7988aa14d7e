// Tables, the first row that fits counts: an error's name, or words of one that is just "ERR". In a
// script of Redis 6 the name stands in the midst.
// SPDX-License-Identifier: MIT
#include "verifier/record/sessions/redistrouble.h"

#include "lib/base/text.h"

#include <errno.h>

static const struct {
	const char *words;
	const char *trouble;
} answers[] = {
	{"NOAUTH", "it wants a password: set password_file (and user) in [store]"},
	{"WRONGPASS", "it refuses the user or the password: see user and password_file in [store]"},
	{"without any password configured",
		"it has no password, and one is given: take password_file out of [store], or set "
		"requirepass in redis.conf"},
	{"NOPERM", "its user may not do that: in redis.conf give the user ~PREFIX:* and +@read "
		   "+@write +@scripting +select +config|get +time"},
	{"LOADING", "it is still loading its data: this ends by itself"},
	{"READONLY", "it is a read-only replica: let url in [store] point to the primary"},
	{"OOM command", "its memory is full: raise maxmemory in redis.conf"},
	{"MISCONF", "it cannot write to its disk and takes nothing more: see its log"},
	{"WRONGTYPE", "something else lies under our names: set another prefix in [store]"},
	{"DAMAGED", "a record is damaged: see who else writes to it, and set another prefix in "
		    "[store]"},
	{"LATER",
		"a record is of a later version of samekey: install that here, too, or set another "
		"prefix in [store]"},
	{"BUSY ", "it runs a script of somebody's that does not end: SCRIPT KILL ends that"},
	{"MASTERDOWN", "it is a replica that has lost its primary: let url in [store] point to the "
		       "primary"},
	{"NOREPLICAS", "too few of its replicas are there: see min-replicas-to-write in "
		       "redis.conf"},
	{"CLUSTERDOWN", "its cluster is down"},
	{"MOVED", "it is one node of a cluster, and the names lie on another: use a Redis that is "
		  "no cluster"},
	{"DB index", "it has no such database: see db= in url of [store]"},
	{"max number of clients", "it has too many clients: raise maxclients in redis.conf"},
	{"DENIED", "it takes nobody from elsewhere without a password: set one, and password_file "
		   "in [store]"},
	{"unknown command", "it lacks a command: it takes Redis 5 or later, with none renamed"},
};

const char *redistrouble_of_answer(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++)
		if (strstr(text, answers[i].words))
			return answers[i].trouble;
	return "it refused a command: see its log";
}

bool redistrouble_is_forgotten_script(const char *text)
{
	return text_starts(text, "NOSCRIPT");
}

static const struct {
	int code;
	const char *trouble;
} links[] = {
	{-ENOENT, "there is no such socket: start it with unixsocket in redis.conf, or mend url in "
		  "[store]"},
	{-ECONNREFUSED, "nobody listens: start it"},
	{-EACCES, "this user may not connect: see unixsocketperm in redis.conf"},
	{-EPERM, "this user may not connect: see unixsocketperm in redis.conf"},
	{-EPROTOTYPE, "that is a socket of another kind: mend url in [store]"},
	{-ETIMEDOUT, "it did not answer in time: see whether it hangs, and timeout in [store]"},
	{-ECONNRESET, "it closed the connection"},
	{-EPIPE, "it closed the connection"},
	{-EBADMSG, "what listens there does not answer as a Redis does: mend url in [store]"},
	{-E2BIG, "the password or the user's name is too long"},
	{-ENOMEM, "memory is short"},
};

const char *redistrouble_of_link(int code)
{
	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		if (links[i].code == code)
			return links[i].trouble;
	return "the connection failed";
}

const char *redistrouble_of_settings(
	const char *appendonly, const char *appendfsync, const char *maxmemory_policy)
{
	if (appendonly && !text_equal(appendonly, "yes"))
		return "it loses what was revoked since its last snapshot when it is restarted: "
		       "set "
		       "appendonly yes and appendfsync always in redis.conf";
	if (appendfsync && !text_equal(appendfsync, "always"))
		return "it may lose what was revoked in the last second when its host fails: set "
		       "appendfsync always in redis.conf";
	if (maxmemory_policy && !text_equal(maxmemory_policy, "noeviction"))
		return "it drops sessions or revocations when its memory is full: set "
		       "maxmemory-policy noeviction in redis.conf";
	return NULL;
}
