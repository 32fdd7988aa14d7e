// The path without its query, and no more of it than names a route, for people put tokens there.
// SPDX-License-Identifier: MIT
#include "verifier/door/requestlog.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "verifier/door/api/metrics.h"
#include "verifier/door/api/throttle.h"

#define REQUESTLOG_PATH_SHOWN 64 // bytes of a path

static const char *const door_names[ROUTE_DOORS] = {[ROUTE_HANDOFF] = "handoff",
	[ROUTE_API] = "api",
	[ROUTE_TCP] = "tcp",
	[ROUTE_SESSION] = "session"};

// On the session listener 401 is what everybody gets who has not logged in.
static bool is_denied(enum route_door door, const struct route_reply *reply)
{
	return (reply->status == 401 && !reply->is_of_token && door != ROUTE_SESSION) ||
	       reply->status == 403 || reply->status == 421;
}

static void log_target(struct log_line *line, const char *target)
{
	size_t length = strcspn(target, "?");
	char text[REQUESTLOG_PATH_SHOWN + 1];

	(void)snprintf(text, sizeof(text), "%.*s", (int)length, target);
	log_text(line, "target", text);
}

void requestlog_note(const struct requestlog *requestlog, const struct requestlog_entry *entry)
{
	const struct route_reply *reply = entry->reply;
	bool denied = is_denied(entry->door, reply), refused = denied || reply->status == 400;
	struct log_line line;

	requestlog->counts->requests[entry->door]++;
	requestlog->counts->denied[entry->door] += denied;
	if (refused && !throttle_admits(requestlog->throttle,
			       entry->stranger ? THROTTLE_STRANGER : THROTTLE_PROBLEM, entry->uid,
			       clock_steady_ms()))
		return;
	log_begin(&line, requestlog->log, refused ? LOG_WARNING : LOG_DEBUG, "request");
	log_text(&line, "door", door_names[entry->door]);
	log_text(&line, "method", entry->method);
	log_target(&line, entry->target);
	log_number(&line, "status", reply->status);
	log_text(&line, "code", reply->code);
	log_text(&line, "verb", reply->verb);
	log_text(&line, "profile", reply->profile);
	if (entry->uid != THROTTLE_UNKNOWN)
		log_number(&line, "uid", entry->uid);
	if (entry->pid)
		log_number(&line, "pid", (uint64_t)entry->pid);
	log_end(&line);
}
