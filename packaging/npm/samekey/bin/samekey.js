#!/usr/bin/env node
// The launcher of npm's package: becomes the native samekey, or does what can be done without one.
// SPDX-License-Identifier: MIT
'use strict'

const { find } = require('../binary.cjs')

const program = find()
const words = process.argv.slice(2)

if (program) require('../become.cjs').become(program, words)
else require('../unaided.cjs').unaided(words)
