import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { type AuditEvent, type Chain, read, wordsFor } from './api.ts'
import { EMPTY, type EventPages, type Filter, isEmpty, openEvents } from './events.ts'
import { onEvents, returned } from './live.ts'
import { Empty, Loading, Problem, Severity, Time } from './parts.tsx'
import { addressOf, go, query } from './route.ts'
import { VirtualList } from './virtual-list.tsx'

const COLUMNS = ['When', 'Weight', 'Event', 'Reason', 'Actor', 'From']

const chain = signal<Chain | 'checking' | undefined>(undefined)

export function AuditView(): JSX.Element {
  const filter: Filter = { ...EMPTY, ...query.value }
  const key = JSON.stringify(filter)
  const [pages, setPages] = useState<EventPages | undefined>(undefined)
  const [, setRevision] = useState(0)
  const [fresh, setFresh] = useState(0)
  const [opened, setOpened] = useState<number | undefined>(undefined)
  const [problem, setProblem] = useState<string | undefined>(undefined)
  const again = (): void => setRevision(revision => revision + 1)

  const open = async (): Promise<void> => {
    setOpened(undefined)
    setFresh(0)
    try {
      setPages(await openEvents(filter))
      setProblem(undefined)
    } catch (error) {
      setProblem(wordsFor(error))
    }
  }
  useEffect(() => void open(), [key, returned.value])
  useEffect(() => {
    if (!isEmpty(filter)) return
    return onEvents(events => setFresh(count => count + events.length))
  }, [key])

  const onSight = (from: number, to: number): void => {
    pages?.need(from, to).then(
      came => came && again(),
      error => setProblem(wordsFor(error)),
    )
  }
  const event = opened === undefined ? undefined : pages?.at(opened)
  return (
    <section aria-labelledby="view" class="explorer">
      <h1 id="view">Audit log</h1>
      <FilterForm key={key} filter={filter} />
      <div class="between">
        <p class="hint" role="status">
          {pages === undefined
            ? ''
            : `${pages.total.toLocaleString('en')} events${pages.more ? ', and older ones' : ''}`}
          {pages !== undefined && fresh > 0 && (
            <>
              {' · '}
              <button type="button" class="link" onClick={() => void open()}>
                {fresh} new
              </button>
            </>
          )}
        </p>
        <ChainStatus />
      </div>
      {problem !== undefined && <Problem text={problem} onAgain={() => void open()} />}
      <div class={event === undefined ? 'split' : 'split open'}>
        {pages === undefined && problem === undefined && <Loading what="Reading…" rows={10} />}
        {pages?.total === 0 && (
          <div class="card">
            <Empty
              title="No event is like that"
              about="Take a part of the filter away, or look further back."
            />
          </div>
        )}
        {pages !== undefined && pages.total > 0 && (
          <VirtualList
            key={key}
            label="Events, newest first"
            columns={COLUMNS}
            total={pages.total}
            cells={index => cellsOf(pages.at(index))}
            onSight={onSight}
            onOpen={setOpened}
            opened={opened}
          />
        )}
        {event !== undefined && <Detail event={event} onClose={() => setOpened(undefined)} />}
      </div>
      <p class="actions">
        <a class="button quiet small" download href={fileOf(filter, 'jsonl')}>
          Export as JSON lines
        </a>
        <a class="button quiet small" download href={fileOf(filter, 'csv')}>
          Export as CSV
        </a>
      </p>
    </section>
  )
}

function fileOf(filter: Filter, format: string): string {
  return `/admin/audit/export?${addressOf('', { format, ...filter }).slice(2)}`
}

function cellsOf(event: AuditEvent | undefined) {
  if (event === undefined) return undefined
  return [
    <Time key="at" at={event.at} />,
    <Severity key="severity" of={event.severity} />,
    <code key="code">{event.code}</code>,
    String(event.reason ?? ''),
    String(event.actorId ?? '').slice(0, 8),
    String(event.personal['address'] ?? ''),
  ]
}

const WORDS = [
  'login.',
  'session.',
  'account.',
  'lockout.',
  'access.',
  'csrf.',
  'throttle.',
  'outbound.',
  'uploads.',
  'admin.',
  'audit.',
  'csp.',
]

