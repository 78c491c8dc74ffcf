import { type Check, Leave, type Verdict } from './check.ts'
import { LEVELS, type Level } from './config/config.ts'
import { fingerprint } from './fingerprint.ts'
import type { Lanes } from './lanes.ts'
import { lacking, NEEDS } from './needs.ts'
import { type Run, Scene } from './scene.ts'
import { RunStopped } from './wire/bounds.ts'

export interface Result {
  readonly check: Check
  readonly verdict: Verdict
  readonly ms: number
  readonly requests: number
}

export interface RunnerOptions {
  readonly level: Level
  readonly lanes: Lanes
  readonly atOnce: number
  /** Accounts that could not be signed in to, with the reason. */
  readonly broken: ReadonlyMap<string, string>
  readonly progress: (done: number, total: number, check: string) => void
}

/** Runs every check once, failures twice, and answers the results in the order of `checks`. */
export async function runChecks(
  run: Run,
  checks: readonly Check[],
  options: RunnerOptions,
): Promise<Result[]> {
  const results = new Map<string, Result>()
  const todo: Check[] = []
  for (const check of checks) {
    const verdict = notNow(check, run, options)
    if (verdict === undefined) todo.push(check)
    else results.set(check.id, { check, verdict, ms: 0, requests: 0 })
  }
  const one = async (check: Check) => {
    const began = performance.now()
    options.progress(results.size, checks.length, check.id)
    const verdict = await judge(run, check, options)
    const ms = Math.round(performance.now() - began)
    results.set(check.id, { check, verdict, ms, requests: run.line.sentBy.get(check.id) ?? 0 })
  }
  const together = todo.filter(check => !check.alone && !check.last)
  const queue = [...together]
  const worker = async () => {
    for (let check = queue.shift(); check !== undefined; check = queue.shift()) await one(check)
  }
  await Promise.all(Array.from({ length: options.atOnce }, worker))
  for (const check of todo.filter(({ alone, last }) => alone === true && last !== true))
    await one(check)
  for (const check of todo.filter(({ last }) => last === true)) await one(check)
  return checks.flatMap(check => results.get(check.id) ?? [])
}

/** Why a check does not run at all, if it does not. */
function notNow(check: Check, run: Run, { level, broken }: RunnerOptions): Verdict | undefined {
  if (LEVELS.indexOf(check.level) > LEVELS.indexOf(level))
    return {
      verdict: 'skipped',
      why: `it is for level ${check.level}`,
      remedy: `--level ${check.level}`,
    }
  const [missing] = lacking(check.needs ?? [], run.config)
  if (missing !== undefined) {
    const { what, line } = NEEDS[missing]
    return { verdict: 'skipped', why: `it needs ${what}`, remedy: line }
  }
  const names = { account: 'alice', second: 'bob', admin: 'admin' } as const
  for (const need of check.needs ?? []) {
    const why = need in names ? broken.get(names[need as keyof typeof names]) : undefined
    if (why !== undefined) return { verdict: 'skipped', why, remedy: 'signIn, session.probe' }
  }
  return undefined
}

async function judge(run: Run, check: Check, options: RunnerOptions): Promise<Verdict> {
  const ended = run.line.bounds.stopped
  if (ended !== undefined) return { verdict: 'skipped', why: `the run ended before: ${ended}` }
  try {
    let first = await attempt(run, check, options, 1)
    if (first.verdict === 'inconclusive' && first.why === THROTTLED) {
      await new Promise(resolve => setTimeout(resolve, 1000))
      first = await attempt(run, check, options, 1)
    }
    if (first.verdict !== 'fail') return first
    return await replay(run, check, options, first)
  } catch (error) {
    if (!(error instanceof RunStopped)) throw error
    return { verdict: 'skipped', why: `the run ended during it: ${error.message}` }
  }
}

/** Runs a failed check once more, with new sessions; when the run ends meanwhile, a person must look. */
async function replay(
  run: Run,
  check: Check,
  options: RunnerOptions,
  first: Failed,
): Promise<Verdict> {
  try {
    return replayed(check, first, await attempt(run, check, options, 2))
  } catch (error) {
    if (!(error instanceof RunStopped)) throw error
    return toReview(first, 'The run ended before it could be replayed.')
  }
}

type Failed = Verdict & { verdict: 'fail' | 'review' }

function toReview({ findings }: Failed, note: string): Verdict {
  return {
    verdict: 'review',
    findings: findings.map(finding => ({ ...finding, says: `${finding.says}. ${note}` })),
  }
}

const THROTTLED = 'the service throttled the requests of this check'

async function attempt(
  run: Run,
  check: Check,
  { lanes }: RunnerOptions,
  count: number,
): Promise<Verdict> {
  const scene = new Scene(run, check.id, { lanes, attempt: count })
  try {
    const verdict = await check.run(scene)
    if (verdict.verdict !== 'pass' || scene.throttled === 0 || check.throttled) return verdict
    return { verdict: 'inconclusive', why: THROTTLED, remedy: 'raise the limits where it runs' }
  } catch (error) {
    if (error instanceof RunStopped) throw error
    if (error instanceof Leave) {
      if (error.verdict.verdict === 'inconclusive' && scene.throttled > 0 && !check.throttled)
        return { verdict: 'inconclusive', why: THROTTLED }
      return error.verdict
    }
    const why = error instanceof Error ? error.message : String(error)
    return { verdict: 'inconclusive', why: `the check itself broke: ${why}` }
  } finally {
    if (run.line.bounds.stopped === undefined) await scene.tidy()
  }
}

/** What failed both times stays a failure; what did not, a person must look at. */
function replayed(check: Check, first: Failed, second: Verdict): Verdict {
  const again = new Set(
    'findings' in second ? second.findings.map(finding => fingerprint(check.id, finding)) : [],
  )
  const steady = first.findings.filter(finding => again.has(fingerprint(check.id, finding)))
  if (steady.length === 0) return toReview(first, 'It did not happen again when it was replayed.')
  const info = steady.every(finding => (finding.severity ?? check.severity) === 'info')
  return { verdict: info ? 'review' : 'fail', findings: steady }
}
