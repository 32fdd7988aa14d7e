// A route that holds no key: it asks samekeyd, as the package `samekey` does it.
import { connect } from 'samekey'

export const runtime = 'nodejs'
export const dynamic = 'force-dynamic'

const sk = connect({ profile: 'session' })

export async function GET(request) {
  const token = new URL(request.url).searchParams.get('token')
  try {
    const judged = await sk.verify(token)
    return Response.json(judged, { status: judged.ok ? 200 : 401 })
  } catch ({ name, code, hint }) {
    return Response.json({ name, code, hint }, { status: 503 })
  }
}
