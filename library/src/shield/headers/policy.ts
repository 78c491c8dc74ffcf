import { ConfigFault } from '../../kernel/fault.ts'

/**
 * Directives of a Content-Security-Policy and their sources; an empty list is a directive without
 * value, `false` takes a default away. The source `'nonce'` stands for this answer's nonce.
 */
export type Directives = Readonly<Record<string, readonly string[] | false>>

export interface PolicyRules {
  /** Lets `'unsafe-inline'`, `'unsafe-eval'` or `*` into script sources. */
  readonly dangerouslyAllowUnsafeScripts?: boolean
}

/** Text of a policy, cut where the nonce goes: `parts.join(nonce)`. */
export type PolicyText = readonly string[]

const NONCE = "'nonce'"
const SCRIPT_DIRECTIVES = new Set([
  'default-src',
  'script-src',
  'script-src-elem',
  'script-src-attr',
])
const UNSAFE_SOURCES = new Set([
  "'unsafe-inline'",
  "'unsafe-eval'",
  '*',
  'http:',
  'https:',
  'data:',
])

/** What a server-rendered page of our own needs, and nothing else (CSP Level 3, strict form). */
export const PAGE_DIRECTIVES: Directives = {
  'default-src': ["'none'"],
  'script-src': [NONCE, "'strict-dynamic'"],
  'style-src': ["'self'", NONCE],
  'img-src': ["'self'", 'data:'],
  'font-src': ["'self'"],
  'connect-src': ["'self'"],
  'manifest-src': ["'self'"],
  'object-src': ["'none'"],
  'base-uri': ["'none'"],
  'form-action': ["'self'"],
  'frame-ancestors': ["'none'"],
  'require-trusted-types-for': ["'script'"],
  'trusted-types': ["'none'"],
}

/** No document, so nothing may load and nobody may frame it. */
export const API_DIRECTIVES: Directives = {
  'default-src': ["'none'"],
  'frame-ancestors': ["'none'"],
}

/** Foreign bytes under our name: should a browser render them after all, they are in a box. */
export const DOWNLOAD_DIRECTIVES: Directives = {
  'default-src': ["'none'"],
  'frame-ancestors': ["'none'"],
  sandbox: [],
}

/**
 * Writes directives down once, at start.
 *
 * @throws {ConfigFault} when a source could end its directive, or lets any script in
 */
export function policyText(option: string, directives: Directives, rules: PolicyRules): PolicyText {
  const lines: string[] = []
  for (const [name, sources] of Object.entries(directives)) {
    if (sources === false) continue
    if (!/^[a-z-]+$/.test(name)) throw new ConfigFault(option, `${name} is no directive`)
    for (const source of sources) judgeSource(option, name, source, rules)
    lines.push([name, ...sources].join(' '))
  }
  const text = lines.join('; ')
  return text
    .split(NONCE)
    .flatMap((part, index, parts) => [
      (index === 0 ? '' : "'") + part + (index === parts.length - 1 ? '' : "'nonce-"),
    ])
}

function judgeSource(option: string, name: string, source: string, rules: PolicyRules): void {
  if (!/^[!-+\--:<-~]+$/.test(source)) {
    throw new ConfigFault(option, `${name} holds ${JSON.stringify(source)}; one source an element`)
  }
  if (!SCRIPT_DIRECTIVES.has(name) || !UNSAFE_SOURCES.has(source)) return
  if (rules.dangerouslyAllowUnsafeScripts) return
  throw new ConfigFault(
    option,
    `${name} ${source} lets injected scripts run; use 'nonce', or dangerouslyAllowUnsafeScripts`,
  )
}
