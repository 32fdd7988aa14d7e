// libcurl's multi interface with a fixed set of slots. What of a request libcurl copies is wiped
// when libcurl frees it, for its memory is ours; what OpenSSL copies it encrypts in place, and what
// it decrypts it wipes once that is read.
// SPDX-License-Identifier: MIT
#include "verifier/upstream/transfer.h"

#include "lib/base/secret.h"
#include "lib/base/text.h"
#include "verifier/upstream/ending.h"

#include <curl/curl.h>
#include <errno.h>
#include <malloc.h>
#include <openssl/ssl.h>
#include <sodium.h>

// Nothing is so urgent that libcurl does not say when it is due.
#define PATIENCE_MS 60000

struct transfer {
	uint64_t id;
	CURL *easy;                // NULL: the slot is free
	uint8_t *request, *answer; // of RELAY_BODY_MAX bytes, from the first use on
	size_t request_length, answer_length, answer_max;
	size_t head_length;
	bool over, too_large;
	CURLcode result;
};

struct transfers {
	struct secret_arena *arena;
	CURLM *multi;
	struct curl_slist *headers;
	struct transfer slots[RELAY_AT_ONCE_MAX];
	struct transfer *given; // whose answer is being looked at
	bool ready;
	char url[RELAY_URL_MAX + 1], ca_file[RELAY_PATH_MAX + 1];
	long timeout_ms, connect_ms;
	size_t body_max;
};

// ---- libcurl's memory: wiped when it is given back

static void free_wiped(void *block)
{
	if (block)
		sodium_memzero(block, malloc_usable_size(block));
	free(block);
}

static void *realloc_wiped(void *block, size_t size)
{
	size_t had = block ? malloc_usable_size(block) : 0;
	void *grown = malloc(size);

	if (!grown)
		return NULL;
	if (had)
		memcpy(grown, block, had < size ? had : size);
	free_wiped(block);
	return grown;
}

// ---- opening

static const char *const header_lines[] = {
	"Content-Type: application/json", "Accept: application/json",
	"Expect:", // the body is small: nobody is asked first whether it may come
};

static bool add_headers(struct transfers *transfers)
{
	for (size_t i = 0; i < ARRAY_SIZE(header_lines); i++) {
		struct curl_slist *longer = curl_slist_append(transfers->headers, header_lines[i]);

		if (!longer)
			return false;
		transfers->headers = longer;
	}
	return true;
}

int transfer_open(struct secret_arena *arena, struct transfers **ret_transfers)
{
	struct transfers *transfers = NULL;

	// what the libraries below libcurl give back; tiny blocks escape it
	(void)mallopt(M_PERTURB, UINT8_MAX);
	if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, free_wiped, realloc_wiped, strdup,
		    calloc) != CURLE_OK)
		return -ENOMEM;
	transfers = calloc(1, sizeof(*transfers));
	if (!transfers)
		return -ENOMEM;
	transfers->arena = arena;
	transfers->multi = curl_multi_init();
	if (!transfers->multi || !add_headers(transfers) ||
		curl_multi_setopt(transfers->multi, CURLMOPT_MAXCONNECTS,
			(long)RELAY_AT_ONCE_MAX) != CURLM_OK) {
		(void)curl_multi_cleanup(transfers->multi); // it holds nothing yet
		curl_slist_free_all(transfers->headers);
		free(transfers);
		return -ENOMEM;
	}
	*ret_transfers = transfers;
	return 0;
}

void transfer_change(struct transfers *transfers, const struct relay_settings *settings)
{
	const char *ca_file = settings->ca_file ? settings->ca_file : "";

	(void)snprintf(transfers->url, sizeof(transfers->url), "%s", settings->url);
	(void)snprintf(transfers->ca_file, sizeof(transfers->ca_file), "%s", ca_file);
	transfers->timeout_ms = (long)settings->timeout_ms;
	transfers->connect_ms = (long)settings->connect_ms;
	transfers->body_max = (size_t)settings->body_max;
	transfers->ready = true;
}

bool transfer_is_ready(const struct transfers *transfers)
{
	return transfers->ready;
}

// ---- what comes back, while it comes

