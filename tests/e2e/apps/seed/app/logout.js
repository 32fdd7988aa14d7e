'use client'
import { useEffect, useState } from 'react'

export function Logout() {
  const [ready, setReady] = useState(false)
  useEffect(() => setReady(true), [])
  const leave = async (everywhere) => {
    await fetch('/auth/logout', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ everywhere }),
    })
    location.assign('/login')
  }
  return (
    <p>
      <button id="logout" disabled={!ready} onClick={() => leave(false)}>
        Log out
      </button>
      <button id="everywhere" disabled={!ready} onClick={() => leave(true)}>
        Log out everywhere
      </button>
    </p>
  )
}
