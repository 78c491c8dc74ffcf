import type { Step } from '../config/config.ts'
import type { Ask } from '../wire/ask.ts'

export type Values = Readonly<Record<string, unknown>>

const HOLE = /\{([a-zA-Z]\w*)\}/g

/** Fills the holes of a step. Values in the path are percent-encoded, elsewhere they stand as is. */
export function fill(step: Step | string, values: Values): Ask & { method: string } {
  const { send, json, form, headers } = typeof step === 'string' ? { send: step } : (step as Step)
  const [method = 'GET', template = '/'] = send.split(' ', 2)
  const path = template.replaceAll(HOLE, (whole, name) =>
    name in values ? encodeURIComponent(String(values[name])) : whole,
  )
  return {
    method,
    path,
    ...(json === undefined ? {} : { json: filled(json, values) }),
    ...(form === undefined ? {} : { form: filled(form, values) as Record<string, string> }),
    ...(headers === undefined
      ? {}
      : { headers: filled(headers, values) as Record<string, string> }),
  }
}

/** As `fill`, for any JSON value. */
export function filled(value: unknown, values: Values): unknown {
  if (typeof value === 'string') {
    const whole = /^\{([a-zA-Z]\w*)\}$/.exec(value)?.[1]
    if (whole !== undefined && whole in values) return values[whole]
    return value.replaceAll(HOLE, (hole, name) => (name in values ? String(values[name]) : hole))
  }
  if (Array.isArray(value)) return value.map(item => filled(item, values))
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, filled(item, values)]),
    )
  return value
}

/** `POST /orders/{id}` as it stands: what a finding calls the route. */
export function routeOf(step: Step | string): string {
  return typeof step === 'string' ? step : step.send
}

/** The path of a step, without its method. */
export function pathOf(step: Step | string): string {
  return routeOf(step).split(' ', 2)[1] ?? '/'
}
