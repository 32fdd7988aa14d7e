// The same for `import`.
// SPDX-License-Identifier: MIT
import given from './configure.cjs'

export const { configure, SamekeyConfigError } = given
