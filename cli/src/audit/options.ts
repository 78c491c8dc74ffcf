import { parseArgs } from 'node:util'

/** What the command line asks for, read and judged. */
export interface Options {
  readonly verb: 'verify' | 'tail' | 'export'
  readonly json: boolean
  /** Folder of the service's data. */
  readonly data: string | undefined
  /** A JSONL file instead of a store. */
  readonly file: string | undefined
  readonly checkpoints: string | undefined
  readonly format: 'jsonl' | 'csv' | 'ocsf'
  readonly out: string | undefined
  readonly personal: boolean
  readonly follow: boolean
  readonly lines: number
  readonly code: string | undefined
  readonly actorId: string | undefined
  readonly targetId: string | undefined
  readonly since: number | undefined
  readonly until: number | undefined
}

/** The command line says something that it cannot mean. */
export class UsageFault extends Error {}

const VERBS = ['verify', 'tail', 'export'] as const
const FORMATS = ['jsonl', 'csv', 'ocsf'] as const
const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }

/** @throws {UsageFault} naming what is wrong and what to write instead */
export function readOptions(args: readonly string[], now: number): Options {
  const { values, positionals } = parsed(args)
  const verb = VERBS.find(one => one === positionals[0])
  if (verb === undefined || positionals.length > 1) {
    throw new UsageFault('say verify, tail or export')
  }
  const format = FORMATS.find(one => one === (values.format ?? 'jsonl'))
  if (format === undefined) throw new UsageFault('--format: jsonl, csv or ocsf')
  const lines = Number(values.lines ?? 20)
  if (!Number.isInteger(lines) || lines < 1 || lines > 1000) {
    throw new UsageFault('--lines: 1 to 1000')
  }
  if (values.file !== undefined && (values.data !== undefined || verb === 'tail')) {
    throw new UsageFault('--file stands alone, with verify or export')
  }
  return {
    verb,
    format,
    lines,
    json: values.json === true,
    personal: values.personal === true,
    follow: values.follow === true,
    data: values.data,
    file: values.file,
    checkpoints: values.checkpoints,
    out: values.out,
    code: values.code,
    actorId: values.actor,
    targetId: values.target,
    since: moment('--since', values.since, now),
    until: moment('--until', values.until, now),
  }
}

function parsed(args: readonly string[]) {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: flag,
        data: text,
        file: text,
        checkpoints: text,
        format: text,
        out: text,
        personal: flag,
        follow: { ...flag, short: 'f' },
        lines: { ...text, short: 'n' },
        code: text,
        actor: text,
        target: text,
        since: text,
        until: text,
      },
    })
  } catch (error) {
    throw new UsageFault((error as Error).message)
  }
}

/** `2026-01-31`, `2026-01-31T12:00Z`, or how long ago: `90m`, `12h`, `7d`. */
function moment(option: string, text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined
  const [, count, unit = ''] = /^(\d{1,6})([mhd])$/.exec(text) ?? []
  const at = count === undefined ? Date.parse(text) : now - Number(count) * (UNITS[unit] ?? 0)
  if (!Number.isNaN(at)) return at
  throw new UsageFault(`${option}: a date such as 2026-01-31T12:00Z, or how long ago, such as 12h`)
}
