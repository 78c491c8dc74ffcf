import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { act, read, type Violation, type Waiting, wordsFor } from './api.ts'
import { Notice, Time } from './parts.tsx'
import { addressOf } from './route.ts'

function useList<T>(path: string): {
  readonly list: readonly T[] | undefined
  readonly problem: string | undefined
  readonly load: () => Promise<void>
} {
  const [list, setList] = useState<readonly T[] | undefined>(undefined)
  const [problem, setProblem] = useState<string | undefined>(undefined)
  const load = async (): Promise<void> => {
    try {
      setList(await read<T[]>(path))
      setProblem(undefined)
    } catch (error) {
      setProblem(wordsFor(error))
    }
  }
  useEffect(() => void load(), [path])
  return { list, problem, load }
}

const WHO: Readonly<Record<Waiting['kind'], string>> = {
  account: 'an account',
  name: 'a name that nobody has',
  address: 'an address',
  device: 'a known device',
}

export function LockoutsView(): JSX.Element {
  const { list, problem, load } = useList<Waiting>('/admin/lockouts')
  const [told, setTold] = useState<string | undefined>(undefined)
  const release = async (id: string): Promise<void> => {
    try {
      await act(`/admin/users/${id}/unlock`)
      setTold(undefined)
    } catch (error) {
      setTold(wordsFor(error))
    }
    await load()
  }
  const wrong = told ?? problem
  return (
    <section aria-labelledby="view">
      <div class="between">
        <h1 id="view">Lockouts</h1>
        <button type="button" class="quiet small" onClick={() => void load()}>
          Look again
        </button>
      </div>
      <p class="lead">
        Who has to wait after failed sign-ins, and until when. Waiting ends by itself.
      </p>
      {wrong !== undefined && <Notice kind="bad">{wrong}</Notice>}
      <ul class="rows">
        {list === undefined && <li class="empty">Reading…</li>}
        {list?.length === 0 && <li class="empty">Nobody waits.</li>}
        {list?.map(one => (
          <li key={`${one.kind}${one.key}`}>
            <div>
              {one.kind === 'account' ? (
                <a class="name" href={addressOf('users', { id: one.key })}>
                  {String(one.email ?? one.key)}
                </a>
              ) : (
                <strong>{WHO[one.kind]}</strong>
              )}{' '}
              <span class="badge warn">{one.failures} failures</span>
              <p>
                until <Time at={one.until} />
                {one.kind !== 'account' && ` · ${one.key.slice(0, 12)}…`}
              </p>
            </div>
            {one.kind === 'account' && (
              <button type="button" class="quiet small" onClick={() => void release(one.key)}>
                Release<span class="visually-hidden"> {String(one.email ?? '')}</span>
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}

export function ReportsView(): JSX.Element {
  const { list, problem, load } = useList<Violation>('/admin/csp-reports')
  return (
    <section aria-labelledby="view">
      <div class="between">
        <h1 id="view">Policy reports</h1>
        <button type="button" class="quiet small" onClick={() => void load()}>
          Look again
        </button>
      </div>
      <p class="lead">
        What browsers were kept from doing on our pages, by cause. Anybody can send a report: take
        it as a hint.
      </p>
      {problem !== undefined && <Notice kind="bad">{problem}</Notice>}
      <ul class="rows">
        {list === undefined && <li class="empty">Reading…</li>}
        {list?.length === 0 && <li class="empty">No browser has complained.</li>}
        {list?.map(({ fingerprint, count, lastAt, example }) => (
          <li key={fingerprint}>
            <div>
              <strong>
                <code>{String(example.directive)}</code> kept out {String(example.blockedUrl)}
              </strong>{' '}
              <span class="badge warn">{count.toLocaleString('en')} times</span>
              <p>
                on {String(example.documentUrl)}
                {example.sourceFile !== '' && ` · ${example.sourceFile}:${example.line}`} · last{' '}
                <Time at={lastAt} />
              </p>
            </div>
          </li>
        ))}
      </ul>
    </section>
  )
}
