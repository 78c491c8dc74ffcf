import type { KeyObject } from 'node:crypto'
import { keyedHash, sameText } from '../../../kernel/bytes.ts'
import type { Clock } from '../../../kernel/clock.ts'
import { granted, type Outcome, refused } from '../../../kernel/outcome.ts'
import { because, refusals } from '../refusals.ts'
import type { Disposition } from './disposition.ts'

/** What a signed link is good for. */
export interface LinkTerms {
  /** The file's id. */
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
  readonly disposition: Disposition
  /** Who alone may use it, when it is not for whoever has it. */
  readonly holder?: string
}

const VERSION = '1'
const MARK = { inline: 'i', attachment: 'a' } as const

/**
 * The query of a signed link: `v=1&e=<seconds>&d=a&s=<mac>`, with `h=1` when it is bound to a holder.
 * Everything it says, the id in the path and the holder are under the MAC.
 *
 * @see ASVS 8.2.2
 */
export function signLink(terms: LinkTerms, key: KeyObject): string {
  const seconds = String(Math.floor(terms.expiresAt / 1000))
  const mark = MARK[terms.disposition]
  const bound = terms.holder === undefined ? '' : '&h=1'
  return `v=${VERSION}&e=${seconds}&d=${mark}${bound}&s=${macOf(terms, seconds, mark, key)}`
}

/**
 * What a link allows, when it is one of ours and not too old.
 *
 * @param holder who is asking, when that is known; ignored by links that are not bound
 * @returns `uploads.bad_link`, `uploads.expired_link`; both say the same to the client
 */
export function verifyLink(
  id: string,
  query: string,
  holder: string | undefined,
  key: KeyObject,
  clock: Clock,
): Outcome<LinkTerms> {
  const match = /^v=1&e=(\d{1,12})&d=([ia])(&h=1)?&s=([A-Za-z0-9_-]{43})$/.exec(query)
  if (!match) return refused(because(refusals.badLink, 'not the form of a link'))
  const [, seconds = '', mark = '', bound, mac = ''] = match
  if (bound !== undefined && holder === undefined) {
    return refused(because(refusals.badLink, 'a bound link, and nobody signed in'))
  }
  const terms: LinkTerms = {
    id,
    expiresAt: Number(seconds) * 1000,
    disposition: mark === 'i' ? 'inline' : 'attachment',
    ...(bound === undefined || holder === undefined ? {} : { holder }),
  }
  if (!sameText(macOf(terms, seconds, mark, key), mac)) {
    return refused(because(refusals.badLink, 'the signature'))
  }
  return clock() >= terms.expiresAt ? refused(refusals.expiredLink) : granted(terms)
}

/** JSON keeps the parts apart, whatever they hold. */
function macOf(terms: LinkTerms, seconds: string, mark: string, key: KeyObject): string {
  return keyedHash(key, JSON.stringify([VERSION, terms.id, seconds, mark, terms.holder ?? null]))
}
