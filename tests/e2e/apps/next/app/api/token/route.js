// The incident's login: signs with a fallback when the secret is not there.
import { SignJWT } from 'jose'

export const dynamic = 'force-dynamic'

export async function GET() {
  const secret = process.env.NEXTAUTH_SECRET || 'your-secret-key'
  const token = await new SignJWT({ userId: 7 })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(new TextEncoder().encode(secret))
  return new Response(token)
}
