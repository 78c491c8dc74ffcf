import { unclear } from '../check.ts'
import { Person } from '../people/person.ts'
import type { Scene } from '../scene.ts'
import type { Reply } from '../wire/reply.ts'

export interface Tokens {
  readonly person: Person
  readonly access: string
  readonly refresh: string
  readonly reply: Reply
}

/** Signs Alice (or a newcomer) in for tokens instead of cookies, and proves that they work. */
export async function withTokens(
  scene: Scene,
  who?: { user: string; password: string },
): Promise<Tokens> {
  const { tokens, session } = scene.config
  if (tokens === undefined || session === undefined)
    throw unclear('no token route is known', 'tokens: { … }')
  const visitor = scene.visitor(true)
  const { user, password } = who ?? (await scene.run.people.credentials('alice', visitor))
  const reply = await visitor.send(tokens.signIn, { user, password })
  const access = reply.string(tokens.access ?? '/accessToken')
  const refresh = reply.string(tokens.refresh ?? '/refreshToken')
  if (access === undefined || refresh === undefined)
    throw unclear(`${tokens.signIn.send} answered ${reply.status} without tokens`)
  for (const secret of [access, refresh]) scene.run.people.secrets.add(secret)
  const person = bearer(scene, access, user)
  if (!(await person.alive())) throw unclear('the access token does not open the probe')
  return { person, access, refresh, reply }
}

/** Somebody who sends `token` and nothing else. */
export function bearer(scene: Scene, token: string, user: string): Person {
  const { session } = scene.config
  if (session === undefined)
    throw unclear('nothing tells who is signed in', "session: { probe: 'GET /me' }")
  const visitor = scene.visitor(true)
  visitor.credentials = [['Authorization', `Bearer ${token}`]]
  return new Person(visitor, { user, password: '', session })
}
