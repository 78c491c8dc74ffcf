import { absent } from '../../check.ts'
import { fill } from '../../people/step.ts'
import type { Scene } from '../../scene.ts'
import type { Ask } from '../../wire/ask.ts'
import type { Reply } from '../../wire/reply.ts'
import { isThrottled, known, untilThrottled, wrongPassword } from '../login.ts'

export const MANY = 25
/** A hidden limit opens by itself now and then; what gets in by it does so three times in a row. */
const CONFIRMATIONS = 2

/** A guess in disguise: the request is worded otherwise, or the name is written otherwise. */
export interface Disguise {
  dress?(ask: Ask): Ask
  name?(user: string): string
}

const PLAIN: Disguise = {}

/** A name at which no more guesses are heard, and a way to find out whether one is heard again. */
interface Shut {
  readonly user: string
  heard(disguise: Disguise): Promise<{ heard: boolean; reply: Reply }>
}

/**
 * Guesses at one name until the service has had enough. Where sign-up is known the name exists, and
 * a guess counts as heard when the right password signs in: so a service that says nothing of its
 * limit is judged by what it does. Elsewhere the name is made up, and the status tells.
 */
export async function shut(scene: Scene): Promise<Shut> {
  const { people } = scene.run
  const { recipe } = people
  if (recipe.page !== undefined || recipe.script !== undefined)
    throw absent('the sign-in takes more than one request')
  const exists = scene.config.register !== undefined && scene.config.session !== undefined
  const { user, password } = exists ? await known(scene) : people.stranger()
  const { replies, throttled } = await untilThrottled(scene, scene.visitor(), user, MANY)
  const [first] = replies
  const heard = async ({ dress = ask => ask, name = one => one }: Disguise) => {
    // A wrong guess first: a limit that has just run out begins again with it.
    await wrongPassword(scene, scene.visitor(), user)
    const visitor = scene.visitor()
    const word = exists ? password : people.stranger().password
    const reply = await visitor.ask(dress(fill(recipe, { user: name(user), password: word })))
    const judged =
      !isThrottled(reply) && reply.status === first?.status && reply.text === first?.text
    const signedIn = exists && (people.isPending(reply) || (await people.isIn(visitor, user)))
    return { heard: exists ? signedIn : judged, reply }
  }
  // Where all replies were alike, the right password tells whether a hidden limit is there.
  const open = !throttled && (!exists || (await heard(PLAIN)).heard)
  if (open) throw absent(`${MANY} wrong passwords are not throttled: see brute.login-throttle`)
  return { user, heard }
}

/** The first disguise in which a shut name is tried again, every time and never without it. */
export async function wayAround(
  scene: Scene,
  disguises: Readonly<Record<string, Disguise>>,
): Promise<{ variant: string; reply: Reply; control: Reply } | undefined> {
  let name = await shut(scene)
  for (const [variant, disguise] of Object.entries(disguises)) {
    let { heard, reply } = await name.heard(disguise)
    let control = reply
    for (let again = 0; heard && again < CONFIRMATIONS; again++) {
      name = await shut(scene)
      const plain = await name.heard(PLAIN)
      control = plain.reply
      // The limit had run out by itself: that it opened in disguise shows nothing.
      if (plain.heard) name = await shut(scene)
      ;({ heard, reply } = plain.heard ? { heard: false, reply } : await name.heard(disguise))
    }
    if (heard) return { variant, reply, control }
  }
  return undefined
}
