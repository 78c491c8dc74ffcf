import type { Clock } from '../../kernel/clock.ts'
import type { Random } from '../../kernel/random.ts'
import type { Job, Jobs, NewJob } from '../../store/port/jobs.ts'
import type { Attempted, Message } from './delivery.ts'
import { Lanes } from './lanes.ts'

const WEBHOOK_JOB = 'webhook'

/** Longer than any attempt may take; after a crash somebody else claims what is left. */
const LEASE_MS = 60_000
const BATCH = 16
/** Attempts under way at once in this process. */
const IN_FLIGHT = 64
const LOOK_MS = 1000
/** What is under way at the end has this long; after that it is left to the next process. */
const GRACE_MS = 5000

export interface CourierParts {
  readonly jobs: Jobs
  readonly clock: Clock
  readonly random: Random
  readonly deliver: (message: Message, signal: AbortSignal) => Promise<Attempted>
}

/** Takes messages out of the queue and to their receivers, many at a time. */
export interface Courier {
  enqueue(messages: readonly Message[]): Promise<void>
  jobOf(message: Message): NewJob
  runOnce(): Promise<number>
  start(): void
  stop(): Promise<void>
}

export function courier({ jobs, clock, random, deliver }: CourierParts): Courier {
  const flying = new Set<Promise<void>>()
  const lanes = new Lanes(clock)
  const end = new AbortController()
  let timer: NodeJS.Timeout | undefined
  let looking: Promise<void> | undefined
  let isCrowded = false
  let isStopped = false
  let ended = 0

  const jobOf = (message: Message, runAt: number = clock()): NewJob => ({
    id: random.uuid(),
    kind: WEBHOOK_JOB,
    payload: JSON.stringify(message),
    runAt,
  })

  const carry = async (claimed: Job): Promise<void> => {
    const message = JSON.parse(claimed.payload) as Message
    const later = lanes.enter(message.endpointId)
    if (later !== undefined) {
      await jobs.postpone(claimed.id, claimed.lease, later)
      return
    }
    const began = clock()
    let wasAnswered = false
    try {
      const attempted = await deliver(message, end.signal)
      wasAnswered = attempted.wasAnswered
      // Decision: the next attempt is queued before this one goes, so that a crash between forgets
      // nothing. Cost: it can double a message, which receivers know by its `webhook-id`.
      if (attempted.again !== undefined) {
        await jobs.enqueue([jobOf({ ...message, attempt: message.attempt + 1 }, attempted.again)])
      }
      await jobs.finish(claimed.id, claimed.lease)
      ended += 1
    } finally {
      lanes.leave(message.endpointId, clock() - began, wasAnswered)
    }
  }

  const fly = (claimed: Job): void => {
    const flight: Promise<void> = carry(claimed)
      // It keeps its lease, and is claimed again when that ends.
      .catch(() => undefined)
      .finally(() => {
        flying.delete(flight)
        if (isCrowded && flying.size <= IN_FLIGHT - BATCH) look().catch(() => undefined)
      })
    flying.add(flight)
  }

  const claimAll = async (): Promise<void> => {
    for (;;) {
      isCrowded = flying.size > IN_FLIGHT - BATCH
      if (isCrowded || isStopped) return
      const claimed = await jobs.claim(WEBHOOK_JOB, clock(), LEASE_MS, random.uuid(), BATCH)
      for (const one of claimed) fly(one)
      if (claimed.length < BATCH) return
    }
  }

  const look = (): Promise<void> => {
    looking ??= claimAll().finally(() => {
      looking = undefined
    })
    return looking
  }

  return {
    jobOf,
    enqueue: messages => jobs.enqueue(messages.map(message => jobOf(message))),
    async runOnce() {
      const before = ended
      do {
        await look()
        await Promise.all(flying)
      } while (isCrowded && !isStopped)
      return ended - before
    },
    start() {
      timer ??= setInterval(() => void look().catch(() => undefined), LOOK_MS).unref()
    },
    async stop() {
      isStopped = true
      clearInterval(timer)
      timer = undefined
      const grace = setTimeout(() => end.abort(), GRACE_MS)
      await looking?.catch(() => undefined)
      await Promise.all(flying)
      clearTimeout(grace)
    },
  }
}
