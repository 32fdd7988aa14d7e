// The default places are looked at one after the other; a place that is named is the only one.
// SPDX-License-Identifier: MIT
#include "loader/deliver/dial.h"

#include "lib/base/err.h"
#include "lib/wire/peer.h"
#include "lib/wire/peer_path.h"
#include "loader/deliver/handoff.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>

// ---- finding the socket

// Whether something is at `path`; a folder that we may not enter hides a default only.
static bool is_there(const char *path, bool is_default)
{
	struct stat facts;

	if (lstat(path, &facts) == 0)
		return true;
	return errno != ENOENT && errno != ENOTDIR && !(is_default && errno == EACCES);
}

static int say_absent(const char *path, const char *other, struct err *err)
{
	(void)err_set(err, HANDOFF_E_ABSENT, path, "no verifier listens here%s%s",
		*other ? ", nor at " : "", other);
	(void)err_hint(err, "start samekeyd, or name its socket with --socket");
	return HANDOFF_E_ABSENT;
}

// The socket that an option or $SAMEKEY_SOCKET names.
static const char *named_socket(const struct handoff_options *options)
{
	const char *named = options->socket;

	if (!named || !*named)
		named = getenv("SAMEKEY_SOCKET");
	return named && *named ? named : NULL;
}

const char *dial_place(
	const struct handoff_options *options, size_t index, char out[static PATH_MAX])
{
	const char *named = named_socket(options), *runtime = getenv("XDG_RUNTIME_DIR");

	if (named)
		return index ? NULL : named;
	if (!runtime || runtime[0] != '/' ||
		snprintf(out, PATH_MAX, "%s/samekey/handoff.sock", runtime) >= PATH_MAX)
		index++;
	if (index == 0)
		return out;
	return index == 1 ? HANDOFF_SYSTEM_SOCKET : NULL;
}

// At the places where samekeyd listens by default: this user's own, then the host's.
static int find_default(const struct handoff_options *options, struct dial *dial, struct err *err)
{
	char place[PATH_MAX], first[PATH_MAX] = "";
	const char *path;

	for (size_t i = 0; (path = dial_place(options, i, place)); i++) {
		if (i)
			memcpy(first, dial->path, strlen(dial->path) + 1);
		(void)snprintf(dial->path, PATH_MAX, "%s", path);
		if (is_there(dial->path, true))
			return 0;
	}
	return say_absent(dial->path, first, err);
}

static int find_socket(const struct handoff_options *options, struct dial *dial, struct err *err)
{
	const char *named = named_socket(options);

	if (!named)
		return find_default(options, dial, err);
	if (strlen(named) >= PATH_MAX)
		return err_set(err, -ENAMETOOLONG, NULL, "the socket's path is too long");
	(void)snprintf(dial->path, PATH_MAX, "%s", named);
	return is_there(dial->path, false) ? 0 : say_absent(dial->path, "", err);
}

static int find_user(const char *name, uid_t *ret_user, struct err *err)
{
	*ret_user = PEER_NO_USER;
	if (!name || !*name || peer_user(name, ret_user) == 0)
		return 0;
	if (strcmp(name, HANDOFF_DEFAULT_USER) == 0)
		return 0; // a host where samekeyd has no user of its own
	(void)err_set(err, -EINVAL, NULL, "no user '%s' in /etc/passwd", name);
	(void)err_hint(err, "write the user's number as user = under [verifier]");
	return -EINVAL;
}

// Where the socket or a folder on the way to it is not for this user.
static int deny(const struct dial *dial, struct err *err)
{
	(void)err_set(err, -EPERM, dial->path, "this user may not connect");
	(void)err_hint(err,
		"name this user under [admit NAME] in samekeyd.ini and reload samekeyd; the "
		"folders above "
		"the socket must let it in, and where systemd made it, it needs the group samekey");
	return -EPERM;
}

int dial_find(const struct handoff_options *options, struct dial *ret_dial, struct err *err)
{
	int code;

	ret_dial->path[0] = '\0';
	code = find_socket(options, ret_dial, err);
	if (code == 0)
		code = find_user(options->user, &ret_dial->user, err);
	if (code == 0)
		code = peer_path_is_trusted(ret_dial->path, ret_dial->user, err);
	return code == -EACCES ? deny(ret_dial, err) : code;
}

// ---- connecting

static int connect_failed(const struct dial *dial, int reason, struct err *err)
{
	static const struct {
		int reason, code;
		const char *what, *hint;
	} rows[] = {
		{ECONNREFUSED, HANDOFF_E_REFUSED, "nobody listens on this socket any more",
			"start samekeyd again"},
		{ENOENT, HANDOFF_E_ABSENT, "the verifier's socket has just gone",
			"start samekeyd again"},
		{EAGAIN, HANDOFF_E_TIMEOUT, "the verifier does not take the connection",
			"is samekeyd overloaded or stopped? see timeout under [verifier]"},
		{EPROTOTYPE, HANDOFF_E_MALFORMED, "is a socket, but not for handoffs",
			"name the socket of handoff = in samekeyd.ini, not the one of api ="},
	};

	if (reason == EACCES)
		return deny(dial, err);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].reason != reason)
			continue;
		(void)err_set(err, rows[i].code, dial->path, "%s", rows[i].what);
		(void)err_hint(err, "%s", rows[i].hint);
		return rows[i].code;
	}
	return err_set(err, -reason, dial->path, "cannot connect: %s", strerror(reason));
}

// Connects within the timeout: the kernel lets a connect wait as long as a send.
static int connect_within(const struct dial *dial, int socket, uint64_t timeout_ms, struct err *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct timeval wait = {.tv_sec = (time_t)(timeout_ms / 1000),
		.tv_usec = (suseconds_t)(timeout_ms % 1000 * 1000)};

	if (strlen(dial->path) >= sizeof(address.sun_path)) {
		(void)err_set(err, -ENAMETOOLONG, dial->path,
			"a socket's path has at most %zu bytes", sizeof(address.sun_path) - 1);
		(void)err_hint(err, "choose a shorter path");
		return -ENAMETOOLONG;
	}
	memcpy(address.sun_path, dial->path, strlen(dial->path));
	if (setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) < 0)
		return connect_failed(dial, errno, err);
	while (connect(socket, (const struct sockaddr *)&address, sizeof(address)) < 0)
		if (errno != EINTR)
			return connect_failed(dial, errno, err);
	return 0;
}

static int judge_peer(const struct dial *dial, int socket, struct err *err)
{
	struct peer peer;
	int code = peer_credentials(socket, &peer, err);

	if (code < 0) {
		(void)snprintf(
			err->where, sizeof(err->where), "%.*s", ERR_WHERE_SIZE - 1, dial->path);
		return code;
	}
	if (peer_is_trusted(peer.uid, dial->user))
		return 0;
	(void)err_set(err, -EPERM, dial->path,
		"uid %u listens here, which is neither root nor you nor [verifier] user",
		(unsigned)peer.uid);
	(void)err_hint(err, "user = under [verifier] says who may run samekeyd");
	return -EPERM;
}

int dial_connect(const struct dial *dial, uint64_t timeout_ms, int *ret_socket, struct err *err)
{
	own_fd int socket_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	int code;

	if (socket_fd < 0)
		return connect_failed(dial, errno, err);
	code = connect_within(dial, socket_fd, timeout_ms, err);
	if (code == 0)
		code = judge_peer(dial, socket_fd, err);
	if (code)
		return code;
	*ret_socket = take_fd(&socket_fd);
	return 0;
}
