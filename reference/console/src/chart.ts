import Plot from 'uplot'
import type { Span } from './api.ts'

const LINES = [
  ['signIns', 'Sign-ins', '--accent'],
  ['refusals', 'Refusals', '--warn'],
  ['attacks', 'Attacks', '--bad'],
] as const

/** The day as one chart: drag to zoom, double-click for the whole day. Loaded when first shown. */
export function chart(place: HTMLElement, spans: readonly Span[]): Chart {
  const style = getComputedStyle(place)
  const colour = (name: string): string => style.getPropertyValue(name).trim()
  // The tokens are light-dark(); a probe tells what they come to.
  const probe = document.createElement('i')
  place.append(probe)
  const resolved = (name: string): string => {
    probe.style.color = `var(${name})`
    return getComputedStyle(probe).color || colour(name)
  }
  const axis = {
    stroke: resolved('--soft'),
    grid: { stroke: resolved('--line'), width: 1 },
    ticks: { stroke: resolved('--line'), width: 1 },
  }
  const plot = new Plot(
    {
      width: place.clientWidth,
      height: 260,
      cursor: { drag: { x: true, y: false } },
      scales: { y: { range: (_plot, _least, most) => [0, Math.max(4, most * 1.1)] } },
      axes: [
        { ...axis, values: (_plot, times) => times.map(hourOf) },
        { ...axis, size: 64 },
      ],
      series: [
        { label: 'Time', value: (_plot, at) => (at === null ? '' : hourOf(at)) },
        ...LINES.map(([, label, token]) => ({
          label,
          stroke: resolved(token),
          width: 2,
          points: { show: false },
        })),
      ],
    },
    columns(spans),
    place,
  )
  probe.remove()
  const resized = new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height: 260 }))
  resized.observe(place)
  return {
    show: next => plot.setData(columns(next), false),
    last(hours) {
      const [times] = plot.data
      const end = times.at(-1) ?? 0
      plot.setScale('x', { min: end - hours * 3600, max: end })
    },
    end() {
      resized.disconnect()
      plot.destroy()
    },
  }
}

export interface Chart {
  show(spans: readonly Span[]): void
  /** Zooms to the last hours. */
  last(hours: number): void
  end(): void
}

/** `14:30`, on the reader's clock. */
function hourOf(seconds: number): string {
  const date = new Date(seconds * 1000)
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${two(date.getHours())}:${two(date.getMinutes())}`
}

function columns(spans: readonly Span[]): [number[], ...number[][]] {
  return [
    spans.map(({ at }) => Date.parse(at) / 1000),
    ...LINES.map(([name]) => spans.map(span => span[name])),
  ]
}
