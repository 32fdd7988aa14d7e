// Opens in two steps, since a helper process and a database come before threads and sockets.
// SPDX-License-Identifier: MIT
#include "verifier/sessionhost.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/value/bundle.h"
#include "verifier/door/api/answers.h"
#include "verifier/door/api/judge.h"
#include "verifier/door/listen.h"
#include "verifier/door/session/sessions.h"
#include "verifier/door/session/upstream.h"
#include "verifier/record/revocations.h"
#include "verifier/record/sessions/ledger.h"
#include "verifier/ruling.h"
#include "verifier/setup/setup.h"
#include "verifier/upstreamurl.h"

#include <errno.h>
#include <sys/epoll.h>

struct sessionhost {
	const struct log *log;
	const struct setup *setup;
	struct store *store; // until the ledger has it
	struct ledger *ledger;
	struct upstream *upstream;
	struct revocations *revocations;
	struct sessions sessions;
	struct loop_watch *watch;
	struct listen_socket socket;
	int tcp;
	bool told_away, told_warning, told_unread;
	uint64_t looked; // the id of the newest bundle that was looked at for the URL
	char url[RELAY_URL_MAX + 1];
};

// ---- the login server

// What is sent to the helper; without a URL nothing can be.
static struct relay_settings relay_settings_of(const struct sessionhost *host)
{
	struct relay_settings settings = host->setup->upstream.settings;

	if (host->setup->upstream.key)
		settings.url = *host->url ? host->url : NULL;
	return settings;
}

// Passwords that go over a network as they are.
static void warn_of_plain_http(const struct sessionhost *host, const char *url)
{
	if (!upstreamurl_is_private(url))
		log_event(host->log, LOG_WARNING, "insecure_upstream", "hint",
			"passwords go to the login server over http: use https");
}

static void send_settings(struct sessionhost *host)
{
	const struct relay_settings settings = relay_settings_of(host);
	int code;

	host->sessions.upstream = NULL;
	host->sessions.login_waits = host->upstream && !settings.url;
	if (!host->upstream || !settings.url)
		return;
	code = upstream_change(host->upstream, &settings);
	if (code == 0 || code == -EPIPE) // one that is gone is no login that was never there
		host->sessions.upstream = host->upstream;
	warn_of_plain_http(host, settings.url);
	if (code < 0)
		log_event(host->log, LOG_ERROR, "upstream_settings", "what", strerror(-code));
}

void sessionhost_follow(struct sessionhost *host, const struct vault_snapshot *snapshot)
{
	const struct setup_upstream *rules = &host->setup->upstream;
	const struct bundle *bundle;
	const struct bundle_key *key;
	const struct candidate *winner;
	const char *complaint;
	struct log_line line;
	uint64_t id = 0;

	bundle =
		rules->key && host->upstream ? upstreamurl_newest(snapshot, rules->app, &id) : NULL;
	if (!bundle || id == host->looked)
		return;
	host->looked = id;
	key = bundle_find(bundle, rules->key);
	winner = key ? bundle_winner(key) : NULL;
	complaint = winner ? upstreamurl_join(winner->value, rules->path, host->url)
			   : "the bundle does not have it";
	if (!complaint) {
		send_settings(host);
		return;
	}
	log_begin(&line, host->log, LOG_WARNING, "upstream_url");
	log_text(&line, "app", rules->app);
	log_text(&line, "key", rules->key);
	log_text(&line, "what", complaint);
	log_text(&line, "hint", "login goes where it went before, if anywhere");
	log_end(&line);
}

static int start_upstream(struct sessionhost *host, struct err *err)
{
	const struct relay_settings settings = relay_settings_of(host);
	unsigned without = (host->setup->seccomp == SETTING_NO ? UPSTREAM_UNFILTERED : 0) |
			   (host->setup->landlock == SETTING_NO ? UPSTREAM_UNCONFINED : 0);
	int code;

	if (!host->setup->session.is_on || !host->setup->upstream.is_on)
		return 0;
	code = upstream_start(&settings, without, host->log, &host->upstream, err);
	if (code == 0 && settings.url)
		host->sessions.upstream = host->upstream;
	host->sessions.login_waits = !settings.url;
	return code;
}

// ---- the store

