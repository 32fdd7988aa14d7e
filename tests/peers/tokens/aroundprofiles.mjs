// The profiles that tokens are made around, and the tokens of those that ask for more than a
// signature: issuer, audience, type, claims, times, which of several keys.
// SPDX-License-Identifier: MIT
import crypto from 'node:crypto'
import { CLAIM, HEADER, ISSUER, OTHER, out, PAYLOAD, SECRET, signed, THIRD } from './aroundmade.mjs'
import { b64, now, pairOf, token } from './keys.mjs'

// The profiles, what is handed over for them, and the key pairs that they hold.
export function profilesOf() {
  const pair = pairOf('ES256')
  const set = ['a', 'b'].map((kid) => ({ kty: 'oct', k: b64(crypto.randomBytes(32)), kid, alg: 'HS256' }))
  const jwks = JSON.stringify({
    keys: [...set, { ...pair.publicKey.export({ format: 'jwk' }), kid: 'c', alg: 'ES256' }],
  })
  const secrets = { SECRET, OTHER, THIRD, PAIR: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }), JWKS: jwks }
  const base = { app: 'web', key: 'SECRET' }
  const sections = [
    ['profile plain', base],
    ['profile issuer', { ...base, issuer: ISSUER }],
    ['profile audience', { ...base, audience: 'api\naudience = https://ws.example/' }],
    ['profile access', { ...base, typ: 'at+jwt' }],
    ['profile require', { ...base, require: 'exp, sub, role' }],
    ['profile forward', { ...base, forward: 'name, sub' }],
    ['profile leeway', { ...base, leeway: '60s' }],
    ['profile age', { ...base, max_age: '1h' }],
    ['profile ring', { ...base, kid: 'k1' }],
    ['key ring', { key: 'OTHER', kid: 'k2', state: 'retiring' }],
    ['key ring', { key: 'THIRD', kid: 'k3', state: 'retired' }],
    ['key ring', { key: 'PAIR', encoding: 'pem', algorithm: 'ES256', kid: 'k4' }],
    ['profile previous', { ...base, previous: 'OTHER' }],
    ['profile set', { app: 'web', key: 'JWKS', encoding: 'jwk' }],
  ]
  return { sections, secrets, keys: { pair, set } }
}

