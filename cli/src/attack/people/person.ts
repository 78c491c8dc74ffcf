import type { SessionRoutes } from '../config/config.ts'
import type { Jar } from '../wire/jar.ts'
import { fill } from './step.ts'
import { Visitor } from './visitor.ts'

/** Somebody who has signed in. */
export class Person extends Visitor {
  readonly user: string
  password: string
  readonly session: SessionRoutes

  constructor(
    of: Visitor,
    who: { user: string; password: string; session: SessionRoutes },
    jar?: Jar,
  ) {
    super(of.line, of.caller, of.csrf, jar ?? of.jar)
    this.credentials = of.credentials
    this.user = who.user
    this.password = who.password
    this.session = who.session
  }

  /** Whether the service still knows this session: the probe answers 2xx and names the user. */
  async alive(): Promise<boolean> {
    return isSignedIn(this, this.session, this.user)
  }

  /** The same person in another browser that was handed these cookies. */
  copy(): Person {
    return new Person(this, this, this.jar.copy())
  }
}

export async function isSignedIn(
  visitor: Visitor,
  session: SessionRoutes,
  user: string,
): Promise<boolean> {
  const reply = await visitor.bare({
    ...fill(session.probe, {}),
    headers: { Accept: 'application/json, text/html;q=0.9, */*;q=0.8' },
  })
  return reply.ok && reply.text.toLowerCase().includes(user.toLowerCase())
}
