import { type ComponentType, type JSX, render } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { AuditView } from './audit.tsx'
import { LockoutsView, ReportsView } from './lists.tsx'
import { line, listen, lostAt } from './live.ts'
import { OverviewView } from './overview.tsx'
import { PostureView } from './posture.tsx'
import { view } from './route.ts'
import { UsersView } from './users.tsx'

const VIEWS: readonly (readonly [string, string, ComponentType])[] = [
  ['overview', 'Overview', OverviewView],
  ['audit', 'Audit log', AuditView],
  ['users', 'Users', UsersView],
  ['lockouts', 'Lockouts', LockoutsView],
  ['reports', 'Policy reports', ReportsView],
  ['posture', 'Posture', PostureView],
]

const LINE = { connecting: 'Connecting', live: 'Live', offline: 'Not connected' } as const

function Console(): JSX.Element {
  const main = useRef<HTMLDivElement>(null)
  const [name, title, View] =
    VIEWS.find(([one]) => one === view.value) ?? (VIEWS[0] as (typeof VIEWS)[0])
  const first = useRef(true)
  useEffect(() => {
    document.title = `${title} · Console · Bulwark`
    // Who follows a link with the keyboard or hears the page stands at its beginning.
    if (!first.current) main.current?.focus()
    first.current = false
  }, [name])
  return (
    <>
      <nav class="tabs" aria-label="Console">
        {VIEWS.map(([one, label]) => (
          <a key={one} href={`#${one}`} aria-current={one === name ? 'page' : undefined}>
            {label}
          </a>
        ))}
        <span class={`line-state ${line.value}`} role="status">
          {LINE[line.value]}
        </span>
      </nav>
      {lostAt.value !== undefined && <Lost since={lostAt.value} />}
      <div ref={main} tabIndex={-1} class="view">
        <View />
      </div>
    </>
  )
}

function Lost({ since }: { readonly since: Date }): JSX.Element {
  return (
    <div class="notice lost between" role="alert">
      <p>
        <strong>The line to the service is lost.</strong> What you see is from{' '}
        {since.toLocaleTimeString('en-GB')} or before. It is tried again by itself.
      </p>
      <button type="button" class="quiet small" onClick={listen}>
        Try now
      </button>
    </div>
  )
}

const place = document.getElementById('console')
if (place !== null) {
  render(<Console />, place)
  listen()
}
