// Goal: the deployments of the incident with samekey and no settings: each is healed, or refused with
// the cause named.
// SPDX-License-Identifier: MIT
import { deployAll } from './deploying.mjs'

deployAll('bare')
