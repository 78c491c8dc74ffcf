import type { Reply } from '../../wire/reply.ts'
import type { Problem } from '../reading.ts'

/** Directives of every enforced policy of a reply; several policies all apply. */
export function policies(reply: Reply): ReadonlyMap<string, readonly string[]>[] {
  return reply
    .all('content-security-policy')
    .flatMap(value => value.split(','))
    .filter(policy => policy.trim() !== '')
    .map(policy => {
      const directives = new Map<string, readonly string[]>()
      for (const part of policy.split(';')) {
        const [name = '', ...sources] = part.trim().split(/\s+/)
        if (name !== '' && !directives.has(name.toLowerCase()))
          directives.set(name.toLowerCase(), sources)
      }
      return directives
    })
}

/** The sources that rule scripts (or `directive`), with the fallback to `default-src`. */
function sources(policy: ReadonlyMap<string, readonly string[]>, directive: string) {
  return policy.get(directive) ?? policy.get('default-src')
}

const OPEN = /^(\*|https?:|data:|blob:|https?:\/\/\*)$/i

/** What an attacker with a hole in the page could still do under the best of the policies. */
export function weaknesses(reply: Reply): Problem[] {
  const all = policies(reply).map(weaknessesOf)
  return all.sort((a, b) => a.length - b.length)[0] ?? []
}

function weaknessesOf(policy: ReadonlyMap<string, readonly string[]>): Problem[] {
  const problems: Problem[] = []
  const add = (variant: string, says: string, low = false) =>
    problems.push({ variant, says, ...(low ? { severity: 'low' as const } : {}) })
  const script = sources(policy, 'script-src')
  if (script === undefined)
    return [
      {
        variant: 'script-src',
        says: 'neither script-src nor default-src is set, so any script runs',
      },
    ]
  const lower = script.map(source => source.toLowerCase())
  const guarded = lower.some(source => /^'(nonce-|sha\d{3}-|strict-dynamic)/.test(source))
  if (lower.includes("'unsafe-inline'") && !guarded)
    add('unsafe-inline', "script-src has 'unsafe-inline' and neither nonce nor hash")
  if (lower.includes("'unsafe-eval'")) add('unsafe-eval', "script-src has 'unsafe-eval'")
  const open = lower.filter(source => OPEN.test(source))
  if (open.length > 0 && !lower.includes("'strict-dynamic'"))
    add('wildcard', `script-src lets scripts in from ${open.join(' ')}`)
  const object = sources(policy, 'object-src')
  if (object === undefined || object.some(source => OPEN.test(source)))
    add('object-src', 'object-src is open: plug-in content can run scripts', true)
  if (!policy.has('base-uri') && guarded)
    add(
      'base-uri',
      'base-uri is not set: an injected <base> moves scripts that a nonce allows',
      true,
    )
  return problems
}

/** The nonces of all policies of a reply. */
export function nonces(reply: Reply): string[] {
  return policies(reply).flatMap(policy =>
    [...policy.values()].flat().flatMap(source => /^'nonce-([^']+)'$/i.exec(source)?.[1] ?? []),
  )
}

/** Whether another site can put the page in a frame. */
export function frameable(reply: Reply): boolean {
  const ancestors = policies(reply).flatMap(policy => {
    const value = policy.get('frame-ancestors')
    return value === undefined ? [] : [value]
  })
  if (ancestors.length > 0)
    return ancestors.every(list => list.some(source => source === '*' || /^https?:$/.test(source)))
  return !/^(deny|sameorigin)$/i.test(reply.header('x-frame-options')?.trim() ?? '')
}
