// Tokens of a profile that asks for nothing but a signature: their form, their JSON, their header and
// the times in their claims.
// SPDX-License-Identifier: MIT
import crypto from 'node:crypto'
import { CLAIM, HEADER, out, PAYLOAD, SECRET, signed } from './aroundmade.mjs'
import { b64, json, now, token } from './keys.mjs'

const FORM = out('form')

const head = (members) => signed(`{"alg":"HS256",${members}}`)
const bytes = (...parts) => Buffer.concat(parts.map((part) => Buffer.from(part)))

function form() {
  const good = signed(HEADER)
  const [first, second, third] = good.split('.')
  const sealed = (header) => `${json(header)}..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA`
  return {
    'the control': [good, ''],
    'one part': [first, FORM],
    'two parts': [`${first}.${second}`, FORM],
    'four parts': [`${good}.AAAA`, FORM],
    'only dots': ['..', FORM],
    'a dot in front': [`.${good}`, FORM],
    'a dot behind': [`${good}.`, FORM],
    'ten thousand dots': ['.'.repeat(10000), FORM],
    'no header': [`.${second}.${third}`, FORM],
    'no signature': [`${first}.${second}.`, FORM],
    'padding behind the signature': [`${good}=`, FORM],
    'padding behind the payload': [`${first}.${second}=.${third}`, FORM],
    'the other alphabet': [`${first}.${second}.${third.replace(/.$/, '+')}`, FORM],
    'a slash': [`${first}.${second}.${third.replace(/^./, '/')}`, FORM],
    'a newline behind': [`${good}\n`, FORM],
    'CRLF behind': [`${good}\r\n`, FORM],
    'a space in front': [` ${good}`, FORM],
    'a tab inside': [good.replace('.', '.\t'), FORM],
    'a NUL behind': [`${good}\0`, FORM],
    'a NUL and more': [`${good}\0.x.y`, FORM],
    'a byte order mark': [`\ufeff${good}`, FORM],
    quotes: [`"${good}"`, FORM],
    Bearer: [`Bearer ${good}`, FORM],
    'percent-encoded dots': [good.replaceAll('.', '%2e'), FORM],
    'full stops of another script': [good.replaceAll('.', '。'), FORM],
    'JSON serialisation': [JSON.stringify({ protected: first, payload: second, signature: third }), FORM],
    'general JSON serialisation': [
      JSON.stringify({ payload: second, signatures: [{ protected: first, signature: third }] }),
      FORM,
    ],
    'spare bits of the signature': [
      `${good.slice(0, -1)}${String.fromCharCode(good.charCodeAt(good.length - 1) + 1)}`,
      {},
    ],
    'one digit as signature': [`${first}.${second}.A`, FORM],
    'five digits': [`${first}.${second}.AAAAA`, FORM],
    'a JWE (dir)': [sealed({ alg: 'dir', enc: 'A256GCM' }), FORM],
    'a JWE with zip': [sealed({ alg: 'dir', enc: 'A256GCM', zip: 'DEF' }), FORM],
    'a JWE of PBES2 with a huge count': [
      sealed({ alg: 'PBES2-HS256+A128KW', enc: 'A256GCM', p2c: 2147483647, p2s: 'AAAA' }),
      FORM,
    ],
    'a JWE to a public key': [sealed({ alg: 'RSA-OAEP', enc: 'A256GCM' }), FORM],
    'over 16 KiB': [signed(HEADER, JSON.stringify({ x: 'y'.repeat(13000) })), { stage: 'form', code: 'too_large' }],
    'nearly 16 KiB': [signed(HEADER, JSON.stringify({ x: 'y'.repeat(12000) })), ''],
    '100 KiB': ['A'.repeat(100_000), { stage: 'form', code: 'too_large' }],
    'an unencoded payload, b64 false': [`${json({ alg: 'HS256', b64: false, crit: ['b64'] })}.${PAYLOAD}.${third}`, {}],
    'a detached payload': [`${first}..${third}`, out('signature')],
  }
}

const deep = (depth) => `{"x":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`
const wide = (count) => `{${Array.from({ length: count }, (_, i) => `"m${i}":0`).join()}}`

