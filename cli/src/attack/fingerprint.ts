import { createHash } from 'node:crypto'
import type { Finding } from './check.ts'

/**
 * What makes a finding the same one next week: the check, the route's template, the parameter and
 * the variant. No line numbers, no bodies, no host.
 */
export function fingerprint(
  check: string,
  { where, parameter = '', variant = '' }: Pick<Finding, 'where' | 'parameter' | 'variant'>,
): string {
  const text = [check, where, parameter, variant].join('\n')
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}
