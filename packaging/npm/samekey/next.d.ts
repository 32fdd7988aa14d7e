// What `samekey/next` offers.
// SPDX-License-Identifier: MIT
import type { NextRequest, NextResponse } from 'next/server'

export interface GuardOptions {
  /** Where samekeyd listens for sessions, as `http://127.0.0.1:9465`. Default: $SAMEKEY_SESSIONS. */
  url?: string
  /** A profile of samekeyd.ini with `redirect = yes`. Default: page. */
  profile?: string
  /** Milliseconds that an answer may take. Default: 3000. */
  timeout?: number
}

/** For proxy.js (Next 16) or middleware.js: lets whoever is logged in go on, and nobody when samekeyd is away. */
export function guard(options?: GuardOptions): (request: NextRequest) => Promise<NextResponse>
