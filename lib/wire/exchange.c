// Messages over a channel. Takes guarded memory for the bytes and gives it back wiped.
// SPDX-License-Identifier: MIT
#include "lib/wire/exchange.h"

#include "lib/base/err.h"
#include "lib/base/secret.h"
#include "lib/wire/channel.h"
#include "lib/wire/fault.h"
#include "lib/wire/message_head.h"
#include "lib/wire/pack.h"
#include "lib/wire/sealed.h"

#include <errno.h>

// Puts the encoded body into a memfd and sends the head with it.
static int send_in_file(const struct exchange *exchange, struct message_head *head,
	const uint8_t *body, struct err *err)
{
	uint8_t packet[MESSAGE_HEAD_SIZE];
	own_fd int fd = -1;
	int code = sealed_make("samekey-message", body, head->size, &fd, err);

	if (code < 0)
		return code;
	head->in_file = true;
	message_head_encode(head, packet);
	return channel_send(exchange->socket, packet, sizeof(packet), fd, exchange->deadline, err);
}

int exchange_send(
	const struct exchange *exchange, const struct message *message, int fd, struct err *err)
{
	struct message_head head = {.type = message->type};
	size_t size = 0, whole;
	uint8_t *block;
	int code = message_body_size(message, &size, err);

	if (code < 0)
		return code;
	head.size = (uint32_t)size;
	whole = MESSAGE_HEAD_SIZE + size;
	block = secret_arena_take(exchange->arena, whole);
	if (!block)
		return err_set(err, -ENOMEM, NULL, "no memory for a message of %zu bytes", size);
	message_head_encode(&head, block);
	code = message_encode(message, block + MESSAGE_HEAD_SIZE, size);
	if (code < 0)
		code = err_set(err, code, NULL, "cannot write a message");
	else if (whole > MESSAGE_PACKET_MAX)
		code = send_in_file(exchange, &head, block + MESSAGE_HEAD_SIZE, err);
	else
		code = channel_send(exchange->socket, block, whole, fd, exchange->deadline, err);
	secret_arena_give(exchange->arena, block, whole);
	return code;
}

// Replaces the packet by the body that came in a memfd.
static int fetch_body(const struct exchange *exchange, const struct message_head *head,
	struct exchange_received *received, struct err *err)
{
	size_t size;
	uint8_t *block;
	int code = sealed_check(received->fd, message_rule(head->type)->body_max, &size, err);

	if (code)
		return code;
	if (size != head->size) {
		(void)err_set(err, FAULT_E_TRUNCATED, NULL,
			"the message announces %u bytes, its memfd has %zu", head->size, size);
		return FAULT_E_TRUNCATED;
	}
	block = secret_arena_take(exchange->arena, size);
	if (!block)
		return err_set(err, -ENOMEM, NULL, "no memory for a message of %zu bytes", size);
	secret_arena_give_used(
		exchange->arena, received->block, received->block_size, received->used);
	received->block = block;
	received->block_size = received->used = size;
	code = sealed_read(received->fd, block, size, err);
	own_fd_release(&received->fd);
	received->fd = -1;
	return code;
}

// Receives and judges; what is half done lies in `received` for the caller to release.
static int receive(const struct exchange *exchange, enum message_state state, struct pool *pool,
	struct exchange_received *received, struct err *err)
{
	struct channel_packet packet;
	struct message_head head;
	const uint8_t *body;
	int code = channel_receive(exchange->socket, received->block, received->block_size,
		exchange->deadline, &packet, err);

	if (code == FAULT_E_CLOSED || code == -EAGAIN)
		received->used = 0; // nothing came
	if (code)
		return code;
	received->used = packet.size;
	received->fd = packet.fd;
	code = message_head_decode(received->block, packet.size, packet.fd >= 0, state, &head, err);
	if (code)
		return code;
	body = received->block + MESSAGE_HEAD_SIZE;
	if (head.in_file) {
		code = fetch_body(exchange, &head, received, err);
		body = received->block;
	}
	if (code == 0)
		code = message_decode(head.type, body, head.size, pool, &received->message, err);
	return code;
}

int exchange_receive(const struct exchange *exchange, enum message_state state, struct pool *pool,
	struct exchange_received *ret_received, struct err *err)
{
	struct exchange_received received = EXCHANGE_NOTHING;
	int code;

	received.block_size = received.used = MESSAGE_PACKET_MAX;
	received.block = secret_arena_take(exchange->arena, received.block_size);
	if (!received.block)
		return err_set(err, -ENOMEM, NULL, "no memory for a message");
	code = receive(exchange, state, pool, &received, err);
	if (code) {
		exchange_done(&received, exchange->arena);
		return code;
	}
	*ret_received = received;
	return 0;
}

void exchange_done(struct exchange_received *received, struct secret_arena *arena)
{
	secret_arena_give_used(arena, received->block, received->block_size, received->used);
	own_fd_release(&received->fd);
	*received = EXCHANGE_NOTHING;
}

int exchange_open_bundle(const struct exchange_received *offer, struct secret_arena *arena,
	struct pool *pool, struct exchange_bundle *ret_bundle, struct err *err)
{
	struct exchange_bundle bundle = EXCHANGE_NO_BUNDLE;
	int code = sealed_check(offer->fd, BUNDLE_SIZE_MAX, &bundle.block_size, err);

	if (code)
		return code;
	if (bundle.block_size != offer->message.offer.size) {
		(void)err_set(err, FAULT_E_TRUNCATED, NULL,
			"the offer announces %u bytes, its memfd has %zu",
			offer->message.offer.size, bundle.block_size);
		return FAULT_E_TRUNCATED;
	}
	bundle.block = secret_arena_take(arena, bundle.block_size);
	if (!bundle.block)
		return err_set(
			err, -ENOMEM, NULL, "no guarded memory for %zu bytes", bundle.block_size);
	code = sealed_read(offer->fd, bundle.block, bundle.block_size, err);
	if (code == 0)
		code = pack_decode(bundle.block, bundle.block_size, pool, &bundle.bundle, err);
	if (code) {
		exchange_bundle_done(&bundle, arena);
		return code;
	}
	*ret_bundle = bundle;
	return 0;
}

void exchange_bundle_done(struct exchange_bundle *bundle, struct secret_arena *arena)
{
	secret_arena_give(arena, bundle->block, bundle->block_size);
	*bundle = EXCHANGE_NO_BUNDLE;
}
