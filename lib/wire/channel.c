// Packets and descriptors over a Unix socket. Every descriptor that arrives is either handed to
// the caller or closed here.
// SPDX-License-Identifier: MIT
#include "lib/wire/channel.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/wire/fault.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define DESCRIPTORS_ROOM 4 // more are dropped by the kernel, which says so

// A control buffer, aligned for its header.
union control {
	struct cmsghdr header;
	uint8_t bytes[CMSG_SPACE(sizeof(int) * DESCRIPTORS_ROOM)];
};

uint64_t channel_deadline(uint64_t timeout_ms)
{
	uint64_t now = clock_steady_ms() + 1;

	return timeout_ms > UINT64_MAX - now ? UINT64_MAX : now + timeout_ms;
}

// Waits until the socket may be used.
// Returns: 0, -EAGAIN, -ETIMEDOUT or another negative errno.
static int wait_for(int socket, short events, uint64_t deadline, struct err *err)
{
	struct pollfd wanted = {.fd = socket, .events = events};

	if (!deadline)
		return -EAGAIN;
	for (;;) {
		uint64_t now = clock_steady_ms(), left = deadline > now ? deadline - now : 0;
		int ready = poll(&wanted, 1, left > INT_MAX ? INT_MAX : (int)left);

		if (ready > 0)
			return 0;
		if (ready < 0 && errno != EINTR)
			return err_set(err, -errno, NULL, "cannot wait: %s", strerror(errno));
		if (ready == 0 && clock_steady_ms() >= deadline)
			return err_set(err, -ETIMEDOUT, NULL, "nothing happened in time");
	}
}

static void attach(struct msghdr *message, union control *control, int fd)
{
	struct cmsghdr *header;

	memset(control, 0, sizeof(*control));
	message->msg_control = control;
	message->msg_controllen = CMSG_SPACE(sizeof(fd));
	header = CMSG_FIRSTHDR(message);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
}

int channel_send(
	int socket, const uint8_t *bytes, size_t size, int fd, uint64_t deadline, struct err *err)
{
	struct iovec range = {.iov_len = size};
	struct msghdr message = {.msg_iov = &range, .msg_iovlen = 1};
	union control control;
	int code;

	memcpy(&range.iov_base, &bytes, sizeof(bytes)); // sendmsg only reads it
	if (fd >= 0)
		attach(&message, &control, fd);
	for (;;) {
		if (sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
			return 0; // a packet goes whole or not at all
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return err_set(err, -errno, NULL, "cannot send: %s", strerror(errno));
		code = wait_for(socket, POLLOUT, deadline, err);
		if (code < 0)
			return code;
	}
}

// Takes the descriptors out of the control buffer: the first one for the caller, the rest closed.
// Returns: how many there were.
static size_t take_descriptors(struct msghdr *message, int *ret_first)
{
	size_t count = 0;

	*ret_first = -1;
	for (struct cmsghdr *at = CMSG_FIRSTHDR(message); at; at = CMSG_NXTHDR(message, at)) {
		size_t here = 0;

		if (at->cmsg_level == SOL_SOCKET && at->cmsg_type == SCM_RIGHTS)
			here = (at->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < here; i++, count++) {
			int fd;

			memcpy(&fd, CMSG_DATA(at) + i * sizeof(fd), sizeof(fd));
			if (count == 0)
				*ret_first = fd;
			else
				own_fd_release(&fd);
		}
	}
	return count;
}

// Receives into the message, waiting if need be.
static ssize_t receive_once(int socket, struct msghdr *message, uint64_t deadline, struct err *err)
{
	bool reset = false;

	for (;;) {
		ssize_t got = recvmsg(socket, message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
		int code;

		if (got >= 0)
			return got;
		if (errno == ECONNRESET && reset) {
			message->msg_controllen = 0; // nothing was written there
			return 0;
		}
		if (errno == ECONNRESET)
			reset = true; // told once, before what the peer had still sent
		if (errno == EINTR || errno == ECONNRESET)
			continue;
		if (errno != EAGAIN)
			return err_set(err, -errno, NULL, "cannot receive: %s", strerror(errno));
		code = wait_for(socket, POLLIN, deadline, err);
		if (code < 0)
			return code;
	}
}

static struct iovec range_of(void *at, size_t room)
{
	return (struct iovec){.iov_base = at, .iov_len = room};
}

int channel_receive(int socket, uint8_t *bytes, size_t room, uint64_t deadline,
	struct channel_packet *ret_packet, struct err *err)
{
	union control control;
	struct iovec range = range_of(bytes, room);
	struct msghdr message = {.msg_iov = &range,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control)};
	ssize_t got = receive_once(socket, &message, deadline, err);
	own_fd int fd = -1;
	size_t descriptors;

	if (got < 0)
		return (int)got;
	descriptors = take_descriptors(&message, &fd);
	if (descriptors > 1 || (message.msg_flags & MSG_CTRUNC)) {
		(void)err_set(err, FAULT_E_DESCRIPTOR, NULL,
			"more than one descriptor came along, or none could be taken");
		return FAULT_E_DESCRIPTOR;
	}
	if (message.msg_flags & MSG_TRUNC) {
		(void)err_set(err, FAULT_E_TOO_LARGE, NULL, "a packet over %zu bytes", room);
		return FAULT_E_TOO_LARGE;
	}
	if (got == 0 && !descriptors) {
		(void)err_set(err, FAULT_E_CLOSED, NULL, "the other end closed the connection");
		return FAULT_E_CLOSED;
	}
	ret_packet->size = (size_t)got;
	ret_packet->fd = take_fd(&fd);
	return 0;
}
