// What the client of samekeyd offers.
// SPDX-License-Identifier: MIT

export interface ConnectOptions {
  /** The API's Unix socket. Default: $SAMEKEY_API_SOCKET, $XDG_RUNTIME_DIR/samekey/api.sock, /run/samekey/api.sock. */
  socket?: string
  /** Milliseconds that a question may take. Default: 1000. */
  timeout?: number
  /** The profile that is meant when a call names none. */
  profile?: string
}

export interface Claims {
  iss?: string
  sub?: string
  aud?: string | string[]
  exp?: number
  nbf?: number
  iat?: number
  jti?: string
  [name: string]: unknown
}

export interface Accepted {
  ok: true
  claims: Claims
  /** The key that signed it: its kid, else the name of the secret. */
  kid: string
  alg: string
  keyState: 'active' | 'retiring'
  profile: string
  /** Milliseconds since 1970 when it ends; undefined without `exp`. */
  expiresAt: number | undefined
}

export interface Refused {
  ok: false
  /** A stable code, as `signature_invalid` or `expired`. */
  code: string
  detail?: string
  stage?: 'form' | 'header' | 'key' | 'signature' | 'claims'
  kid?: string
  alg?: string
}

export type Judgement = Accepted | Refused

export interface VerifyOptions {
  profile?: string
  /** A further audience that must be in `aud`. */
  audience?: string
  /** Of a session: the cookie that it came in. */
  cookie?: string
}

export interface Minted {
  token: string
  /** Seconds. */
  expiresIn: number
  /** Its `jti`. */
  id?: string
}

export interface Reason {
  code: string
  app: string
  key: string
  text: string
}

/** What a WebSocket must have to be closed at the end of its token; `ws` and browsers' sockets do. */
export interface Closable {
  close(code?: number, reason?: string): void
}

export interface Samekey {
  readonly socket: string
  /** A bad token is a value, never thrown; a verifier that cannot be asked throws a SamekeyError. */
  verify(token: string | null | undefined, options?: VerifyOptions): Promise<Judgement>
  verifyBatch(tokens: string[], options?: Omit<VerifyOptions, 'cookie'>): Promise<Judgement[]>
  issue(claims?: Claims, options?: { profile?: string; /** Seconds. */ lifetime?: number }): Promise<Minted>
  health(app?: string): Promise<{ ready: boolean; reasons: Reason[] }>
  /** Closes the socket with 4401 at the token's end; called again, the new judgement counts. */
  closeAtExpiry(ws: Closable, judged: Judgement, reason?: string): void
  /** Ends the kept connections. */
  close(): void
}

export class SamekeyError extends Error {
  readonly code: 'absent' | 'refused' | 'denied' | 'slow' | 'unusable' | 'protocol' | 'request'
  readonly socket: string
  readonly hint: string
  readonly status?: number
}

/** The code that a WebSocket is closed with when its token has ended. */
export const CLOSE_EXPIRED: 4401

export function connect(options?: ConnectOptions): Samekey
