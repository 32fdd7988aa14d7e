// Stands in for the API that knows passwords, which an app has elsewhere: POST /login as the seed's
// does it, with tokens of its own. What is asked in the name of some users shows every way in which
// such a server breaks. Never part of samekey.
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'

export const PASSWORD = 'correct horse canary-pw-5Tq9'
const ROLES = { 'user-7': 'clerk', 'user-8': 'admin' }

const idOf = (email) => email.split('@')[0]
// Tokens that nobody here reads, of about the length of real ones.
const opaque = (kind, id, n) => `${kind}.${createHash('sha512').update(`${kind} ${id} ${n}`).digest('base64url')}`

// What breaks, by the user's name.
const faults = {
  hangs: () => {},
  drops: (answer) => answer.destroy(),
  fails: (answer) => answer.writeHead(500, { 'content-type': 'application/json' }).end('{"error":"Internal"}'),
  moves: (answer, { port }) => answer.writeHead(307, { location: `http://127.0.0.1:${port}/elsewhere` }).end(),
  text: (answer) => answer.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Welcome</h1>'),
  cut: (answer) => answer.writeHead(200, { 'content-type': 'application/json' }).end('{"accessToken":"a","userDa'),
  types: (answer) =>
    answer
      .writeHead(200, { 'content-type': 'application/json' })
      .end('{"accessToken":7,"refreshToken":{},"userData":{"id":["user-7"],"role":null}}'),
  bare: (answer) => answer.writeHead(200, { 'content-type': 'application/json' }).end('{"accessToken":"a"}'),
  crlf: (answer) =>
    answer
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ accessToken: 'a; Domain=evil', refreshToken: 'b\r\nSet-Cookie: x=y', userData: { id: 'user-7', role: 'clerk' } })),
  huge: (answer) => {
    answer.writeHead(200, { 'content-type': 'application/json' })
    const part = `{"x":"${'x'.repeat(65536)}`
    const more = () => {
      while (!answer.destroyed && answer.write(part));
    }
    answer.on('drain', more).on('error', () => {})
    more()
  },
  drips: (answer) => {
    answer.writeHead(200, { 'content-type': 'application/json' })
    const timer = setInterval(() => answer.write(' '), 50)
    answer.on('close', () => clearInterval(timer))
  },
  lots: (answer) => answer.writeHead(429, { 'content-type': 'application/json', 'retry-after': '7' }).end('{}'),
}

function login(answer, { email, password }, state) {
  const id = idOf(email)
  if (Object.hasOwn(faults, id)) return faults[id](answer, state)
  answer.setHeader('content-type', 'application/json')
  if (password !== PASSWORD || !Object.hasOwn(ROLES, id)) return answer.writeHead(401).end('{"message":"no"}')
  const n = ++state.logins
  const userData = { id, role: ROLES[id], email, name: 'Jürgen' }
  return answer.end(JSON.stringify({ accessToken: opaque('a', id, n), refreshToken: opaque('r', id, n), userData }))
}

// Listens on 127.0.0.1; gives { url, logins, elsewhere, close }: how often a login was good, and how
// often somebody followed the redirect.
export function loginApi() {
  const state = { logins: 0, elsewhere: 0 }
  const server = createServer(async (request, answer) => {
    answer.on('error', () => {})
    if (request.url === '/elsewhere') state.elsewhere++
    if (request.method !== 'POST' || request.url !== '/login') return answer.writeHead(404).end()
    const parts = []
    for await (const part of request) parts.push(part)
    return login(answer, JSON.parse(Buffer.concat(parts)), state)
  })
  state.close = () => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  }
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => {
      state.port = server.address().port
      state.url = `http://127.0.0.1:${state.port}`
      resolve(state)
    }),
  )
}
