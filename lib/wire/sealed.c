// Sealed memfds. What the kernel promises about them is asked for, not assumed.
// SPDX-License-Identifier: MIT
#include "lib/wire/sealed.h"

#include "lib/base/err.h"
#include "lib/base/fs.h"
#include "lib/wire/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

#define ALL_SEALS (F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL)

// Kernels since 6.3 can be told to refuse a memfd that might be executed; older ones do not know
// the flag.
static int create(const char *name)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return fd < 0 ? -errno : fd;
}

int sealed_make(const char *name, const uint8_t *bytes, size_t size, int *ret_fd, struct err *err)
{
	own_fd int fd = create(name);
	int code;

	if (fd < 0)
		return err_set(err, fd, NULL, "cannot make a memfd: %s", strerror(-fd));
	code = fs_write_all(fd, bytes, size);
	if (code == 0 && fcntl(fd, F_ADD_SEALS, ALL_SEALS) < 0)
		code = -errno;
	if (code < 0)
		return err_set(err, code, NULL, "cannot fill a memfd: %s", strerror(-code));
	*ret_fd = take_fd(&fd);
	return 0;
}

int sealed_check(int fd, size_t cap, size_t *ret_size, struct err *err)
{
	int seals = fcntl(fd, F_GET_SEALS);
	int flags = fcntl(fd, F_GETFL);
	struct stat facts;

	if (seals < 0 || flags < 0 || fstat(fd, &facts) < 0 || !S_ISREG(facts.st_mode)) {
		(void)err_set(err, FAULT_E_DESCRIPTOR, NULL, "the descriptor is no memfd");
		return FAULT_E_DESCRIPTOR;
	}
	if ((flags & O_ACCMODE) == O_WRONLY) {
		(void)err_set(err, FAULT_E_DESCRIPTOR, NULL, "the memfd was opened for writing");
		return FAULT_E_DESCRIPTOR;
	}
	if ((seals & ALL_SEALS) != ALL_SEALS) {
		(void)err_set(err, FAULT_E_UNSEALED, NULL,
			"the memfd lacks a seal: has 0x%x, needs 0x%x", (unsigned)seals, ALL_SEALS);
		return FAULT_E_UNSEALED;
	}
	if (facts.st_size <= 0) {
		(void)err_set(err, FAULT_E_TRUNCATED, NULL, "the memfd is empty");
		return FAULT_E_TRUNCATED;
	}
	if ((uint64_t)facts.st_size > cap) {
		(void)err_set(err, FAULT_E_TOO_LARGE, NULL,
			"the memfd has %lld bytes, the cap is %zu", (long long)facts.st_size, cap);
		return FAULT_E_TOO_LARGE;
	}
	*ret_size = (size_t)facts.st_size;
	return 0;
}

int sealed_read(int fd, uint8_t *bytes, size_t size, struct err *err)
{
	size_t used = 0;

	while (used < size) {
		ssize_t got = pread(fd, bytes + used, size - used, (off_t)used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_set(
				err, -errno, NULL, "cannot read the memfd: %s", strerror(errno));
		if (got == 0) {
			(void)err_set(err, FAULT_E_TRUNCATED, NULL,
				"the memfd ends after %zu of %zu bytes", used, size);
			return FAULT_E_TRUNCATED;
		}
		used += (size_t)got;
	}
	return 0;
}
