import type { Check } from '../check.ts'
import type { AttackConfig } from './config.ts'

export type { Check } from '../check.ts'
export type { AttackConfig } from './config.ts'

/** Gives a config its types: `export default defineAttack({ … })` in `bulwark.attack.ts`. */
export function defineAttack(config: AttackConfig): AttackConfig {
  return config
}

/** Gives a check of your own its types; it goes into `checks` of the config. */
export function defineCheck(check: Check): Check {
  return check
}
