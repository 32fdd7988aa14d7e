// libarchive, read from front to back: for each file one format, or one filter, by name, and no
// program. A compressed tar comes here as what a decoder made. A zip is read by the headers in
// front of its members, so that one that is cut off gives what came.
// SPDX-License-Identifier: MIT
#include "loader/scan/unpack/members.h"

#include "lib/base/path.h"
#include "loader/scan/unpack/excluded.h"
#include "loader/scan/unpack/look.h"
#include "loader/scan/unpack/tap.h"
#include "loader/scan/unpack/walk.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>

#define BLOCKS_EMPTY_MAX 1000 // one behind the other

#define ARCHIVE(read) .format = archive_read_support_format_##read
const struct members_kind members_tar = {ARCHIVE(tar)};
const struct members_kind members_ar = {ARCHIVE(ar)};
const struct members_kind members_cpio = {ARCHIVE(cpio)};
const struct members_kind members_zip = {ARCHIVE(zip_streamable), .packed = true};
const struct members_kind members_zip_inside = {
	ARCHIVE(zip_streamable), .inside = "zip", .packed = true, .lead = "PK\x03\x04"};

#define COMPRESSED(read, what) \
	{ \
		ARCHIVE(raw), .filter = archive_read_support_filter_##read, .inside = #read, \
			      .broken = "it begins like " what " and is broken", .packed = true \
	}
const struct members_kind members_xz = COMPRESSED(xz, "an xz file");
const struct members_kind members_lzma = COMPRESSED(lzma, "an lzma file");
const struct members_kind members_lzip = COMPRESSED(lzip, "an lzip file");
const struct members_kind members_bzip2 = COMPRESSED(bzip2, "a bzip2 file");
const struct members_kind members_lz4 = COMPRESSED(lz4, "an LZ4 file");
const struct members_kind members_compress = COMPRESSED(compress, "a compress(1) file");
const struct members_kind members_rpm = COMPRESSED(rpm, "an RPM package");

struct members {
	struct source source; // of the current member
	struct archive *archive;
	struct archive_entry *entry; // ours: libarchive goes on without its own, and falls
	struct tap *tap;
	const struct members_kind *kind;
	const struct scanreport_place *around;
	bool in_header, ended, dead, led;
	size_t whole;                   // members that came to their end
	bool warned, failed;            // about the current member
	size_t header;                  // bytes that were read for the current header
	struct scanreport_place *place; // of the current member
	uint64_t begin, made;           // of the current member, in the archive and out of it
};

static la_ssize_t members_pull(struct archive *archive, void *user, const void **ret_bytes)
{
	struct members *members = user;
	struct tap *tap = members->tap;
	size_t size;

	if (members->kind->lead && !members->led) {
		members->led = true;
		*ret_bytes = members->kind->lead;
		return (la_ssize_t)strlen(members->kind->lead);
	}
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

// How many bytes were used up so far, whatever was read ahead.
static uint64_t taken_by(const struct members *members)
{
	la_int64_t bytes = archive_filter_bytes(members->archive, -1);

	return bytes < 0 ? 0 : (uint64_t)bytes;
}

// Why it did not go on; NULL when it is the fault of what is around it, which says so itself.
static const char *reason(const struct members *members)
{
	struct tap *tap = members->tap;

	if (tap->look->limited || !look_goes_on(tap->look) || (members->ended && tap->source->why))
		return NULL;
	if (members->kind->lead && !members->whole)
		return NULL;
	if (archive_errno(members->archive) == ENOMEM)
		return "it needs too much memory";
	if (!members->ended)
		return "it is broken";
	return tap->later.size ? "it has a hole" : "it is truncated";
}

static bool member_stop(struct members *members, const char *why)
{
	members->source.why = why;
	return false;
}

// The next bytes of the member that are some. A warning or a failure (a checksum that is wrong,
// sizes that differ) may come with bytes or without; a failure is the end of the member.
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
	const void *bytes = NULL;
	const char *why;
	size_t size = 0;
	int code;

	if (source->why || members->tap->look->limited)
		return false;
	code = members->failed ? ARCHIVE_FAILED : next_block(members, &bytes, &size);
	members->failed = code == ARCHIVE_FAILED;
	members->whole += code == ARCHIVE_EOF;
	if (code == ARCHIVE_EOF)
		return member_stop(members, members->warned ? "it is broken" : NULL);
	if (code < ARCHIVE_WARN && !(members->failed && bytes && size)) {
		members->dead = code == ARCHIVE_FATAL;
		return member_stop(members, reason(members));
	}
	*ret_piece = (struct source_piece){bytes, size, members->made};
	members->made += size;
	if (!members->kind->packed)
		return true;
	why = look_bomb(members->tap->look, members->place, members->made,
		taken_by(members) - members->begin);
	if (why)
		return member_stop(members, why);
	return look_count_unpacked(members->tap->look, members->place, size);
}

