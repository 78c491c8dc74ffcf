import { resolve } from 'node:path'
import { deriveKeys } from 'bulwark/keys'
import type { Random } from 'bulwark/random'
import { keyRing, previousRoots } from 'bulwark/secrets'
import { EXIT, type Exit, type Terminal } from '../command.ts'
import { parsed, Usage } from '../output/usage.ts'
import { readEnvFile, withValues, writeSecretFile } from './env-file.ts'
import { day, madeLine, newRoot, PREVIOUS_ROOT_KEYS, ROOT_KEY } from './root.ts'

const DAY = 86_400_000

const OPTIONS = {
  file: { type: 'string', default: '.env' },
  days: { type: 'string', default: '30' },
  print: { type: 'boolean', default: false },
  // What it does anyway; `keys new` asks for it, so people write it here, too.
  env: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const

/**
 * `bulwark keys rotate`: a new root key takes over; the old one is accepted until a date, and kept
 * beyond it, because sealed fields name the key they were sealed with.
 */
export async function keysRotate(
  args: readonly string[],
  terminal: Terminal,
  { random, now }: { random: Random; now: number },
): Promise<Exit> {
  const { values, positionals } = parsed({
    args: [...args],
    options: OPTIONS,
    allowPositionals: true,
  })
  if (positionals.length > 0) throw new Usage(`keys rotate takes no ${positionals[0]}`)
  const days = Number(values.days)
  if (!Number.isSafeInteger(days) || days < 0 || days > 3650) {
    throw new Usage(`--days ${values.days}: write a whole number of days up to 3650`)
  }
  const path = resolve(terminal.cwd, values.file)
  const file = readEnvFile(path)
  const given = values.print ? terminal.env : file.values
  const from = values.print ? 'the environment' : values.file
  const current = given[ROOT_KEY]
  if (current === undefined) {
    throw new Usage(`${from} has no ${ROOT_KEY}; keys new --env makes the first`)
  }
  // The day is the first on which it is refused, so a whole one is added.
  const until = day(now + (days + 1) * DAY)
  const earlier = given[PREVIOUS_ROOT_KEYS] ?? ''
  const previous = [`${current} until ${until}`, ...earlier.split(/[\n,]/).map(each => each.trim())]
    .filter(each => each !== '')
    .join(',')
  const root = newRoot(random)
  // Judged before anything is written: a ring that production would refuse is not made.
  keyRing(root.text, previousRoots(previous))
  const result = { id: root.id, previousId: deriveKeys(current).id, until }
  const settings = { [ROOT_KEY]: root.text, [PREVIOUS_ROOT_KEYS]: previous }
  if (values.print) {
    terminal.out(
      values.json ? `${JSON.stringify({ ...result, ...settings })}\n` : withValues('', settings),
    )
    return EXIT.clean
  }
  const commented = `${file.text ?? ''}${madeLine(root.id, now)}\n`
  writeSecretFile(path, withValues(commented, settings), false)
  terminal.out(
    values.json
      ? `${JSON.stringify({ ...result, file: values.file })}\n`
      : story(result, values.file),
  )
  return EXIT.clean
}

function story(made: { id: string; previousId: string; until: string }, file: string): string {
  return [
    `Root key ${made.id} is in ${file} and makes everything from the next start on.`,
    `Root key ${made.previousId} is accepted before ${made.until}; sealed fields open with it as long as it is listed.`,
    '',
  ].join('\n')
}
