// The reference pages, read out of the code they are about. `node docs/generate.ts` writes them; a test
// says when they are behind.
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { events } from '../library/src/audit/events.ts'
import { dependenciesPage } from './dependencies.ts'

const LIBRARY = join(import.meta.dirname, '../library/src')
const MADE = '<!-- Made by docs/generate.ts; change what it is made of instead. -->'

const read = (file: string): string => readFileSync(join(LIBRARY, file), 'utf8')
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ').trim()
const row = (...cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`
const wordOf = (code: string): string => code.slice(0, code.indexOf('.'))

function table(head: readonly string[], rows: readonly string[]): string {
  return [row(...head), row(...head.map(() => '---')), ...rows].join('\n')
}

function grouped<T>(all: readonly T[], of: (one: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>()
  for (const one of all) groups.set(of(one), [...(groups.get(of(one)) ?? []), one])
  return new Map([...groups].sort(([a], [b]) => (a < b ? -1 : 1)))
}

function eventsPage(): string {
  const words = grouped(Object.entries(events), ([code]) => wordOf(code))
  const parts = [...words].map(([word, kinds]) => {
    const rows = kinds.map(([code, kind]) =>
      row(`\`${code}\``, kind.severity, kind.what, 'owasp' in kind ? `\`${kind.owasp}\`` : ''),
    )
    return `## ${word}\n\n${table(['code', 'severity', 'what happened', 'OWASP'], rows)}`
  })
  return `${MADE}
# Events

Everything the audit log can hold. A code is never reused for another meaning. \`info\` happens all day, \`notice\` changes
something, \`warning\` was refused, \`critical\` wakes somebody. The last column is the OWASP Logging Vocabulary's word.

${parts.join('\n\n')}
`
}

interface Refused {
  readonly code: string
  readonly says: string
  readonly status: string
  readonly file: string
}

/** Every table of refusals that a module exports, and every refusal that is written out in one. */
async function refusals(): Promise<readonly Refused[]> {
  const found = new Map<string, Refused>()
  for (const file of globSync('**/*.ts', { cwd: LIBRARY }).toSorted()) {
    if (file.includes('.test.')) continue
    const text = read(file)
    const written = text.matchAll(
      /\bcode: '([a-z0-9_-]+\.[a-z0-9_]+)',\s*says: '([a-z0-9_.-]+)',\s*status: (\d{3})/g,
    )
    const rows = [...written].map(([, code, says, status]) => ({ code, says, status }))
    if (/^export const \w*[rR]efusals\b/m.test(text)) {
      const module = (await import(join(LIBRARY, file))) as Readonly<Record<string, object>>
      const tables = Object.entries(module).filter(([name]) => /refusals$/i.test(name))
      rows.push(...tables.flatMap(([, refused]) => Object.values(refused)))
    }
    for (const { code, says, status } of rows) {
      if (typeof code !== 'string' || typeof says !== 'string' || found.has(code)) continue
      found.set(code, { code, says, status: String(status), file })
    }
  }
  return [...found.values()]
}

async function errorsPage(): Promise<string> {
  const all = await refusals()
  const said = grouped(all, ({ says }) => says)
  const clients = [...said].map(([says, those]) => {
    const statuses = [...new Set(those.map(({ status }) => status))].sort()
    return row(`\`${says}\``, statuses.join(', '), `${those.length}`)
  })
  const words = [...grouped(all, ({ code }) => wordOf(code))].map(([word, those]) => {
    const rows = those.map(({ code, says, status, file }) =>
      row(`\`${code}\``, status, `\`${says}\``, `[${dirname(file)}](../../library/src/${file})`),
    )
    return `### ${word}\n\n${table(['code', 'status', 'client sees', 'where'], rows)}`
  })
  return `${MADE}
# Refusals

A refusal has two faces: \`code\` is the truth, for the audit log; \`says\` is all that the client may learn. Where many codes say
one thing, nobody outside can tell them apart, and that is on purpose.

## What clients see

\`application/problem+json\` (RFC 9457) with this \`code\`:

${table(['code', 'status', 'reasons behind it'], clients)}

## What operators see

${words.join('\n\n')}
`
}

interface Member {
  readonly name: string
  readonly type: string
  readonly says: string
}

/** The members of one interface, as they are written: a docstring, a name, a type. */
function membersOf(file: string, name: string): readonly Member[] {
  const text = read(file)
  const start = new RegExp(`^export interface ${name}\\b[^{]*\\{$`, 'm').exec(text)
  if (start === null) throw new Error(`${file} has no interface ${name}`)
  const body = text.slice(start.index + start[0].length, text.indexOf('\n}', start.index))
  return membersIn(body, 2)
}

