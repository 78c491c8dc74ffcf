import { ConfigFault } from '../../kernel/fault.ts'
import { deriveKeys, type Keys } from '../../kernel/keys.ts'
import type { Secret } from '../../kernel/secret.ts'

/** A root key that has a successor. */
export interface PreviousRoot {
  readonly root: string | Uint8Array | Secret<string>
  /** Until this moment what it signed or hashed is accepted. */
  readonly until: number
}

/** Today's root key and those before it. */
export interface KeyRing {
  readonly current: Keys
  /** Today's first, then the others as given. */
  readonly all: readonly Keys[]
  byId(id: string): Keys | undefined
  /** Those whose tokens, cookies and links are good at `now`: today's, and others until their date. */
  accepted(now: number): readonly Keys[]
  /** When the key's tokens stop being good; `undefined` for today's key and for unknown ones. */
  until(id: string): number | undefined
}

/**
 * Root keys with dates. The newest makes everything; an older one is accepted until its date, so
 * that a change of key signs nobody out.
 *
 * Decision: the date ends what is carried by people (tokens, cookies, links), not what is stored.
 * A sealed field opens as long as its key is in the ring.
 * Cost: a key that leaked must be taken out of the ring by hand, after `reseal` is through.
 *
 * @throws {ConfigFault} when a root is weak, given twice, or its date is no date
 * @see ASVS 13.3.4, 11.2.2
 */
export function keyRing(
  current: PreviousRoot['root'],
  previous: readonly PreviousRoot[] = [],
): KeyRing {
  const newest = deriveKeys(current)
  const byId = new Map([[newest.id, newest]])
  const dates = new Map<string, number>()
  for (const [index, { root, until }] of previous.entries()) {
    const option = `previousRootKeys[${index}]`
    if (!Number.isSafeInteger(until)) throw new ConfigFault(option, 'has no date; write until when')
    const keys = deriveKeys(root)
    if (byId.has(keys.id)) throw new ConfigFault(option, `is given twice (key ${keys.id})`)
    byId.set(keys.id, keys)
    dates.set(keys.id, until)
  }
  const all = [...byId.values()]
  return {
    current: newest,
    all,
    byId: id => byId.get(id),
    accepted: now => all.filter(({ id }) => now < (dates.get(id) ?? Number.POSITIVE_INFINITY)),
    until: id => dates.get(id),
  }
}

/**
 * Reads previous root keys from text: one a line or comma, each `KEY until 2027-01-31`; the day is
 * the first on which it is no longer accepted (UTC).
 *
 * @throws {ConfigFault} when a line has another form; the key itself is not repeated
 */
export function previousRoots(text: string): readonly PreviousRoot[] {
  return text
    .split(/[\n,]/)
    .map(line => line.trim())
    .filter(line => line !== '' && !line.startsWith('#'))
    .map((line, index) => {
      const [, root = '', day = ''] = /^(\S+)\s+until\s+(\d{4}-\d{2}-\d{2})$/.exec(line) ?? []
      const until = Date.parse(`${day}T00:00:00Z`)
      if (Number.isNaN(until)) {
        throw new ConfigFault(`previousRootKeys[${index}]`, 'write `KEY until 2027-01-31`')
      }
      return { root, until }
    })
}
