import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { act, type Limited, read, type Violation, type Waiting, wordsFor } from './api.ts'
import { returned } from './live.ts'
import { Empty, Loading, Notice, Problem, Time } from './parts.tsx'
import { addressOf } from './route.ts'

interface List<T> {
  readonly list: readonly T[] | undefined
  readonly problem: string | undefined
  readonly load: () => Promise<void>
}

function useList<T>(path: string): List<T> {
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
  useEffect(() => void load(), [path, returned.value])
  return { list, problem, load }
}

/** A list in each of its states: read, empty, there, and not to be had. */
function Rows<T>(props: {
  readonly of: List<T>
  readonly empty: readonly [string, string]
  readonly row: (one: T) => JSX.Element
}): JSX.Element {
  const { list, problem, load } = props.of
  return (
    <>
      {problem !== undefined && <Problem text={problem} onAgain={() => void load()} />}
      {list === undefined && problem === undefined && <Loading what="Reading…" />}
      {list !== undefined && (
        <ul class="rows">
          {list.length === 0 && (
            <li>
              <Empty title={props.empty[0]} about={props.empty[1]} />
            </li>
          )}
          {list.map(props.row)}
        </ul>
      )}
    </>
  )
}

const WHO: Readonly<Record<Waiting['kind'], string>> = {
  account: 'an account',
  name: 'a name that nobody has',
  address: 'an address',
  device: 'a known device',
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count.toLocaleString('en')} times`
}

export function LockoutsView(): JSX.Element {
  const waiting = useList<Waiting>('/admin/lockouts')
  const limited = useList<Limited>('/admin/throttles')
  const [told, setTold] = useState<string | undefined>(undefined)
  const look = async (): Promise<void> => {
    await Promise.all([waiting.load(), limited.load()])
  }
  const release = async (path: string, whom: object): Promise<void> => {
    try {
      await act(path, whom)
      setTold(undefined)
    } catch (error) {
      setTold(wordsFor(error))
    }
    await look()
  }
  return (
    <section aria-labelledby="view">
      <div class="between">
        <h1 id="view">Lockouts</h1>
        <button type="button" class="quiet small" onClick={() => void look()}>
          Look again
        </button>
      </div>
      <p class="lead">
        Who has to wait after failed sign-ins, and until when. Waiting ends by itself.
      </p>
      {told !== undefined && <Notice kind="bad">{told}</Notice>}
      <Rows
        of={waiting}
        empty={['Nobody waits', 'The sixth wrong guess is the first that does.']}
        row={one => (
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
            <button
              type="button"
              class="quiet small"
              onClick={() =>
                void release('/admin/lockouts/release', { kind: one.kind, key: one.key })
              }
            >
              Release<span class="visually-hidden"> {String(one.email ?? WHO[one.kind])}</span>
            </button>
          </li>
        )}
      />
      <h2 class="next">Asked too often</h2>
      <p class="lead">Who was turned away by a rate in the last quarter of an hour.</p>
      <Rows
        of={limited}
        empty={['Nobody was turned away', 'Rates count by account or by address.']}
        row={one => {
          const whom = String(one.email ?? one.address ?? one.accountId ?? 'everybody')
          return (
            <li key={`${one.policy}${whom}`}>
              <div>
                <strong>{whom}</strong> <span class="badge warn">{times(one.count)}</span>
                <p>
                  <code>{one.policy}</code>
                  {one.limit !== null && `: ${one.limit} in ${one.windowSeconds} seconds`} · last{' '}
                  <Time at={one.lastAt} />
                </p>
              </div>
              {one.limit !== null && (
                <button
                  type="button"
                  class="quiet small"
                  onClick={() =>
                    void release('/admin/throttles/release', {
                      policy: one.policy,
                      ...(one.accountId === null
                        ? { address: one.address ?? '' }
                        : { accountId: one.accountId }),
                    })
                  }
                >
                  Let ask again<span class="visually-hidden"> {whom}</span>
                </button>
              )}
            </li>
          )
        }}
      />
    </section>
  )
}

export function ReportsView(): JSX.Element {
  const reports = useList<Violation>('/admin/csp-reports')
  return (
    <section aria-labelledby="view">
      <div class="between">
        <h1 id="view">Policy reports</h1>
        <button type="button" class="quiet small" onClick={() => void reports.load()}>
          Look again
        </button>
      </div>
      <p class="lead">
        What browsers were kept from doing on our pages, by cause. Anybody can send a report: take
        it as a hint.
      </p>
      <Rows
        of={reports}
        empty={['No browser has complained', 'Reports are kept in memory, as long as the process.']}
        row={({ fingerprint, count, lastAt, example }) => (
          <li key={fingerprint}>
            <div>
              <strong>
                <code>{String(example.directive)}</code> kept out {String(example.blockedUrl)}
              </strong>{' '}
              <span class="badge warn">{times(count)}</span>
              <p>
                on {String(example.documentUrl)}
                {example.sourceFile !== '' && ` · ${example.sourceFile}:${example.line}`} · last{' '}
                <Time at={lastAt} />
              </p>
            </div>
          </li>
        )}
      />
    </section>
  )
}