// Why a member of a zip cannot be looked into, or NULL.
static const char *refusal(const struct members *members, struct archive_entry *entry)
{
	static const char *const methods[] = {
		"(uncompressed)", "(deflation)", "(bzip)", "(lzma)", "(xz)", "(zstd)"};
	const char *format = archive_format_name(members->archive);

	if (members->kind->format != members_zip.format)
		return NULL;
	if (archive_entry_is_encrypted(entry))
		return "it is encrypted and not looked into";
	if (!archive_entry_size_is_set(entry) && format && !strstr(format, methods[0]) &&
		!strstr(format, methods[1]))
		return "it is packed by a method that needs its size first, and is not looked into";
	for (size_t i = 0; format && i < ARRAY_SIZE(methods); i++) {
		if (strstr(format, methods[i]))
			return NULL;
	}
	return "it is packed by a method that is not looked into";
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

// Whether a member may hold something. In a zip that was written as a stream the size stands behind
// the bytes.
static bool may_hold(struct archive_entry *entry)
{
	return !archive_entry_size_is_set(entry) || archive_entry_size(entry) > 0;
}

// What holds nothing: a folder, a link, a device, and what a layer of an image takes away from
// those below.
static bool is_nothing(const char *name, struct archive_entry *entry)
{
	unsigned type = archive_entry_filetype(entry); // 0: ar(1) need not say

	if (type && type != AE_IFREG)
		return true;
	return !may_hold(entry) &&
	       (archive_entry_hardlink(entry) || strncmp(path_basename(name), ".wh.", 4) == 0);
}

// Looks at one member, and leaves the archive at its end.
static void look_at_member(struct members *members, struct archive_entry *entry)
{
	struct look *look = members->tap->look;
	bool compressed = members->kind->filter;
	const char *name = compressed ? members->kind->inside : name_of(entry);
	const char *why = refusal(members, entry);
	struct scanreport_place place;

	if (!is_nothing(name, entry) && !excluded_is(look->job, name) &&
		look_inside(look, members->around, name, &place)) {
		look->total->members++;
		members->source = (struct source){.read = member_read};
		members->place = &place;
		members->made = 0;
		members->warned = members->failed = false;
		members->begin = compressed ? 0 : taken_by(members);
		if (why)
			look_foreign(look, &place, why);
		else
			look_stream(look, &members->source, &place);
		members->place = NULL;
	}
	if (!members->dead && archive_read_data_skip(members->archive) == ARCHIVE_FATAL)
		members->dead = true; // the next header says why
}

// The next header, within the limits of one.
static int next_header(struct members *members)
{
	int code;

	members->in_header = true;
	members->header = 0;
	code = archive_read_next_header2(members->archive, members->entry);
	members->in_header = false;
	if (code == ARCHIVE_WARN)
		code = ARCHIVE_OK;
	// without its filter the bytes would come out as they are
	if (code == ARCHIVE_OK && members->kind->filter &&
		archive_filter_count(members->archive) < 2)
		code = ARCHIVE_FATAL;
	return code;
}

static void look_at_all(struct members *members)
{
	struct look *look = members->tap->look;
	const char *why = NULL;
	size_t count = 0;
	int code = archive_read_open1(members->archive);

	while (code == ARCHIVE_OK && (code = next_header(members)) == ARCHIVE_OK) {
		if (!look_count_member(look, members->around))
			return;
		look_at_member(members, members->entry);
		count++;
		if (look->failed || look->limited || members->dead)
			break;
	}
	if (code != ARCHIVE_EOF && !members->source.why)
		why = reason(members);
	if (why && !count && members->kind->broken)
		why = members->kind->broken;
	if (why)
		look_skip(look, members->around, why);
}

// Returns: 0, -ENOTSUP (this libarchive cannot), or -ENOMEM.
static int prepare(struct members *members)
{
	const struct members_kind *kind = members->kind;

	members->archive = archive_read_new();
	members->entry = members->archive ? archive_entry_new2(members->archive) : NULL;
	if (!members->entry || kind->format(members->archive) != ARCHIVE_OK)
		return -ENOMEM;
	// a warning: it would start a program
	if (kind->filter && kind->filter(members->archive) != ARCHIVE_OK)
		return -ENOTSUP;
	if (archive_read_set_read_callback(members->archive, members_pull) != ARCHIVE_OK)
		return -ENOMEM;
	// archive_read_open does not look whether this came to be, and falls
	return archive_read_set_callback_data(members->archive, members) == ARCHIVE_OK ? 0
										       : -ENOMEM;
}

static void look_around(struct members *members)
{
	struct tap *tap = members->tap;
	uint64_t start = tap->at, taken;
	size_t lead = members->kind->lead ? strlen(members->kind->lead) : 0;
	int code = prepare(members);

	if (code == -ENOMEM)
		tap->look->failed = code;
	else if (code < 0)
		look_foreign(tap->look, members->around,
			"what is in it is not looked into: this libarchive cannot");
	else
		look_at_all(members);
	taken = code == 0 ? taken_by(members) : 0;
	tap_rewind(tap, start + (taken > lead ? taken - lead : 0));
	archive_entry_free(members->entry);
	(void)archive_read_free(members->archive); // the tap is not its own
}

void members_look(struct tap *tap, const struct members_kind *kind)
{
	struct members members = {.tap = tap, .kind = kind, .around = &tap->place};

	look_around(&members);
}

// Whether a header as APPNOTE 4.3.7 has it goes on behind its magic number: a version, flags and a
// method that exist, and a name. What is cut off by the end of a piece is taken for one.
static bool is_header(const struct tap *tap)
{
	static const uint8_t methods[] = {0, 8, 9, 12, 14, 93, 95, 98, 99};
	const uint8_t *bytes = tap->bytes;
	unsigned flags, name;

	if (tap->size <= 26)
		return true;
	flags = bytes[2] | (unsigned)bytes[3] << 8;
	name = bytes[22] | (unsigned)bytes[23] << 8;
	return bytes[0] >= 10 && bytes[0] <= 63 && bytes[1] <= 20 && !(flags & 0xd780) &&
	       memchr(methods, bytes[4], sizeof(methods)) && !bytes[5] && name &&
	       name < LOOK_NAME && bytes[26] > ' ';
}

bool members_look_inside(struct tap *tap, const struct members_kind *kind, const char *name)
{
	struct scanreport_place place;
	struct members members = {.tap = tap, .kind = kind, .around = &place};

	if (!is_header(tap) || !look_inside(tap->look, &tap->place, name, &place))
		return false;
	look_around(&members);
	return members.whole > 0;
}