/** Members that are indented by so many spaces; those of an object written out in place come after it. */
function membersIn(body: string, indent: number, path = ''): readonly Member[] {
  const at = `^ {${indent}}`
  const each = new RegExp(
    `(?:\\/\\*\\*([^]*?)\\*\\/\\s*)?${at}readonly (\\w+)\\??:([^]*?)(?=${at}(?:readonly|\\/\\*\\*|\\/\\/)|(?![^]))`,
    'gm',
  )
  return [...body.matchAll(each)].flatMap(([, says = '', member = '', type = '']) => {
    const name = `${path}${member}`
    const written = /\{\n([\s\S]*)^ *\}/m.exec(type)?.[1] ?? ''
    const inner = membersIn(written, indent + 2, `${name}.`)
    const told = says.replaceAll(/^\s*\*/gm, ' ')
    return [{ name, type: inner.length > 0 ? 'object' : type.trim(), says: told }, ...inner]
  })
}

/** A type in one line; what is longer than that is to be read where it stands. */
function short(type: string): string {
  const line = type
    .replaceAll(/\/\*\*[\s\S]*?\*\//g, ' ')
    .replaceAll(/\s+/g, ' ')
    .replace(/^ ?\| /, '')
  return line.length > 90 ? 'object' : line.trim()
}

/** Which interface stands behind which option. */
const OPTIONS: readonly (readonly [option: string, file: string, ...names: readonly string[]])[] = [
  ['', 'options.ts', 'BulwarkOptions'],
  ['framing', 'http/framing.ts', 'FramingOptions'],
  ['trustedProxies', 'http/address.ts', 'ProxyTrust'],
  ['csrf', 'shield/csrf/csrf.ts', 'CsrfOptions'],
  ['headers', 'shield/headers/headers.ts', 'HeadersOptions'],
  ['content', 'shield/content/content.ts', 'ContentOptions'],
  ['limits', 'shield/limits/limits.ts', 'LimitsOptions'],
  ['throttle', 'options.ts', 'ThrottleSettings'],
  ['throttle: a policy', 'shield/throttle/throttle.ts', 'ThrottlePolicy'],
  ['session', 'session/sessions/sessions.ts', 'SessionsOptions'],
  ['session: lifetimes', 'session/sessions/life.ts', 'LifeOptions'],
  ['refresh', 'session/refresh/refresh.ts', 'RefreshOptions'],
  ['access', 'options.ts', 'AccessSettings'],
  ['audit', 'audit/settings.ts', 'AuditOptions'],
  ['account', 'account/settings.ts', 'FlowOptions'],
  ['account.factors', 'account/factors/settings.ts', 'FactorOptions'],
  ['account.passkeys', 'account/passkeys/settings.ts', 'RelyingPartyOptions'],
  ['account.lockout', 'account/lockout/settings.ts', 'LockoutOptions'],
  ['account.password', 'account/password/password.ts', 'PasswordOptions'],
  ['account.password: policy', 'account/password/policy.ts', 'PolicyOptions'],
  ['oauth', 'oauth/server/options.ts', 'OAuthOptions'],
  ['a route', 'pipeline/route.ts', 'RoutePolicy'],
  ['a route’s content', 'shield/content/content.ts', 'RouteContent'],
  ['a route’s access', 'access/access.ts', 'SignedInPolicy'],
  ['bulwark/outbound', 'outbound/options.ts', 'OutboundOptions'],
  ['bulwark/uploads', 'shield/uploads/options.ts', 'UploadsOptions'],
  ['bulwark/uploads: policy', 'shield/uploads/policy.ts', 'PolicyOptions'],
  ['bulwark/owned', 'access/owned.ts', 'OwnedOptions'],
  ['bulwark/sqlite', 'store/sqlite/sqlite.ts', 'SqliteOptions'],
  ['bulwark/postgres', 'store/postgres/postgres.ts', 'PostgresOptions'],
  ['bulwark/redis', 'store/redis/redis.ts', 'RedisOptions'],
]

function optionsPage(): string {
  const parts = OPTIONS.map(([option, file, ...names]) => {
    const rows = names
      .flatMap(name => membersOf(file, name))
      .map(({ name, type, says }) => row(`\`${name}\``, `\`${short(type)}\``, says))
    const source = `From [${file}](../../library/src/${file}).`
    return `## ${option === '' ? 'bulwark(…)' : option}\n\n${source}\n\n${table(['option', 'type', 'what it is'], rows)}`
  })
  return `${MADE}
# Options

One option a defence; \`false\` switches it off, leaving it away is safe. What is misspelt stops the start and names the right
spelling. Every option is judged once, at start.

${parts.join('\n\n')}
`
}

/** Every generated page by its path below \`docs/\`. */
export async function pages(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['reference/events.md', eventsPage()],
    ['reference/errors.md', await errorsPage()],
    ['reference/options.md', optionsPage()],
    ['reference/dependencies.md', dependenciesPage(MADE)],
  ])
}

if (import.meta.main) {
  for (const [path, text] of await pages()) {
    const file = join(import.meta.dirname, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
}
