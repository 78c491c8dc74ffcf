import { absent, unclear } from '../../check.ts'
import type { FormStep, Step } from '../../config/config.ts'
import { formStep } from '../../people/form-step.ts'
import { linkIn, type Mail } from '../../people/mailbox.ts'
import type { Person } from '../../people/person.ts'
import { fill } from '../../people/step.ts'
import type { Visitor } from '../../people/visitor.ts'
import type { Scene } from '../../scene.ts'
import type { Ask } from '../../wire/ask.ts'
import type { Reply } from '../../wire/reply.ts'

export interface Asked {
  readonly mail: Mail
  readonly url: URL
  readonly token: string
  readonly reply: Reply
}

export function steps(scene: Scene): { request: FormStep; redeem: Step } {
  const { reset } = scene.config
  if (reset?.redeem === undefined) throw absent('no password reset is known')
  return { request: reset.request, redeem: reset.redeem }
}

/** Asks for a reset mail; `undefined` when none comes in time. `dress` changes the request. */
export async function ask(
  scene: Scene,
  user: string,
  dress: (plain: Ask) => Ask = plain => plain,
): Promise<{ reply: Reply; asked: Asked | undefined }> {
  const before = (await scene.mailbox.to(user)).length
  const visitor = scene.visitor(true)
  const reply = await visitor.ask(dress(await formStep(visitor, steps(scene).request, { user })))
  const mail =
    reply.status < 400
      ? await scene.mailbox.next(user, before, Math.max(1500, scene.patienceMs))
      : undefined
  const link = mail === undefined ? undefined : linkIn(mail)
  if (mail === undefined || link === undefined) return { reply, asked: undefined }
  scene.run.people.secrets.add(link.token)
  return { reply, asked: { mail, url: link.url, token: link.token, reply } }
}

/** As `ask`, where a mail must come: it is the control of what follows. */
export async function mailed(scene: Scene, user: string): Promise<Asked> {
  const { reply, asked } = await ask(scene, user)
  if (asked === undefined)
    throw unclear(`no reset mail came to ${user} (${reply.status})`, 'mail, reset.request')
  return asked
}

/** Uses a link, from a browser of its own; answers whether the new password then signs in. */
export async function redeem(
  scene: Scene,
  token: string,
  user: string,
  more: (plain: Ask) => Ask = plain => plain,
): Promise<{ reply: Reply; password: string; works: boolean; visitor: Visitor }> {
  const { password } = scene.run.people.stranger()
  const visitor = scene.visitor(true)
  const reply = await visitor.ask(more(fill(steps(scene).redeem, { token, user, new: password })))
  const after = scene.visitor(true)
  const entered = await scene.run.people.enter(after, user, password)
  const works = scene.run.people.isPending(entered) || (await scene.run.people.isIn(after, user))
  return { reply, password, works, visitor }
}

/** A throw-away account that nobody has asked a reset for yet. */
export async function owner(scene: Scene): Promise<Person> {
  return scene.newcomer()
}
