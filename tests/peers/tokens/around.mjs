// Tokens with good signatures, or nearly, whose form, header, kid or claims a strict verifier looks
// at: the items of the checklist, from reading it and RFC 8725 again, with controls beside them.
// SPDX-License-Identifier: MIT
import { ofPlainProfile } from './aroundplain.mjs'
import { byProfile } from './aroundprofiles.mjs'

export function* tokensAround(keys) {
  const groups = { plain: ofPlainProfile(), ...byProfile(keys) }
  for (const [profile, all] of Object.entries(groups))
    for (const [what, [text, want]] of Object.entries(all))
      yield { id: `${profile}: ${what}`, profile, token: text, want }
}
