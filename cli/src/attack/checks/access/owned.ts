import { absent, unclear } from '../../check.ts'
import type { ObjectRoutes } from '../../config/config.ts'
import type { Person } from '../../people/person.ts'
import { fill } from '../../people/step.ts'
import type { Scene } from '../../scene.ts'
import type { Reply } from '../../wire/reply.ts'

/** An object that Alice has just made, and that holds a word nobody else knows. */
export interface Owned {
  readonly routes: ObjectRoutes
  readonly alice: Person
  readonly id: string
  readonly marker: string
  /** Alice reading it: what a right request is answered. */
  readonly control: Reply
}

export function objectsOf(scene: Scene): readonly ObjectRoutes[] {
  const objects = scene.config.objects ?? []
  if (objects.length === 0) throw absent('no objects are known', 'objects: [ … ]')
  return objects
}

/** Makes an object and proves that its owner can read it. */
export async function made(scene: Scene, alice: Person, routes: ObjectRoutes): Promise<Owned> {
  const marker = scene.marker()
  const created = await alice.send(routes.create, { marker })
  const id = created.string(routes.id ?? '/id')
  if (id === undefined)
    throw unclear(`${routes.create.send} answered ${created.status} without an id`, 'objects[].id')
  const { remove } = routes
  if (remove !== undefined) scene.afterwards(() => alice.send(remove, { id }))
  const control = await alice.send(routes.read, { id })
  if (!control.text.includes(marker))
    throw unclear(
      `${routes.read} (${control.status}) does not show its owner what was stored`,
      'objects[].read',
    )
  return { routes, alice, id, marker, control }
}

/** As `made`, for the first kind of object. */
export async function owned(scene: Scene): Promise<Owned> {
  const [routes] = objectsOf(scene)
  if (routes === undefined) throw absent('no objects are known')
  return made(scene, await scene.signIn('alice'), routes)
}

/** The object as its owner sees it now. */
export function seen({ alice, routes, id }: Owned): Promise<Reply> {
  return alice.bare(fill(routes.read, { id }))
}

/** The attacker must be somebody while the attack runs: a dead session is refused for nothing. */
export async function mustLive(...people: readonly Person[]): Promise<void> {
  for (const person of people)
    if (!(await person.alive())) throw unclear(`the session of ${person.user} ended meanwhile`)
}
