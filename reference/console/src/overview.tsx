import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { type Overview, read, type Span, wordsFor } from './api.ts'
import type { Chart } from './chart.ts'
import { latest, onEvents, returned } from './live.ts'
import { Empty, Loading, Problem, Severity, Sparkline, Time } from './parts.tsx'

const overview = signal<Overview | undefined>(undefined)
const problem = signal<string | undefined>(undefined)

const EVERY_MS = 4000

async function load(): Promise<void> {
  try {
    overview.value = await read<Overview>('/admin/overview')
    problem.value = undefined
  } catch (error) {
    problem.value = wordsFor(error)
  }
}

const CARDS: readonly (readonly [keyof Omit<Span, 'at'>, string])[] = [
  ['signIns', 'Sign-ins'],
  ['refusals', 'Refusals'],
  ['lockouts', 'Lockouts'],
  ['attacks', 'Attacks'],
]

export function OverviewView(): JSX.Element {
  useEffect(() => {
    void load()
    let waiting: ReturnType<typeof setTimeout> | undefined
    const stop = onEvents(events => {
      // Our own looking is an event as well; it is no reason to look again.
      if (events.every(({ code }) => code === 'admin.viewed')) return
      waiting ??= setTimeout(() => {
        waiting = undefined
        void load()
      }, EVERY_MS)
    })
    return () => {
      stop()
      clearTimeout(waiting)
    }
  }, [])
  useEffect(() => {
    if (returned.value > 0) void load()
  }, [returned.value])
  const now = overview.value
  return (
    <section aria-labelledby="view">
      <h1 id="view">The last day</h1>
      {problem.value !== undefined && <Problem text={problem.value} onAgain={() => void load()} />}
      {now === undefined && problem.value === undefined && <Loading what="Counting…" rows={6} />}
      {now !== undefined && <Day now={now} />}
    </section>
  )
}

function Day({ now }: { readonly now: Overview }): JSX.Element {
  return (
    <>
      <ul class="figures">
        {CARDS.map(([name, label]) => {
          const values = now.spans.map(span => span[name])
          const sum = values.reduce((all, one) => all + one, 0)
          return (
            <li key={name} class={`figure ${name}`}>
              <span>{label}</span>
              <strong>{sum.toLocaleString('en')}</strong>
              <Sparkline values={values} label={`${label} by quarter hour: ${sum} in all`} />
            </li>
          )
        })}
      </ul>
      <ul class="facts">
        <Fact label="Accounts" value={now.accounts} />
        <Fact label="Administrators" value={now.admins} />
        <Fact label="Signed in" value={now.sessions} />
        <Fact label="Waiting after failures" value={now.lockedOut} />
        <Fact label="Events lost" value={now.audit.lost} />
      </ul>
      <div class="halves">
        <Timeline spans={now.spans} />
        <Kinds kinds={now.kinds} />
      </div>
      <Feed />
    </>
  )
}

function Fact({ label, value }: { readonly label: string; readonly value: number }): JSX.Element {
  return (
    <li>
      {label} <strong>{value.toLocaleString('en')}</strong>
    </li>
  )
}

function Timeline({ spans }: { readonly spans: readonly Span[] }): JSX.Element {
  const place = useRef<HTMLDivElement>(null)
  const drawn = useRef<Chart | undefined>(undefined)
  const newest = useRef(spans)
  newest.current = spans
  useEffect(() => {
    let gone = false
    const draw = (): void =>
      void import('./chart.ts').then(({ chart }) => {
        if (gone || place.current === null) return
        drawn.current?.end()
        drawn.current = chart(place.current, newest.current)
      })
    draw()
    // A canvas keeps the colours it was drawn with.
    const dark = matchMedia('(prefers-color-scheme: dark)')
    dark.addEventListener('change', draw)
    return () => {
      gone = true
      dark.removeEventListener('change', draw)
      drawn.current?.end()
    }
  }, [])
  useEffect(() => drawn.current?.show(spans), [spans])
  return (
    <section class="card" aria-labelledby="timeline">
      <div class="between">
        <h2 id="timeline">By quarter hour</h2>
        <div class="actions">
          {[24, 6, 1].map(hours => (
            <button
              key={hours}
              type="button"
              class="quiet small"
              onClick={() => drawn.current?.last(hours)}
            >
              {hours === 24 ? 'Day' : `${hours} h`}
            </button>
          ))}
        </div>
      </div>
      <div
        ref={place}
        class="chart"
        role="img"
        aria-label="Sign-ins, refusals and attacks over the last day"
      />
    </section>
  )
}

function Kinds({ kinds }: { readonly kinds: Overview['kinds'] }): JSX.Element {
  const most = Math.max(1, ...kinds.map(({ count }) => count))
  return (
    <section class="card" aria-labelledby="kinds">
      <h2 id="kinds">Attacks by kind</h2>
      {kinds.length === 0 ? (
        <Empty title="None" about="A quiet day." />
      ) : (
        <ul class="bars">
          {kinds.slice(0, 10).map(({ word, count }) => (
            <li key={word}>
              <a href={`#audit?code=${word}.`}>{word}</a>
              <progress max={most} value={count} aria-label={word} />
              <strong>{count.toLocaleString('en')}</strong>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

function Feed(): JSX.Element {
  const events = latest.value.filter(({ code }) => code !== 'admin.viewed').slice(0, 10)
  return (
    <section class="card feed" aria-labelledby="feed">
      <h2 id="feed">Happening now</h2>
      {events.length === 0 ? (
        <Empty title="Quiet" about="What happens from now on shows up here." />
      ) : (
        <ol>
          {events.map(event => (
            <li key={event.sequence}>
              <Time at={event.at} />
              <Severity of={event.severity} />
              <a href={`#audit?code=${event.code}`}>
                <code>{event.code}</code>
              </a>
              <span class="what">{event.what}</span>
            </li>
          ))}
        </ol>
      )}
    </section>
  )
}
