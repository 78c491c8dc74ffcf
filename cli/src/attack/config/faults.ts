import { LEVELS, SEVERITIES } from './config.ts'

const KEYS = new Set(
  `target behindTls production level seed limits lanes patienceMs inspectorPorts openapi pages never publicRoutes
  failOn baseline start accounts signIn session csrf register password reset mail objects actions
  uploads urls adminRoutes totp passkeys tokens oauth audit store social email checks`.split(/\s+/),
)
const STEP = /^(GET|POST|PUT|PATCH|DELETE) \/\S*$/

/** What is wrong with a config, in sentences; empty when nothing is. */
export function faultsOf(config: unknown): string[] {
  if (typeof config !== 'object' || config === null)
    return ['it must export an object by default: export default defineAttack({ … })']
  const faults: string[] = []
  const known = config as Record<string, unknown>
  for (const key of Object.keys(known))
    if (!KEYS.has(key)) faults.push(`${key} is not an option; there are: ${[...KEYS].join(', ')}`)
  const oneOf = (key: string, list: readonly string[]) => {
    if (known[key] !== undefined && !list.includes(String(known[key])))
      faults.push(`${key} must be one of ${list.join(', ')}`)
  }
  oneOf('level', LEVELS)
  oneOf('failOn', SEVERITIES)
  walk(known, '', faults)
  return faults
}

const SECRETS = /^(password|totp|bearer|secret)$/

function walk(value: unknown, at: string, faults: string[]): void {
  if (typeof value !== 'object' || value === null || value instanceof RegExp) return
  for (const [key, inner] of Object.entries(value)) {
    const path = at === '' ? key : `${at}.${key}`
    if (
      /^(accounts\.\w+|oauth\.\w+)\.\w+$/.test(path) &&
      SECRETS.test(key) &&
      typeof inner === 'string'
    )
      faults.push(`${path} is a secret and must not stand in the config: write { env: 'NAME' }`)
    if (key === 'send' && (typeof inner !== 'string' || !STEP.test(inner)))
      faults.push(`${path} must be a method and a path, such as 'POST /login'`)
    if (!['json', 'form', 'headers', 'checks', 'env'].includes(key)) walk(inner, path, faults)
  }
}
