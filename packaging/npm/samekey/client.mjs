// The same client for `import`.
// SPDX-License-Identifier: MIT
import client from './client.cjs'

export const { attest, connect, SamekeyError, CLOSE_EXPIRED } = client