// As [text, code]; of a header and of a payload.
const texts = {
  'no JSON': ['alg=HS256', 'json_invalid'],
  'bytes behind': ['{"alg":"HS256"}x', 'json_invalid'],
  'two objects': ['{"alg":"HS256"}{}', 'json_invalid'],
  'single quotes': ["{'alg':'HS256'}", 'json_invalid'],
  'a comma too many': ['{"alg":"HS256",}', 'json_invalid'],
  'a comment': ['{"alg":"HS256"/**/}', 'json_invalid'],
  NaN: ['{"alg":"HS256","x":NaN}', 'json_invalid'],
  Infinity: ['{"alg":"HS256","x":Infinity}', 'json_invalid'],
  'a leading zero': ['{"alg":"HS256","x":01}', 'json_invalid'],
  'a name without quotes': ['{alg:"HS256"}', 'json_invalid'],
  'a control byte in a string': ['{"alg":"HS256","x":"\n"}', 'json_invalid'],
  'a bad escape': ['{"alg":"HS256","x":"\\x41"}', 'json_invalid'],
  'a NUL behind': ['{"alg":"HS256"}\0', 'json_invalid'],
  'a byte order mark': [bytes('\ufeff', '{"alg":"HS256"}'), 'json_invalid'],
  'UTF-16': [Buffer.from('{"alg":"HS256"}', 'utf16le'), undefined],
  'UTF-32': [bytes(...[...'{"alg":"HS256"}'].map((c) => [0, 0, 0, c.charCodeAt(0)])), undefined],
  'a name twice': ['{"alg":"none","alg":"HS256"}', 'json_duplicate'],
  'a name twice, one escaped': ['{"alg":"HS256","\\u0061lg":"none"}', 'json_duplicate'],
  'a name twice, deeper': ['{"alg":"HS256","x":[{"a":1,"a":2}]}', 'json_duplicate'],
  'an empty name twice': ['{"alg":"HS256","":1,"":2}', 'json_duplicate'],
  overlong: [bytes('{"alg":"HS256","x":"', [0xc0, 0xaf], '"}'), 'utf8_invalid'],
  'a surrogate in UTF-8': [bytes('{"alg":"HS256","x":"', [0xed, 0xa0, 0x80], '"}'), 'utf8_invalid'],
  'beyond Unicode': [bytes('{"alg":"HS256","x":"', [0xf4, 0x90, 0x80, 0x80], '"}'), 'utf8_invalid'],
  'a sequence cut': [bytes('{"alg":"HS256","x":"', [0xe2, 0x82], '"}'), 'utf8_invalid'],
  latin1: [bytes('{"alg":"HS256","x":"', [0xe9], '"}'), 'utf8_invalid'],
  'half a surrogate pair': ['{"alg":"HS256","x":"\\ud800"}', 'utf8_invalid'],
  'the other half': ['{"alg":"HS256","x":"\\udc00"}', 'utf8_invalid'],
  'two first halves': ['{"alg":"HS256","x":"\\ud83d\\ud83d"}', 'utf8_invalid'],
  'a name that is half': ['{"alg":"HS256","\\ud800":1}', 'utf8_invalid'],
  '33 deep': [deep(33).replace('{', '{"alg":"HS256",'), 'too_deep'],
  'ten thousand deep': [deep(5000).replace('{', '{"alg":"HS256",'), 'too_deep'],
  '513 members': [wide(512).replace('{', '{"alg":"HS256",'), 'too_large'],
  '1025 items': [`{"alg":"HS256","x":[${Array(1025).fill(0).join()}]}`, 'too_large'],
  'a number of 33 digits': [`{"alg":"HS256","x":${'1'.repeat(33)}}`, 'too_large'],
  '32 deep': [deep(32).replace('{', '{"alg":"HS256",'), ''],
  '512 members': [wide(511).replace('{', '{"alg":"HS256",'), ''],
  '1024 items': [`{"alg":"HS256","x":[${Array(1024).fill(0).join()}]}`, ''],
  'a number of 32 digits': [`{"alg":"HS256","x":${'1'.repeat(32)}}`, ''],
  'a surrogate pair': ['{"alg":"HS256","x":"\\ud83d\\udd11"}', ''],
  'four bytes': ['{"alg":"HS256","x":"🔑"}', ''],
  'names that differ in case': ['{"alg":"HS256","ALG":"none","Alg":"none"}', ''],
  'white space': ['\r\n\t {\t"alg" :\n"HS256" }\r\n', ''],
  'alg in escapes': ['{"\\u0061\\u006C\\u0067":"HS\\u003256"}', ''],
  __proto__: ['{"alg":"HS256","__proto__":{"admin":true}}', ''],
}

function json_() {
  const all = {}
  for (const [what, [text, code]] of Object.entries(texts)) {
    all[`header: ${what}`] = [signed(text), code === '' ? '' : out('header', code)]
    all[`payload: ${what}`] = [signed(HEADER, text), code === '' ? '' : out('claims', code)]
  }
  for (const text of ['null', '[]', '"HS256"', '7', 'true', '']) {
    all[`header: ${text || 'nothing'}`] = [signed(text), {}]
    all[`payload: ${text || 'nothing'}`] = [signed(HEADER, text), out('claims', 'json_invalid')]
  }
  return all
}

