import type { Audit } from 'bulwark/audit'

/** What happened in one span of time. */
export interface Span {
  /** ISO 8601, its beginning. */
  readonly at: string
  readonly signIns: number
  readonly refusals: number
  readonly lockouts: number
  /** Refusals that look like somebody tried something. */
  readonly attacks: number
}

export interface Series {
  readonly spanSeconds: number
  readonly spans: readonly Span[]
  /** Attacks of the whole day by the word of their defence, most frequent first. */
  readonly kinds: readonly { readonly word: string; readonly count: number }[]
  readonly byCode: Readonly<Record<string, number>>
  readonly events: number
}

type Event = Awaited<ReturnType<Audit['read']>>[number]

interface Counts {
  signIns: number
  refusals: number
  lockouts: number
  attacks: number
  readonly byCode: Map<string, number>
}

const SPAN_MS = 900_000
const DAY_MS = 86_400_000
const PAGE = 1000

/** The last day in spans of a quarter hour. Each event is read once, however often somebody looks. */
export function series(
  audit: Pick<Audit, 'read'>,
  clock: () => number,
): { read(): Promise<Series> } {
  const spans = new Map<number, Counts>()
  let last: number | undefined
  let reading: Promise<void> | undefined

  const add = (event: Event): void => {
    const begin = event.at - (event.at % SPAN_MS)
    let counts = spans.get(begin)
    if (counts === undefined) {
      counts = { signIns: 0, refusals: 0, lockouts: 0, attacks: 0, byCode: new Map() }
      spans.set(begin, counts)
    }
    counts.byCode.set(event.code, (counts.byCode.get(event.code) ?? 0) + 1)
    if (event.code === 'login.succeeded') counts.signIns++
    if (event.outcome === 'failure') counts.refusals++
    if (event.code.startsWith('lockout.')) counts.lockouts++
    if (isAttack(event)) counts.attacks++
  }

  const catchUp = async (): Promise<void> => {
    for (;;) {
      const page = await audit.read({
        oldestFirst: true,
        limit: PAGE,
        ...(last === undefined ? { since: clock() - DAY_MS } : { beyond: last }),
      })
      for (const event of page) add(event)
      last = page.at(-1)?.sequence ?? last ?? 0
      if (page.length < PAGE) return
    }
  }

  return {
    async read() {
      reading ??= catchUp().finally(() => {
        reading = undefined
      })
      await reading
      const end = clock() - (clock() % SPAN_MS)
      const begin = end - DAY_MS + SPAN_MS
      const kinds = new Map<string, number>()
      const byCode: Record<string, number> = {}
      let events = 0
      for (const [at, counts] of spans) {
        if (at < begin) {
          spans.delete(at)
          continue
        }
        for (const [code, count] of counts.byCode) {
          byCode[code] = (byCode[code] ?? 0) + count
          events += count
          if (!isAttackCode(code)) continue
          const word = code.split('.', 1)[0] ?? code
          kinds.set(word, (kinds.get(word) ?? 0) + count)
        }
      }
      return {
        spanSeconds: SPAN_MS / 1000,
        spans: Array.from({ length: DAY_MS / SPAN_MS }, (_, index) => {
          const at = begin + index * SPAN_MS
          const { signIns = 0, refusals = 0, lockouts = 0, attacks = 0 } = spans.get(at) ?? {}
          return { at: new Date(at).toISOString(), signIns, refusals, lockouts, attacks }
        }),
        kinds: [...kinds]
          .map(([word, count]) => ({ word, count }))
          .sort((one, other) => other.count - one.count || one.word.localeCompare(other.word)),
        byCode,
        events,
      }
    },
  }
}

const ATTACK = /\.(?:refused|cloned|reused|replayed|begun|raised|reported|forged)$/

function isAttackCode(code: string): boolean {
  return ATTACK.test(code)
}

function isAttack({ code, outcome }: Event): boolean {
  return outcome === 'failure' && isAttackCode(code)
}
