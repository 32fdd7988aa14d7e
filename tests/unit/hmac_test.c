// HMAC with SHA-2 gives what RFC 4231 says, takes keys of any length, and judges a MAC by its
// every byte.
// SPDX-License-Identifier: MIT
#include "verifier/trust/key/hmac.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>

#include <cmocka.h>

static size_t from_hex(const char *hex, uint8_t *out, size_t room)
{
	size_t size = 0;

	assert_int_equal(sodium_hex2bin(out, room, hex, strlen(hex), NULL, &size, NULL), 0);
	return size;
}

// RFC 4231 sections 4.2 to 4.8; of case 5 the RFC gives the first 16 bytes.
static const struct {
	const char *what, *key;
	uint8_t key_byte; // where `key` is NULL: this byte, `key_size` times
	size_t key_size;
	const char *input;
	uint8_t input_byte;
	size_t input_size;
	const char *macs[3]; // SHA-256, SHA-384, SHA-512
} vectors[] = {
	{"case 1", NULL, 0x0b, 20, "4869205468657265", 0, 0,
		{"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
			"afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c"
			"faea9ea9076ede7f4af152e8b2fa9cb6",
			"87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
			"daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"}},
	{"case 2, a key shorter than the hash", "4a656665", 0, 0,
		"7768617420646f2079612077616e7420666f72206e6f7468696e673f", 0, 0,
		{"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
			"af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
			"8e2240ca5e69e2c78b3239ecfab21649",
			"164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
			"9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"}},
	{"case 3", NULL, 0xaa, 20, NULL, 0xdd, 50,
		{"773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
			"88062608d3e6ad8a0aa2ace014c8a86f0aa635d947ac9febe83ef4e55966144b"
			"2a5ab39dc13814b94e3ab6e101a34f27",
			"fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39"
			"bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb"}},
	{"case 4", "0102030405060708090a0b0c0d0e0f10111213141516171819", 0, 0, NULL, 0xcd, 50,
		{"82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
			"3e8a69b7783c25851933ab6290af6ca77a9981480850009cc5577c6e1f573b4e"
			"6801dd23c4a7d679ccf8a386c674cffb",
			"b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3db"
			"a91ca5c11aa25eb4d679275cc5788063a5f19741120c4f2de2adebeb10a298dd"}},
	{"case 5, cut", NULL, 0x0c, 20, "546573742057697468205472756e636174696f6e", 0, 0,
		{"a3b6167473100ee06e0c796c2955552b", "3abf34c3503b2a23a46efc619baef897",
			"415fad6271580a531d4179bc891d87a6"}},
	{"case 6, a key longer than the block", NULL, 0xaa, 131,
		"54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048"
		"61736820"
		"4b6579204669727374",
		0, 0,
		{"60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
			"4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c6"
			"0c2ef6ab4030fe8296248df163f44952",
			"80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
			"6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598"}},
	{"case 7, a long key and a long text", NULL, 0xaa, 131,
		"5468697320697320612074657374207573696e672061206c6172676572207468616e20626c6f636b2d"
		"73697a65206b657920616e642061206c6172676572207468616e20626c6f636b2d73697a65206461"
		"74612e20546865206b6579206e6565647320746f20626520686173686564206265666f7265206265"
		"696e6720757365642062792074686520484d414320616c676f726974686d2e",
		0, 0,
		{"9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
			"6617178e941f020d351e2f254e8fd32c602420feb0b8fb9adccebb82461e99c5"
			"a678cc31e799176d3860e6110c46523e",
			"e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944"
			"b6022cac3c4982b10d5eeb55c3e4de15134676fb6de0446065c97440fa8c6a58"}},
};

static const unsigned hashes[] = {256, 384, 512};

static void check_vector(size_t i, size_t h)
{
	uint8_t key[256], input[256], right[HMAC_SIZE_MAX], mac[HMAC_SIZE_MAX];
	size_t key_size = vectors[i].key_size, input_size = vectors[i].input_size;
	size_t size = from_hex(vectors[i].macs[h], right, sizeof(right));
	struct hmac hmac;

	memset(key, vectors[i].key_byte, sizeof(key));
	memset(input, vectors[i].input_byte, sizeof(input));
	if (vectors[i].key)
		key_size = from_hex(vectors[i].key, key, sizeof(key));
	if (vectors[i].input)
		input_size = from_hex(vectors[i].input, input, sizeof(input));
	hmac_init(&hmac, hashes[h], secret_view(key, key_size));
	hmac_compute(&hmac, input, input_size, mac);
	if (memcmp(mac, right, size) != 0)
		fail_msg("%s: HMAC with SHA-%u", vectors[i].what, hashes[h]);
	hmac_compute(&hmac, input, input_size, mac); // the states were not used up
	assert_memory_equal(mac, right, size);
}

static void macs_are_those_of_rfc_4231(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++)
		for (size_t h = 0; h < ARRAY_SIZE(hashes); h++)
			check_vector(i, h);
}

// Around the block sizes, against libsodium's own HMAC.
static void keys_of_any_length_agree_with_libsodium(void **state)
{
	uint8_t key[300], right[HMAC_SIZE_MAX], mac[HMAC_SIZE_MAX];
	struct hmac hmac;

	(void)state;
	for (size_t size = 0; size <= sizeof(key); size++) {
		crypto_auth_hmacsha256_state small;
		crypto_auth_hmacsha512_state large;

		randombytes_buf(key, sizeof(key));
		(void)crypto_auth_hmacsha256_init(&small, key, size);
		(void)crypto_auth_hmacsha256_update(&small, key, sizeof(key) - size);
		(void)crypto_auth_hmacsha256_final(&small, right);
		hmac_init(&hmac, 256, secret_view(key, size));
		hmac_compute(&hmac, key, sizeof(key) - size, mac);
		assert_memory_equal(mac, right, 32);
		(void)crypto_auth_hmacsha512_init(&large, key, size);
		(void)crypto_auth_hmacsha512_update(&large, key, sizeof(key) - size);
		(void)crypto_auth_hmacsha512_final(&large, right);
		hmac_init(&hmac, 512, secret_view(key, size));
		hmac_compute(&hmac, key, sizeof(key) - size, mac);
		assert_memory_equal(mac, right, 64);
	}
}

static void a_mac_counts_only_whole(void **state)
{
	uint8_t mac[HMAC_SIZE_MAX + 1] = {0};
	struct hmac hmac;

	(void)state;
	for (size_t h = 0; h < ARRAY_SIZE(hashes); h++) {
		size_t right = hashes[h] / 8;

		hmac_init(&hmac, hashes[h], secret_view("0123456789abcdef", 16));
		hmac_compute(&hmac, "text", 4, mac);
		for (size_t size = 0; size <= sizeof(mac); size++)
			assert_int_equal(hmac_is(&hmac, "text", 4, mac, size), size == right);
		for (size_t bit = 0; bit < right * 8; bit++) {
			mac[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_false(hmac_is(&hmac, "text", 4, mac, right));
			mac[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		assert_true(hmac_is(&hmac, "text", 4, mac, right));
		assert_false(hmac_is(&hmac, "texts", 5, mac, right));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(macs_are_those_of_rfc_4231),
		cmocka_unit_test(keys_of_any_length_agree_with_libsodium),
		cmocka_unit_test(a_mac_counts_only_whole),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
