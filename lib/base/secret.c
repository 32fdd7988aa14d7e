// The guarded arena: one reserved range, made readable and locked in growing steps; free runs
// are remembered outside of it. Bytes are wiped when they come back.
// SPDX-License-Identifier: MIT
#include "lib/base/secret.h"

#include "lib/base/growth.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define SECRET_ALIGN 64u
#define SECRET_FIRST_STEP (64u * 1024)
#define SECRET_LARGEST_STEP (4u * 1024 * 1024)

struct run {
	size_t at, size;
};

struct secret_arena {
	uint8_t *base;
	size_t cap, open, used; // reserved, readable, handed out at least once
	size_t step;
	struct secret_guard guard;
	struct run *runs; // free, sorted by place, never touching each other
	size_t run_count, run_room;
};

static size_t round_up(size_t size, size_t unit)
{
	return (size + unit - 1) / unit * unit;
}

static uint8_t *reserve_hidden(size_t cap)
{
#ifdef SYS_memfd_secret
	own_fd int fd = (int)syscall(SYS_memfd_secret, O_CLOEXEC);
	void *at;

	if (fd < 0 || ftruncate(fd, (off_t)cap) < 0)
		return NULL;
	at = mmap(NULL, cap, PROT_NONE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return NULL;
	(void)madvise(at, cap, MADV_DONTFORK); // a child has no business with it
	return at;
#else
	(void)cap;
	return NULL;
#endif
}

static uint8_t *reserve_private(size_t cap, bool *ret_no_dump)
{
	void *at = mmap(NULL, cap, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (at == MAP_FAILED)
		return NULL;
	*ret_no_dump = madvise(at, cap, MADV_DONTDUMP) == 0;
	(void)madvise(at, cap, MADV_WIPEONFORK); // older kernels: the fork keeps a private copy
	return at;
}

int secret_arena_open(
	const struct secret_options *options, struct secret_arena **ret_arena, struct err *err)
{
	struct secret_arena *arena = calloc(1, sizeof(*arena));
	size_t cap = options && options->cap ? options->cap : SECRET_ARENA_CAP;

	if (!arena)
		return err_no_memory(err);
	arena->guard.locked = true;
	arena->step = SECRET_FIRST_STEP;
	arena->cap = round_up(cap, SECRET_FIRST_STEP);
	if (options && options->memfd)
		arena->base = reserve_hidden(arena->cap);
	if (arena->base)
		arena->guard.hidden = arena->guard.no_dump = true;
	for (; !arena->base && arena->cap >= SECRET_FIRST_STEP; arena->cap /= 2)
		if ((arena->base = reserve_private(arena->cap, &arena->guard.no_dump)))
			break; // a limit on address space leaves us a smaller arena
	if (!arena->base) {
		free(arena);
		return err_set(err, -ENOMEM, NULL, "cannot reserve memory for secrets");
	}
	*ret_arena = arena;
	return 0;
}

struct secret_arena *secret_arena_free(struct secret_arena *arena)
{
	if (!arena)
		return NULL;
	if (arena->used)
		sodium_memzero(arena->base, arena->used);
	(void)munmap(arena->base, arena->cap);
	free(arena->runs);
	free(arena);
	return NULL;
}

void secret_arena_release(struct secret_arena **arena)
{
	*arena = secret_arena_free(*arena);
}

struct secret_guard secret_arena_guard(const struct secret_arena *arena)
{
	return arena->guard;
}

// Makes the first `need` bytes of the arena readable and locked.
static bool open_up_to(struct secret_arena *arena, size_t need)
{
	size_t target;

	if (need <= arena->open)
		return true;
	if (need > arena->cap)
		return false;
	target = round_up(need, SECRET_FIRST_STEP);
	if (target < arena->open + arena->step)
		target = arena->open + arena->step;
	if (target > arena->cap)
		target = arena->cap;
	if (mprotect(arena->base + arena->open, target - arena->open, PROT_READ | PROT_WRITE) < 0)
		return false;
	// memfd_secret pages are never swapped; the others must be locked
	if (!arena->guard.hidden &&
		mlock2(arena->base + arena->open, target - arena->open, MLOCK_ONFAULT) < 0)
		arena->guard.locked = false;
	arena->open = target;
	if (arena->step < SECRET_LARGEST_STEP)
		arena->step *= 2;
	return true;
}

static uint8_t *take_run(struct secret_arena *arena, size_t size)
{
	for (size_t i = 0; i < arena->run_count; i++) {
		struct run *run = &arena->runs[i];
		size_t at = run->at;

		if (run->size < size)
			continue;
		run->at += size;
		run->size -= size;
		if (!run->size) {
			arena->run_count--;
			memmove(run, run + 1, (arena->run_count - i) * sizeof(*run));
		}
		return arena->base + at;
	}
	return NULL;
}

uint8_t *secret_arena_take(struct secret_arena *arena, size_t size)
{
	uint8_t *block;

	if (size > arena->cap)
		return NULL;
	size = round_up(size ? size : 1, SECRET_ALIGN);
	block = take_run(arena, size);
	if (block)
		return block;
	if (!open_up_to(arena, arena->used + size))
		return NULL;
	block = arena->base + arena->used;
	arena->used += size;
	return block;
}

// Joins the run at index i with its successor when they touch.
static void join_run(struct secret_arena *arena, size_t i)
{
	struct run *run = &arena->runs[i];

	if (i + 1 >= arena->run_count || run->at + run->size != run[1].at)
		return;
	run->size += run[1].size;
	arena->run_count--;
	memmove(run + 1, run + 2, (arena->run_count - i - 1) * sizeof(*run));
}

void secret_arena_give(struct secret_arena *arena, uint8_t *block, size_t size)
{
	secret_arena_give_used(arena, block, size, size);
}

void secret_arena_give_used(struct secret_arena *arena, uint8_t *block, size_t size, size_t used)
{
	size_t at, i = 0;

	if (!block)
		return;
	at = (size_t)(block - arena->base);
	sodium_memzero(block, used);
	size = round_up(size ? size : 1, SECRET_ALIGN);
	if (at + size == arena->used) {
		arena->used = at;
		return;
	}
	if (growth_room(&arena->runs, &arena->run_room, arena->run_count, sizeof(*arena->runs)) < 0)
		return; // wiped but not reused: a loss of room, not of secrecy
	while (i < arena->run_count && arena->runs[i].at < at)
		i++;
	memmove(arena->runs + i + 1, arena->runs + i,
		(arena->run_count - i) * sizeof(*arena->runs));
	arena->runs[i] = (struct run){at, size};
	arena->run_count++;
	join_run(arena, i);
	if (i)
		join_run(arena, i - 1);
}

int secret_copy(
	struct secret_arena *arena, const void *bytes, size_t length, struct secret *ret_secret)
{
	uint8_t *block = secret_arena_take(arena, length);

	if (!block)
		return -ENOMEM;
	if (length)
		memcpy(block, bytes, length);
	*ret_secret = secret_view(block, length);
	return 0;
}

bool secret_equal(struct secret a, struct secret b)
{
	return a.length == b.length &&
	       (!a.length || sodium_memcmp(a.bytes, b.bytes, a.length) == 0);
}

bool secret_is(struct secret secret, const char *text)
{
	return secret_equal(secret, secret_view(text, strlen(text)));
}

void secret_harden_process(void)
{
	const struct rlimit none = {0, 0};

	(void)setrlimit(RLIMIT_CORE, &none); // lowering a limit cannot fail
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)umask(077);
}