const attacker = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 })
const foreignKey = { ...attacker.publicKey.export({ format: 'jwk' }), kid: 'x' }
const injected = (more) => token('RS256', attacker.privateKey, { alg: 'RS256', ...more }, PAYLOAD)
const ownOct = (more) => token('HS256', 'attacker-key', { alg: 'HS256', ...more }, PAYLOAD)

function header() {
  const bad = (code) => out('header', code)
  const all = {
    'no alg': [signed('{"typ":"JWT"}'), bad('header_invalid')],
    'alg in capitals only': [signed('{"ALG":"HS256"}'), bad('header_invalid')],
    'empty header': [signed('{}'), bad('header_invalid')],
    'alg null': [signed('{"alg":null}'), bad('header_invalid')],
    'alg a list': [signed('{"alg":["HS256"]}'), bad('header_invalid')],
    'alg a number': [signed('{"alg":256}'), bad('header_invalid')],
    'alg true': [signed('{"alg":true}'), bad('header_invalid')],
    'alg an object': [signed('{"alg":{"toString":"HS256"}}'), bad('header_invalid')],
    'an embedded jwk (CVE-2018-0114)': [injected({ jwk: foreignKey }), bad('alg_not_allowed')],
    'an embedded secret': [ownOct({ jwk: { kty: 'oct', k: b64('attacker-key') } }), out('signature')],
    'a jku': [injected({ jku: 'http://127.0.0.1:9/jwks', kid: 'x' }), bad('alg_not_allowed')],
    'a jku, with HS256': [ownOct({ jku: 'http://127.0.0.1:9/jwks' }), out('signature')],
    'an x5u': [ownOct({ x5u: 'http://127.0.0.1:9/cert' }), out('signature')],
    'an x5c': [ownOct({ x5c: ['MIIB'] }), out('signature')],
    'a good token with jwk, jku, x5c': [
      head('"jwk":{"kty":"oct","k":"AA"},"jku":"http://127.0.0.1:9/","x5c":["MIIB"]'),
      '',
    ],
    'a good token with jwk null': [head('"jwk":null'), ''],
    'typ a number': [head('"typ":1'), bad('header_invalid')],
    'typ null': [head('"typ":null'), bad('header_invalid')],
    'kid null': [head('"kid":null'), bad('header_invalid')],
    'kid a number': [head('"kid":1'), bad('header_invalid')],
    'kid a list': [head('"kid":["a"]'), bad('header_invalid')],
    'cty a list': [head('"cty":["JWT"]'), bad('header_invalid')],
    'cty JWT': [head('"cty":"JWT"'), bad('nested_unsupported')],
    'cty jwt': [head('"cty":"jwt"'), bad('nested_unsupported')],
    'cty application/JWT': [head('"cty":"application/JWT"'), bad('nested_unsupported')],
    'cty JWT around a token': [signed('{"alg":"HS256","cty":"JWT"}', signed(HEADER)), bad('nested_unsupported')],
    'a token as payload': [signed(HEADER, signed(HEADER)), out('claims', 'json_invalid')],
    'another cty': [head('"cty":"json"'), ''],
    'zip in a JWS': [head('"zip":"DEF"'), ''],
    'enc in a JWS': [head('"enc":"A256GCM"'), ''],
    'an unknown parameter': [head('"x":{"y":[1]}'), ''],
    'b64 false': [head('"b64":false'), bad('header_invalid')],
    'b64 null': [head('"b64":null'), bad('header_invalid')],
    'b64 true, as without it': [head('"b64":true'), ''],
    'exp in the header': [head('"exp":1'), ''],
  }
  for (const crit of [
    '["exp"]',
    '["x"]',
    '["b64"]',
    '["alg"]',
    '[]',
    'null',
    'false',
    '"x"',
    '{}',
    '[1]',
    '["x","x"]',
    '["cnf"]',
    '["http://example.com/UNDEFINED"]',
  ])
    all[`crit ${crit}`] = [head(`"crit":${crit},"x":1`), bad('crit_unsupported')]
  for (const kid of [
    '/dev/null',
    '../../../../../../dev/null',
    "' UNION SELECT 'x'; --",
    '|id',
    'http://127.0.0.1:9/k',
    '${7*7}',
    '%00',
    'a\0b',
    '__proto__',
    'é',
    '',
  ]) {
    all[`kid ${JSON.stringify(kid)} and an empty key`] = [
      token('HS256', '', { alg: 'HS256', kid }, PAYLOAD),
      out('signature'),
    ]
    all[`kid ${JSON.stringify(kid)} with the good key`] = [token('HS256', SECRET, { alg: 'HS256', kid }, PAYLOAD), '']
    all[`kid ${JSON.stringify(kid)} as the key`] = [
      token('HS256', kid, { alg: 'HS256', kid }, PAYLOAD),
      out('signature'),
    ]
  }
  for (const alg of [
    'HS384',
    'HS512',
    'RS256',
    'PS256',
    'ES256',
    'EdDSA',
    'dir',
    'A256GCM',
    'hs256',
    'HS256 ',
    ' HS256',
    'HS256\0',
    'HS2560',
    'HS25',
    'HmacSHA256',
    'SHA256',
    'none\0',
    'ΗS256',
  ])
    all[`alg ${JSON.stringify(alg)}`] = [token('HS256', SECRET, { alg }, PAYLOAD), bad('alg_not_allowed')]
  return all
}

