import type { PrintOptions } from '../../output/print.ts'
import { PRINT_OPTIONS } from '../../output/print-options.ts'
import { parsed, Usage } from '../../output/usage.ts'
import { ACCEPT_FILE } from './help.ts'

const OSV_ZIP = 'https://osv-vulnerabilities.storage.googleapis.com/npm/all.zip'

const OPTIONS = {
  ...PRINT_OPTIONS,
  registry: { type: 'string' },
  offline: { type: 'string' },
  snapshot: { type: 'string' },
  record: { type: 'string' },
  'db-update': { type: 'string' },
  'db-url': { type: 'string', default: OSV_ZIP },
  'min-age': { type: 'string', default: '7' },
  'min-age-exempt': { type: 'string', multiple: true, default: [] as string[] },
  'skip-scope': { type: 'string', multiple: true, default: [] as string[] },
  'allow-host': { type: 'string', multiple: true, default: [] as string[] },
  production: { type: 'boolean', default: false },
  since: { type: 'string' },
  accept: { type: 'string', default: ACCEPT_FILE },
} as const

/** The command line of `scan deps`, read and judged. */
export interface DepsOptions {
  readonly registry?: string | undefined
  readonly offline?: string | undefined
  readonly snapshot?: string | undefined
  readonly record?: string | undefined
  readonly minDays: number
  readonly minAgeExempt: readonly string[]
  readonly skipScope: readonly string[]
  readonly allowHost: readonly string[]
  readonly production: boolean
  readonly since?: string | undefined
  readonly accept: string
  readonly update: { readonly folder: string; readonly url: string } | undefined
  readonly print: PrintOptions
  /** The folder to look at, as it was typed. */
  readonly folder: string
}

/**
 * Reads the command line.
 *
 * @throws {Usage} for what is unknown, doubled or no number
 */
export function depsOptions(args: readonly string[]): DepsOptions {
  const { values, positionals } = parsed({
    args: [...args],
    options: OPTIONS,
    allowPositionals: true,
  })
  if (positionals.length > 1) throw new Usage(`one folder, not ${positionals.length}`)
  const minDays = Number(values['min-age'])
  if (!(minDays >= 0)) throw new Usage(`--min-age ${values['min-age']}: write a number of days`)
  const sources = (['offline', 'snapshot', 'record'] as const).filter(
    name => values[name] !== undefined,
  )
  if (sources.length > 1) throw new Usage(`--${sources.join(' and --')} exclude each other`)
  for (const name of ['registry', 'db-url'] as const) {
    const url = values[name]
    if (url !== undefined && !/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
      throw new Usage(`--${name} ${url}: write an address that begins with https://`)
    }
  }
  const update = values['db-update']
  return {
    ...values,
    minDays,
    minAgeExempt: values['min-age-exempt'],
    skipScope: values['skip-scope'],
    allowHost: values['allow-host'],
    update: update === undefined ? undefined : { folder: update, url: values['db-url'] },
    print: values,
    folder: positionals[0] ?? '.',
  }
}
