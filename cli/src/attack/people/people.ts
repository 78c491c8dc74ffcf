import { randomBytes } from 'node:crypto'
import { Leave, unclear } from '../check.ts'
import type { Account, AttackConfig, SecretSource, SignIn } from '../config/config.ts'
import { openSecret, type SecretReader } from '../config/secret.ts'
import type { Reply } from '../wire/reply.ts'
import { formStep } from './form-step.ts'
import { linkIn, type Mailbox } from './mailbox.ts'
import { isSignedIn, Person } from './person.ts'
import { totp } from './totp.ts'
import type { Visitor } from './visitor.ts'

export type Name = 'alice' | 'bob' | 'admin'

interface Credentials {
  readonly user: string
  readonly password: string
  readonly totp?: string
}

const MAIL_MS = 5000

/** Signs people in and up, by the recipes of the config. Every sign-in is proven by the probe. */
export class People {
  readonly config: AttackConfig
  readonly mailbox: Mailbox | undefined
  /** Everything that must be masked in what is shown. */
  readonly secrets: Set<string> = new Set()
  readonly #reader: SecretReader
  readonly #known = new Map<Name, Promise<Credentials>>()
  #strangers = 0

  constructor(config: AttackConfig, reader: SecretReader, mailbox: Mailbox | undefined) {
    this.config = config
    this.#reader = reader
    this.mailbox = mailbox
  }

  /** A name nobody has, and a password nobody guesses: 20 characters, no word, no run. */
  stranger(): { user: string; password: string } {
    const tail = randomBytes(5).toString('hex')
    const password = `${randomBytes(9).toString('base64url')}-Z9${randomBytes(6).toString('hex')}`
    this.secrets.add(password)
    return { user: `attack-${tail}${this.#strangers++}@example.com`, password }
  }

  /** The name and password of an account, registering it on first use if the config says so. */
  credentials(name: Name, visitor: Visitor): Promise<Credentials> {
    const known = this.#known.get(name)
    if (known !== undefined) return known
    const opening = this.#open(name, visitor)
    this.#known.set(name, opening)
    return opening
  }

  async #open(name: Name, visitor: Visitor): Promise<Credentials> {
    const account = this.config.accounts?.[name]
    if (account === undefined) throw unclear(`there is no account ${name} in the config`)
    if (account.register === true) {
      const fresh = this.stranger()
      await this.register(visitor, fresh.user, fresh.password)
      return fresh
    }
    const read = async (source: Account['password']) =>
      source === undefined ? undefined : openSecret(source, this.#reader)
    const [password = '', seed] = await Promise.all([read(account.password), read(account.totp)])
    for (const secret of [password, seed]) if (secret) this.secrets.add(secret)
    return { user: account.user ?? name, password, ...(seed === undefined ? {} : { totp: seed }) }
  }

  /** Opens a secret of the config, and has it masked from then on. */
  async secret(source: SecretSource): Promise<string> {
    const value = await openSecret(source, this.#reader)
    this.secrets.add(value)
    return value
  }

  /** A fresh session of an account. */
  async signIn(name: Name, visitor: Visitor): Promise<Person> {
    const account = this.config.accounts?.[name]
    const who = await this.credentials(name, visitor)
    if (account?.bearer !== undefined || account?.headers !== undefined)
      visitor.credentials = await this.#standing(account)
    else {
      const reply = await this.enter(visitor, who.user, who.password)
      if (this.isPending(reply)) await this.#secondFactor(visitor, who.totp)
    }
    return this.proven(visitor, who.user, who.password, name)
  }

  /** Sends name and password; what comes back may be a session, a second step, or a refusal. */
  async enter(visitor: Visitor, user: string, password: string): Promise<Reply> {
    const recipe = this.recipe
    if (recipe.script !== undefined) {
      await recipe.script(visitor, user, password)
      return visitor.bare({ path: '/' })
    }
    const ask = await formStep(visitor, recipe, { user, password })
    const reply = await visitor.ask(ask)
    const token = recipe.token === undefined ? undefined : reply.string(recipe.token)
    if (token !== undefined) {
      this.secrets.add(token)
      visitor.credentials = [['Authorization', `Bearer ${token}`]]
    }
    return reply
  }

  get recipe(): SignIn {
    const recipe = this.config.signIn
    if (recipe === undefined) throw unclear('no sign-in route was found', 'signIn: { … }')
    return recipe
  }

  /** Whether the password was right and a second factor is asked for. */
  isPending(reply: Reply): boolean {
    const pending = this.config.signIn?.pending
    return pending !== undefined && Boolean(reply.at(pending))
  }

  async isIn(visitor: Visitor, user: string): Promise<boolean> {
    const session = this.config.session
    if (session === undefined)
      throw unclear('nothing tells who is signed in', "session: { probe: 'GET /me' }")
    return isSignedIn(visitor, session, user)
  }

  /** Makes a person of a visitor, once the probe has named them. */
  async proven(visitor: Visitor, user: string, password: string, name?: string): Promise<Person> {
    const session = this.config.session
    if (session === undefined || !(await this.isIn(visitor, user)))
      throw new SignInFailed(name ?? user)
    for (const value of visitor.jar.cookies.values()) if (value.length >= 8) this.secrets.add(value)
    return new Person(visitor, { user, password, session })
  }

  /** Signs a new user up, opening the link in the mail when the recipe asks for it. */
  async register(visitor: Visitor, user: string, password: string): Promise<Reply> {
    const recipe = this.config.register
    if (recipe === undefined) throw unclear('no sign-up route is known', 'register: { … }')
    const before = recipe.confirm === undefined ? 0 : ((await this.mailbox?.to(user))?.length ?? 0)
    const reply = await visitor.ask(await formStep(visitor, recipe, { user, password }))
    if (recipe.confirm === undefined || reply.status >= 400) return reply
    const mail = await this.mailbox?.next(user, before, MAIL_MS)
    const link = mail === undefined ? undefined : linkIn(mail)
    if (link === undefined) throw unclear(`no mail with a link came after signing up ${user}`)
    await visitor.send(recipe.confirm, { user, token: link.token })
    return reply
  }

  /** A new account, signed in. */
  async newcomer(visitor: Visitor): Promise<Person> {
    const { user, password } = this.stranger()
    await this.register(visitor, user, password)
    await this.enter(visitor, user, password)
    return this.proven(visitor, user, password)
  }

  async #secondFactor(visitor: Visitor, seed: string | undefined): Promise<void> {
    const routes = this.config.totp
    if (seed === undefined || routes === undefined)
      throw unclear(
        'the account asks for a second factor',
        "accounts.alice.totp: { env: 'ALICE_TOTP' }",
      )
    await visitor.send(routes.verify, { code: totp(seed) })
  }

  async #standing(account: Account): Promise<[string, string][]> {
    const fields: [string, string][] = []
    if (account.bearer !== undefined)
      fields.push(['Authorization', `Bearer ${await openSecret(account.bearer, this.#reader)}`])
    for (const [name, source] of Object.entries(account.headers ?? {}))
      fields.push([name, await openSecret(source, this.#reader)])
    for (const [, value] of fields) this.secrets.add(value.replace(/^Bearer /, ''))
    return fields
  }
}

/** The recipe ran, and the probe still does not know the person. */
export class SignInFailed extends Leave {
  constructor(who: string) {
    const why = `signing in as ${who} did not work: the probe does not name them afterwards`
    super({ verdict: 'inconclusive', why, remedy: 'signIn and session.probe' }, why)
  }
}
