import type { Session } from '../../session/sessions/sessions.ts'
import { type House, visit } from '../house.test.kit.ts'

export const KNOWN = 'ann@example.com'
export const WRONG = 'a wrong password, long enough'

let strangers = 0
/** An address that nobody has, as long as the known one. */
export function unknown(): string {
  strangers++
  return `u${strangers.toString().padStart(2, '0')}@example.com`
}

export interface Oracle {
  readonly name: string
  /** Asks about this address. */
  readonly ask: (of: House, email: string, session: Session) => Promise<unknown>
}

/** Everything by which a stranger could ask whether an address has an account. */
export const oracles: readonly Oracle[] = [
  {
    name: 'login',
    ask: (of, email) => of.flows.login(visit(), { email, password: WRONG }),
  },
  {
    name: 'register',
    ask: (of, email) => of.flows.register(visit(), { email, password: WRONG }),
  },
  {
    name: 'forgot-password',
    ask: (of, email) => of.flows.forgotPassword(visit(), { email }),
  },
  {
    name: 'resend',
    ask: (of, email) => of.flows.resendVerification(visit(), { email }),
  },
  {
    name: 'change-email',
    ask: (of, email, session) => of.flows.changeEmail(visit(), session, { email }),
  },
]

/** A fresh session of an account that is neither asked about. */
export async function asker(of: House, id: string): Promise<Session> {
  const proof = { factors: [], address: '', device: '' }
  return (await of.sessions.start({ id, role: 'user' }, proof)).record
}
