import { absent } from '../../check.ts'
import type { Person } from '../../people/person.ts'
import type { Scene } from '../../scene.ts'
import { type SetCookie, setCookies } from '../../wire/jar.ts'
import type { Reply } from '../../wire/reply.ts'

export interface LoginCookie {
  readonly name: string
  /** As it was set at sign-in. */
  readonly set: SetCookie
  readonly reply: Reply
}

/** The cookie that carries the login: without it, and only it, one is signed out. */
export async function loginCookie(scene: Scene): Promise<LoginCookie> {
  const name = await scene.once('login cookie', async () => {
    const alice = await scene.signIn('alice')
    for (const name of alice.jar.cookies.keys()) {
      const without = alice.copy()
      without.jar.cookies.delete(name)
      if (!(await without.alive())) return name
    }
    return undefined
  })
  if (name === undefined) throw absent('the login is not carried by a cookie')
  const visitor = scene.visitor()
  const { user, password } = await scene.run.people.credentials('alice', visitor)
  const reply = await scene.run.people.enter(visitor, user, password)
  const set = setCookies(reply).find(cookie => cookie.name === name)
  if (set === undefined) throw absent('the login cookie is not set by the sign-in reply')
  return { name, set, reply }
}

/** The value of the login cookie in somebody's browser. */
export function loginValue(person: Person, name: string): string {
  const value = person.jar.cookies.get(name)
  if (value === undefined) throw absent(`${name} is not in the browser`)
  return value
}