// Of profiles other than the plain one.
export function byProfile(keys) {
  const at = now()
  const claim = (members, more = HEADER) => signed(more, JSON.stringify(members))
  const iss = out('claims', 'iss_mismatch')
  const aud = out('claims', 'aud_mismatch')
  const typ = out('header', 'typ_mismatch')
  const missing = out('claims', 'claim_missing')
  const access = (text) => signed(`{"alg":"HS256","typ":${text}}`)
  const kid = (name, secret = SECRET) => token('HS256', secret, { alg: 'HS256', kid: name }, PAYLOAD)
  const unknown = out('key', 'key_unknown')
  return {
    issuer: {
      'the one': [claim({ iss: ISSUER }), ''],
      'a part of it (CVE-2024-53861)': [claim({ iss: 'login.example' }), iss],
      'its beginning': [claim({ iss: ISSUER.slice(0, -1) }), iss],
      'with a slash': [claim({ iss: `${ISSUER}/` }), iss],
      'a NUL and more': [claim({ iss: `${ISSUER}\0evil` }), iss],
      'in a list (CVE-2025-30144)': [claim({ iss: [ISSUER] }), CLAIM],
      'in a list with another': [claim({ iss: ['https://evil.example', ISSUER] }), CLAIM],
      'in capitals': [claim({ iss: ISSUER.toUpperCase() }), iss],
      'a space behind': [claim({ iss: `${ISSUER} ` }), iss],
      none: [claim({}), missing],
      empty: [claim({ iss: '' }), iss],
      null: [claim({ iss: null }), CLAIM],
      'an object': [claim({ iss: { iss: ISSUER } }), CLAIM],
      'in escapes': [signed(HEADER, '{"iss":"https:\\/\\/login\\u002eexample"}'), ''],
      'deeper only': [claim({ x: { iss: ISSUER } }), missing],
    },
    audience: {
      'the one': [claim({ aud: 'api' }), ''],
      'in a list': [claim({ aud: ['x', 'api'] }), ''],
      'the other one': [claim({ aud: 'https://ws.example/' }), ''],
      'without its slash': [claim({ aud: 'https://ws.example' }), aud],
      none: [claim({}), missing],
      'an empty list': [claim({ aud: [] }), aud],
      'a part': [claim({ aud: 'ap' }), aud],
      'and more': [claim({ aud: 'api2' }), aud],
      'a NUL and more': [claim({ aud: 'api\0evil' }), aud],
      'a list in a text': [claim({ aud: 'x api' }), aud],
      'with commas': [claim({ aud: 'x,api' }), aud],
      empty: [claim({ aud: '' }), aud],
      'in capitals': [claim({ aud: 'API' }), aud],
      'a number beside it': [claim({ aud: ['api', 7] }), CLAIM],
      'nested lists': [claim({ aud: [['api']] }), CLAIM],
      'as a name': [claim({ aud: { api: true } }), CLAIM],
    },
    access: {
      'at+jwt': [access('"at+jwt"'), ''],
      'AT+JWT': [access('"AT+JWT"'), ''],
      'application/at+jwt': [access('"application/at+jwt"'), ''],
      JWT: [access('"JWT"'), typ],
      none: [signed('{"alg":"HS256"}'), typ],
      empty: [access('""'), typ],
      'text/at+jwt': [access('"text/at+jwt"'), typ],
      'a NUL behind': [access('"at+jwt\\u0000"'), typ],
      'a space behind': [access('"at+jwt "'), typ],
      'application twice': [access('"application/application/at+jwt"'), typ],
      'an id token': [access('"id+jwt"'), typ],
      'a logout token': [access('"logout+jwt"'), typ],
      'a DPoP proof': [access('"dpop+jwt"'), typ],
    },
    require: {
      all: [claim({ exp: at + 60, sub: '1', role: 0 }), ''],
      'no exp': [claim({ sub: '1', role: 0 }), missing],
      'no role': [claim({ exp: at + 60, sub: '1' }), missing],
      'role null': [claim({ exp: at + 60, sub: '1', role: null }), missing],
      'role in another case': [claim({ exp: at + 60, sub: '1', Role: 1 }), missing],
      deeper: [claim({ exp: at + 60, sub: '1', x: { role: 1 } }), missing],
    },
    forward: {
      plain: [claim({ name: 'Zoë' }), ''],
      CRLF: [claim({ name: 'a\r\nX-Admin: 1' }), out('claims', 'claim_unsafe')],
      NUL: [claim({ name: '\0' }), out('claims', 'claim_unsafe')],
      tab: [claim({ name: '\t' }), out('claims', 'claim_unsafe')],
      DEL: [claim({ name: '\x7f' }), out('claims', 'claim_unsafe')],
      'a C1 control': [claim({ name: '\x85' }), out('claims', 'claim_unsafe')],
      'CR in sub': [claim({ sub: 'a\rb' }), out('claims', 'claim_unsafe')],
      'in a claim that is not forwarded': [claim({ x: 'a\r\nb' }), ''],
      'a list': [claim({ name: ['a'] }), CLAIM],
      null: [claim({ name: null }), ''],
    },
    leeway: {
      'exp 30 s ago': [claim({ exp: at - 30 }), ''],
      'exp 90 s ago': [claim({ exp: at - 90 }), out('claims', 'expired')],
      'nbf in 30 s': [claim({ nbf: at + 30 }), ''],
      'nbf in 90 s': [claim({ nbf: at + 90 }), out('claims', 'not_yet_valid')],
      'iat in 200 s': [claim({ iat: at + 200 }), out('claims', 'issued_in_future')],
    },
    age: {
      young: [claim({ iat: at - 60 }), ''],
      'too old': [claim({ iat: at - 3700, exp: at + 60 }), out('claims', 'expired')],
      'without iat': [claim({ exp: at + 60 }), missing],
      'before 1970': [claim({ iat: -1 }), out('claims', 'expired')],
    },
    ring: {
      k1: [kid('k1'), ''],
      'k2, retiring': [kid('k2', OTHER), ''],
      'k3, retired': [kid('k3', THIRD), unknown],
      'k1 with the secret of k2': [kid('k1', OTHER), out('signature')],
      'k2 with the secret of k1': [kid('k2'), out('signature')],
      'no kid': [signed(HEADER), ''],
      'no kid, retiring': [signed(HEADER, PAYLOAD, OTHER), ''],
      'no kid, retired': [signed(HEADER, PAYLOAD, THIRD), out('signature')],
      'an unknown kid': [kid('k9'), unknown],
      K1: [kid('K1'), unknown],
      'k1 and a NUL': [kid('k1\0'), unknown],
      'k1 in escapes': [signed('{"alg":"HS256","kid":"\\u006b1"}'), ''],
      "k4 as HS256 with k1's secret": [kid('k4'), out('key', 'alg_key_mismatch')],
      k4: [token('ES256', keys.pair.privateKey, { alg: 'ES256', kid: 'k4' }, PAYLOAD), ''],
      'k1 as ES256': [
        token('ES256', keys.pair.privateKey, { alg: 'ES256', kid: 'k1' }, PAYLOAD),
        out('key', 'alg_key_mismatch'),
      ],
      "k4's public key as a secret": [
        token('HS256', keys.pair.publicKey.export({ type: 'spki', format: 'pem' }), { alg: 'HS256' }, PAYLOAD),
        out('signature'),
      ],
    },
    previous: {
      current: [signed(HEADER), ''],
      previous: [signed(HEADER, PAYLOAD, OTHER), ''],
      neither: [signed(HEADER, PAYLOAD, THIRD), out('signature')],
    },
    set: {
      a: [token('HS256', Buffer.from(keys.set[0].k, 'base64url'), { alg: 'HS256', kid: 'a' }, PAYLOAD), ''],
      'b, said to be a': [
        token('HS256', Buffer.from(keys.set[1].k, 'base64url'), { alg: 'HS256', kid: 'a' }, PAYLOAD),
        out('signature'),
      ],
      'b without kid': [token('HS256', Buffer.from(keys.set[1].k, 'base64url'), { alg: 'HS256' }, PAYLOAD), ''],
      c: [token('ES256', keys.pair.privateKey, { alg: 'ES256', kid: 'c' }, PAYLOAD), ''],
      'c as HS256': [
        token(
          'HS256',
          keys.pair.publicKey.export({ type: 'spki', format: 'der' }),
          { alg: 'HS256', kid: 'c' },
          PAYLOAD,
        ),
        out('key', 'alg_key_mismatch'),
      ],
    },
  }
}
