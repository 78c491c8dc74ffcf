// biome-ignore-all lint/a11y/useSemanticElements: rows of a hundred thousand are placed by hand, and the grid around them takes focus and keys
// biome-ignore-all lint/a11y/useFocusableInteractive: rows of a hundred thousand are placed by hand, and the grid around them takes focus and keys
// biome-ignore-all lint/a11y/useKeyWithClickEvents: rows of a hundred thousand are placed by hand, and the grid around them takes focus and keys
import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'

/** Pixels; the stylesheet says the same. */
const ROW = 40
const AROUND = 12

/**
 * A grid of any length: only the rows in sight are in the document. Arrow keys, Page Up and Down, Home
 * and End move the marked row; Enter opens it.
 */
export function VirtualList(props: {
  readonly label: string
  readonly columns: readonly string[]
  readonly total: number
  readonly cells: (index: number) => readonly ComponentChildren[] | undefined
  /** Told which rows are in sight. */
  readonly onSight: (from: number, to: number) => void
  readonly onOpen: (index: number) => void
  readonly opened: number | undefined
}): JSX.Element {
  const { total, columns, cells } = props
  const place = useRef<HTMLDivElement>(null)
  const [top, setTop] = useState(0)
  const [height, setHeight] = useState(480)
  const [marked, setMarked] = useState(0)
  const from = Math.max(0, Math.floor(top / ROW) - AROUND)
  const to = Math.min(total, Math.ceil((top + height) / ROW) + AROUND)

  useEffect(() => {
    const { current } = place
    if (current === null) return
    const watching = new ResizeObserver(() => setHeight(current.clientHeight))
    watching.observe(current)
    return () => watching.disconnect()
  }, [])
  useEffect(() => props.onSight(from, to), [from, to, total])

  const mark = (index: number): void => {
    const next = Math.max(0, Math.min(total - 1, index))
    setMarked(next)
    const { current } = place
    if (current === null) return
    const y = next * ROW
    if (y < current.scrollTop) current.scrollTop = y
    if (y + ROW * 2 > current.scrollTop + height) current.scrollTop = y + ROW * 2 - height
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor(height / ROW) - 2)
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: marked + 1,
      ArrowUp: marked - 1,
      PageDown: marked + page,
      PageUp: marked - page,
      Home: 0,
      End: total - 1,
    }
    const move = moves[event.key]
    if (move !== undefined) mark(move)
    else if (event.key === 'Enter') props.onOpen(marked)
    else return
    event.preventDefault()
  }

  const rows: JSX.Element[] = []
  for (let index = from; index < to; index++) {
    const shown = cells(index)
    const state = `${index === marked ? ' marked' : ''}${index === props.opened ? ' opened' : ''}`
    rows.push(
      <div
        key={index}
        id={`row-${index}`}
        role="row"
        aria-rowindex={index + 2}
        aria-selected={index === props.opened}
        class={`line${state}`}
        style={{ transform: `translateY(${index * ROW}px)` }}
        onClick={() => {
          setMarked(index)
          props.onOpen(index)
        }}
      >
        {columns.map((name, at) => (
          <div key={name} role="gridcell">
            {shown?.[at] ?? (at === 0 ? '…' : '')}
          </div>
        ))}
      </div>,
    )
  }
  return (
    <div
      ref={place}
      class="virtual"
      role="grid"
      aria-label={props.label}
      aria-rowcount={total + 1}
      aria-activedescendant={marked >= from && marked < to ? `row-${marked}` : undefined}
      tabIndex={0}
      onScroll={event => setTop(event.currentTarget.scrollTop)}
      onKeyDown={onKeyDown}
    >
      <div class="line head" role="row" aria-rowindex={1}>
        {columns.map(name => (
          <div key={name} role="columnheader">
            {name}
          </div>
        ))}
      </div>
      <div class="space" role="rowgroup" style={{ height: `${total * ROW}px` }}>
        {rows}
      </div>
    </div>
  )
}
