// libarchive, read from front to back: two formats by name, no filter, no program. A compressed tar
// comes here as what a decoder made. A zip is read by the headers in front of its members, so that
// one that is cut off gives what came.
// SPDX-License-Identifier: MIT
#include "loader/scan/unpack/members.h"

#include "loader/scan/unpack/excluded.h"
#include "loader/scan/unpack/look.h"
#include "loader/scan/unpack/tap.h"
#include "loader/scan/unpack/walk.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>

#define BLOCKS_EMPTY_MAX 1000 // one behind the other

struct members {
	struct source source; // of the current member
	struct archive *archive;
	struct tap *tap;
	bool zip, in_header, ended, dead;
	bool warned;                    // about the current member
	size_t header;                  // bytes that were read for the current header
	struct scanreport_place *place; // of the current member
	uint64_t begin, made;           // of the current member
};

static la_ssize_t members_pull(struct archive *archive, void *user, const void **ret_bytes)
{
	struct members *members = user;
	struct tap *tap = members->tap;
	size_t size;

	if (members->in_header && members->header > MEMBERS_HEADER_MAX) {
		archive_set_error(archive, E2BIG, "a header over the limit");
		return ARCHIVE_FATAL;
	}
	if (tap->look->limited || !tap_more(tap)) {
		members->ended = true;
		return 0;
	}
	*ret_bytes = tap->bytes;
	size = tap->size;
	members->header += size;
	tap_skip(tap, size);
	return (la_ssize_t)size;
}

// Why it did not go on; NULL when it is the fault of what is around it, which says so itself.
static const char *reason(const struct members *members)
{
	struct tap *tap = members->tap;

	if (tap->look->limited || !look_goes_on(tap->look) || (members->ended && tap->source->why))
		return NULL;
	if (!members->ended)
		return "it is broken";
	return tap->later.size ? "it has a hole" : "it is truncated";
}

static bool member_stop(struct members *members, const char *why)
{
	members->source.why = why;
	return false;
}

// The next bytes of the member that are some. A warning (a checksum that is wrong, sizes that
// differ) may come with bytes or without.
static int next_block(struct members *members, const void **ret_bytes, size_t *ret_size)
{
	int code = ARCHIVE_OK;

	for (unsigned tries = 0; tries < BLOCKS_EMPTY_MAX; tries++) {
		la_int64_t offset;

		*ret_bytes = NULL;
		*ret_size = 0;
		code = archive_read_data_block(members->archive, ret_bytes, ret_size, &offset);
		members->warned |= code == ARCHIVE_WARN;
		if ((*ret_bytes && *ret_size) || (code != ARCHIVE_OK && code != ARCHIVE_WARN))
			return code;
	}
	return ARCHIVE_FAILED;
}

static bool member_read(struct source *source, struct source_piece *ret_piece)
{
	struct members *members = (struct members *)source;
	const void *bytes;
	const char *why;
	size_t size;
	int code;

	if (source->why || members->tap->look->limited)
		return false;
	code = next_block(members, &bytes, &size);
	if (code == ARCHIVE_EOF)
		return member_stop(members, members->warned ? "it is broken" : NULL);
	if (code < ARCHIVE_WARN) {
		members->dead = code == ARCHIVE_FATAL;
		return member_stop(members, reason(members));
	}
	*ret_piece = (struct source_piece){bytes, size, members->made};
	members->made += size;
	if (!members->zip)
		return true;
	why = look_bomb(members->tap->look, members->place, members->made,
		members->tap->at - members->begin);
	if (why)
		return member_stop(members, why);
	return look_count_unpacked(members->tap->look, members->place, size);
}

// Why a member is not looked into, or NULL.
static const char *refusal(const struct members *members, struct archive_entry *entry)
{
	const char *format;

	if (!members->zip)
		return NULL;
	if (archive_entry_is_encrypted(entry))
		return "it is encrypted";
	// what else there is needs much memory
	format = archive_format_name(members->archive);
	if (format && !strstr(format, "(uncompressed)") && !strstr(format, "(deflation)"))
		return "it is packed by a method that is not looked into";
	return NULL;
}

static const char *name_of(struct archive_entry *entry)
{
	const char *name = archive_entry_pathname(entry);

	name = name ? name : archive_entry_pathname_utf8(entry);
	if (!name)
		return "?";
	while (strncmp(name, "./", 2) == 0 || *name == '/')
		name += *name == '/' ? 1 : 2;
	return name;
}

static bool is_whiteout(const char *name)
{
	const char *slash = strrchr(name, '/');

	return strncmp(slash ? slash + 1 : name, ".wh.", 4) == 0; // of an image's layer
}

// Looks at one member, and leaves the archive at its end.
static void look_at_member(struct members *members, struct archive_entry *entry)
{
	struct look *look = members->tap->look;
	const char *name = name_of(entry), *why = refusal(members, entry);
	struct scanreport_place place;
	bool passed = archive_entry_filetype(entry) != AE_IFREG || is_whiteout(name) ||
		      excluded_is(look->job, name) ||
		      (archive_entry_hardlink(entry) && !archive_entry_size(entry));

	if (!passed && look_inside(look, &members->tap->place, name, &place)) {
		look->total->members++;
		members->source = (struct source){.read = member_read};
		members->place = &place;
		members->made = 0;
		members->warned = false;
		members->begin = members->tap->at;
		if (why)
			look_skip(look, &place, why);
		else
			look_stream(look, &members->source, &place);
		members->place = NULL;
	}
	if (!members->dead && archive_read_data_skip(members->archive) == ARCHIVE_FATAL)
		members->dead = true; // the next header says why
}

static void look_at_all(struct members *members)
{
	struct look *look = members->tap->look;
	struct archive_entry *entry;
	int code;

	for (;;) {
		members->in_header = true;
		members->header = 0;
		code = archive_read_next_header(members->archive, &entry);
		members->in_header = false;
		if (code != ARCHIVE_OK && code != ARCHIVE_WARN)
			break;
		if (!look_count_member(look, &members->tap->place))
			return;
		look_at_member(members, entry);
		if (look->failed || look->limited || members->dead)
			break;
	}
	if (code != ARCHIVE_EOF && !members->source.why) {
		const char *why = reason(members);

		if (why)
			look_skip(look, &members->tap->place, why);
	}
}

void members_look(struct tap *tap, bool zip)
{
	struct members members = {.tap = tap, .zip = zip};
	uint64_t start = tap->at;

	members.archive = archive_read_new();
	if (!members.archive ||
		(zip ? archive_read_support_format_zip_streamable(members.archive)
		     : archive_read_support_format_tar(members.archive)) != ARCHIVE_OK) {
		(void)archive_read_free(members.archive); // nothing was opened
		tap->look->failed = -ENOMEM;
		return;
	}
	if (archive_read_open(members.archive, &members, NULL, members_pull, NULL) == ARCHIVE_OK)
		look_at_all(&members);
	tap_rewind(tap, start + (uint64_t)archive_filter_bytes(members.archive, 0));
	(void)archive_read_free(members.archive); // the tap is not its own
}
