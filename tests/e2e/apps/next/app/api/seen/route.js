// What the server holds: the secret as compiled code spells it, and any variable by name.
export const dynamic = 'force-dynamic'

export function GET(request) {
  const names = new URL(request.url).searchParams.get('names')
  const byName = {}
  for (const name of names ? names.split(',') : []) byName[name] = process.env[name] ?? null
  return Response.json({ secret: process.env.NEXTAUTH_SECRET ?? null, byName })
}
