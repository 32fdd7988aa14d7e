'use client'
import { useEffect, useState } from 'react'

export default function Login() {
  const [ready, setReady] = useState(false)
  const [error, setError] = useState('')
  useEffect(() => setReady(true), [])
  async function submit(event) {
    event.preventDefault()
    const answer = await fetch('/auth/login', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(Object.fromEntries(new FormData(event.target))),
    })
    if (answer.ok) location.assign('/')
    else setError((await answer.json()).error)
  }
  return (
    <form method="post" onSubmit={submit}>
      <input id="email" name="email" type="email" autoComplete="username" />
      <input id="password" name="password" type="password" autoComplete="current-password" />
      <button id="login" disabled={!ready}>
        Log in
      </button>
      <p id="error">{error}</p>
    </form>
  )
}
