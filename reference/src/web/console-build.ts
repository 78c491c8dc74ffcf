import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where the built console says what it was built of. */
export const STAMP: string = join(import.meta.dirname, '../../assets/built/sources.json')

const FOLDER = join(import.meta.dirname, '../../console')

/** One hash over everything that the console is built of. */
export function sourcesHash(): string {
  const hash = createHash('sha256')
  for (const name of globSync('{src/**/*.{ts,tsx},vite.config.ts}', {
    cwd: FOLDER,
  }).sort()) {
    hash.update(`${name.replaceAll('\\', '/')}\n`)
    hash.update(readFileSync(join(FOLDER, name)))
  }
  return hash.digest('base64url')
}
