import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { Browser } from './browser.ts'
import type { Ledger } from './ledger.ts'

/** What was looked at in the end, of how many, and how many of them were not as acknowledged. */
export type Proven = readonly [what: string, of: number, wrong: number]

const AT_ONCE = 16
const MOST_REPLAYED = 1_000
const MOST_PASSWORDS = 200
const TRIES = 5

/** Holds the service to all that it acknowledged, when the load is over. */
export async function proof(
  ledger: Ledger,
  origins: readonly string[],
  databaseUrl: string,
): Promise<readonly Proven[]> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  const column = async (sql: string): Promise<readonly string[]> => {
    const { rows } = await client.query<string[]>({ text: sql, rowMode: 'array' })
    return rows.map(([value]) => String(value))
  }
  const orders = new Set(await column('SELECT id FROM orders'))
  const accounts = new Set(await column('SELECT email FROM bulwark_accounts'))
  const verified = new Set(
    await column('SELECT email FROM bulwark_accounts WHERE email_verified_at IS NOT NULL'),
  )
  const events = await column('SELECT code FROM bulwark_audit_log')
  const signIns = await column(
    'SELECT a.email FROM bulwark_audit_log l JOIN bulwark_accounts a ' +
      "ON a.id = COALESCE(l.actor_id, l.target_id) WHERE l.code LIKE 'login.succeeded%'",
  )
  await client.end()
  const times = new Map<string, number>()
  for (const name of [...events, ...signIns.map(email => `signed in ${email}`)]) {
    times.set(name, (times.get(name) ?? 0) + 1)
  }
  let missing = 0
  let owed = 0
  for (const [name, count] of ledger.events) {
    owed += count
    missing += Math.max(0, count - (times.get(name) ?? 0))
  }
  const lacking = (wanted: ReadonlySet<string>, there: ReadonlySet<string>): number =>
    wanted.difference(there).size

  const ended = await among(ledger.ended, async ({ headers }, number) => {
    const who = new Browser(origins, 5_000_000 + number)
    const ask = () => answered(who, 'GET', '/api/orders', undefined, headers)
    return [await ask(), await ask()].some(status => status !== 401)
  })
  const links = await among(ledger.spentLinks, async ([path, token], number) => {
    const password = path.includes('reset') ? { password: 'seven words nobody has used yet' } : {}
    const who = new Browser(origins, 6_000_000 + number)
    return (await answered(who, 'POST', path, { token, ...password })) !== 400
  })
  const spent = ledger.spentRefresh.slice(-MOST_REPLAYED)
  const tokens = await among(spent, async (refreshToken, number) => {
    const who = new Browser(origins, 7_000_000 + number)
    const status = await answered(who, 'POST', '/auth/refresh', { refreshToken })
    if (status !== 401) ledger.broken.push(`a spent refresh token was answered ${status}`)
    return status !== 401
  })
  const changed = [...ledger.passwords].slice(-MOST_PASSWORDS)
  const passwords = await among(changed, async ([email, password], number) => {
    const who = new Browser(origins, 8_000_000 + number)
    return (await answered(who, 'POST', '/auth/login', { email, password })) !== 200
  })
  return [
    ['orders acknowledged, lost', ledger.orders.size, lacking(ledger.orders, orders)],
    [
      'registrations acknowledged, lost',
      ledger.registered.size,
      lacking(ledger.registered, accounts),
    ],
    ['verified addresses, lost', ledger.verified.size, lacking(ledger.verified, verified)],
    [
      'changed passwords (the last 200), not valid',
      Math.min(200, ledger.passwords.size),
      passwords,
    ],
    ['events acknowledged, missing in the log', owed, missing],
    ['ended sessions and tokens, asked at both nodes, alive', ledger.ended.length, ended],
    ['spent links, redeemed again', ledger.spentLinks.length, links],
    [`spent refresh tokens (the last ${MOST_REPLAYED}), exchanged again`, spent.length, tokens],
    ['sessions forgotten though nobody ended them', ledger.sessions, ledger.forgotten],
    ['promises seen broken under way', 0, ledger.broken.length],
  ]
}

/** The status of an answer; a service that is too busy for one is asked again. */
async function answered(
  who: Browser,
  method: string,
  path: string,
  body?: unknown,
  headers?: Readonly<Record<string, string>>,
): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    const { status } = await who.send(method, path, body, headers)
    if ((status !== 503 && status !== 429) || attempt === TRIES) return status
    await pause(attempt * 500)
  }
}

/** Why sign-ins were refused, by the log: nobody here ever gives a wrong password. */
export async function refusedSignIns(databaseUrl: string): Promise<readonly string[]> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  const { rows } = await client.query<string[]>({
    text: "SELECT text FROM bulwark_audit_log WHERE code LIKE 'login.refused%'",
    rowMode: 'array',
  })
  await client.end()
  const reasons = new Map<string, number>()
  for (const [text = ''] of rows) {
    const reason = /login\.[a-z_]+(?!.*login\.)/.exec(text)?.[0] ?? text
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
  }
  return [...reasons].map(([reason, count]) => `${count} ${reason}`)
}

/** How many of these are wrong, a few asked at once. */
async function among<T>(
  all: readonly T[],
  isWrong: (one: T, number: number) => Promise<boolean>,
): Promise<number> {
  let next = 0
  let wrong = 0
  const lane = async (): Promise<void> => {
    while (next < all.length) {
      const number = next++
      const one = all[number] as T
      if (await isWrong(one, number)) wrong += 1
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
  return wrong
}

/** What `bulwark audit verify` says, and whether the chain is whole. */
export function verifiedLog(environment: Readonly<Record<string, string>>): {
  readonly whole: boolean
  readonly said: string
} {
  const main = join(import.meta.dirname, '../../../cli/bin/bulwark.mjs')
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--conditions=bulwark:source', main, 'audit', 'verify'],
    { env: { ...process.env, ...environment }, encoding: 'utf8' },
  )
  return {
    whole: status === 0 && stdout.includes('chain is whole'),
    said: `${stdout}${stderr}`.trim(),
  }
}
