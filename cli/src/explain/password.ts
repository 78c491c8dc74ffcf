import { deriveKeys } from 'bulwark/keys'
import { passwords } from 'bulwark/password'
import { systemRandom } from 'bulwark/random'
import type { Exit, Terminal } from '../command.ts'
import { parsed, Usage, usageTold } from '../output/usage.ts'
import { batch, misasked, standardInput, told, type Verdict } from './verdict.ts'

type Judge = (password: string, context: readonly string[]) => Promise<Verdict>

/** `bulwark explain password`: whether somebody could set this password, and why not. */
export async function explainPassword(args: readonly string[], terminal: Terminal): Promise<Exit> {
  return usageTold('explain password', terminal, async () => {
    const { values, positionals } = parsed({
      args: [...args],
      allowPositionals: true,
      options: {
        batch: { type: 'boolean' },
        json: { type: 'boolean' },
        context: { type: 'string', multiple: true },
        'min-length': { type: 'string' },
      },
    })
    if (positionals.length > (values.batch === true ? 0 : 1)) {
      throw new Usage('one password, or none and the password on standard input')
    }
    const judge = await judgeOf(minLength(values['min-length']))
    if (values.batch === true) {
      return batch(terminal, ({ password, context = [] }) =>
        typeof password === 'string' && isTexts(context)
          ? judge(password, context)
          : misasked('a line has a "password", and a "context" of texts if any'),
      )
    }
    const password = positionals[0] ?? line(await standardInput(terminal))
    return told(await judge(password, values.context ?? []), values.json === true, terminal)
  })
}

/** The policy of production. Nothing is hashed, so the keys are made up and no job ever runs. */
async function judgeOf(least: number | undefined): Promise<Judge> {
  const random = systemRandom()
  const { judge } = await passwords(
    {
      cost: { memoryKiB: 19_456, passes: 2, lanes: 1 },
      ...(least === undefined ? {} : { minLength: least }),
    },
    {
      keys: deriveKeys(random.bytes(32)),
      random,
      admission: { run: async job => ({ ok: true, value: await job() }), running: 0, waiting: 0 },
      permits: 1,
    },
  )
  return async (password, context) => {
    const refusal = await judge(password, context)
    return refusal === undefined
      ? {
          verdict: 'allow',
          code: 'password.allowed',
          why: 'long enough, and not among what is tried first',
        }
      : { verdict: 'refuse', code: refusal.code, why: refusal.errors?.[0]?.detail ?? refusal.code }
  }
}

function minLength(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const least = Number(text)
  if (!Number.isSafeInteger(least) || least < 8)
    throw new Usage('--min-length: a whole number from 8')
  return least
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(each => typeof each === 'string')
}

function line(input: Buffer): string {
  return input.toString('utf8').replace(/\r?\n$/, '')
}
