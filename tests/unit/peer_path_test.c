// Whether the path to a socket can be trusted.
// SPDX-License-Identifier: MIT
#include "lib/wire/peer_path.h"

#include "lib/base/err.h"
#include "lib/wire/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cmocka.h>

static const struct {
	const char *prose;
	mode_t above, own; // of the folder above the socket's, and of the socket's own
	int expected;
} folders[] = {
	{"folders that only we write", 0700, 0755, 0},
	{"a sticky folder above", 01777, 0700, 0},
	{"a folder above that everybody writes", 0777, 0700, -EPERM},
	{"the socket's own folder open to all", 0755, 0777, -EPERM},
	{"the socket's own folder sticky and open to all", 0755, 01777, -EPERM},
};

struct tree {
	char root[32], above[48], own[64], socket[80];
};

static void make_tree(struct tree *tree)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	own_fd int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	(void)snprintf(tree->root, sizeof(tree->root), "/tmp/samekey-peer-XXXXXX");
	assert_non_null(mkdtemp(tree->root));
	(void)snprintf(tree->above, sizeof(tree->above), "%s/above", tree->root);
	(void)snprintf(tree->own, sizeof(tree->own), "%s/own", tree->above);
	(void)snprintf(tree->socket, sizeof(tree->socket), "%s/s", tree->own);
	assert_int_equal(mkdir(tree->above, 0700), 0);
	assert_int_equal(mkdir(tree->own, 0700), 0);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", tree->socket);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
}

static void remove_tree(const struct tree *tree)
{
	assert_int_equal(unlink(tree->socket), 0);
	assert_int_equal(rmdir(tree->own), 0);
	assert_int_equal(rmdir(tree->above), 0);
	assert_int_equal(rmdir(tree->root), 0);
}

static void folders_are_judged(void **state)
{
	struct tree tree;

	(void)state;
	make_tree(&tree);
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		struct err err = ERR_NONE;
		int code;

		assert_int_equal(chmod(tree.above, folders[i].above), 0);
		assert_int_equal(chmod(tree.own, folders[i].own), 0);
		code = peer_path_is_trusted(tree.socket, PEER_NO_USER, &err);
		if (code != folders[i].expected)
			fail_msg("%s: %d (%s: %s)", folders[i].prose, code, err.where, err.what);
		assert_int_equal(!*err.hint, code == 0);
		assert_int_equal(peer_path_is_trusted(tree.socket, PEER_NO_USER, NULL), code);
	}
	remove_tree(&tree);
}

static void odd_paths(void **state)
{
	struct tree tree;
	char path[PATH_MAX + 8], link[128];
	struct err err = ERR_NONE;

	(void)state;
	make_tree(&tree);
	assert_int_equal(peer_path_is_trusted("s", PEER_NO_USER, &err), -EINVAL);
	assert_int_equal(peer_path_is_trusted("/", PEER_NO_USER, &err), -ENOTSOCK);
	assert_int_equal(peer_path_is_trusted(tree.own, PEER_NO_USER, &err), -ENOTSOCK);
	assert_int_equal(peer_path_is_trusted("/etc/passwd", PEER_NO_USER, &err), -ENOTSOCK);
	(void)snprintf(path, sizeof(path), "%s/none", tree.own);
	assert_int_equal(peer_path_is_trusted(path, PEER_NO_USER, &err), -ENOENT);
	(void)snprintf(path, sizeof(path), "%s/s", tree.socket);
	assert_int_equal(peer_path_is_trusted(path, PEER_NO_USER, &err), -ENOTDIR);
	(void)snprintf(path, sizeof(path), "%s//./../own/.././own//s", tree.own);
	assert_int_equal(peer_path_is_trusted(path, PEER_NO_USER, &err), 0);
	memset(path, 'a', sizeof(path));
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(peer_path_is_trusted(path, PEER_NO_USER, &err), -ENAMETOOLONG);

	(void)snprintf(link, sizeof(link), "%s/link", tree.root);
	assert_int_equal(symlink("above/../above/own", link), 0);
	(void)snprintf(path, sizeof(path), "%s/s", link);
	assert_int_equal(peer_path_is_trusted(path, PEER_NO_USER, &err), 0);
	assert_int_equal(chmod(tree.above, 0777), 0); // the link's target is judged, too
	assert_int_equal(peer_path_is_trusted(path, PEER_NO_USER, &err), -EPERM);
	assert_int_equal(unlink(link), 0);
	assert_int_equal(symlink(link, link), 0);
	assert_int_equal(peer_path_is_trusted(path, PEER_NO_USER, &err), -ELOOP);
	assert_int_equal(unlink(link), 0);
	remove_tree(&tree);
}

// Link 0 leads to the socket's folder, each other one to the one before it.
static void links_are_followed_up_to_their_cap(void **state)
{
	struct tree tree;
	char target[64], link[64], path[80];

	(void)state;
	make_tree(&tree);
	(void)snprintf(target, sizeof(target), "%s", tree.own);
	for (unsigned i = 0; i <= PEER_PATH_LINKS_MAX; i++) {
		(void)snprintf(link, sizeof(link), "%s/%u", tree.root, i);
		assert_int_equal(symlink(target, link), 0);
		(void)snprintf(path, sizeof(path), "%s/s", link);
		assert_int_equal(peer_path_is_trusted(path, PEER_NO_USER, NULL),
			i < PEER_PATH_LINKS_MAX ? 0 : -ELOOP);
		memcpy(target, link, sizeof(target));
	}
	for (unsigned i = 0; i <= PEER_PATH_LINKS_MAX; i++) {
		(void)snprintf(link, sizeof(link), "%s/%u", tree.root, i);
		assert_int_equal(unlink(link), 0);
	}
	remove_tree(&tree);
}

// Needs root to give files away.
static void what_belongs_to_others_is_not_trusted(void **state)
{
	struct tree tree;
	char link[64], path[80];
	struct err err = ERR_NONE;

	(void)state;
	if (geteuid() != 0)
		skip();
	make_tree(&tree);
	assert_int_equal(chown(tree.socket, 4711, 4711), 0);
	assert_int_equal(peer_path_is_trusted(tree.socket, PEER_NO_USER, &err), -EPERM);
	assert_int_equal(peer_path_is_trusted(tree.socket, 4711, &err), 0);
	assert_int_equal(chown(tree.socket, 0, 0), 0);
	assert_int_equal(chown(tree.own, 4711, 4711), 0);
	assert_int_equal(peer_path_is_trusted(tree.socket, PEER_NO_USER, &err), -EPERM);
	assert_string_equal(err.where, tree.own);
	assert_int_equal(peer_path_is_trusted(tree.socket, 4711, &err), 0);
	assert_int_equal(chown(tree.own, 0, 0), 0);
	(void)snprintf(link, sizeof(link), "%s/link", tree.root);
	(void)snprintf(path, sizeof(path), "%s/s", link);
	assert_int_equal(symlink(tree.own, link), 0);
	assert_int_equal(peer_path_is_trusted(path, PEER_NO_USER, &err), 0);
	assert_int_equal(lchown(link, 4711, 4711), 0);
	assert_int_equal(peer_path_is_trusted(path, PEER_NO_USER, &err), -EPERM);
	assert_string_equal(err.where, link);
	assert_int_equal(peer_path_is_trusted(path, 4711, &err), 0);
	assert_int_equal(unlink(link), 0);
	remove_tree(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folders_are_judged),
		cmocka_unit_test(odd_paths),
		cmocka_unit_test(links_are_followed_up_to_their_cap),
		cmocka_unit_test(what_belongs_to_others_is_not_trusted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
