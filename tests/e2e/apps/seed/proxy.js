// Before every page but the open ones: samekeyd knows who is there. No key and no JWT here. Before
// Next 16 this file is called middleware.js, and what it exports `middleware`.
import { guard } from 'samekey/next'

export const proxy = guard()

// which paths are open is decided here and nowhere else
export const config = { matcher: ['/((?!login$|auth/|_next/static/|favicon.ico$).*)'] }
