// How tokens around the checklist are made: the secrets of the profiles, texts signed as they are,
// and what is wanted of a refusal.
// SPDX-License-Identifier: MIT
import { b64, sign } from './keys.mjs'

export const SECRET = 'kZ9vW2qL7eR4tY8uI1oP5aS3dF6gH0jK'
export const OTHER = 'Xw3nV8rTq1ZbK6yHc0LmD5sPg9JfRe2u'
export const THIRD = 'Ub7oE4jNs2MxC9vQw6TzA1kYh8GdFi3p'
export const ISSUER = 'https://login.example'

export const out = (stage, code) => ({ stage, code })
export const CLAIM = out('claims', 'claim_invalid')
export const HEADER = '{"alg":"HS256","typ":"JWT"}'
export const PAYLOAD = '{"sub":"u-1842"}'

const raw = (first, second, secret = SECRET) => `${first}.${second}.${b64(sign('HS256', secret, `${first}.${second}`))}`
export const signed = (header, payload = PAYLOAD, secret = SECRET) =>
  raw(b64(Buffer.from(header)), b64(Buffer.from(payload)), secret)
