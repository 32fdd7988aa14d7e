// What the client of samekeyd offers.
// SPDX-License-Identifier: MIT

export interface ConnectOptions {
  /** The API's Unix socket. Default: $SAMEKEY_API_SOCKET, $XDG_RUNTIME_DIR/samekey/api.sock, /run/samekey/api.sock. */
  socket?: string
  /** Milliseconds that a question may take. Default: 1000. */
  timeout?: number
  /** The profile that is meant when a call names none. */
  profile?: string
  /** The app that attest() speaks for. Default: $SAMEKEY_APP, else the only one that this user started. */
  app?: string
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

export interface Attestation {
  /**
   * What this process uses: `same` as the app was given; `shadowed`, a beaten value or what a build
   * had; `reading`, what another loader makes of the same bytes; `other-key`, the value of another key;
   * `placeholder`, a public example; `empty`, nothing; `near-miss`, a misspelling; `unknown`, none of
   * these. `prerendered`: `next build` asked, so nothing was proved.
   */
  state:
    | 'same'
    | 'shadowed'
    | 'reading'
    | 'other-key'
    | 'placeholder'
    | 'empty'
    | 'near-miss'
    | 'unknown'
    | 'prerendered'
  /** Of the value that it uses, as `/srv/shop/.env:3:1`. */
  origin: string | null
  /** Of a reading: the loaders that read it so. */
  dialects: string[]
  /** Of a near miss: its code, as `quotes-double`. */
  spelling: string | null
  /** What it uses, in words. */
  text: string
  /** What to do, or ''. */
  fix: string
  /** Milliseconds since 1970 when it was said: an old one was frozen or cached. */
  at: number
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
  /**
   * Proves which values this process really uses, and sends none of them: for each key what it is.
   * undefined is no value. Needs the verb `attest` and the app's bundle, handed over by the same user.
   */
  attest<Key extends string>(
    values: Record<Key, string | Uint8Array | null | undefined>,
    options?: { app?: string },
  ): Promise<Record<Key, Attestation>>
  /** Closes the socket with 4401 at the token's end; called again, the new judgement counts. */
  closeAtExpiry(ws: Closable, judged: Judgement, reason?: string): void
  /** Ends the kept connections. */
  close(): void
}

export class SamekeyError extends Error {
  readonly code: 'absent' | 'refused' | 'denied' | 'slow' | 'unusable' | 'protocol' | 'request' | 'stale'
  readonly socket: string
  readonly hint: string
  readonly status?: number
}

/** The code that a WebSocket is closed with when its token has ended. */
export const CLOSE_EXPIRED: 4401

export function connect(options?: ConnectOptions): Samekey

/** Samekey.attest by a client of its own. */
export function attest<Key extends string>(
  values: Record<Key, string | Uint8Array | null | undefined>,
  options?: ConnectOptions,
): Promise<Record<Key, Attestation>>