static void on_revoked(void *owner, const struct store_revocation *revocation)
{
	struct sessionhost *host = owner;
	char id[FAMILY_ID_TEXT];
	const char *name =
		revocation->is_family ? family_id_text(revocation->family, id) : revocation->token;

	if (revocations_add(host->revocations, name, strlen(name), revocation->until_wall_ms) < 0)
		log_event(host->log, LOG_ERROR, "revocation_lost", "what", "out of memory");
}

static int open_store(struct sessionhost *host, const struct ruling *ruling, struct err *err)
{
	int code;

	if (!ruling->setup->store.is_on)
		return 0;
	code = store_open(&ruling->setup->store.options, &host->store, err);
	if (code < 0)
		return code;
	host->revocations = revocations_new();
	if (!host->revocations)
		return err_no_memory(err);
	revocations_await(host->revocations);
	return 0;
}

static void collect(struct sessionhost *host)
{
	ledger_collect(host->ledger);
	if (ledger_state(host->ledger)->heard)
		revocations_told(host->revocations);
}

static void on_store(void *owner, uint32_t events)
{
	struct sessionhost *host = owner;

	(void)events;
	collect(host);
}

static int start_ledger(struct sessionhost *host, struct loop *loop)
{
	int code;

	if (!host->store)
		return 0;
	code = ledger_open(host->store, on_revoked, host, &host->ledger);
	if (code < 0)
		return code;
	host->store = NULL; // the ledger's
	collect(host);      // before the first token is judged
	return loop_watch(loop, ledger_fd(host->ledger), EPOLLIN, on_store, host, &host->watch);
}

static void tell_store(struct sessionhost *host)
{
	const struct ledger_state *state = ledger_state(host->ledger);

	if (state->up == !host->told_away)
		return;
	host->told_away = !state->up;
	if (state->up)
		log_event(host->log, LOG_INFO, "store_back", "", "");
	else
		log_event(host->log, LOG_ERROR, "store_away", "why", state->why);
}

// Of a Redis it is known once it was there.
static void tell_warning(struct sessionhost *host)
{
	const struct ledger_state *state = ledger_state(host->ledger);

	if (host->told_warning || !*state->warning)
		return;
	host->told_warning = true;
	log_event(host->log, LOG_WARNING, "store_unsafe", "what", state->warning);
}

static void tell_unread(struct sessionhost *host)
{
	uint64_t unread = ledger_state(host->ledger)->unread;
	struct log_line line;

	if (host->told_unread || !unread)
		return;
	host->told_unread = true;
	log_begin(&line, host->log, LOG_WARNING, "revocations_unread");
	log_number(&line, "count", unread);
	log_text(&line, "hint", "see who else writes to the store");
	log_end(&line);
}

// ---- all

static void watch_tokens(const struct sessionhost *host, struct answers *answers)
{
	const struct setup_session *session = &host->setup->session;

	answers->refresh = session->is_on ? session->rules.refresh : NULL;
	judge_watch(answers->judge, host->revocations, answers->refresh);
}

// What /metrics says.
static void show_counts(const struct sessionhost *host, struct answers *answers)
{
	answers->sessions = (struct sessionmetrics){.requests = host->sessions.counts[0],
		.routes = sessionrules_routes,
		.results = sessions_result_names,
		.sessions = &host->sessions,
		.logouts = sessions_pending,
		.lost_logouts = &host->sessions.pending_lost};
	if (!host->upstream)
		return;
	answers->sessions.outcomes = upstream_outcomes(host->upstream);
	answers->sessions.upstream = host->upstream;
	answers->sessions.waiting = upstream_waiting;
	answers->sessions.is_up = upstream_is_there;
}

int sessionhost_listen(struct sessionhost *host, struct err *err)
{
	const struct setup_session *session = &host->setup->session;
	int code = 0;

	if (!session->is_on)
		return 0;
	// proxies come as users of their own, and whoever may ask them may ask here
	if (session->socket && host->socket.fd < 0)
		code = listen_unix(
			session->socket, SOCK_STREAM, LISTEN_OPEN_MODE, &host->socket, err);
	if (code == 0 && session->http && host->tcp < 0)
		code = listen_tcp(session->http, &host->tcp, err);
	return code;
}

