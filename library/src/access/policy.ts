import { ConfigFault } from '../kernel/fault.ts'
import type { AccessPolicy, SignedInPolicy } from './access.ts'

const MEMBERS: ReadonlySet<string> = new Set([
  'signedIn',
  'role',
  'stepUpSeconds',
  'factor',
  'factorSeconds',
  'enrolling',
  'hidden',
  'scope',
  'audience',
])

/**
 * Judges a route's policy at start.
 *
 * @param route as the fault should name it, such as `GET /orders/:id`
 * @throws {ConfigFault} when there is none, or it says nothing, too much, or something unknown
 * @see ASVS 8.2.1
 */
export function checkedPolicy(policy: unknown, route: string): AccessPolicy {
  const wrong = (message: string): never => {
    throw new ConfigFault(`access of ${route}`, message)
  }
  if (typeof policy !== 'object' || policy === null || Array.isArray(policy)) {
    return wrong('is missing; write { public: true } or { signedIn: true }')
  }
  const given = policy as Record<string, unknown>
  if (given['public'] === true) {
    const more = Object.keys(given).find(name => name !== 'public' && name !== 'enrolling')
    return more === undefined
      ? { public: true, ...enrollingOf(given, wrong) }
      : wrong(`is public and yet has ${more}; write { signedIn: true, … } instead`)
  }
  if (given['signedIn'] !== true) return wrong('write { public: true } or { signedIn: true, … }')
  const unknown = Object.keys(given).find(name => !MEMBERS.has(name))
  if (unknown !== undefined) {
    return wrong(`does not know ${unknown}; it knows ${[...MEMBERS].join(', ')}`)
  }
  for (const name of ['role', 'factor'] as const) {
    const value = given[name]
    if (value !== undefined && !isWords(value)) {
      return wrong(`${name} must be a word or a list of at least one`)
    }
  }
  if (given['scope'] !== undefined && !isScope(given['scope'])) {
    return wrong('scope must be a word of RFC 6749 §3.3 or a list of at least one')
  }
  if (given['audience'] !== undefined && !URL.canParse(String(given['audience']))) {
    return wrong('audience must be a URL')
  }
  for (const name of ['stepUpSeconds', 'factorSeconds'] as const) {
    const seconds = given[name]
    if (seconds !== undefined && !(Number.isSafeInteger(seconds) && (seconds as number) > 0)) {
      return wrong(`${name} must be a whole number above 0`)
    }
  }
  if (given['factorSeconds'] !== undefined && given['factor'] === undefined) {
    return wrong('factorSeconds needs factor')
  }
  enrollingOf(given, wrong)
  if (given['hidden'] !== undefined && typeof given['hidden'] !== 'boolean') {
    return wrong('hidden must be true or false')
  }
  return policy as SignedInPolicy
}

/** True or absent: `false` would read as if somebody had been shut out. */
function enrollingOf(
  given: Record<string, unknown>,
  wrong: (message: string) => never,
): { readonly enrolling?: true } {
  if (given['enrolling'] === undefined) return {}
  return given['enrolling'] === true ? { enrolling: true } : wrong('enrolling is true or left away')
}

function isScope(value: unknown): boolean {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  const word = /^[\x21\x23-\x5b\x5d-\x7e]+$/
  return list.length > 0 && list.every(one => typeof one === 'string' && word.test(one))
}

function isWords(value: unknown): boolean {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  return list.length > 0 && list.every(word => typeof word === 'string' && word !== '')
}
