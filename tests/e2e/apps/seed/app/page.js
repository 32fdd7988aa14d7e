// A page for who is logged in: it is told who that is.
import { cookies, headers } from 'next/headers'

import { Logout } from './logout'

export default async function Page() {
  const said = await headers()
  const jar = await cookies()
  return (
    <main>
      <p id="who">{`${said.get('x-auth-claim-userid')} ${said.get('x-auth-claim-role')}`}</p>
      <p id="told">{JSON.stringify([...said].filter(([name]) => /^x.auth/.test(name)))}</p>
      <p id="access">{jar.get('accessTokenEtls')?.value}</p>
      <p id="sent">{said.get('cookie')}</p>
      <Logout />
    </main>
  )
}
