// Rendered by the build: what the build held.
export const dynamic = 'force-static'

export function GET() {
  return Response.json({ secret: process.env.NEXTAUTH_SECRET ?? null })
}
