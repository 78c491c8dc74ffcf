import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { type Posture, read, wordsFor } from './api.ts'
import { returned } from './live.ts'
import { Empty, Loading, Problem } from './parts.tsx'
import { go, query } from './route.ts'

const TIERS = ['production', 'strict', 'development'] as const
const TONE = { critical: 'bad', warning: 'warn', advice: 'plain' } as const

/** What the doctor finds in the running service, worst first, each with what to do about it. */
export function PostureView(): JSX.Element {
  const tier = query.value['tier'] ?? 'production'
  const [posture, setPosture] = useState<Posture | undefined>(undefined)
  const [problem, setProblem] = useState<string | undefined>(undefined)
  const load = (): void => {
    setPosture(undefined)
    setProblem(undefined)
    read<Posture>('/admin/posture', { tier }).then(
      found => {
        setPosture(found)
        setProblem(undefined)
      },
      error => setProblem(wordsFor(error)),
    )
  }
  useEffect(load, [tier, returned.value])
  return (
    <section aria-labelledby="view">
      <div class="between">
        <h1 id="view">Posture</h1>
        <label class="beside">
          Held to
          <select
            value={tier}
            onChange={event => go('posture', { tier: event.currentTarget.value })}
          >
            {TIERS.map(one => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>
        </label>
      </div>
      {problem !== undefined && <Problem text={problem} onAgain={load} />}
      {posture === undefined && problem === undefined && <Loading what="Asking…" rows={6} />}
      <p class="lead" role="status">
        {posture !== undefined && summary(posture)}
      </p>
      <ul class="rows" hidden={posture === undefined}>
        {posture?.findings.length === 0 && (
          <li>
            <Empty
              title="Nothing to mend"
              about="Every question of the doctor has a good answer."
            />
          </li>
        )}
        {posture?.findings.map(finding => (
          <li key={finding.id}>
            <div>
              <strong>{String(finding.what)}</strong>{' '}
              <span class={`badge ${TONE[finding.severity]}`}>{finding.severity}</span>{' '}
              {finding.accepted !== undefined && <span class="badge good">accepted</span>}
              <p>{String(finding.why)}</p>
              <p class="fix">
                {String(finding.fix)}
                {finding.detail !== undefined && <code> {String(finding.detail)}</code>}
              </p>
              {finding.accepted !== undefined && <p>Accepted: {String(finding.accepted)}</p>}
            </div>
          </li>
        ))}
      </ul>
    </section>
  )
}

function summary({ asked, findings }: Posture): string {
  const critical = findings.filter(({ severity }) => severity === 'critical').length
  const found = findings.length === 1 ? 'one answer' : `${findings.length} answers`
  return `The doctor asked ${asked} questions of this process: ${found} to look at, ${critical} of them critical.`
}
