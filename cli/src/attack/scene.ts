import { setTimeout as pause } from 'node:timers/promises'
import { unclear } from './check.ts'
import type { AttackConfig } from './config/config.ts'
import type { Lanes } from './lanes.ts'
import type { Listener } from './listener.ts'
import type { Mailbox } from './people/mailbox.ts'
import type { Name, People } from './people/people.ts'
import type { Person } from './people/person.ts'
import { Visitor } from './people/visitor.ts'
import { Dice } from './seed.ts'
import type { Site } from './site/discover.ts'
import type { Ask } from './wire/ask.ts'
import type { Line } from './wire/line.ts'
import type { Place } from './wire/place.ts'
import type { Reply } from './wire/reply.ts'
import type { Talk } from './wire/talk.ts'

/** What all checks of a run share. */
export interface Run {
  readonly line: Line
  readonly site: Site
  /** The config, completed by what was discovered. */
  readonly config: AttackConfig
  readonly people: People
  readonly mailbox: Mailbox | undefined
  readonly listener: Listener
  readonly seed: string
  /** Different in every run: markers must not meet those of the run before. */
  readonly nonce: string
  /** Things that are worked out once and used by many. */
  readonly memo: Map<string, Promise<unknown>>
}

/** What one check works with: its own visitors, dice and source address. */
export class Scene {
  readonly run: Run
  readonly check: string
  readonly dice: Dice
  /** 1, or 2 when a failure is replayed. */
  readonly attempt: number
  /** How many of this check's requests were answered 429 or 503. */
  throttled = 0
  readonly #tag: string
  readonly #lanes: Lanes
  readonly #lane: ReturnType<Lanes>
  readonly #later: (() => Promise<unknown>)[] = []
  #markers = 0

  constructor(run: Run, check: string, { lanes, attempt }: { lanes: Lanes; attempt: number }) {
    this.run = run
    this.check = check
    this.#lanes = lanes
    this.#lane = lanes()
    this.attempt = attempt
    this.dice = new Dice(`${run.seed} ${check}`)
    this.#tag = `${run.nonce}${new Dice(`${run.seed} ${check} ${attempt}`).hex(6)}`
  }

  get site(): Site {
    return this.run.site
  }

  get config(): AttackConfig {
    return this.run.config
  }

  get place(): Place {
    return this.run.line.place
  }

  /** A word that stands nowhere else: `bwq` and letters and digits. */
  marker(): string {
    return `bwq${this.#tag}${(this.#markers++).toString(36)}`
  }

  /**
   * A browser nobody has used.
   *
   * @param elsewhere from a source address of its own, so that limits per address do not add up
   */
  visitor(elsewhere: boolean = false): Visitor {
    const lane = elsewhere ? this.#lanes() : this.#lane
    const heard = (reply: Reply) => {
      if (reply.status === 429 || reply.status === 503) this.throttled++
    }
    return new Visitor(this.run.line, { check: this.check, lane, heard }, this.config.csrf)
  }

  /** One request from a browser nobody has used, exactly as worded. */
  ask(ask: Ask): Promise<Reply> {
    return this.visitor().bare(ask)
  }

  /** A fresh session of an account of the config. */
  signIn(name: Name): Promise<Person> {
    return this.run.people.signIn(name, this.visitor())
  }

  /** A throw-away account with a session. */
  newcomer(): Promise<Person> {
    return this.run.people.newcomer(this.visitor(true))
  }

  /** The mails; only for checks that need `mail`. */
  get mailbox(): Mailbox {
    if (this.run.mailbox === undefined) throw unclear('no mail source is known', 'mail: { … }')
    return this.run.mailbox
  }

  /** Says something on a raw connection. */
  talk(
    pieces: readonly (string | Uint8Array | number)[],
    options: { untilMs?: number; quietMs?: number; port?: number } = {},
    together: boolean = false,
  ): Promise<Talk> {
    const caller = { check: this.check, lane: this.#lane }
    return this.run.line.talk(pieces, caller, { untilMs: 3000, ...options }, together)
  }

  /** Has something taken away once the check is over, whatever came of it. */
  afterwards(work: () => Promise<unknown>): void {
    this.#later.push(work)
  }

  /** Takes away what the check has made; what cannot be taken away any more, is gone. */
  async tidy(): Promise<void> {
    for (const work of this.#later.splice(0)) await work().catch(() => undefined)
  }

  /** How long to wait for what should not happen. */
  get patienceMs(): number {
    return this.config.patienceMs ?? 3000
  }

  wait(ms: number): Promise<void> {
    return pause(ms)
  }

  /** Works something out once for the whole run. */
  once<T>(key: string, work: () => Promise<T>): Promise<T> {
    const known = this.run.memo.get(key)
    if (known !== undefined) return known as Promise<T>
    const working = work()
    this.run.memo.set(key, working)
    return working
  }
}