static size_t take_head(char *bytes, size_t size, size_t count, void *user)
{
	struct transfer *transfer = user;

	(void)bytes;
	transfer->head_length += size * count;
	return transfer->head_length <= TRANSFER_HEAD_MAX ? size * count : 0;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *user)
{
	struct transfer *transfer = user;
	size_t length = size * count;

	if (length > transfer->answer_max - transfer->answer_length) {
		transfer->too_large = true;
		return 0;
	}
	memcpy(transfer->answer + transfer->answer_length, bytes, length);
	transfer->answer_length += length;
	return length;
}

// ---- a request

static const struct {
	CURLoption option;
	long value;
} numbers[] = {
	{CURLOPT_POST, 1},
	{CURLOPT_FOLLOWLOCATION, 0},
	{CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS},
	{CURLOPT_HTTP09_ALLOWED, 0},
	{CURLOPT_SSL_VERIFYPEER, 1},
	{CURLOPT_SSL_VERIFYHOST, 2},
	{CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
	{CURLOPT_NETRC, CURL_NETRC_IGNORED},
	{CURLOPT_DISALLOW_USERNAME_IN_URL, 1},
	{CURLOPT_NOSIGNAL, 1},
	{CURLOPT_NOPROGRESS, 1},
	{CURLOPT_DNS_CACHE_TIMEOUT, TRANSFER_NAME_MAX_S},
	{CURLOPT_MAXAGE_CONN, TRANSFER_CONNECTION_IDLE_MAX_S},
#if LIBCURL_VERSION_NUM >= 0x075000
	{CURLOPT_MAXLIFETIME_CONN, TRANSFER_CONNECTION_MAX_S},
#endif
#if LIBCURL_VERSION_NUM >= 0x075700
	{CURLOPT_QUICK_EXIT, 1}, // else a name server that hangs would hold up all
#endif
#if LIBCURL_VERSION_NUM < 0x075500
	{CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS},
#endif
};

static const struct {
	CURLoption option;
	const char *value;
} texts[] = {
	{CURLOPT_USERAGENT, "samekeyd/" SAMEKEY_VERSION},
	{CURLOPT_PROXY, ""}, // nor one of the environment
#if LIBCURL_VERSION_NUM >= 0x075500
	{CURLOPT_PROTOCOLS_STR, "http,https"},
#endif
};

// An answer may repeat the password, and a connection keeps what was read last.
static CURLcode on_tls(CURL *easy, void *context, void *owner)
{
	(void)easy;
	(void)owner;
	(void)SSL_CTX_set_options(context, SSL_OP_CLEANSE_PLAINTEXT);
	return CURLE_OK;
}

// The context is OpenSSL's where libcurl is built on that, as Debian's is.
static bool set_wiping(CURL *easy)
{
	const curl_version_info_data *version = curl_version_info(CURLVERSION_NOW);

	return !version->ssl_version || !text_starts(version->ssl_version, "OpenSSL/") ||
	       curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_tls) == CURLE_OK;
}

static bool set_constants(CURL *easy)
{
	CURLcode code = CURLE_OK;

	for (size_t i = 0; i < ARRAY_SIZE(numbers) && code == CURLE_OK; i++)
		code = curl_easy_setopt(easy, numbers[i].option, numbers[i].value);
	for (size_t i = 0; i < ARRAY_SIZE(texts) && code == CURLE_OK; i++)
		code = curl_easy_setopt(easy, texts[i].option, texts[i].value);
	return code == CURLE_OK && set_wiping(easy);
}

// The settings' own file alone, or what the environment or the system names.
static bool set_authorities(CURL *easy, const struct transfers *transfers)
{
	const char *file = getenv("SSL_CERT_FILE"), *folder = getenv("SSL_CERT_DIR");

	if (*transfers->ca_file)
		return curl_easy_setopt(easy, CURLOPT_CAINFO, transfers->ca_file) == CURLE_OK &&
		       curl_easy_setopt(easy, CURLOPT_CAPATH, NULL) == CURLE_OK;
	return (!file || curl_easy_setopt(easy, CURLOPT_CAINFO, file) == CURLE_OK) &&
	       (!folder || curl_easy_setopt(easy, CURLOPT_CAPATH, folder) == CURLE_OK);
}

