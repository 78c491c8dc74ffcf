import { createHmac } from 'node:crypto'

/** How a secret is spoken of: at most four characters and never more than a quarter, and its length. */
export function masked(value: string): string {
  const shown = value.startsWith('-----BEGIN') ? 0 : Math.min(4, Math.floor(value.length / 4))
  const head = value.slice(0, shown).replace(/[^\x21-\x7e]/g, '?')
  return `${head}\u2026 (${value.length} characters)`
}

/**
 * Names a secret without telling it: the same in every file and commit of one repository, different
 * in the next.
 *
 * @param salt the repository's own; see `saltOf`
 */
// Decision: the salt is the id of the first commit, so that nothing has to be kept anywhere.
// Cost: whoever has the repository can try guesses against the fingerprint of a weak password.
export function fingerprintOf(value: string, ruleId: string, salt: string): string {
  return createHmac('sha256', `bulwark/secrets/${salt}`)
    .update(JSON.stringify([ruleId, value]))
    .digest('hex')
    .slice(0, 32)
}
