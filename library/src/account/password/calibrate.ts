import { ConfigFault } from '../../kernel/fault.ts'
import type { Argon2, Cost } from './argon2.ts'

/** The least that OWASP ASVS 5.0 appendix C and RFC 9106 agree to call enough. */
export const FLOOR: Cost = { memoryKiB: 19_456, passes: 2, lanes: 1 }

/** From cheap to dear, each worth more to us than to somebody with many GPUs. */
const LADDER: readonly Cost[] = [
  FLOOR,
  { memoryKiB: 19_456, passes: 3, lanes: 1 },
  { memoryKiB: 32_768, passes: 2, lanes: 1 },
  { memoryKiB: 32_768, passes: 3, lanes: 1 },
  { memoryKiB: 65_536, passes: 2, lanes: 1 },
  { memoryKiB: 65_536, passes: 3, lanes: 1 },
]

/** KiB written in all: what one hash costs an attacker. */
export function work(cost: Cost): number {
  return cost.memoryKiB * cost.passes
}

/**
 * Refuses parameters that OWASP calls too weak.
 *
 * @throws {ConfigFault} below 12 MiB, or below what 19 MiB in two passes cost
 * @see ASVS 11.4.2 and appendix C
 */
export function checkedCost(cost: Cost): Cost {
  const whole = [cost.memoryKiB, cost.passes, cost.lanes].every(Number.isInteger)
  const enough =
    (cost.memoryKiB >= 47_104 && cost.passes >= 1) ||
    (cost.memoryKiB >= 19_456 && cost.passes >= 2) ||
    (cost.memoryKiB >= 12_288 && cost.passes >= 3)
  if (!whole || !enough || cost.lanes < 1 || cost.lanes > 16) {
    throw new ConfigFault(
      'password.cost',
      `m=${cost.memoryKiB} t=${cost.passes} p=${cost.lanes} is below the floor; the least are ` +
        'm=47104 t=1, m=19456 t=2 and m=12288 t=3, with 1 to 16 lanes',
    )
  }
  return cost
}

/**
 * Measures this machine and picks the dearest step of the ladder that stays below `targetMs` and
 * whose memory, times `permits` hashes at once, stays below `budgetMiB`. Never below the floor.
 *
 * Decision: one hash is timed (the best of three) and the others are computed from it, so a start
 * costs a tenth of a second. The best, not the mean: a busy moment must not weaken new hashes.
 * Cost: on a machine that is busy all through the start the floor is taken; logins renew the hashes
 * after a better start.
 */
export async function calibrate(
  argon2: Argon2,
  limits: { readonly targetMs: number; readonly permits: number; readonly budgetMiB: number },
  now: () => number,
): Promise<Cost> {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < 3; round++) {
    const began = now()
    await argon2.derive({
      variant: 'argon2id',
      password: Buffer.from('calibration'),
      salt: Buffer.alloc(16, round),
      cost: FLOOR,
      bytes: 32,
      secret: undefined,
    })
    best = Math.min(best, now() - began)
  }
  const fits = (cost: Cost): boolean =>
    best * (work(cost) / work(FLOOR)) <= limits.targetMs &&
    cost.memoryKiB * limits.permits <= limits.budgetMiB * 1024
  return LADDER.findLast(fits) ?? FLOOR
}
