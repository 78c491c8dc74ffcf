import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { AttackConfig, SessionRoutes } from './config/config.ts'
import type { SecretReader } from './config/secret.ts'
import type { Lanes } from './lanes.ts'
import { Listener } from './listener.ts'
import { Mailbox } from './people/mailbox.ts'
import { type Name, People } from './people/people.ts'
import { isSignedIn } from './people/person.ts'
import { Visitor } from './people/visitor.ts'
import type { Run } from './scene.ts'
import { Dice } from './seed.ts'
import { discover } from './site/discover.ts'
import { completed } from './site/guess.ts'
import { RunStopped } from './wire/bounds.ts'
import type { Line } from './wire/line.ts'
import type { Reply } from './wire/reply.ts'

export interface Prepared {
  readonly run: Run
  /** Accounts that could not be signed in to, with the reason. */
  readonly broken: ReadonlyMap<string, string>
}

/** Discovers the service and proves that each account of the config can sign in. */
export async function prepare(
  line: Line,
  given: AttackConfig,
  { reader, seed, lanes }: { reader: SecretReader; seed: string; lanes: Lanes },
): Promise<Prepared> {
  const nonce = randomBytes(3).toString('hex')
  const dice = new Dice(`${seed} discovery ${nonce}`)
  const caller = { check: '', lane: undefined }
  await line.health()
  const site = await discover({
    get: ask => patiently(() => line.send(ask, caller)),
    origin: line.place.origin,
    openapi: given.openapi,
    pages: given.pages,
    forbids: path => line.forbids(path),
    unlikely: () => `bwq${dice.letters(10)}`,
  })
  line.healthPath = fastest(site.replies)
  let config = completed(given, site)
  const visitor = () => new Visitor(line, { check: '', lane: lanes() }, config.csrf)
  const mailbox = config.mail && new Mailbox(config.mail, visitor, reader.cwd)
  const people = (of: AttackConfig) => new People(of, reader, mailbox)
  let persons = people(config)
  const names = (['alice', 'bob', 'admin'] as const).filter(name => config.accounts?.[name])
  const [first] = names
  if (config.session === undefined && first !== undefined) {
    const session = await findProbe(persons, first, visitor)
    if (session !== undefined) config = { ...config, session }
    persons = people(config)
  }
  const broken = new Map<string, string>()
  for (const name of names)
    await persons.signIn(name, visitor()).catch(error => {
      if (error instanceof RunStopped) throw error
      broken.set(name, error instanceof Error ? error.message : String(error))
    })
  const listener = await Listener.open()
  const memo = new Map<string, Promise<unknown>>()
  return {
    run: { line, site, config, people: persons, mailbox, listener, seed, nonce, memo },
    broken,
  }
}

const MAX_WAIT_MS = 3000

/** Waits as long as the service asks for, twice: what is throttled now looks like nothing at all. */
async function patiently(send: () => Promise<Reply>): Promise<Reply> {
  for (let again = 0; again < 2; again++) {
    const reply = await send()
    if (reply.status !== 429 && reply.status !== 503) return reply
    const seconds = Number(reply.header('retry-after') ?? 1)
    await pause(Math.min(MAX_WAIT_MS, 1000 * (Number.isFinite(seconds) ? seconds : 1)))
  }
  return send()
}

function fastest(
  replies: readonly { ms: number; sent: { path: string }; failure: unknown }[],
): string {
  const answered = replies.filter(({ failure }) => failure === undefined)
  return [...answered].sort((a, b) => a.ms - b.ms)[0]?.sent.path ?? '/'
}

const PROBES = [
  '/me',
  '/api/me',
  '/auth/me',
  '/api/auth/me',
  '/users/me',
  '/api/users/me',
  '/user',
  '/api/user',
  '/session',
  '/api/session',
  '/account',
  '/profile',
  '/',
]

/** Finds a GET that names the user when signed in and does not otherwise. */
async function findProbe(
  people: People,
  name: Name,
  visitor: () => Visitor,
): Promise<SessionRoutes | undefined> {
  const signedIn = visitor()
  const { user, password } = await people.credentials(name, signedIn)
  await people.enter(signedIn, user, password)
  for (const path of PROBES) {
    const session = { probe: `GET ${path}` }
    if (!(await isSignedIn(signedIn, session, user))) continue
    if (!(await isSignedIn(visitor(), session, user))) return session
  }
  return undefined
}
