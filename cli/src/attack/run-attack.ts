import { randomBytes } from 'node:crypto'
import type { Terminal } from '../command.ts'
import type { Check } from './check.ts'
import { type Chapter, chaptersWith, chosen } from './checks/catalogue.ts'
import type { AttackConfig, Level } from './config/config.ts'
import { ConfigError } from './config/config-error.ts'
import { openLanes } from './lanes.ts'
import type { Options } from './options.ts'
import { prepare } from './prepare.ts'
import { progressLine } from './progress.ts'
import { prove } from './proof.ts'
import { type Report, reportOf } from './report/report.ts'
import { type Result, runChecks } from './runner.ts'
import { answers, start } from './start.ts'
import { Bounds, type Limits, RunStopped } from './wire/bounds.ts'
import { admit } from './wire/gate.ts'
import { Line } from './wire/line.ts'

/** Loopback bears more than the 40 requests a second that a shared host should see. */
const LIMITS = { requests: 4000, minutes: 5, connections: 4 }
const RPS = { loopback: 100, elsewhere: 40 }

export interface Planned {
  readonly target: string
  readonly level: Level
  readonly seed: string
  readonly chapters: readonly Chapter[]
  readonly checks: readonly Check[]
}

/** What a run would do, from the command line and the config. @throws {ConfigError} */
export function plan(options: Options, config: AttackConfig): Planned {
  const target = options.words[0] ?? config.target
  if (target === undefined)
    throw new ConfigError('name the service to attack: bulwark attack http://localhost:3000')
  const chapters = chaptersWith(config.checks)
  const { checks, unknown } = chosen(chapters, options.only)
  const skipped = chosen(chapters, options.skip)
  const [strange] = [...unknown, ...(options.skip.length > 0 ? skipped.unknown : [])]
  if (strange !== undefined)
    throw new ConfigError(
      `there is no check ${JSON.stringify(strange)}; bulwark attack --list shows them all`,
    )
  const out = new Set(options.skip.length > 0 ? skipped.checks : [])
  return {
    target,
    level: options.level ?? config.level ?? 'safe',
    seed: options.seed ?? config.seed ?? randomBytes(4).toString('hex'),
    chapters,
    checks: checks.filter(check => !out.has(check)),
  }
}

/** Runs the plan against the target and reports; an incomplete run is a report too. */
export async function runAttack(
  { target, level, seed, chapters, checks }: Planned,
  options: Options,
  config: AttackConfig,
  terminal: Terminal,
): Promise<{ report: Report; revealed: Report }> {
  const startedAt = new Date()
  const began = performance.now()
  const place = await admit(target, { own: options.own })
  const limits: Limits = {
    ...LIMITS,
    requestsPerSecond: place.loopback ? RPS.loopback : RPS.elsewhere,
    ...config.limits,
    ...(options.rps !== undefined && { requestsPerSecond: options.rps }),
    ...(options.requests !== undefined && { requests: options.requests }),
    ...(options.minutes !== undefined && { minutes: options.minutes }),
  }
  const starting =
    options.start === undefined ? config.start : { ...config.start, command: options.start }
  const wait = options.wait ?? starting?.wait ?? '/'
  const up = starting === undefined || (await answers(place, wait))
  if (up && options.start !== undefined)
    throw new ConfigError(
      `something answers at ${place.origin} already; stop it, or leave --start away`,
    )
  if (!up) terminal.err(`starting: ${starting.command}\n`)
  const started = up ? undefined : await start({ ...starting, wait }, place, terminal)
  const told = started === undefined ? config : withAlso(config, starting?.also)
  const progress = progressLine(terminal)
  const incomplete: string[] = []
  let results: Result[] = []
  let secrets: Iterable<string> = []
  const line = new Line(place, new Bounds(limits, terminal.signal), patterns(config.never))
  if (config.patienceMs !== undefined) line.healthMs = Math.min(5000, config.patienceMs * 2)
  try {
    if (!place.loopback) line.proof = await prove(line, options.proof, terminal)
    const lanes = await openLanes(place, config.lanes !== false, randomBytes(2).readUInt16BE())
    const { run, broken } = await prepare(line, told, { reader: terminal, seed, lanes })
    secrets = run.people.secrets
    for (const [name, why] of broken) incomplete.push(`${name}: ${why}`)
    const runner = { level, lanes, atOnce: limits.connections, broken, progress: progress.show }
    results = await runChecks(run, checks, runner)
    run.listener.close()
  } catch (error) {
    if (!(error instanceof RunStopped)) throw error
    results = checks.map(check => ({
      check,
      verdict: { verdict: 'skipped', why: `the run ended before: ${error.message}` },
      ms: 0,
      requests: 0,
    }))
  } finally {
    progress.clear()
    await started?.stop()
  }
  const stopped = line.bounds.stopped
  if (stopped !== undefined) incomplete.unshift(stopped, ...lastWords(stopped, line))
  const about = {
    target: place.origin,
    startedAt: startedAt.toISOString(),
    durationMs: Math.round(performance.now() - began),
    seed,
    level,
    requests: line.bounds.used,
    incomplete,
  }
  const report = reportOf(results, chapters, about, { secrets, reveal: false })
  const revealed = options.reveal
    ? reportOf(results, chapters, about, { secrets, reveal: true })
    : report
  return { report, revealed }
}

/** The config with what is true only of a service that was started here. */
function withAlso(config: AttackConfig, also: Partial<AttackConfig> = {}): AttackConfig {
  return { ...config, ...also, accounts: { ...config.accounts, ...also.accounts } }
}

/** What was sent before a service fell silent, which may be why. */
function lastWords(stopped: string, line: Line): string[] {
  if (!stopped.includes('no longer answers')) return []
  return [`the last requests before that were:\n    ${line.last.join('\n    ')}`]
}

function patterns(never: AttackConfig['never'] = []): RegExp[] {
  return never.map(one =>
    typeof one === 'string'
      ? new RegExp(`^${one.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}`)
      : one,
  )
}
