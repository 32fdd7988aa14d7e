// Sealed memfds: what is made cannot change, and what can change is not taken.
// SPDX-License-Identifier: MIT
#include "lib/wire/sealed.h"

#include "lib/base/err.h"
#include "lib/wire/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <cmocka.h>

#define CAP 4096
#define ALL (F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL)

static void a_sealed_memfd_cannot_change(void **state)
{
	const uint8_t bytes[] = "0123456789";
	uint8_t back[sizeof(bytes)];
	own_fd int fd = -1;
	size_t size;

	(void)state;
	assert_int_equal(sealed_make("test", bytes, sizeof(bytes), &fd, NULL), 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(sealed_check(fd, CAP, &size, NULL), 0);
	assert_int_equal(size, sizeof(bytes));
	assert_int_equal(sealed_read(fd, back, size, NULL), 0);
	assert_memory_equal(back, bytes, sizeof(bytes));
	assert_int_equal(pwrite(fd, "x", 1, 0), -1);
	assert_int_equal(ftruncate(fd, 1), -1);
	assert_int_equal(ftruncate(fd, 100), -1);
	assert_ptr_equal(mmap(NULL, 10, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), -1);
}

static void any_missing_seal_is_noticed(void **state)
{
	static const int seals[] = {F_SEAL_WRITE, F_SEAL_GROW, F_SEAL_SHRINK, F_SEAL_SEAL};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(seals); i++) {
		own_fd int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
		struct err err = ERR_NONE;
		size_t size = 77;

		assert_int_equal(write(fd, "abc", 3), 3);
		assert_int_equal(fcntl(fd, F_ADD_SEALS, ALL & ~seals[i]), 0);
		assert_int_equal(sealed_check(fd, CAP, &size, &err), FAULT_E_UNSEALED);
		assert_true(*err.what);
		assert_int_equal(size, 77);
	}
}

static void future_writes_are_not_enough(void **state)
{
	own_fd int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	void *map;
	size_t size;

	(void)state;
	assert_int_equal(ftruncate(fd, 10), 0);
	map = mmap(NULL, 10, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(map, MAP_FAILED);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE | (ALL & ~F_SEAL_WRITE)), 0);
	assert_int_equal(sealed_check(fd, CAP, &size, NULL), FAULT_E_UNSEALED);
	assert_int_equal(munmap(map, 10), 0);
}

static void the_size_is_judged(void **state)
{
	static const uint8_t bytes[CAP + 1];
	own_fd int empty = -1, full = -1, over = -1;
	size_t size;

	(void)state;
	assert_int_equal(sealed_make("test", bytes, 0, &empty, NULL), 0);
	assert_int_equal(sealed_check(empty, CAP, &size, NULL), FAULT_E_TRUNCATED);
	assert_int_equal(sealed_make("test", bytes, CAP, &full, NULL), 0);
	assert_int_equal(sealed_check(full, CAP, &size, NULL), 0);
	assert_int_equal(sealed_make("test", bytes, CAP + 1, &over, NULL), 0);
	assert_int_equal(sealed_check(over, CAP, &size, NULL), FAULT_E_TOO_LARGE);
	assert_int_equal(
		sealed_read(full, (uint8_t[CAP + 1]){0}, CAP + 1, NULL), FAULT_E_TRUNCATED);
}

static void other_descriptors_are_refused(void **state)
{
	char path[] = "/tmp/samekey-sealed-XXXXXX", name[32];
	own_fd int sealed = -1;
	int ends[2];
	own_fd int file = mkostemp(path, O_CLOEXEC);
	own_fd int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	own_fd int folder = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t size;

	(void)state;
	assert_int_equal(unlink(path), 0);
	assert_int_equal(write(file, "abc", 3), 3);
	assert_true(sealed_check(file, CAP, &size, NULL) > 0); // tmpfs knows seals, others do not
	assert_int_equal(sealed_check(null, CAP, &size, NULL), FAULT_E_DESCRIPTOR);
	assert_int_equal(sealed_check(folder, CAP, &size, NULL), FAULT_E_DESCRIPTOR);
	assert_int_equal(sealed_check(-1, CAP, &size, NULL), FAULT_E_DESCRIPTOR);
	assert_int_equal(sealed_make("test", (const uint8_t *)"abc", 3, &sealed, NULL), 0);
	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", sealed);
	ends[0] = open(name, O_WRONLY | O_CLOEXEC);
	assert_true(ends[0] >= 0);
	assert_int_equal(sealed_check(ends[0], CAP, &size, NULL), FAULT_E_DESCRIPTOR);
	(void)close(ends[0]);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(sealed_check(ends[0], CAP, &size, NULL), FAULT_E_DESCRIPTOR);
	(void)close(ends[0]);
	(void)close(ends[1]);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	assert_int_equal(sealed_check(ends[0], CAP, &size, NULL), FAULT_E_DESCRIPTOR);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sealed_memfd_cannot_change),
		cmocka_unit_test(any_missing_seal_is_noticed),
		cmocka_unit_test(future_writes_are_not_enough),
		cmocka_unit_test(the_size_is_judged),
		cmocka_unit_test(other_descriptors_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
