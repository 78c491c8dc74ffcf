import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { StoreFault } from 'bulwark/fault'
import { deriveKeys } from 'bulwark/keys'
import { previousRoots } from 'bulwark/secrets'
import { EXIT, type Exit, type Terminal } from '../command.ts'
import { parsed, Usage } from '../output/usage.ts'
import { type EnvFile, readEnvFile } from './env-file.ts'
import { day, madeDates, PREVIOUS_ROOT_KEYS, ROOT_KEY } from './root.ts'
import { type Rows, sealedInDatabase, sealedRows } from './rows.ts'

const DAY = 86_400_000

const OPTIONS = {
  file: { type: 'string', default: '.env' },
  'max-age': { type: 'string', default: '365' },
  data: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const

interface Line {
  readonly id: string
  readonly role: 'current' | 'accepted' | 'kept'
  /** Where it stands. */
  readonly source: string
  readonly made: string | null
  readonly ageDays: number | null
  readonly until: string | null
  /** What the key is used for in this role. */
  readonly use: string
}

const USE = {
  current: 'makes and accepts everything: sessions, tokens, links, peppers, sealed fields',
  accepted: 'sessions, tokens and links are accepted until its date; sealed fields open',
  kept: 'only sealed fields, blind indexes and password peppers made under it',
} as const

/** `bulwark keys report`: which root keys there are, by id; never a key. */
export async function keysReport(
  args: readonly string[],
  terminal: Terminal,
  { now }: { now: number },
): Promise<Exit> {
  const { values, positionals } = parsed({
    args: [...args],
    options: OPTIONS,
    allowPositionals: true,
  })
  if (positionals.length > 0) throw new Usage(`keys report takes no ${positionals[0]}`)
  const maxAge = Number(values['max-age'])
  if (!(maxAge > 0)) throw new Usage(`--max-age ${values['max-age']}: write a number of days`)
  const file = readEnvFile(resolve(terminal.cwd, values.file))
  const findings: string[] = []
  const keys = listed(file, values.file, terminal, now, findings)
  findings.push(...faults(keys, file, values.file, maxAge))
  const url = settingOf('DATABASE_URL', file, values.file, terminal)?.text
  const { rows, uncounted } = await counted(values.data, url, terminal)
  findings.push(...orphans(keys, rows ?? []), ...uncounted)
  terminal.out(
    values.json
      ? `${JSON.stringify({ keys, ...(rows !== undefined && { rows }), findings })}\n`
      : story(keys, rows, findings),
  )
  return findings.length > 0 ? EXIT.findings : EXIT.clean
}

/** The environment goes before the file, as at a start; `NAME_FILE` comes last. */
function settingOf(
  name: string,
  file: EnvFile,
  shown: string,
  terminal: Terminal,
): { text: string; source: string } | undefined {
  const direct = terminal.env[name]
  if (direct !== undefined) return { text: direct, source: `environment ${name}` }
  const path = terminal.env[`${name}_FILE`] ?? file.values[`${name}_FILE`]
  const inFile = file.values[name]
  if (inFile !== undefined) return { text: inFile, source: `${shown} ${name}` }
  if (path === undefined) return undefined
  return { text: readFileSync(resolve(terminal.cwd, path), 'utf8').trim(), source: path }
}

function listed(
  file: EnvFile,
  shown: string,
  terminal: Terminal,
  now: number,
  findings: string[],
): Line[] {
  const made = madeDates(file.text ?? '')
  const line = (
    root: Parameters<typeof deriveKeys>[0],
    until: number | undefined,
    source: string,
  ) => {
    const { id } = deriveKeys(root)
    const role = until === undefined ? 'current' : now < until ? 'accepted' : 'kept'
    const date = made.get(id) ?? null
    const ageDays = date === null ? null : Math.floor((now - Date.parse(date)) / DAY)
    const end = until === undefined ? null : day(until)
    return { id, role, source, made: date, ageDays, until: end, use: USE[role] } satisfies Line
  }
  const lines: Line[] = []
  const judge = (name: string, list: (text: string, source: string) => Line[]): void => {
    const value = settingOf(name, file, shown, terminal)
    if (value === undefined) return
    try {
      lines.push(...list(value.text, value.source))
    } catch (error) {
      // A ConfigFault never repeats the key.
      findings.push(`${value.source}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  judge(ROOT_KEY, (text, source) => [line(text, undefined, source)])
  judge(PREVIOUS_ROOT_KEYS, (text, source) =>
    previousRoots(text).map(({ root, until }) => line(root, until, source)),
  )
  return lines
}

function faults(keys: readonly Line[], file: EnvFile, shown: string, maxAge: number): string[] {
  const found: string[] = []
  const current = keys.find(key => key.role === 'current')
  if (current === undefined) found.push(`no ${ROOT_KEY} is set; bulwark keys new --env makes one`)
  if (current?.ageDays != null && current.ageDays > maxAge) {
    found.push(`root key ${current.id} is ${current.ageDays} days old; bulwark keys rotate`)
  }
  const holdsKeys =
    file.values[ROOT_KEY] !== undefined || file.values[PREVIOUS_ROOT_KEYS] !== undefined
  if (holdsKeys && file.mode !== undefined && (file.mode & 0o077) !== 0) {
    found.push(`${shown} can be read by others (mode ${file.mode.toString(8)}); chmod 600 ${shown}`)
  }
  const ids = keys.map(key => key.id)
  for (const id of new Set(ids.filter((each, at) => ids.indexOf(each) !== at))) {
    found.push(`root key ${id} is listed twice`)
  }
  return found
}

interface Counted {
  readonly rows: readonly Rows[] | undefined
  /** What could not be looked at, as findings. */
  readonly uncounted: readonly string[]
}

/** Where the service keeps its data: the folder that was named, or else its PostgreSQL, if any. */
async function counted(
  folder: string | undefined,
  url: string | undefined,
  terminal: Terminal,
): Promise<Counted> {
  if (folder !== undefined) {
    const path = resolve(terminal.cwd, folder)
    if (!existsSync(path)) throw new Usage(`--data ${folder}: there is no such folder`)
    return { rows: sealedRows(path), uncounted: [] }
  }
  if (url === undefined) return { rows: undefined, uncounted: [] }
  try {
    const { rows, unread } = await sealedInDatabase(url)
    const uncounted = unread.map(table => `${table} may not be read whole, so it was not counted`)
    return { rows, uncounted }
  } catch (error) {
    if (!(error instanceof StoreFault)) throw error
    // The keys are told all the same. An address holds a password, so it is not repeated.
    const finding = 'DATABASE_URL cannot be read, so what is sealed was not counted'
    return { rows: undefined, uncounted: [finding] }
  }
}

/** What no listed key opens is lost unless its key is found again. */
function orphans(keys: readonly Line[], rows: readonly Rows[]): string[] {
  return rows
    .filter(({ key }) => !keys.some(({ id }) => id === key))
    .map(({ key, place, rows }) => `${rows} sealed in ${place} under ${key}, which is not listed`)
}

function story(
  keys: readonly Line[],
  rows: readonly Rows[] | undefined,
  findings: readonly string[],
): string {
  const under = (id: string): string => {
    if (rows === undefined) return ''
    const own = rows.filter(({ key }) => key === id)
    const text = own.map(({ place, rows }) => `${rows} in ${place}`).join(', ')
    return `          sealed under it: ${text === '' ? 'nothing' : text}\n`
  }
  const lines = keys.map(key => {
    const age = key.ageDays === null ? 'age unknown' : `${key.ageDays} days old`
    const until = key.until === null ? '' : `, until ${key.until}`
    return `${key.id}  ${key.role.padEnd(8)}  ${age}${until}, from ${key.source}\n          ${key.use}\n${under(key.id)}`
  })
  const told = findings.map(finding => `Finding: ${finding}\n`)
  return [...lines, ...(told.length > 0 ? ['\n', ...told] : [])].join('')
}
