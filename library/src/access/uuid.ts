import { granted, type Outcome, refused } from '../kernel/outcome.ts'
import { refusals } from './access.ts'

declare const parsed: unique symbol

/** The name of a row, parsed at the edge. A name only, never a proof (ASVS 11.5.1). */
export type Uuid = string & { readonly [parsed]: 'uuid' }

/** RFC 9562 §4: the variant bits `10`; versions 4 (random) and 7 (time and random). */
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/**
 * Parses an id from a path, a query or a body before anything looks it up. Upper case is folded, as
 * RFC 9562 §4 asks of readers, so that one row has one name in every store.
 *
 * @returns `access.malformed_id`, which says the same as a row that is absent
 */
export function uuid(text: unknown): Outcome<Uuid> {
  if (typeof text !== 'string' || text.length !== 36) return refused(refusals.malformedId)
  const folded = text.toLowerCase()
  return UUID.test(folded) ? granted(folded as Uuid) : refused(refusals.malformedId)
}
