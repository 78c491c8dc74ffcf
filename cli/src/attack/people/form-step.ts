import type { FormStep } from '../config/config.ts'
import { formsOf } from '../site/forms.ts'
import type { Ask } from '../wire/ask.ts'
import { fill, type Values } from './step.ts'
import type { Visitor } from './visitor.ts'

/**
 * Fills a step. When it names a page, the page is loaded first and the hidden fields of its form
 * are sent along, as the browser would.
 */
export async function formStep(visitor: Visitor, step: FormStep, values: Values): Promise<Ask> {
  const ask = fill(step, values)
  if (step.page === undefined) return ask
  const page = await visitor.visit(step.page)
  const form = formsOf(page, visitor.line.place.origin).find(
    ({ action, method }) => method === 'POST' && ask.path.startsWith(action.split('?')[0] ?? ''),
  )
  const hidden = (form?.fields ?? [])
    .filter(({ type, name }) => type === 'hidden' && name !== '')
    .map(({ name, value }): [string, string] => [name, value])
  return {
    ...ask,
    form: { ...Object.fromEntries(hidden), ...(ask.form as Record<string, string>) },
  }
}
