// `samekey/config` sets process.env and exports nothing.
// SPDX-License-Identifier: MIT
export {}
