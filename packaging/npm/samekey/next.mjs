// Next's proxy (middleware, before Next 16) without a key: samekeyd judges the cookies, refreshes
// them, or sends the browser to the login page. Runs in node and in the Edge runtime, by fetch.
// SPDX-License-Identifier: MIT
import { NextResponse } from 'next/server'

const TIMEOUT_MS = 3000
const UNTOLD =
  'samekey: guard() does not know where samekeyd listens: set SAMEKEY_SESSIONS, as http://127.0.0.1:9465, ' +
  'for the Edge runtime at the build too, or give it url'
const PASSED = new Set([401, 403]) // what samekeyd says to the browser

// The line of cookies that a browser will send next. What is not ours stays as it was sent: Next's own
// list of them is decoded, and lacks what cannot be.
function cookieLine(sent, cookies) {
  const fresh = new Map(cookies.map((line) => /^([^=]*)=([^;]*)/.exec(line).slice(1)))
  const kept = sent.split(';').map((pair) => pair.trim()).filter((pair) => pair && !fresh.has(pair.split('=')[0].trim()))
  return [...kept, ...[...fresh].map(([name, value]) => `${name}=${value}`)].join('; ')
}

// The headers that the page gets: who is there, from samekeyd and from nobody else, and the cookies
// as the browser will have them.
function headersFor(request, said, cookies) {
  const headers = new Headers(request.headers)
  for (const name of [...headers.keys()]) if (/^x[-_]auth[-_]/.test(name)) headers.delete(name)
  for (const [name, value] of said.headers) if (name.startsWith('x-auth-')) headers.set(name, value)
  if (cookies.length) headers.set('cookie', cookieLine(request.headers.get('cookie') ?? '', cookies))
  return headers
}

// Next wants the whole address, and before Next 16 it knows its own host only, not the site's.
function loginPage(request, location) {
  const { headers, nextUrl } = request
  const scheme = headers.get('x-forwarded-proto')?.split(',')[0] ?? nextUrl.protocol.slice(0, -1)
  const host = headers.get('x-forwarded-host') ?? headers.get('host')
  return new URL(location, `${scheme}://${host}`)
}

// Makes the function that Next calls before a page. Whoever is logged in goes on; when nobody can
// say, nobody does.
export function guard({ url = process.env.SAMEKEY_SESSIONS, profile = 'page', timeout = TIMEOUT_MS } = {}) {
  return async function proxy(request) {
    if (!url) {
      console.error(UNTOLD)
      return new NextResponse(null, { status: 503 })
    }
    let said
    try {
      said = await fetch(`${url}/auth/check/${encodeURIComponent(profile)}`, {
        headers: { cookie: request.headers.get('cookie') ?? '' },
        redirect: 'manual',
        cache: 'no-store',
        signal: AbortSignal.timeout(timeout),
      })
    } catch (error) {
      console.error(`samekey: no answer from samekeyd at ${url}: ${error.cause?.code ?? error.name}`)
      return new NextResponse(null, { status: 503 })
    }
    const cookies = said.headers.getSetCookie()
    let response
    if (said.status === 204) response = NextResponse.next({ request: { headers: headersFor(request, said, cookies) } })
    else if (said.status === 302) response = NextResponse.redirect(loginPage(request, said.headers.get('location')), 302)
    else response = new NextResponse(null, { status: PASSED.has(said.status) ? said.status : 503 })
    // one header each: joined, a browser would keep the first alone
    for (const line of cookies) response.headers.append('set-cookie', line)
    return response
  }
}
