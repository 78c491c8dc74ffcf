import { granted, type Outcome, refused } from '../kernel/outcome.ts'
import type { Refusal } from '../kernel/refusal.ts'
import { Answer } from './answer.ts'
import { decoded } from './decode.ts'
import { ALLOWED, observed } from './events.ts'
import { type Arrived, Exchange } from './exchange.ts'
import type { OutboundPolicy } from './policy.ts'
import { type Hop, isRedirect, nextHop } from './redirects.ts'
import { because, refusals } from './refusals.ts'
import { outgoing, type RequestParts } from './request.ts'

export interface CallParts extends RequestParts {
  readonly redirect?: 'follow' | 'manual' | 'error'
  readonly signal?: AbortSignal | null
}

/** One `safeFetch`: all its hops under one deadline. */
export class Call {
  readonly #policy: OutboundPolicy
  readonly #began: number
  readonly #hops: string[] = []
  #exchange: Exchange | undefined
  #cutBy: Refusal | undefined
  #abandoned = false
  #onCut: ((refusal: Refusal) => void) | undefined

  constructor(policy: OutboundPolicy) {
    this.#policy = policy
    this.#began = policy.wires.clock()
  }

  async run(raw: string, parts: CallParts): Promise<Outcome<Response>> {
    parts.signal?.throwIfAborted()
    const { settings } = this.#policy
    const abort = (): void => {
      this.#abandoned = true
      this.#cut(because(refusals.timeout, 'the caller gave up'))
    }
    parts.signal?.addEventListener('abort', abort, { once: true })
    const deadline = setTimeout(() => {
      this.#cut(because(refusals.timeout, `took over ${settings.totalMs} ms`))
    }, settings.totalMs)
    try {
      const outcome = await this.#answered(raw, parts)
      if (!outcome.ok) parts.signal?.throwIfAborted()
      return outcome
    } finally {
      clearTimeout(deadline)
      parts.signal?.removeEventListener('abort', abort)
    }
  }

  async #answered(raw: string, parts: CallParts): Promise<Outcome<Answer>> {
    const { guard, settings } = this.#policy
    const admitted = guard.admit(raw)
    if (!admitted.ok) return this.#ended(admitted)
    const made = outgoing(parts, settings)
    const request = made instanceof Promise ? await this.#unlessCut(made) : made
    if (!request.ok) return this.#ended(request)

    const { slots } = this.#policy.agents
    if (!slots.take()) {
      const place = await this.#place()
      if (!place.ok) return this.#late(this.#ended(place))
    }
    try {
      const outcome = await this.#followed({ ...request.value, url: admitted.value }, parts)
      return outcome.ok ? this.#ended(outcome) : this.#late(this.#ended(outcome))
    } finally {
      slots.leave()
    }
  }

  async #followed(first: Hop, { redirect = 'follow' }: CallParts): Promise<Outcome<Answer>> {
    const { settings, agents } = this.#policy
    const drains = (status: number, headers: Arrived['headers']): boolean =>
      redirect !== 'manual' && isRedirect(status, headers['location'])
    let hop = first
    for (let followed = 0; ; followed++) {
      if (this.#cutBy !== undefined) return refused(this.#cutBy)
      this.#hops.push(hop.url.origin)
      this.#exchange = new Exchange(agents.dispatcher, hop, settings, drains)
      const arrived = await this.#exchange.arrived
      if (!arrived.ok) return arrived
      const { status, headers } = arrived.value
      const location = headers['location']
      if (location === undefined || !drains(status, headers)) {
        return this.#delivered(arrived.value, hop.url, followed > 0)
      }
      if (redirect === 'error' || followed === settings.maxRedirects) {
        return refused(because(refusals.redirects, `redirected after ${followed} redirects`))
      }
      const next = nextHop(hop, status, location, this.#policy)
      if (!next.ok) return next
      hop = next.value
    }
  }

  async #delivered(arrived: Arrived, url: URL, redirected: boolean): Promise<Outcome<Answer>> {
    const coding = arrived.headers['content-encoding']
    if (coding === undefined || coding === 'identity' || arrived.body.length === 0) {
      return granted(new Answer(arrived, withoutFragment(url), redirected))
    }
    const { maxDecodedBytes } = this.#policy.settings
    const plain = await this.#unlessCut(decoded(arrived.body, String(coding), maxDecodedBytes))
    if (!plain.ok) return plain
    // Left in, they would describe bytes that nobody holds any more.
    const { 'content-encoding': _coding, 'content-length': _length, ...headers } = arrived.headers
    const answer = new Answer(
      { ...arrived, headers, body: plain.value },
      withoutFragment(url),
      redirected,
    )
    return granted(answer)
  }

  /** Waits for a place among the requests under way. */
  async #place(): Promise<Outcome<undefined>> {
    const { promise, resolve } = Promise.withResolvers<Outcome<undefined>>()
    const leaveLine = this.#policy.agents.slots.wait(() => resolve(granted(undefined)))
    this.#onCut = () => {
      leaveLine()
      resolve(refused(because(refusals.busy, 'no place came free in time')))
    }
    const place = await promise
    this.#onCut = undefined
    return place
  }

  /** What `promise` brings, unless the call is cut before. */
  async #unlessCut<T>(promise: Promise<Outcome<T>>): Promise<Outcome<T>> {
    const cut = Promise.withResolvers<Outcome<T>>()
    this.#onCut = refusal => cut.resolve(refused(refusal))
    if (this.#cutBy !== undefined) this.#onCut(this.#cutBy)
    try {
      return await Promise.race([cut.promise, promise])
    } finally {
      this.#onCut = undefined
    }
  }

  #cut(refusal: Refusal): void {
    this.#cutBy = refusal
    this.#onCut?.(refusal)
    this.#exchange?.cut(refusal)
  }

  /**
   * Decision: what a name or the network refused answers in steps, so that "resolves inside", "does not
   * resolve" and "closed port outside" take the same time. Cost: up to one step for each refused call.
   */
  async #late(outcome: Outcome<Answer>): Promise<Outcome<Answer>> {
    const { settings, wires } = this.#policy
    const step = settings.refusalStepMs
    if (step > 0 && !this.#abandoned)
      await wires.sleep(step - ((wires.clock() - this.#began) % step))
    return outcome
  }

  /** Tells the observer how it ended. */
  #ended(outcome: Outcome<Answer>): Outcome<Answer> {
    const { settings, wires } = this.#policy
    if (settings.observe === undefined) return outcome
    const end = { kind: 'fetch', hops: this.#hops, ms: wires.clock() - this.#began } as const
    if (outcome.ok) {
      const { status, size } = outcome.value
      observed(settings, { ...end, code: ALLOWED, status, bytes: size })
    } else {
      const { code, why } = outcome.refusal
      observed(settings, why === undefined ? { ...end, code } : { ...end, code, why })
    }
    return outcome
  }
}

function withoutFragment(url: URL): string {
  return url.hash === '' ? url.href : url.href.slice(0, -url.hash.length)
}
