// Goal: the deployments of the incident with samekey and one literal file as the source of truth: each
// is healed, or refused with the cause named.
// SPDX-License-Identifier: MIT
import { deployAll } from './deploying.mjs'

deployAll('truth')
