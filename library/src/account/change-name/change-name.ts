import { granted, type Outcome } from '../../kernel/outcome.ts'
import type { Session } from '../../session/sessions/sessions.ts'
import { changeAccount } from '../change.ts'
import type { Ground, Visit } from '../ground.ts'
import { judgedName } from '../register/register.ts'

/**
 * Sets the name that an account goes by: up to 100 characters, empty for none.
 *
 * @returns `register.name_too_long`, `register.name_malformed`, or why it did not come to it
 * @throws {StoreFault}
 */
export async function changeName(
  ground: Ground,
  visit: Visit,
  session: Session,
  input: { readonly name: string },
): Promise<Outcome<void>> {
  const name = judgedName(input.name)
  if (!name.ok) return name
  // Decision: a name opens no door, so no fresh proof is asked for. Cost: who finds an open session
  // can rename its owner, and the log says when.
  const event = ground.entry({
    code: 'account.updated',
    outcome: 'success',
    actorId: session.accountId,
    targetId: session.accountId,
    request: visit.request,
    detail: { what: 'name' },
  })
  const changed = await changeAccount(ground, session.accountId, () =>
    granted({ change: { name: name.value }, along: { events: [event] } }),
  )
  return changed.ok ? granted(undefined) : changed
}
