// One packet with at most one descriptor over a SOCK_SEQPACKET socket, within a deadline. Knows no
// message types. The socket may be blocking or not.
// SPDX-License-Identifier: MIT
#ifndef LIB_WIRE_CHANNEL_H
#define LIB_WIRE_CHANNEL_H

#include "lib/base/base.h"

struct err;

// A deadline `timeout_ms` from now, in milliseconds of CLOCK_MONOTONIC. 0 as a deadline means: do
// not wait at all.
uint64_t channel_deadline(uint64_t timeout_ms);

// Sends a packet and, unless it is -1, a descriptor, which stays the caller's. Never raises
// SIGPIPE. Returns: 0, -ETIMEDOUT (-EAGAIN with deadline 0), -EPIPE or -ECONNRESET when the peer is
// gone, or another negative errno.
int channel_send(int socket, const uint8_t *bytes, size_t size, int fd, uint64_t deadline,
	struct err *err) must_check;

struct channel_packet {
	size_t size;
	int fd; // close-on-exec, owned by the caller; or -1
};

// Receives one packet into `bytes`.
// Returns: 0
//   FAULT_E_CLOSED      the peer ended the connection
//   FAULT_E_TOO_LARGE   longer than `room`; it is dropped
//   FAULT_E_DESCRIPTOR  more than one descriptor came along; all are closed
//   -ETIMEDOUT          (-EAGAIN with deadline 0)
//   another negative errno
int channel_receive(int socket, uint8_t *bytes, size_t room, uint64_t deadline,
	struct channel_packet *ret_packet, struct err *err) must_check;

#endif
