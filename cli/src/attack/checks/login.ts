import { absent, unclear } from '../check.ts'
import { fill } from '../people/step.ts'
import type { Visitor } from '../people/visitor.ts'
import type { Scene } from '../scene.ts'
import { normalise } from '../site/normalise.ts'
import type { Reply } from '../wire/reply.ts'

/** Whether the service says "slow down" or "locked". */
export function isThrottled(reply: Reply): boolean {
  return reply.status === 429 || reply.status === 423 || reply.status === 503
}

/** One wrong password for `user`. */
export function wrongPassword(scene: Scene, visitor: Visitor, user: string): Promise<Reply> {
  return scene.run.people.enter(visitor, user, scene.run.people.stranger().password)
}

/** Wrong passwords one after the other until the service throttles, at most `most`. */
export async function untilThrottled(
  scene: Scene,
  visitor: Visitor,
  user: string,
  most: number,
): Promise<{ replies: Reply[]; throttled: boolean }> {
  const replies: Reply[] = []
  while (replies.length < most) {
    const reply = await wrongPassword(scene, visitor, user)
    replies.push(reply)
    if (
      replies.length === 1 &&
      !isThrottled(reply) &&
      (reply.status >= 500 || /^(0|404|405|415)$/.test(String(reply.status)))
    )
      throw unclear(
        `the sign-in route answered ${reply.status} to a wrong password`,
        'signIn: { … }',
      )
    if (isThrottled(reply)) return { replies, throttled: true }
  }
  return { replies, throttled: false }
}

/** What a stranger can tell replies apart by: status, kind, headers, cookies, words. */
export function looks(reply: Reply, own: readonly string[]): string {
  const volatile =
    /^(date|etag|age|x-request-id|content-length|ratelimit.*|x-ratelimit.*|retry-after|server-timing|keep-alive)$/i
  const names = reply.fields
    .map(([name]) => name.toLowerCase())
    .filter(name => !volatile.test(name))
  const cookies = reply.all('set-cookie').map(line => line.split('=')[0])
  const shape = [...new Set(names)].sort().join(' ')
  return [
    reply.status,
    reply.type,
    shape,
    cookies.sort().join(' '),
    normalise(reply.text, own),
  ].join('\n')
}

/** A name and password that exist: of a throw-away account where sign-up is known, else Alice's. */
export async function known(scene: Scene): Promise<{ user: string; password: string }> {
  const visitor = scene.visitor(true)
  if (scene.config.register === undefined) return scene.run.people.credentials('alice', visitor)
  const made = scene.run.people.stranger()
  await scene.run.people.register(visitor, made.user, made.password)
  return made
}

/** Wrong passwords for one name, really all at once; only where signing in is a single request. */
export async function atOnce(scene: Scene, user: string, count: number): Promise<Reply[]> {
  const { people } = scene.run
  const { recipe } = people
  if (recipe.page !== undefined || recipe.script !== undefined)
    throw absent('the sign-in takes more than one request')
  const visitors = Array.from({ length: count }, () => scene.visitor(true))
  const manners = await Promise.all(visitors.map(visitor => visitor.manners()))
  return Promise.all(
    visitors.map((visitor, at) => {
      const ask = fill(recipe, { user, password: people.stranger().password })
      return visitor.bare({ ...ask, headers: { ...manners[at], ...ask.headers } }, true)
    }),
  )
}
