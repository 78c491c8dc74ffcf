import { createHash, randomBytes } from 'node:crypto'
import type { Client } from './browserless.ts'

export const CALLBACK = 'https://client.example/callback'

/** A fresh PKCE pair. */
export function pkce(): { readonly verifier: string; readonly challenge: string } {
  const verifier = randomBytes(32).toString('base64url')
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') }
}

/** Follows an authorization request as its person does, consent page included. */
export async function authorized(person: Client, path: string, answer = 'allow'): Promise<URL> {
  const first = await person.get(path)
  const location = first.headers.get('location') ?? ''
  if (first.status !== 303) throw new Error(`authorize answered ${first.status}: ${first.text}`)
  if (!location.startsWith('/oauth/consent')) return new URL(location, person.origin)
  const asked = await person.get(location)
  const field = (name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(asked.text)?.[1]
  const form = { _csrf: field('_csrf') ?? '', request: field('request') ?? '', answer }
  const decided = await person.send(
    'POST',
    '/oauth/consent',
    new URLSearchParams(form).toString(),
    { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' },
  )
  return new URL(decided.headers.get('location') ?? '', person.origin)
}
