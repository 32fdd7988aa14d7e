// OpenSSL reads and writes DER alone.
// SPDX-License-Identifier: MIT
#include "verifier/trust/key/ecdsaform.h"

#include <openssl/bn.h>
#include <openssl/ecdsa.h>

size_t ecdsaform_to_der(const uint8_t *raw, size_t size, uint8_t out[static ECDSAFORM_DER_MAX])
{
	ECDSA_SIG *signature = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(raw, (int)(size / 2), NULL);
	BIGNUM *s = BN_bin2bn(raw + size / 2, (int)(size / 2), NULL);
	int length = 0;

	if (signature && r && s && ECDSA_SIG_set0(signature, r, s)) {
		r = s = NULL; // they are the signature's now
		length = i2d_ECDSA_SIG(signature, NULL);
		length = length > 0 && length <= ECDSAFORM_DER_MAX ? i2d_ECDSA_SIG(signature, &out)
								   : 0;
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(signature);
	return length > 0 ? (size_t)length : 0;
}

bool ecdsaform_to_raw(const uint8_t *der, size_t length, uint8_t *out, size_t size)
{
	ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &der, (long)length);
	int half = (int)(size / 2);
	bool done = signature && BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, half) == half &&
		    BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + half, half) == half;

	ECDSA_SIG_free(signature);
	return done;
}