static bool set_request(CURL *easy, const struct transfers *transfers, struct transfer *transfer)
{
	return curl_easy_setopt(easy, CURLOPT_URL, transfers->url) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfers->headers) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
		       (curl_off_t)transfer->request_length) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_POSTFIELDS, transfer->request) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, transfers->timeout_ms) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, transfers->connect_ms) ==
		       CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)transfers->body_max) ==
		       CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_head) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer) == CURLE_OK;
}

static struct transfer *free_slot(struct transfers *transfers)
{
	for (size_t i = 0; i < RELAY_AT_ONCE_MAX; i++)
		if (!transfers->slots[i].easy)
			return &transfers->slots[i];
	return NULL;
}

static bool has_memory(struct transfer *transfer, struct secret_arena *arena)
{
	if (!transfer->request)
		transfer->request = secret_arena_take(arena, RELAY_BODY_MAX);
	if (!transfer->answer)
		transfer->answer = secret_arena_take(arena, RELAY_BODY_MAX);
	return transfer->request && transfer->answer;
}

static void clear(struct transfer *transfer)
{
	sodium_memzero(transfer->request, transfer->request_length);
	sodium_memzero(transfer->answer, transfer->answer_length);
	*transfer = (struct transfer){.request = transfer->request, .answer = transfer->answer};
}

int transfer_begin(struct transfers *transfers, const struct relay_request *request)
{
	struct transfer *transfer = free_slot(transfers);
	CURL *easy;

	if (!transfer)
		return -EBUSY;
	if (!has_memory(transfer, transfers->arena))
		return -ENOMEM;
	easy = curl_easy_init();
	if (!easy)
		return -ENOMEM;
	memcpy(transfer->request, request->body, request->length);
	transfer->request_length = request->length;
	transfer->answer_max = transfers->body_max;
	transfer->id = request->id;
	if (!set_constants(easy) || !set_authorities(easy, transfers) ||
		!set_request(easy, transfers, transfer) ||
		curl_multi_add_handle(transfers->multi, easy) != CURLM_OK) {
		curl_easy_cleanup(easy);
		clear(transfer);
		return -EINVAL;
	}
	transfer->easy = easy;
	return 0;
}

// ---- going on

// Takes note of those that came to an end. Their requests are nobody's any more.
static void collect(CURLM *multi)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(multi, &left))) {
		struct transfer *transfer = NULL;

		if (message->msg != CURLMSG_DONE ||
			curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer) !=
				CURLE_OK)
			continue;
		transfer->over = true;
		transfer->result = message->data.result;
		sodium_memzero(transfer->request, transfer->request_length);
	}
}

int transfer_turn(struct transfers *transfers, int fd)
{
	struct curl_waitfd wanted = {.fd = fd, .events = CURL_WAIT_POLLIN};
	int running;

	if (curl_multi_poll(transfers->multi, &wanted, 1, PATIENCE_MS, NULL) != CURLM_OK ||
		curl_multi_perform(transfers->multi, &running) != CURLM_OK)
		return -EIO;
	collect(transfers->multi);
	return 0;
}

// ---- what became of it

bool transfer_next(struct transfers *transfers, struct relay_answer *ret_answer)
{
	for (size_t i = 0; i < RELAY_AT_ONCE_MAX; i++) {
		struct transfer *transfer = &transfers->slots[i];
		struct relay_answer answer = {.id = transfer->id,
			.outcome = RELAY_TOO_LARGE,
			.body = (const char *)transfer->answer,
			.length = transfer->answer_length};

		if (!transfer->over)
			continue;
		if (!transfer->too_large)
			ending_describe(transfer->easy, transfer->result, &answer);
		if (answer.outcome != RELAY_OK) {
			answer.body = NULL;
			answer.length = 0;
		}
		transfers->given = transfer;
		*ret_answer = answer;
		return true;
	}
	return false;
}

void transfer_drop(struct transfers *transfers)
{
	struct transfer *transfer = transfers->given;

	if (!transfer)
		return;
	(void)curl_multi_remove_handle(transfers->multi, transfer->easy); // it is in there
	curl_easy_cleanup(transfer->easy);
	clear(transfer);
	transfers->given = NULL;
}
