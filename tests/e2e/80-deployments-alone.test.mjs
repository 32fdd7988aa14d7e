// Goal: the deployments of the incident without samekey: each shows its fault.
// SPDX-License-Identifier: MIT
import { deployAll } from './deploying.mjs'

deployAll()
