import { ConfigFault } from '../kernel/fault.ts'

/**
 * A whole number of something, at least `least`.
 *
 * @throws {ConfigFault} naming the option
 */
export function whole(option: string, value: number, least = 1): number {
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new ConfigFault(option, `is ${value}; write a whole number of at least ${least}`)
}
