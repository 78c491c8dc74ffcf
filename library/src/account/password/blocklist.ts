import { commonHash, HASH_BYTES } from './common-hash.ts'

/** Whether a password is among the common ones, in whatever case. */
export type Blocklist = (password: string) => boolean

/**
 * The list that ships with the library: the 26,000 most common leaked passwords of 8 to 14
 * characters and the 9,700 of 15 and more among a million. Built by length, because of an ordinary
 * top 3,000 almost nothing is left where 15 characters are the least.
 *
 * The table (180 kB) is loaded at the first question.
 *
 * @see ASVS 6.2.4, 6.2.12
 */
export async function commonPasswords(): Promise<Blocklist> {
  const { COMMON_PASSWORDS } = await import('./common-passwords.ts')
  const table = Buffer.from(COMMON_PASSWORDS, 'base64')
  return password => {
    const wanted = commonHash(password.toLowerCase())
    let low = 0
    let high = table.length / HASH_BYTES
    while (low < high) {
      const middle = (low + high) >>> 1
      const at = middle * HASH_BYTES
      const order = table.compare(wanted, 0, HASH_BYTES, at, at + HASH_BYTES)
      if (order === 0) return true
      if (order < 0) low = middle + 1
      else high = middle
    }
    return false
  }
}