function FilterForm({ filter }: { readonly filter: Filter }): JSX.Element {
  const local = (iso: string): string => (iso === '' ? '' : iso.slice(0, 16))
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault()
    const data = new FormData(event.currentTarget as HTMLFormElement)
    const text = (name: string): string => String(data.get(name) ?? '').trim()
    const utc = (name: string): string => (text(name) === '' ? '' : `${text(name)}:00Z`)
    go('audit', {
      code: text('code'),
      contains: text('words'),
      actor: text('actor'),
      target: text('target'),
      since: utc('since'),
      until: utc('until'),
    })
  }
  return (
    <form class="filters card" onSubmit={onSubmit}>
      <label>
        Text
        <input name="words" type="search" maxLength={128} defaultValue={filter.contains} />
      </label>
      <label>
        Event
        <input
          name="code"
          list="words"
          maxLength={64}
          placeholder="login. or login.refused"
          defaultValue={filter.code}
        />
      </label>
      <datalist id="words">
        {WORDS.map(word => (
          <option key={word} value={word} />
        ))}
      </datalist>
      <label>
        Actor
        <input name="actor" maxLength={128} defaultValue={filter.actor} />
      </label>
      <label>
        Target
        <input name="target" maxLength={128} defaultValue={filter.target} />
      </label>
      <label>
        From (UTC)
        <input name="since" type="datetime-local" defaultValue={local(filter.since)} />
      </label>
      <label>
        Until (UTC)
        <input name="until" type="datetime-local" defaultValue={local(filter.until)} />
      </label>
      <div class="actions">
        <button type="submit">Find</button>
        <button type="button" class="quiet" onClick={() => go('audit')}>
          Clear
        </button>
      </div>
    </form>
  )
}

function ChainStatus(): JSX.Element {
  const check = async (): Promise<void> => {
    chain.value = 'checking'
    chain.value = await read<Chain>('/admin/audit/chain').catch(() => undefined)
  }
  const now = chain.value
  return (
    <div class="actions" role="status">
      {now === 'checking' && <span class="badge plain">Checking…</span>}
      {now !== undefined && now !== 'checking' && (
        <span class={`badge ${now.whole ? 'good' : 'bad'}`}>
          {now.whole
            ? `Chain whole: ${now.rows.toLocaleString('en')} events`
            : String(now.findings[0]?.what ?? 'Chain broken')}
        </span>
      )}
      <button
        type="button"
        class="quiet small"
        disabled={now === 'checking'}
        onClick={() => void check()}
      >
        Check the chain
      </button>
    </div>
  )
}

function Detail(props: { readonly event: AuditEvent; readonly onClose: () => void }): JSX.Element {
  const { event } = props
  const pivot = (name: 'actor' | 'target', id: string | undefined) =>
    id === undefined ? undefined : (
      <>
        <code>{String(id)}</code>{' '}
        <a href={addressOf('audit', { [name]: String(id) })}>
          all of {name === 'actor' ? 'theirs' : 'it'}
        </a>
      </>
    )
  const rows: readonly (readonly [string, JSX.Element | string | undefined])[] = [
    ['What', event.what],
    ['When', event.at],
    ['Outcome', event.outcome],
    ['Reason', event.reason],
    ['Actor', pivot('actor', event.actorId)],
    ['Target', pivot('target', event.targetId)],
    ['Request', [event.method, event.route].filter(Boolean).join(' ')],
    ['Request id', event.requestId],
    ...Object.entries(event.personal).map(([name, value]) => [name, String(value)] as const),
    ...Object.entries(event.detail).map(([name, value]) => [name, String(value)] as const),
    ['Sequence', String(event.sequence)],
  ]
  return (
    <aside class="card detail" aria-label={`Event ${event.sequence}`}>
      <div class="between">
        <h2>
          <code>{event.code}</code>
        </h2>
        <button type="button" class="quiet small" onClick={props.onClose}>
          Close
        </button>
      </div>
      <dl>
        {rows
          .filter(([, value]) => value !== undefined && value !== '')
          .map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
      </dl>
    </aside>
  )
}
