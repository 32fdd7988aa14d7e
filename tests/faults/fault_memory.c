// The heap and mappings, as fault.c says. Under a sanitizer its own functions are the real ones.
// SPDX-License-Identifier: MIT
#include "tests/faults/fault.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/mman.h>

// NOLINTBEGIN(bugprone-*,cert-*,readability-*): the names and forms are those of what it stands for

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *at, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
__attribute__((weak)) void *__interceptor_malloc(size_t size);
__attribute__((weak)) void *__interceptor_calloc(size_t count, size_t size);
__attribute__((weak)) void *__interceptor_realloc(void *at, size_t size);
__attribute__((weak)) void *__interceptor_memalign(size_t alignment, size_t size);

void *malloc(size_t size)
{
	if (fault_fails(MEMORY, "malloc", CALLER))
		return NULL;
	return __interceptor_malloc ? __interceptor_malloc(size) : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	if (fault_fails(MEMORY, "calloc", CALLER))
		return NULL;
	return __interceptor_calloc ? __interceptor_calloc(count, size)
				    : __libc_calloc(count, size);
}

static void *resize(void *at, size_t size)
{
	return __interceptor_realloc ? __interceptor_realloc(at, size) : __libc_realloc(at, size);
}

void *realloc(void *at, size_t size)
{
	return fault_fails(MEMORY, "realloc", CALLER) ? NULL : resize(at, size);
}

void *reallocarray(void *at, size_t count, size_t size)
{
	size_t whole;

	if (fault_fails(MEMORY, "reallocarray", CALLER))
		return NULL;
	if (__builtin_mul_overflow(count, size, &whole)) {
		errno = ENOMEM;
		return NULL;
	}
	return resize(at, whole);
}

static void *align(size_t alignment, size_t size)
{
	return __interceptor_memalign ? __interceptor_memalign(alignment, size)
				      : __libc_memalign(alignment, size);
}

void *memalign(size_t alignment, size_t size)
{
	return fault_fails(MEMORY, "memalign", CALLER) ? NULL : align(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return fault_fails(MEMORY, "aligned_alloc", CALLER) ? NULL : align(alignment, size);
}

int posix_memalign(void **ret_at, size_t alignment, size_t size)
{
	void *at = fault_fails(MEMORY, "posix_memalign", CALLER) ? NULL : align(alignment, size);

	if (!at)
		return ENOMEM;
	*ret_at = at;
	return 0;
}

CALL(MAP, MAP_FAILED, void *, mmap,
	(void *at, size_t size, int access, int flags, int fd, off_t offset),
	(at, size, access, flags, fd, offset))
CALL(MAP, MAP_FAILED, void *, mmap64,
	(void *at, size_t size, int access, int flags, int fd, off_t offset),
	(at, size, access, flags, fd, offset))
INT(MAP, mprotect, (void *at, size_t size, int access), (at, size, access))
INT(MAP, madvise, (void *at, size_t size, int advice), (at, size, advice))
INT(MAP, mlock, (const void *at, size_t size), (at, size))
INT(MAP, mlock2, (const void *at, size_t size, unsigned flags), (at, size, flags))

// NOLINTEND(bugprone-*,cert-*,readability-*)
