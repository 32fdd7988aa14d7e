// An app as many are: signs tokens with its key, and shows pages behind a proxy. A page also says, by
// hashes, which keys the process holds. With SOAK_READS it reads its keys again at SIGHUP, by the
// samekey that is named there.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { promisify } from 'node:util'

import { SignJWT } from 'jose'

const { PORT, SOAK_READS, SOAK_NAME } = process.env
let held = process.env
const hash = (name) => createHash('sha256').update(held[name]).digest('hex').slice(0, 16)

// What this process was started with is no source of what it is to hold now.
async function readAgain() {
  const { PATH, XDG_STATE_HOME } = process.env
  const words = ['export', '--quiet', '--name', SOAK_NAME, '--for', 'json']
  const { stdout } = await promisify(execFile)(SOAK_READS, words, { env: { PATH, XDG_STATE_HOME } })
  held = JSON.parse(stdout)
}
// one after the other: the last one to be told is the last one to read
let reading = Promise.resolve()
const fail = ({ message }) => console.error(`read again: ${message.split('\n')[0]}`)
if (SOAK_READS) process.on('SIGHUP', () => (reading = reading.then(readAgain).catch(fail)))

const token = (subject) =>
  new SignJWT({ sub: subject })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(new TextEncoder().encode(held.SIGNING_KEY))

const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://app')
  const keys = ['SIGNING_KEY', 'PAIR_A_SECRET', 'PAIR_B_SECRET'].map(hash)
  const said = { keys, subject: request.headers['x-auth-subject'], user: request.headers['x-auth-claim-userid'] }
  if (pathname === '/sign') said.token = await token(searchParams.get('sub'))
  response.setHeader('content-type', 'application/json').end(JSON.stringify(said))
})
server.listen(Number(PORT), '127.0.0.1')
process.on('SIGTERM', () => {
  server.close(() => process.exit(0))
  server.closeAllConnections()
})
