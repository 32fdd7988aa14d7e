// How long node's JWT libraries take for a token: judges.mjs FILE, which `tokens --write` made.
// Prints `ALG TAB NAME TAB MICROSECONDS` a library, the median of its rounds by processor time. Each
// has its key ready beforehand, as far as it can, and caches nothing.
import { createPublicKey, createSecretKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const ROUNDS = Math.min(9, process.env.ROUNDS || 9)
const COUNTS = { HS256: 4000, RS256: 1500, ES256: 400, EdDSA: 400 }
const require = createRequire(join(process.cwd(), 'here.js'))
const jose = await import(require.resolve('jose'))
const jsonwebtoken = require('jsonwebtoken')
const { createVerifier } = require('fast-jwt')
const { version } = JSON.parse(readFileSync('node_modules/jose/package.json'))

function librariesFor(alg, { public: text, issuer }) {
  const isSecret = alg === 'HS256'
  const bytes = new TextEncoder().encode(text)
  const key = isSecret ? createSecretKey(bytes) : createPublicKey(text)
  const ready = isSecret
    ? crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify'])
    : jose.importSPKI(text, alg)
  const fast = createVerifier({ key: text, algorithms: [alg], allowedIss: issuer })
  const libraries = {
    [`jose ${version}`]: async (token) => jose.jwtVerify(token, await ready, { algorithms: [alg], issuer }),
    [`fast-jwt ${require('fast-jwt/package.json').version}`]: (token) => fast(token),
  }
  if (alg !== 'EdDSA')
    libraries[`jsonwebtoken ${require('jsonwebtoken/package.json').version}`] = (token) =>
      jsonwebtoken.verify(token, key, { algorithms: [alg], issuer })
  return libraries
}

const subjects = JSON.parse(readFileSync(process.argv[2]))
for (const [alg, subject] of Object.entries(subjects)) {
  for (const [name, verify] of Object.entries(librariesFor(alg, subject))) {
    const times = []
    for (let round = 0; round < ROUNDS; round++) {
      const before = process.cpuUsage()
      for (let i = 0; i < COUNTS[alg]; i++) await verify(subject.token)
      const spent = process.cpuUsage(before)
      times.push((spent.user + spent.system) / COUNTS[alg])
    }
    times.sort((a, b) => a - b)
    console.log(`${alg}\t${name}\t${times[ROUNDS >> 1].toFixed(2)}`)
  }
}
