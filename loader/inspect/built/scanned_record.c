// The severity of a finding depends on what was found and on whether it lies in what runs: a cache
// or a package is less. What an own env file holds is no finding: the values come from there.
// SPDX-License-Identifier: MIT
#include "loader/inspect/built/scanned_record.h"

#include "lib/base/text.h"
#include "loader/inspect/built/residue.h"
#include "loader/inspect/built/scanned.h"
#include "loader/inspect/built/scanned_place.h"
#include "loader/resolve/resolution.h"

#include <limits.h>
#include <sodium.h>
#include <sys/stat.h>

#define WRITTEN_MOST 6   // bytes that the longest form of a byte takes: \u0041
#define TOKEN_ID_SIZE 13 // 12 hex digits of a token's SHA-256

// An error, but a warning in what is no part of the output.
static enum diag_severity severity_at(const struct scanreport *record)
{
	return scanned_place_is_cache(record) ? DIAG_WARNING : DIAG_ERROR;
}

static const char *cache_text(const struct scanreport *record)
{
	return scanned_place_is_cache(record) ? ", in a build cache" : "";
}

// How it is written, unless as it is.
static const char *form_text(const struct scanreport *record, struct pool *pool)
{
	if (!*record->form || text_equal(record->form, "raw"))
		return "";
	return pool_format(pool, ", written as %s", record->form);
}

// ---- values

static size_t length_of_current(const struct scanjob *job, const char *key)
{
	for (size_t i = 0; i < job->value_count; i++)
		if (job->values[i].kind == SCANJOB_CURRENT && text_equal(job->values[i].key, key))
			return job->values[i].value.length;
	return 0;
}

static bool is_same_stream(const struct scanreport *a, const struct scanreport *b)
{
	if (a->place.inside_count != b->place.inside_count ||
		!text_equal(a->place.path, b->place.path))
		return false;
	for (size_t i = 0; i < a->place.inside_count; i++)
		if (!text_equal(a->place.inside[i], b->place.inside[i]))
			return false;
	return true;
}

// How far a value reaches that stands somewhere.
static uint64_t reach_of(const struct scanned_judging *judging, const struct scanreport *record)
{
	return record->size ? record->size
			    : WRITTEN_MOST * length_of_current(judging->question->job, record->key);
}

// Whether it is but a part of a current value that stands there.
static bool is_covered(const struct scanned_judging *judging, const struct scanreport *record)
{
	const struct residue *residue = judging->question->residue;

	for (size_t i = 0; i < residue->count; i++) {
		const struct scanreport *other = &residue->records[i];
		uint64_t from = other->place.offset;

		if (other->type == SCANREPORT_VALUE && text_equal(other->kind, "current") &&
			record->place.offset >= from && is_same_stream(record, other) &&
			record->place.offset - from < reach_of(judging, other))
			return true;
	}
	return false;
}

static int judge_value(struct scanned_judging *judging, const struct scanreport *record)
{
	static const struct {
		const char *kind;
		enum finding finding;
		const char *text;
	} rows[] = {
		{"current", FINDING_FROZEN_VALUE, "holds the current value"},
		{"sentinel", FINDING_FROZEN_VALUE, "holds the stand-in that the build was given"},
		{"shadowed", FINDING_FROZEN_OLD, "holds a value that lost"},
		{"reading", FINDING_FROZEN_OLD, "holds what another loader reads"},
		{"", FINDING_FROZEN_OLD, "holds an older value"},
	};
	struct scanned_remark remark = {.record = record, .severity = severity_at(record)};
	const char *form = form_text(record, judging->pool);
	size_t i = 0;

	while (*rows[i].kind && !text_equal(rows[i].kind, record->kind))
		i++;
	if (rows[i].finding == FINDING_FROZEN_OLD && is_covered(judging, record))
		return 0;
	remark.finding = rows[i].finding;
	if (form)
		remark.text = pool_format(judging->pool, "%s%s%s%s%s%s", rows[i].text,
			*record->origin ? " (" : "", record->origin, *record->origin ? ")" : "",
			form, cache_text(record));
	return scanned_add(judging, &remark);
}

// Code that is not run: a cache, or the sources that a map tells of.
static bool is_idle(const struct scanreport *record)
{
	return scanned_place_is_cache(record) || text_ends(record->place.path, ".map");
}

static int judge_placeholder(struct scanned_judging *judging, const struct scanreport *record)
{
	static const enum diag_severity severities[2][2] = {
		{DIAG_WARNING, DIAG_NOTE}, // guarded: where it is run, and where it is not
		{DIAG_ERROR, DIAG_WARNING},
	};
	bool folded = text_equal(record->state, "folded");

	return scanned_add(judging,
		&(struct scanned_remark){.finding = FINDING_FALLBACK_PLACEHOLDER,
			.severity = severities[folded]
					      [is_idle(record) || scanned_place_is_package(record)],
			.record = record,
			.text = record->text});
}

// ---- tokens

static const struct scanned_signer *find_signer(
	const struct scanned_judging *judging, const char *token)
{
	for (size_t i = 0; i < judging->question->signer_count; i++)
		if (text_equal(judging->question->signers[i].token, token))
			return &judging->question->signers[i];
	return NULL;
}