function times() {
  const at = now()
  const all = {}
  const claim = (text, want) => [signed(HEADER, `{${text}}`), want]
  for (const away of [10, 60, 3600, 1e6, 1e9]) {
    all[`exp in ${away} s`] = claim(`"exp":${at + away}`, '')
    all[`exp ${away} s ago`] = claim(`"exp":${at - away}`, out('claims', 'expired'))
    all[`nbf ${away} s ago`] = claim(`"nbf":${at - away}`, '')
    all[`nbf in ${away} s`] = claim(`"nbf":${at + away}`, out('claims', 'not_yet_valid'))
    all[`iat ${away} s ago`] = claim(`"iat":${at - away}`, '')
    all[`iat in ${away + 70} s`] = claim(`"iat":${at + away + 70}`, out('claims', 'issued_in_future'))
  }
  Object.assign(all, {
    'iat in 30 s': claim(`"iat":${at + 30}`, ''),
    'exp with a fraction': claim(`"exp":${at + 60}.5`, ''),
    'exp as 4e9': claim('"exp":4e9', ''),
    'exp as 40E+8': claim('"exp":40E+8', ''),
    'exp 0': claim('"exp":0', out('claims', 'expired')),
    'exp -1': claim('"exp":-1', out('claims', 'expired')),
    'exp 2^31': claim('"exp":2147483648', ''),
    'exp 2^32 + 1': claim('"exp":4294967297', ''),
    'exp at the end of 9999': claim('"exp":253402300799', ''),
    'exp in the year 10000': claim('"exp":253402300800', CLAIM),
    'exp in milliseconds': claim(`"exp":${(at + 60) * 1000}`, CLAIM),
    'exp 2^63': claim('"exp":9223372036854775808', CLAIM),
    'exp 2^64 + 1': claim('"exp":18446744073709551617', CLAIM),
    'exp 1e400': claim('"exp":1e400', CLAIM),
    'exp -1e400': claim('"exp":-1e400', CLAIM),
    'nbf -1e400': claim('"nbf":-1e400', CLAIM),
    'nbf before 1970': claim('"nbf":-1', ''),
    'iat in milliseconds': claim(`"iat":${at * 1000}`, CLAIM),
    'exp and nbf that contradict': claim(`"exp":${at - 60},"nbf":${at + 60}`, out('claims')),
    'two of three good': claim(`"exp":${at + 60},"iat":${at - 1},"nbf":${at + 60}`, out('claims', 'not_yet_valid')),
    'exp twice': claim(`"exp":1,"exp":${at + 60}`, out('claims', 'json_duplicate')),
    'exp escaped': claim(`"\\u0065xp":1`, out('claims', 'expired')),
    'Exp in capitals': claim('"Exp":1,"EXP":1', ''),
  })
  for (const name of ['exp', 'nbf', 'iat'])
    for (const value of [
      'null',
      'true',
      '"1"',
      `"${at + 60}"`,
      '[]',
      `[${at + 60}]`,
      '{}',
      '""',
      '"never"',
      '"2100-01-01T00:00:00Z"',
    ])
      all[`${name} ${value}`] = claim(`"${name}":${value}`, CLAIM)
  for (const name of ['iss', 'sub', 'jti'])
    for (const value of ['7', 'null', 'true', '["x"]', '{}'])
      all[`${name} ${value}`] = claim(`"${name}":${value}`, CLAIM)
  for (const value of ['7', 'null', 'true', '{}', '[7]', '["a",null]', '[["a"]]'])
    all[`aud ${value}`] = claim(`"aud":${value}`, CLAIM)
  return all
}

export const ofPlainProfile = () => ({ ...form(), ...json_(), ...header(), ...times() })
