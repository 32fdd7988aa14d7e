// The same for `import`.
// SPDX-License-Identifier: MIT
import './config.cjs'
