// The environment says how many there are and how each is called; what each is, the kernel says.
// SPDX-License-Identifier: MIT
#include "verifier/activation.h"

#include "lib/base/err.h"
#include "lib/base/num.h"
#include "lib/base/text.h"
#include "verifier/door/keepsake.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define FIRST_DESCRIPTOR 3

struct socket_rule {
	const char *name;
	bool is_unix;
	int type;
	const char *unit; // how a .socket unit says it
};

static const struct socket_rule rules[ACTIVATION_SOCKETS] = {
	[ACTIVATION_HANDOFF] = {"handoff", true, SOCK_SEQPACKET,
		"ListenSequentialPacket=/run/samekey/handoff.sock"},
	[ACTIVATION_API] = {"api", true, SOCK_STREAM, "ListenStream=/run/samekey/api.sock"},
	[ACTIVATION_HTTP] = {"http", false, SOCK_STREAM, "ListenStream=127.0.0.1:9464"},
	[ACTIVATION_SESSION] = {"session", true, SOCK_STREAM,
		"ListenStream=/run/samekey/session.sock"},
	[ACTIVATION_SESSION_HTTP] = {"session-http", false, SOCK_STREAM,
		"ListenStream=127.0.0.1:9465"},
};

// ---- what a socket is

static bool has_option(int fd, int option, int wanted)
{
	int value = -1;
	socklen_t size = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 && value == wanted;
}

static void show_unix(const struct sockaddr_un *address, socklen_t size, char *out)
{
	size_t length = size > offsetof(struct sockaddr_un, sun_path)
				? size - offsetof(struct sockaddr_un, sun_path)
				: 0;

	if (length && !address->sun_path[0]) // the abstract namespace
		(void)snprintf(out, ACTIVATION_SHOWN_SIZE, "@%.*s", (int)length - 1,
			address->sun_path + 1);
	else
		(void)snprintf(out, ACTIVATION_SHOWN_SIZE, "%.*s", (int)length, address->sun_path);
}

