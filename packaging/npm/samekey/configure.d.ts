// What `samekey/configure` offers.
// SPDX-License-Identifier: MIT

export interface ConfigureOptions {
  /** The app's name. Default: that of samekey.ini, else folder/program. */
  name?: string
  /** Which .env.MODE files count. Default: $SAMEKEY_MODE, the framework's, $NODE_ENV, production. */
  mode?: string
  /** Read in place of the cascade; the first wins. */
  dotenv?: string | string[]
  /** The settings file. Default: samekey.ini here or above. */
  ini?: string
  /** Whether samekeyd holds the bundle while this process lives. Default: yes, but not with NODE_ENV=test. */
  offer?: boolean
  /** Says only what stops a start. */
  quiet?: boolean
}

export interface Configured {
  /** false: it was done already, here or by `samekey run` above, or there is no samekey for this platform. */
  loaded: boolean
  /** The names that were set. */
  keys: string[]
}

/** What `samekey run` would refuse; `status` is what it would have exited with. The reason stands on stderr. */
export class SamekeyConfigError extends Error {
  readonly status: number
}

/** Sets process.env as `samekey run` would have, synchronously and once. */
export function configure(options?: ConfigureOptions): Configured
