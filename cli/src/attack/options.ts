import { parseArgs } from 'node:util'
import { LEVELS, type Level, SEVERITIES, type Severity } from './config/config.ts'
import { ConfigError } from './config/config-error.ts'

export interface Options {
  readonly words: readonly string[]
  readonly config?: string
  readonly level?: Level
  readonly only?: readonly string[]
  readonly skip: readonly string[]
  readonly seed?: string
  readonly failOn?: Severity
  readonly baseline?: string
  readonly compare?: string
  readonly start?: string
  readonly wait?: string
  readonly own?: string
  readonly proof?: string
  readonly rps?: number
  readonly requests?: number
  readonly minutes?: number
  readonly system?: number
  readonly reason?: string
  readonly until?: string
  readonly template?: string
  /** Folder for every format at once. */
  readonly out?: string
  /** Files by format. */
  readonly files: Readonly<
    Record<'html' | 'json' | 'sarif' | 'junit' | 'markdown', string | undefined>
  >
  readonly json: boolean
  readonly list: boolean
  readonly needs: boolean
  readonly dryRun: boolean
  readonly reveal: boolean
  readonly verbose: boolean
  readonly annotations: boolean
  readonly yes: boolean
}

const TEXT = { type: 'string' } as const
const FLAG = { type: 'boolean' } as const
const SPEC = {
  config: TEXT,
  level: TEXT,
  only: { ...TEXT, multiple: true },
  skip: { ...TEXT, multiple: true },
  seed: TEXT,
  'fail-on': TEXT,
  baseline: TEXT,
  compare: TEXT,
  start: TEXT,
  wait: TEXT,
  'target-i-own': TEXT,
  proof: TEXT,
  rps: TEXT,
  requests: TEXT,
  minutes: TEXT,
  system: TEXT,
  reason: TEXT,
  until: TEXT,
  template: TEXT,
  out: TEXT,
  html: TEXT,
  'json-file': TEXT,
  sarif: TEXT,
  junit: TEXT,
  markdown: TEXT,
  json: FLAG,
  list: FLAG,
  needs: FLAG,
  'dry-run': FLAG,
  reveal: FLAG,
  verbose: FLAG,
  annotations: FLAG,
  yes: FLAG,
} as const

/** Reads the command line. @throws {ConfigError} for what has no meaning */
export function readOptions(args: readonly string[]): Options {
  let parsed: ReturnType<typeof parse>
  try {
    parsed = parse(args)
  } catch (error) {
    throw new ConfigError(error instanceof Error ? error.message : String(error))
  }
  const { values, positionals } = parsed
  const oneOf = <T extends string>(name: string, value: string | undefined, list: readonly T[]) => {
    if (value === undefined || list.includes(value as T)) return value as T | undefined
    throw new ConfigError(`--${name} is one of ${list.join(', ')}`)
  }
  const number = (name: string, value: string | undefined) => {
    if (value === undefined) return undefined
    if (!/^\d+(\.\d+)?$/.test(value) || Number(value) <= 0)
      throw new ConfigError(`--${name} is a number above 0`)
    return Number(value)
  }
  const split = (list: readonly string[] | undefined) => list?.flatMap(names => names.split(','))
  const given = {
    config: values.config,
    level: oneOf('level', values.level, LEVELS),
    only: split(values.only),
    seed: values.seed,
    failOn: oneOf('fail-on', values['fail-on'], SEVERITIES),
    baseline: values.baseline,
    compare: values.compare,
    start: values.start,
    wait: values.wait,
    own: values['target-i-own'],
    proof: values.proof,
    rps: number('rps', values.rps),
    requests: number('requests', values.requests),
    minutes: number('minutes', values.minutes),
    system: number('system', values.system),
    reason: values.reason,
    until: values.until,
    template: values.template,
    out: values.out,
  }
  return {
    ...(Object.fromEntries(
      Object.entries(given).filter(([, value]) => value !== undefined),
    ) as Partial<Options>),
    words: positionals,
    skip: split(values.skip) ?? [],
    files: {
      html: values.html,
      json: values['json-file'],
      sarif: values.sarif,
      junit: values.junit,
      markdown: values.markdown,
    },
    json: values.json === true,
    list: values.list === true,
    needs: values.needs === true,
    dryRun: values['dry-run'] === true,
    reveal: values.reveal === true,
    verbose: values.verbose === true,
    annotations: values.annotations === true,
    yes: values.yes === true,
  }
}

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], options: SPEC, allowPositionals: true })
}