static void token_id(const char *token, char ret_id[static TOKEN_ID_SIZE])
{
	uint8_t hash[crypto_hash_sha256_BYTES];

	(void)crypto_hash_sha256(hash, (const uint8_t *)token, strlen(token));
	(void)sodium_bin2hex(ret_id, TOKEN_ID_SIZE, hash, TOKEN_ID_SIZE / 2);
}

// Whoever has a secret of the app signed it; or everybody could have.
static enum diag_severity severity_of_signer(const char *what)
{
	static const struct {
		const char *what;
		enum diag_severity severity;
	} rows[] = {
		{"winner", DIAG_ERROR},
		{"retired", DIAG_ERROR},
		{"pending", DIAG_ERROR},
		{"shadowed", DIAG_ERROR},
		{"reading", DIAG_ERROR},
		{"near-miss", DIAG_ERROR},
		{"placeholder", DIAG_WARNING},
		{"empty", DIAG_WARNING},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (text_equal(rows[i].what, what))
			return rows[i].severity;
	return DIAG_NOTE;
}

static int judge_token(struct scanned_judging *judging, const struct scanreport *record)
{
	const struct scanned_signer *signer = find_signer(judging, record->token);
	struct scanned_remark remark = {.finding = FINDING_FROZEN_TOKEN, .record = record};
	char id[TOKEN_ID_SIZE];

	token_id(record->token, id);
	if (signer && signer->judged)
		remark.severity = severity_of_signer(signer->what);
	if (remark.severity == DIAG_WARNING && scanned_place_is_package(record))
		remark.severity = DIAG_NOTE;
	if (remark.severity == DIAG_ERROR)
		remark.severity = severity_at(record);
	if (signer && signer->judged)
		remark.text = pool_format(judging->pool, "a token (%s%s%s, SHA-256 %s...), %s%s",
			*signer->algorithm ? signer->algorithm : "no alg",
			*signer->kid ? ", kid " : "", signer->kid, id, signer->text,
			cache_text(record));
	else
		remark.text = pool_format(judging->pool,
			"a token (SHA-256 %s...) that was not judged: %s", id,
			signer ? signer->text : "there are too many");
	return scanned_add(judging, &remark);
}

// ---- files, and what was left out

static int judge_file(struct scanned_judging *judging, const struct scanreport *record)
{
	bool env = record->type == SCANREPORT_ENV_FILE;

	return scanned_add(judging,
		&(struct scanned_remark){
			.finding = env ? FINDING_SHIPPED_ENV_FILE : FINDING_SHIPPED_KEY_FILE,
			.severity =
				scanned_place_is_package(record) ? DIAG_NOTE : severity_at(record),
			.record = record,
			.text = pool_format(judging->pool, "%s is part of it%s", record->text,
				cache_text(record))});
}

static int judge_skipped(struct scanned_judging *judging, const struct scanreport *record)
{
	enum finding finding = FINDING_SCAN_INCOMPLETE;

	if (*record->key && !*record->place.path)
		finding = FINDING_VALUE_NOT_SEARCHED;
	else if (text_equal(record->state, "foreign"))
		finding = FINDING_NOT_OPENED;
	return scanned_add(judging, &(struct scanned_remark){.finding = finding,
					    .severity = finding_kind(finding)->severity,
					    .record = record,
					    .text = record->text});
}

// Whether a path leads to a file of the sources by the same name: a build may have linked it.
static bool is_named_so(
	const struct resolution *resolution, const struct found_file *file, const char *path)
{
	bool absolute = file->shown[0] == '/';
	char source[PATH_MAX], ours[PATH_MAX], theirs[PATH_MAX];

	return snprintf(source, sizeof(source), "%s%s%s", absolute ? "" : resolution->place.start,
		       absolute ? "" : "/", file->shown) < PATH_MAX &&
	       realpath(source, ours) && realpath(path, theirs) && text_equal(ours, theirs);
}

// The files that the values come from; a copy that a build made is none of them.
static bool is_own(const struct scanned_judging *judging, const struct scanreport *record)
{
	const struct resolution *resolution = judging->question->resolution;
	const char *path = record->place.path;
	struct stat facts;

	if (record->place.inside_count || !*path || stat(path, &facts) < 0)
		return false;
	for (size_t i = 0; i < resolution->file_count; i++) {
		const struct found_file *file = resolution->files[i];

		if (file->device == facts.st_dev && file->inode == facts.st_ino &&
			!file->build_copy &&
			(facts.st_nlink == 1 || is_named_so(resolution, file, path)))
			return true;
	}
	return false;
}

int scanned_record_judge(struct scanned_judging *judging, const struct scanreport *record)
{
	static int (*const judges[SCANREPORT_TYPES])(
		struct scanned_judging * judging, const struct scanreport *record) = {
		[SCANREPORT_VALUE] = judge_value,
		[SCANREPORT_OLD] = judge_value,
		[SCANREPORT_PLACEHOLDER] = judge_placeholder,
		[SCANREPORT_TOKEN] = judge_token,
		[SCANREPORT_ENV_FILE] = judge_file,
		[SCANREPORT_KEY_FILE] = judge_file,
		[SCANREPORT_SKIPPED] = judge_skipped,
	};

	if (!judges[record->type] ||
		(record->type != SCANREPORT_SKIPPED && is_own(judging, record)))
		return 0;
	return judges[record->type](judging, record);
}
