// The session tokens of tests/spec/sessions.jsonl, made and damaged beside next-auth and @auth/core,
// as they are to fare at a daemon that was handed their secrets.
// SPDX-License-Identifier: MIT
import { readFileSync } from 'node:fs'

const file = new URL('../../spec/sessions.jsonl', import.meta.url)

// Secrets that samekeyd takes for a session, as they are: a public example, one character or a PEM
// key it refuses, and samekey takes quotes and newlines around a secret away.
const isUsable = ({ secret }) => secret.length > 1 && secret !== 'changeme' && !/^"|\n/.test(secret)

export function recorded() {
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
  const profiles = new Map()
  const tokens = []
  for (const line of lines.filter((one) => one.kind !== 'cookie' && isUsable(one))) {
    if (line.kind === 'nextauth-v4' && line.salt) continue // of no session
    const id = JSON.stringify([line.kind, line.secret, line.salt])
    if (!profiles.has(id))
      profiles.set(id, { name: `session-${profiles.size}`, key: `SESSION_${profiles.size}`, ...line })
    const stage = ['form', 'claims'].includes(line.stage) ? line.stage : undefined
    const want = line.stage ? { stage } : ''
    tokens.push({
      id: `${line.id} (${line.from})`,
      profile: profiles.get(id).name,
      token: line.token,
      cookie: line.salt || undefined,
      want,
    })
  }
  const sections = [...profiles.values()].map(({ name, key, kind, salt }) => [
    `profile ${name}`,
    { kind, app: 'web', key, allow_short_key: 'yes', ...(salt ? { cookie: salt } : {}) },
  ])
  const secrets = Object.fromEntries([...profiles.values()].map(({ key, secret }) => [key, secret]))
  return { sections, secrets, tokens }
}
