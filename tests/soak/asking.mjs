// Asks the site, in every way that it has, and says what an answer means: let in, refused, or nobody
// there. Judges nothing.
// SPDX-License-Identifier: MIT
import { Agent } from 'node:http'
import { createRequire } from 'node:module'
import { join } from 'node:path'

import { ACCESS, REFRESH, ask } from '../e2e/sessions.mjs'
import { leaks } from './service.mjs'

const ANSWER_MS = 20_000
const agent = new Agent({ keepAlive: false }) // a server that was killed has no connection to reset

// What a disturbance of which kind excuses.
export const EXCUSES = {
  verify: ['samekeyd'],
  page: ['samekeyd', 'web'],
  web: ['web'],
  api: ['api'],
  login: ['samekeyd', 'disk', 'redis', 'upstream'],
  session: ['samekeyd', 'disk', 'redis'],
  'session page': ['samekeyd', 'disk', 'redis', 'web'],
  ws: ['samekeyd'],
  status: ['samekeyd'],
}

const cookieLine = ({ access, refresh }) => [access && `${ACCESS}=${access}`, refresh && `${REFRESH}=${refresh}`].filter(Boolean).join('; ')
// Answers that say that nobody can tell now; 403 is what a proxy is told then.
// /readyz says 503 of much that is none of ours here.
const isAway = (route, { status }) => (route === 'status' ? status === 599 : status >= 500 || (route === 'page' && status === 403))

export function asking(book, { folder, paths, ports }) {
  const { WebSocket } = createRequire(join(folder, 'package.json'))('ws')
  // Gives the answer; nothing when nobody could tell.
  const at = async (route, to, method, path, options = {}) => {
    const began = Date.now()
    let timer
    const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error(`no answer in ${ANSWER_MS} ms`)), ANSWER_MS)))
    const answer = await Promise.race([ask(to, method, path, { agent, ...options }), late]).catch((error) => ({ status: 599, error: error.message }))
    clearTimeout(timer)
    const away = isAway(route, answer)
    book.answered(route, !away, began, EXCUSES[route], `${answer.status} ${answer.error ?? answer.body?.code ?? ''}`)
    return away ? undefined : answer
  }
  const session = (route, method, path, cookies, more = {}) =>
    at(route, paths.session, method, path, { headers: { cookie: cookieLine(cookies) }, ...more })
  return {
    verify: (profile, token) =>
      at('verify', paths.api, 'POST', `/v1/verify?profile=${profile}`, { headers: { 'content-type': 'application/jwt' }, body: token }),
    page: (token) => at('page', ports.tokens, 'GET', '/page', { headers: { authorization: `Bearer ${token}` } }),
    signed: (app, subject) => at(app, ports[app], 'GET', `/sign?sub=${subject}`),
    login: (email, password) => at('login', paths.session, 'POST', '/auth/login', { json: { email, password } }),
    check: (cookies) => session('session', 'GET', '/auth/check/access', cookies),
    refresh: (cookies) => session('session', 'POST', '/auth/refresh', cookies),
    refreshByProxy: (cookies) => at('session', ports.door, 'POST', '/auth/refresh', { headers: { cookie: cookieLine(cookies) } }),
    logout: (cookies) => session('session', 'POST', '/auth/logout', cookies),
    revoke: (family) => at('session', paths.api, 'POST', '/v1/revoke', { json: { family } }),
    sessionPage: (cookies) => at('session page', ports.door, 'GET', '/page', { headers: { cookie: cookieLine(cookies) } }),
    // What operators read; whatever it says, it holds no secret.
    async status(path) {
      const answer = await at('status', paths.api, 'GET', path)
      if (answer && leaks(JSON.stringify(answer.body))) book.fault(`${path} holds a secret`)
      return answer
    },
    // Gives whom it greets, or 401; nothing when nobody could tell.
    socket(access) {
      const began = Date.now()
      return new Promise((resolve) => {
        const done = (status, said, why = '') => {
          clearTimeout(timer)
          for (const event of ['message', 'unexpected-response', 'error']) ws.removeAllListeners(event)
          ws.on('error', () => {}) // of its end
          ws.terminate()
          book.answered('ws', status < 500, began, EXCUSES.ws, `${status} ${why}`)
          resolve(status < 500 ? (said ?? status) : undefined)
        }
        const timer = setTimeout(() => done(599), ANSWER_MS)
        const ws = new WebSocket(`ws://127.0.0.1:${ports.ws}/`, { headers: { cookie: `${ACCESS}=${access}` } })
        ws.once('message', (text) => done(200, String(text)))
        ws.once('unexpected-response', (_, { statusCode }) => done(statusCode))
        ws.once('error', ({ message }) => done(599, undefined, message))
      })
    },
  }
}
