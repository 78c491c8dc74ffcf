import type { Refusal } from '../../../kernel/refusal.ts'
import { because, refusals } from '../refusals.ts'

/** Judges where an archive's entry would be unpacked. @see ASVS 5.3.3 */
export function entryPathFault(path: string): Refusal | undefined {
  const fault = faultOf(path)
  return fault === undefined ? undefined : because(refusals.archivePath, `an entry's path ${fault}`)
}

function faultOf(path: string): string | undefined {
  if (path === '' || path === '/') return 'is empty'
  if (/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u.test(path))
    return 'holds control characters'
  if (path.includes('\\')) return 'holds a backslash'
  if (path.startsWith('/')) return 'is absolute'
  if (/^[a-z]:/i.test(path)) return 'begins with a drive'
  if (path.split('/').some(segment => /^\.\.[. ]*$/.test(segment))) return 'climbs'
  return undefined
}

/** Two entries with the same key overwrite each other. */
export function entryKey(path: string): string {
  return path
    .split('/')
    .filter(segment => segment !== '' && segment !== '.')
    .join('/')
    .normalize('NFC')
}
