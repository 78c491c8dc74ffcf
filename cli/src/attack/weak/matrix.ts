import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import type { Check, Verdict } from '../check.ts'
import { openLanes } from '../lanes.ts'
import { prepare } from '../prepare.ts'
import { runChecks } from '../runner.ts'
import { Bounds } from '../wire/bounds.ts'
import { admit } from '../wire/gate.ts'
import { Line } from '../wire/line.ts'
import { configFor, TWIN_USERS } from './twin.config.ts'
import { startTwin } from './twin.ts'

/** Runs checks against a twin with these flaws and answers the verdicts by id. */
export async function attackTwin(
  flaws: readonly string[],
  checks: readonly Check[],
): Promise<Map<string, Verdict>> {
  const twin = await startTwin(flaws)
  try {
    const env = Object.fromEntries(
      TWIN_USERS.map(([, name]) => [name, `${randomBytes(9).toString('base64url')}aZ9`]),
    )
    for (const [user, name, role] of TWIN_USERS)
      twin.state.addUser(user, env[name] ?? '', role).verified = true
    const place = await admit(twin.origin)
    const limits = { requestsPerSecond: 5000, requests: 20_000, minutes: 2, connections: 8 }
    const line = new Line(place, new Bounds(limits, new AbortController().signal))
    const reader = { env, cwd: process.cwd() }
    const lanes = await openLanes(place, true, 1)
    const { run, broken } = await prepare(line, await configFor(twin), { reader, seed: '1', lanes })
    const progress = () => {}
    const results = await runChecks(run, checks, {
      level: 'full',
      lanes,
      atOnce: 4,
      broken,
      progress,
    })
    run.listener.close()
    return new Map(results.map(({ check, verdict }) => [check.id, verdict]))
  } finally {
    await twin.close()
  }
}

/** Every check fails where its flaw is on, and passes where none is. */
export function matrix(checks: readonly Check[]): void {
  test('nothing fails at a service without flaws', async () => {
    const verdicts = await attackTwin([], checks)
    for (const { id } of checks) {
      const verdict = verdicts.get(id)
      assert.equal(verdict?.verdict, 'pass', `${id}: ${JSON.stringify(verdict && shown(verdict))}`)
    }
  })
  for (const check of checks)
    test(`finds ${check.id}`, async () => {
      const wanted = check.severity === 'info' ? 'review' : 'fail'
      const verdict = (await attackTwin([check.id], [check])).get(check.id)
      assert.equal(verdict?.verdict, wanted, JSON.stringify(verdict && shown(verdict)))
    })
}

function shown(verdict: Verdict): unknown {
  if (!('findings' in verdict)) return verdict
  return verdict.findings.map(({ says, variant, where, evidence }) => ({
    says,
    variant,
    where,
    status: evidence.map(({ status }) => status),
  }))
}
