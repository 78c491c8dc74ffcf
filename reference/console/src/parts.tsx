import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

/** `14:05:09`, with the day in front when it is not today. */
export function Time({ at }: { readonly at: string }): JSX.Element {
  const date = new Date(at)
  const today = date.toDateString() === new Date().toDateString()
  const clock = date.toLocaleTimeString('en-GB')
  return <time dateTime={at}>{today ? clock : `${at.slice(0, 10)} ${clock}`}</time>
}

export function Notice(props: {
  readonly kind: 'good' | 'bad'
  readonly children: ComponentChildren
}): JSX.Element {
  return (
    <p class={`notice ${props.kind}`} role={props.kind === 'bad' ? 'alert' : 'status'}>
      {props.children}
    </p>
  )
}

/** What went wrong, and trying it again. */
export function Problem(props: {
  readonly text: string
  readonly onAgain: () => void
}): JSX.Element {
  return (
    <div class="notice bad between" role="alert">
      <p>{props.text}</p>
      <button type="button" class="quiet small" onClick={props.onAgain}>
        Try again
      </button>
    </div>
  )
}

/** The shape of what is about to come. */
export function Loading({
  what,
  rows = 4,
}: {
  readonly what: string
  readonly rows?: number
}): JSX.Element {
  return (
    <div class="loading" role="status">
      <span class="visually-hidden">{what}</span>
      {Array.from({ length: rows }, (_, at) => (
        <i key={at} aria-hidden="true" />
      ))}
    </div>
  )
}

/** Nothing, and why that may be. */
export function Empty({
  title,
  about,
}: {
  readonly title: string
  readonly about?: string
}): JSX.Element {
  return (
    <div class="empty">
      <strong>{title}</strong>
      {about !== undefined && <p>{about}</p>}
    </div>
  )
}

const SEVERITY = { info: 'plain', notice: 'plain', warning: 'warn', critical: 'bad' } as const

export function Severity({ of }: { readonly of: keyof typeof SEVERITY }): JSX.Element {
  return <span class={`badge ${SEVERITY[of]}`}>{of}</span>
}

/** A line without axes: the shape of a day. */
export function Sparkline(props: {
  readonly values: readonly number[]
  readonly label: string
}): JSX.Element {
  const { values } = props
  const most = Math.max(1, ...values)
  const step = 120 / Math.max(1, values.length - 1)
  const points = values.map(
    (value, at) => `${(at * step).toFixed(1)},${(31 - (value / most) * 29).toFixed(1)}`,
  )
  return (
    <svg
      class="spark"
      viewBox="0 0 120 32"
      preserveAspectRatio="none"
      role="img"
      aria-label={props.label}
    >
      <polygon points={`0,32 ${points.join(' ')} 120,32`} />
      <polyline points={points.join(' ')} />
    </svg>
  )
}

/** Asks before something is done to somebody. */
export function Confirm(props: {
  readonly question: string
  readonly about: string
  readonly deed: string
  readonly onYes: () => void
  readonly onNo: () => void
}): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog ref={dialog} aria-labelledby="question" onClose={props.onNo}>
      <h2 id="question">{props.question}</h2>
      <p>{props.about}</p>
      <form method="dialog" class="actions">
        <button type="button" class="danger" onClick={props.onYes}>
          {props.deed}
        </button>
        <button type="submit" class="quiet">
          Leave it
        </button>
      </form>
    </dialog>
  )
}