// Returns: whether it is a loopback address.
static bool show_inet(const struct sockaddr_storage *address, char *out)
{
	const struct sockaddr_in *four = (const struct sockaddr_in *)address;
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;
	char host[INET6_ADDRSTRLEN] = "";

	if (address->ss_family == AF_INET) {
		(void)inet_ntop(AF_INET, &four->sin_addr, host, sizeof(host)); // always fits
		(void)snprintf(out, ACTIVATION_SHOWN_SIZE, "%s:%u", host, ntohs(four->sin_port));
		return ntohl(four->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	}
	(void)inet_ntop(AF_INET6, &six->sin6_addr, host, sizeof(host));
	(void)snprintf(out, ACTIVATION_SHOWN_SIZE, "[%s]:%u", host, ntohs(six->sin6_port));
	return address->ss_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
}

// Returns: NULL, or what is wrong with it.
static const char *complaint_about(int fd, const struct socket_rule *rule, char *shown)
{
	struct sockaddr_storage address = {0};
	socklen_t size = sizeof(address);

	if (getsockname(fd, (struct sockaddr *)&address, &size) < 0)
		return "is no socket";
	if ((address.ss_family == AF_UNIX) != rule->is_unix)
		return rule->is_unix ? "is no Unix socket" : "is no TCP socket";
	if (!has_option(fd, SO_TYPE, rule->type))
		return rule->type == SOCK_SEQPACKET ? "does not keep packets apart"
						    : "is no stream socket";
	if (!has_option(fd, SO_ACCEPTCONN, 1))
		return "does not listen";
	if (rule->is_unix)
		show_unix((const struct sockaddr_un *)&address, size, shown);
	else if (!show_inet(&address, shown))
		return "listens for other hosts too";
	return NULL;
}

// ---- taking them in

static int take_socket(struct activation *activation, int fd, size_t index, struct err *err)
{
	const struct socket_rule *rule = &rules[index];
	const char *complaint;

	if (activation->fds[index] >= 0) {
		(void)close(fd);
		return err_set(
			err, -EINVAL, NULL, "systemd gives two sockets called '%s'", rule->name);
	}
	activation->fds[index] = fd;
	complaint = complaint_about(fd, rule, activation->shown[index]);
	if (!complaint && fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0)
		complaint = "cannot be made non-blocking";
	if (!complaint)
		return 0;
	(void)err_set(
		err, -EINVAL, NULL, "the socket '%s' that systemd gives %s", rule->name, complaint);
	return err_hint(err, "FileDescriptorName=%s and %s in its .socket unit, without Accept=yes",
		rule->name, rule->unit);
}

static int take_descriptor(struct activation *activation, int fd, const char *name, struct err *err)
{
	char shown[64];

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		if (text_equal(name, rules[i].name))
			return take_socket(activation, fd, i, err);
	if (keepsake_is_name(name)) {
		struct keepsake_item *item = &activation->kept[activation->kept_count];

		*item = (struct keepsake_item){.fd = fd};
		(void)snprintf(item->name, sizeof(item->name), "%s", name);
		activation->kept_count++;
		return 0;
	}
	(void)close(fd);
	(void)err_set(err, -EINVAL, NULL, "systemd gives a descriptor called '%s'",
		text_printable(shown, sizeof(shown), name));
	return err_hint(err, "FileDescriptorName= in the .socket unit is one of: handoff, api, "
			     "http, session, session-http");
}

// ---- the environment

// A variable's number.
// Returns: 0, -ENOENT or -EINVAL.
static int number_of(const char *variable, uint64_t max, uint64_t *ret_number)
{
	const char *text = getenv(variable);

	if (!text)
		return -ENOENT;
	return num_parse(text, max, ret_number) < 0 ? -EINVAL : 0;
}

// How many were given to this process: what was meant for another one is no business of ours.
static int count_given(size_t *ret_count, struct err *err)
{
	uint64_t pid, count;
	int code = number_of("LISTEN_PID", INT32_MAX, &pid);

	*ret_count = 0;
	if (code == -ENOENT || (code == 0 && pid != (uint64_t)getpid()))
		return 0;
	if (code == 0)
		code = number_of("LISTEN_FDS", ACTIVATION_DESCRIPTORS_MAX, &count);
	if (code == -ENOENT)
		return 0;
	if (code < 0)
		return err_set(err, -EINVAL, NULL,
			"LISTEN_PID or LISTEN_FDS is no number, or over %d",
			ACTIVATION_DESCRIPTORS_MAX);
	*ret_count = (size_t)count;
	return 0;
}

static int take_all(struct activation *activation, size_t count, char *names, struct err *err)
{
	char *rest = names;
	int code = 0;

	for (size_t i = 0; i < count; i++) {
		int fd = FIRST_DESCRIPTOR + (int)i;
		const char *name = rest ? strsep(&rest, ":") : "";

		if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
			return err_set(err, -EINVAL, NULL,
				"LISTEN_FDS says %zu, and descriptor %d is not there", count, fd);
		if (code == 0)
			code = take_descriptor(activation, fd, name, err);
		else
			(void)close(fd);
	}
	return code;
}

int activation_read(struct activation *ret_activation, struct err *err)
{
	static const char *const variables[] = {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"};
	struct activation activation = ACTIVATION_NONE;
	const char *given = getenv("LISTEN_FDNAMES");
	own_free char *names = given ? strdup(given) : NULL;
	size_t count;
	int code = count_given(&count, err);

	for (size_t i = 0; i < ARRAY_SIZE(variables); i++)
		(void)unsetenv(variables[i]); // cannot fail for such a name
	if (code < 0 || !count)
		return code;
	activation.kept = calloc(count, sizeof(*activation.kept));
	if (!activation.kept || (given && !names))
		code = err_no_memory(err);
	else
		code = take_all(&activation, count, names, err);
	if (code < 0)
		activation_done(&activation);
	else
		*ret_activation = activation;
	return code;
}

void activation_close_kept(struct activation *activation)
{
	for (size_t i = 0; i < activation->kept_count; i++)
		own_fd_release(&activation->kept[i].fd);
	free(activation->kept);
	activation->kept = NULL;
	activation->kept_count = 0;
}

void activation_done(struct activation *activation)
{
	for (size_t i = 0; i < ARRAY_SIZE(activation->fds); i++)
		own_fd_release(&activation->fds[i]);
	activation_close_kept(activation);
	*activation = ACTIVATION_NONE;
}

int activation_take(struct activation *activation, enum activation_socket socket)
{
	return take_fd(&activation->fds[socket]);
}

const char *activation_shown(
	const struct activation *activation, enum activation_socket socket, const char *otherwise)
{
	return *activation->shown[socket] ? activation->shown[socket] : otherwise;
}

const char *activation_names(
	const struct activation *activation, char out[static ACTIVATION_NAMES_SIZE])
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		if (*activation->shown[i])
			used += (size_t)snprintf(out + used, ACTIVATION_NAMES_SIZE - used, "%s%s",
				used ? "," : "", rules[i].name);
	return out;
}
