import { parseJson } from 'bulwark/json'
import type { Exit, Terminal } from '../command.ts'
import { parsed, Usage, usageTold } from '../output/usage.ts'
import { batch, misasked, standardInput, told, type Verdict } from './verdict.ts'

/** `bulwark explain json`: whether the strict reader takes a body, and where it stops if not. */
export async function explainJson(args: readonly string[], terminal: Terminal): Promise<Exit> {
  return usageTold('explain json', terminal, async () => {
    const { values, positionals } = parsed({
      args: [...args],
      allowPositionals: true,
      options: { batch: { type: 'boolean' }, json: { type: 'boolean' } },
    })
    if (positionals.length > (values.batch === true ? 0 : 1)) {
      throw new Usage('one text, or none and the text on standard input')
    }
    if (values.batch === true) {
      return batch(terminal, ({ text }) =>
        typeof text === 'string' ? judged(text) : misasked('a line has a "text"'),
      )
    }
    const text = positionals[0] ?? (await standardInput(terminal))
    return told(judged(text), values.json === true, terminal)
  })
}

function judged(text: string | Uint8Array): Verdict {
  const outcome = parseJson(text)
  if (outcome.ok) {
    return { verdict: 'allow', code: 'json.allowed', why: `read as ${kindOf(outcome.value)}` }
  }
  const { code, errors } = outcome.refusal
  const [{ pointer, detail } = { pointer: '', detail: code }] = errors ?? []
  const offset = Number(/\(offset (\d+)\)/.exec(detail)?.[1])
  return {
    verdict: 'refuse',
    code,
    why: `${pointer === '' ? 'the text' : pointer} ${detail}`,
    pointer,
    ...(Number.isNaN(offset) ? {} : { offset }),
  }
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (value === null) return 'null'
  return typeof value === 'object'
    ? `an object of ${Object.keys(value).length}`
    : `a ${typeof value}`
}
