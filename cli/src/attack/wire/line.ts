import { setTimeout as pause } from 'node:timers/promises'
import { type Ask, type Fields, prepare } from './ask.ts'
import type { Bounds } from './bounds.ts'
import { exchange } from './exchange.ts'
import type { Lane, Place } from './place.ts'
import type { Reply } from './reply.ts'
import { type Talk, type TalkOptions, talk } from './talk.ts'

export const AGENT = 'bulwark-attack/0.1.0'

export interface Caller {
  /** Id of the check, shown to the service's log as `X-Bulwark-Attack`. */
  readonly check: string
  readonly lane: Lane
}

const PATIENCE_MS = 10_000
const HEALTH_EVERY = 50
const PROOF_EVERY = 500
const MAX_RECORDED_BYTES = 64 * 1024 * 1024
const MAX_LAST = 12

/** The only way to the service: bounded, recorded, and with an eye on whether it still lives. */
export class Line {
  readonly place: Place
  readonly bounds: Bounds
  /** Every reply of the run, for the checks that read them all. */
  readonly record: Reply[] = []
  /** How many requests each check has sent. */
  readonly sentBy: Map<string, number> = new Map()
  /** The requests sent last, for the report of a service that died. */
  readonly last: string[] = []
  /** Where a healthy service answers fast; discovery sets it. */
  healthPath = '/'
  /** How long a healthy service may take there. */
  healthMs = 5000
  /** Re-reads the proof of ownership; set for targets that are not loopback. */
  proof: (() => Promise<boolean>) | undefined
  readonly #never: readonly RegExp[]
  #recordedBytes = 0
  #checking: Promise<void> | undefined

  constructor(place: Place, bounds: Bounds, never: readonly RegExp[] = []) {
    this.place = place
    this.bounds = bounds
    this.#never = never
  }

  defaults(check: string): Fields {
    return [
      ['Host', this.place.host],
      ['User-Agent', AGENT],
      ...(check === '' ? [] : [['X-Bulwark-Attack', check] as const]),
      ['Accept', '*/*'],
      ['Connection', 'close'],
    ]
  }

  /** Whether the config says that `path` is never to be called. */
  forbids(path: string): boolean {
    return this.#never.some(pattern => pattern.test(path))
  }

  async send(ask: Ask, { check, lane }: Caller, together: boolean = false): Promise<Reply> {
    if (this.forbids(ask.path)) throw new Error(`${ask.path} is excluded by the config`)
    const sent = prepare(ask, this.defaults(check))
    const reply = await this.bounds.within(() => {
      this.#remember(check, `${check || 'discovery'}: ${sent.method} ${sent.path.slice(0, 120)}`)
      return exchange(this.place, sent, { withinMs: ask.withinMs ?? PATIENCE_MS, lane })
    }, together)
    reply.check = check
    this.#keep(reply)
    if (reply.status === 429 || reply.status === 503) this.bounds.slow(50)
    if (reply.failure === 'refused' || this.bounds.used % HEALTH_EVERY === 0) await this.health()
    if (this.proof !== undefined && this.bounds.used % PROOF_EVERY === 0 && !(await this.proof()))
      this.bounds.stop('the proof of ownership is no longer served')
    return reply
  }

  /** A raw conversation: anything may be said, on one connection. */
  talk(
    pieces: readonly (string | Uint8Array | number)[],
    { check, lane }: Caller,
    options: TalkOptions,
    together: boolean = false,
  ): Promise<Talk> {
    return this.bounds.within(() => {
      this.#remember(
        check,
        `${check}: raw ${String(pieces[0]).slice(0, 60).replaceAll(/\s+/g, ' ')}`,
      )
      return talk(this.place, pieces, { lane, ...options })
    }, together)
  }

  /** Stops the run when the service does not answer three times in a row. */
  health(): Promise<void> {
    this.#checking ??= this.#health().finally(() => {
      this.#checking = undefined
    })
    return this.#checking
  }

  async #health(): Promise<void> {
    const ask = { path: this.healthPath }
    for (let attempt = 0; attempt < 3; attempt++) {
      if (attempt > 0) await pause((this.healthMs / 16) * attempt)
      const sent = prepare(ask, this.defaults('health'))
      const { failure } = await exchange(this.place, sent, {
        withinMs: this.healthMs,
        lane: undefined,
      })
      if (failure === undefined || failure === 'garbled') return
    }
    this.bounds.stop('the service no longer answers')
    this.bounds.check()
  }

  #remember(check: string, line: string): void {
    this.sentBy.set(check, (this.sentBy.get(check) ?? 0) + 1)
    this.last.push(line)
    if (this.last.length > MAX_LAST) this.last.shift()
  }

  #keep(reply: Reply): void {
    this.#recordedBytes += reply.body.length
    if (this.#recordedBytes < MAX_RECORDED_BYTES) this.record.push(reply)
  }
}
