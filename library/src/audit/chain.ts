import type { KeyObject } from 'node:crypto'
import { keyedHash } from '../kernel/bytes.ts'

/**
 * The link of a row: HMAC-SHA-256 over its place, the link before it and its line. The three cannot
 * run into each other: a sequence is digits, a link is base64url, a line holds no line break.
 *
 * Decision: keyed, not a bare hash. Who can rewrite the table but has not the key cannot make a
 * chain that fits.
 * Cost: checking needs the key; who has both the table and the key is caught by a checkpoint that
 * was kept elsewhere.
 */
export function chainLink(
  key: KeyObject,
  sequence: number,
  previous: string,
  text: string,
): string {
  return keyedHash(key, `${sequence}\n${previous}\n${text}`)
}
