// What libarchive reads: the members of an archive, each looked at as a stream by itself, and what
// a compressed file holds.
// SPDX-License-Identifier: MIT
#ifndef LOADER_SCAN_UNPACK_MEMBERS_H
#define LOADER_SCAN_UNPACK_MEMBERS_H

#include "lib/base/base.h"

struct archive;
struct tap;

#define MEMBERS_HEADER_MAX (4u << 20) // bytes of all that describes one member

// One format or one filter, by its function of libarchive.
struct members_kind {
	int (*format)(struct archive *archive);
	int (*filter)(struct archive *archive); // NULL: none
	const char *inside; // what is in it is called so; NULL: its members have names
	const char *broken; // what is said when it only begins like one
	bool packed;        // its members may be larger than what they are made from
	const char *lead;   // found in the middle of something: it begins with these bytes, and may
			    // be none at all, so that nothing is said of what breaks at once
};

extern const struct members_kind members_tar, members_zip, members_ar, members_cpio;
extern const struct members_kind members_zip_inside;
// Compressed: what is in them is one stream.
extern const struct members_kind members_xz, members_lzma, members_lzip, members_bzip2, members_lz4,
	members_compress, members_rpm;

// Looks at every member. Afterwards the tap stands behind the last one that could be read.
void members_look(struct tap *tap, const struct members_kind *kind);

// The same for a kind with a lead that the tap stands behind, under a name.
// Returns: whether it was one.
bool members_look_inside(struct tap *tap, const struct members_kind *kind, const char *name);

#endif
