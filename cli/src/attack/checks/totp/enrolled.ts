import { unclear } from '../../check.ts'
import type { TotpRoutes } from '../../config/config.ts'
import type { Person } from '../../people/person.ts'
import { totp } from '../../people/totp.ts'
import type { Visitor } from '../../people/visitor.ts'
import type { Scene } from '../../scene.ts'
import type { Reply } from '../../wire/reply.ts'

/** A throw-away account with TOTP on. */
export interface Enrolled {
  readonly user: string
  readonly password: string
  readonly seed: string
  readonly backupCodes: readonly string[]
  /** The session in which it was switched on. */
  readonly person: Person
  readonly confirmed: Reply
}

export function totpRoutes(scene: Scene): TotpRoutes {
  const routes = scene.config.totp
  if (routes === undefined) throw unclear('no TOTP routes are known', 'totp: { … }')
  return routes
}

/** Begins the set-up and answers the seed. */
export async function seedOf(
  scene: Scene,
  person: Person,
): Promise<{ seed: string; reply: Reply }> {
  const routes = totpRoutes(scene)
  const reply = await person.send(routes.setup)
  const seed = reply.string(routes.secret ?? '/secret')
  if (seed === undefined)
    throw unclear(`TOTP set-up answered ${reply.status} without a seed`, 'totp.secret')
  scene.run.people.secrets.add(seed)
  return { seed, reply }
}

/**
 * Switches TOTP on for a new account. The code of the step before is used, so that the present one
 * is left for signing in; where only the present one is taken, that one.
 */
export async function enrolled(scene: Scene): Promise<Enrolled> {
  const routes = totpRoutes(scene)
  const person = await scene.newcomer()
  const { seed } = await seedOf(scene, person)
  let confirmed = await person.send(routes.confirm, { code: totp(seed, -1) })
  if (confirmed.status >= 400) confirmed = await person.send(routes.confirm, { code: totp(seed) })
  if (confirmed.status >= 400)
    throw unclear(`confirming TOTP answered ${confirmed.status}`, 'totp.confirm')
  const codes = confirmed.at(routes.codes ?? '/backupCodes')
  const backupCodes = Array.isArray(codes) ? codes.map(String) : []
  for (const code of backupCodes) scene.run.people.secrets.add(code)
  return { user: person.user, password: person.password, seed, backupCodes, person, confirmed }
}

/** Name and password only: somebody who stands before the second step. */
export async function halfway(
  scene: Scene,
  who: { user: string; password: string },
): Promise<Visitor> {
  const visitor = scene.visitor(true)
  const reply = await scene.run.people.enter(visitor, who.user, who.password)
  if (scene.config.signIn?.pending !== undefined && !scene.run.people.isPending(reply))
    throw unclear(
      `the sign-in (${reply.status}) does not ask for a second factor`,
      'signIn.pending',
    )
  return visitor
}

/** The second step with a code, and whether one is signed in afterwards. */
export async function second(
  scene: Scene,
  visitor: Visitor,
  user: string,
  code: string,
  backup: boolean = false,
): Promise<{ reply: Reply; signedIn: boolean }> {
  const routes = totpRoutes(scene)
  const step = backup ? routes.backup : routes.verify
  if (step === undefined) throw unclear('no step takes a backup code', 'totp.backup')
  const reply = await visitor.send(step, { code })
  return { reply, signedIn: await scene.run.people.isIn(visitor, user) }
}