int sessionhost_open(const struct ruling *ruling, const struct log *log,
	struct sessionhost **ret_host, struct err *err)
{
	struct sessionhost *host = calloc(1, sizeof(*host));
	int code;

	if (!host)
		return err_no_memory(err);
	host->log = log;
	host->setup = ruling->setup;
	host->socket = LISTEN_NONE;
	host->tcp = -1;
	code = start_upstream(host, err);
	if (code == 0)
		code = open_store(host, ruling, err);
	if (code < 0) {
		sessionhost_close(host);
		return code;
	}
	*ret_host = host;
	return 0;
}

int sessionhost_lend(struct sessionhost *host, int socket, int tcp, struct err *err)
{
	host->socket.fd = socket;
	host->tcp = tcp;
	if ((socket < 0 && tcp < 0) || host->setup->session.is_on)
		return 0;
	(void)err_set(err, -EINVAL, NULL,
		"systemd gives a socket for sessions, and samekeyd.ini has none");
	return err_hint(err, "socket or http, access and refresh under [session], or systemctl "
			     "disable --now samekeyd-session.socket");
}

int sessionhost_attach(struct sessionhost *host, struct loop *loop, struct answers *answers,
	struct throttle *throttle, struct err *err)
{
	int code = start_ledger(host, loop);

	if (code == 0 && host->upstream)
		code = upstream_attach(host->upstream, loop);
	if (code < 0)
		return err_set(err, code, NULL, "cannot start sessions: %s", strerror(-code));
	watch_tokens(host, answers);
	answers->ledger = host->ledger;
	answers->revocations = host->revocations;
	if (!host->setup->session.is_on)
		return 0;
	host->sessions.rules = &host->setup->session.rules;
	host->sessions.answers = answers;
	host->sessions.ledger = host->ledger;
	host->sessions.log = host->log;
	host->sessions.throttle = throttle;
	show_counts(host, answers);
	if (host->sessions.upstream)
		warn_of_plain_http(host, host->setup->upstream.settings.url);
	if (host->setup->session.is_insecure)
		log_event(host->log, LOG_WARNING, "insecure_cookies", "hint",
			"secure = no under [session]: whoever is on the way reads them; for "
			"development alone");
	return 0;
}

pid_t sessionhost_helper(const struct sessionhost *host)
{
	return host->upstream ? upstream_process(host->upstream) : 0;
}

void sessionhost_stop(struct sessionhost *host)
{
	listen_close(&host->socket);
}

struct sessionhost *sessionhost_close(struct sessionhost *host)
{
	if (!host)
		return NULL;
	host->upstream = upstream_stop(host->upstream);
	loop_unwatch(host->watch);
	ledger_close(host->ledger);
	sessions_done(&host->sessions);
	store_close(host->store);
	revocations_free(host->revocations);
	listen_close(&host->socket);
	own_fd_release(&host->tcp);
	free(host);
	return NULL;
}

void sessionhost_change(struct sessionhost *host, const struct ruling *ruling)
{
	if (!upstreamurl_is_from_the_same(&host->setup->upstream, &ruling->setup->upstream))
		host->url[0] = '\0'; // passwords go to nobody who is not named any more
	host->setup = ruling->setup;
	host->looked = 0;
	if (host->sessions.rules) {
		host->sessions.rules = &ruling->setup->session.rules;
		watch_tokens(host, host->sessions.answers);
	}
	send_settings(host);
}

void sessionhost_settle(struct sessionhost *host)
{
	if (!host->ledger)
		return;
	tell_store(host);
	tell_warning(host);
	tell_unread(host);
	revocations_settle(host->revocations, clock_wall_ms());
	if (!host->sessions.rules)
		return;
	sessions_settle(&host->sessions);
	host->sessions.answers->life.login_lost =
		host->upstream && !upstream_is_there(host->upstream);
	host->sessions.answers->life.login_waits = host->sessions.login_waits;
}

struct sessions *sessionhost_sessions(struct sessionhost *host)
{
	return host->sessions.rules ? &host->sessions : NULL;
}

int sessionhost_take_socket(struct sessionhost *host)
{
	return take_fd(&host->socket.fd);
}

int sessionhost_take_tcp(struct sessionhost *host)
{
	return take_fd(&host->tcp);
}
