import { absent, unclear } from '../check.ts'
import type { Action } from '../config/config.ts'
import type { Person } from '../people/person.ts'
import { fill } from '../people/step.ts'
import type { Scene } from '../scene.ts'
import type { Ask } from '../wire/ask.ts'
import type { Reply } from '../wire/reply.ts'

/** The action whose effect shows whether a request was believed: of the config, or creating an object. */
export function actionOf(scene: Scene): Action {
  const [action] = scene.config.actions ?? []
  if (action !== undefined) return action
  const object = scene.config.objects?.find(({ list }) => list !== undefined)
  if (object?.list === undefined)
    throw absent('no action with a visible effect is known', 'actions: [ … ]')
  return { name: `create ${object.name}`, change: object.create, probe: object.list }
}

/** Whether the marker stands where the action's effect shows. */
export async function took(person: Person, action: Action, marker: string): Promise<boolean> {
  return (await person.bare(fill(action.probe, {}))).text.includes(marker)
}

/** The action as it should be done, by somebody signed in; what fails here makes all else moot. */
export async function control(
  scene: Scene,
  person: Person,
): Promise<{ action: Action; reply: Reply }> {
  const action = actionOf(scene)
  const marker = scene.marker()
  const reply = await person.send(action.change, { marker })
  if (!(await took(person, action, marker)))
    throw unclear(
      `${action.change.send} (${reply.status}) has no effect that ${action.probe} shows`,
      'actions: [ … ]',
    )
  return { action, reply }
}

/** The body of a JSON step as the fields of a form, the only thing a foreign form can send. */
export function asForm(ask: Ask): Record<string, string> {
  if (ask.form !== undefined)
    return Object.fromEntries(new URLSearchParams(ask.form as Record<string, string>))
  const fields = typeof ask.json === 'object' && ask.json !== null ? Object.entries(ask.json) : []
  return Object.fromEntries(
    fields.map(([name, value]) => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  )
}
