// POST /v1/attest: a process proves which value of a key it really uses, and never sends it. Needs
// the verb `attest` and a live bundle of the app that the same user handed over; on the Unix socket
// alone, since nobody knows who asks over TCP.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_API_ATTEST_H
#define VERIFIER_DOOR_API_ATTEST_H

#include "lib/base/base.h"
#include "verifier/door/api/route.h"

// Two steps, each JSON. First the nonces:
//
//   {"app":"web","key":"NEXTAUTH_SECRET"} or {"app":"web","keys":["NEXTAUTH_SECRET", ...]}
//   -> 200 {"v":1,"app":"web","nonces":{"NEXTAUTH_SECRET":"..."},"expires_in":60}
//
// Without "app" it is that of the asking process, or the only one that the user has; when there
// are several, 400 app_required names them.
//
// A nonce is base64url of 32 random bytes, without `=`; whoever gets another size must not use it.
// It is for this user, app and key, once, within 60 s. Then the proofs, base64url of 32 bytes, made
// as verifier/trust/diagnosis/attest.h says:
//
//   {"app":"web","key":"NEXTAUTH_SECRET","nonce":"...","proof":"..."} or
//   {"app":"web","attestations":[{"key","nonce","proof"}, ...]}
//   -> 200 {"v":1,"app":"web","keys":{"NEXTAUTH_SECRET":{
//        "state"     "same", "shadowed" (a beaten value, or what a build had), "reading" (what
//                    another loader makes of the same bytes), "other-key", "placeholder", "empty",
//                    "near-miss", "unknown"
//        "origin"    of the value that it holds: "/srv/shop/.env:3:1", or null
//        "dialects"  of a reading, [] else
//        "spelling"  of a near miss: "quotes-double", or null
//        "text"      "the process holds the value of /srv/shop/.env:3:1, which ... beats"
//        "fix"       a sentence, or ""
//      }}}
//
// In Python, with `value` as the program really uses it ("" for none) and `ask` to POST JSON:
//
//   def be32(text): return len(text).to_bytes(4, "big") + text
//   app, key = b"web", b"NEXTAUTH_SECRET"
//   given = ask({"app": "web", "key": "NEXTAUTH_SECRET"})["nonces"]["NEXTAUTH_SECRET"]
//   nonce = base64.urlsafe_b64decode(given + "=")
//   if len(nonce) != 32: raise ValueError("no nonce of samekeyd")
//   k = hashlib.sha256(b"samekey attest v1\0" + value.encode()).digest()
//   mac = hmac.new(k, nonce + be32(app) + be32(key), hashlib.sha256).digest()
//   proof = base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
//   ask({"app": "web", "key": "NEXTAUTH_SECRET", "nonce": given, "proof": proof})
//
// In Go:
//
//   nonce, err := base64.RawURLEncoding.DecodeString(given)
//   if err != nil || len(nonce) != 32 { return errors.New("no nonce of samekeyd") }
//   k := sha256.Sum256([]byte("samekey attest v1\x00" + value))
//   mac := hmac.New(sha256.New, k[:])
//   mac.Write(nonce)
//   for _, text := range []string{"web", "NEXTAUTH_SECRET"} {
//           binary.Write(mac, binary.BigEndian, uint32(len(text)))
//           mac.Write([]byte(text))
//   }
//   proof := base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
//
// Nothing is judged, and no nonce used, unless all of a list can be. Values that nobody knows are
// limited to 10 a minute for each user and key, and to GUESSES_UID_MAX keys: then 429 with
// Retry-After. After ten for one app no value is held against its other keys for a while.

#define ATTEST_LOG_AT_ONCE 20   // lines of one user, then
#define ATTEST_LOG_EACH_MS 1000 // one more in this time

struct answers;
struct attestor;
struct log;

// What is kept between questions; writes to `log`, which is borrowed. The caller owns it.
// Returns: the attestor, or NULL when memory is short.
struct attestor *attest_new(const struct log *log) must_check;
struct attestor *attest_free(struct attestor *attestor); // NULL is fine; returns NULL

// Answers either question.
void attest_answer(
	struct answers *answers, const struct route_request *request, struct route_reply *reply);

// Forgets attestations that are over: before they are shown. Fine without any.
void attest_settle(struct answers *answers);

#endif
