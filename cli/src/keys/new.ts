import { resolve } from 'node:path'
import type { Random } from 'bulwark/random'
import { EXIT, type Exit, type Terminal } from '../command.ts'
import { parsed, Usage } from '../output/usage.ts'
import { git } from '../scan/secrets/git.ts'
import { readEnvFile, withValues, writeSecretFile } from './env-file.ts'
import { madeLine, newRoot, ROOT_KEY } from './root.ts'

const OPTIONS = {
  env: { type: 'boolean', default: false },
  file: { type: 'string' },
  out: { type: 'string' },
  force: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const

/** `bulwark keys new`: prints a root key, or writes it where nobody else reads it. */
export async function keysNew(
  args: readonly string[],
  terminal: Terminal,
  { random, now }: { random: Random; now: number },
): Promise<Exit> {
  const { values, positionals } = parsed({
    args: [...args],
    options: OPTIONS,
    allowPositionals: true,
  })
  if (positionals.length > 0) throw new Usage(`keys new takes no ${positionals[0]}`)
  const { json, force } = values
  const envFile = values.file ?? (values.env ? '.env' : undefined)
  if (envFile !== undefined && values.out !== undefined) {
    throw new Usage('--env and --out exclude each other')
  }
  const root = newRoot(random)
  if (values.out !== undefined) {
    const path = resolve(terminal.cwd, values.out)
    readEnvFile(path)
    writeSecretFile(path, `${root.text}\n`, !force)
    return told(terminal, json, { id: root.id, file: values.out })
  }
  if (envFile === undefined) {
    terminal.out(
      json ? `${JSON.stringify({ id: root.id, rootKey: root.text })}\n` : `${root.text}\n`,
    )
    return EXIT.clean
  }
  const path = resolve(terminal.cwd, envFile)
  const before = readEnvFile(path)
  // Decision: a key that is there is never replaced unasked. Everything sealed under it would be lost.
  // Cost: who wants a new one has to say --force, or better: keys rotate.
  if (before.values[ROOT_KEY] !== undefined && !force) {
    throw new Usage(`${envFile} has a ${ROOT_KEY}; keys rotate keeps the old one, --force loses it`)
  }
  const commented = `${before.text ?? ''}${madeLine(root.id, now)}\n`
  writeSecretFile(path, withValues(commented, { [ROOT_KEY]: root.text }), before.text === undefined)
  await warnUnlessIgnored(terminal, envFile)
  return told(terminal, json, { id: root.id, file: envFile })
}

/** A key in a repository is a key in every clone. */
async function warnUnlessIgnored(terminal: Terminal, envFile: string): Promise<void> {
  const inside = await git(terminal.cwd, 'rev-parse', '--is-inside-work-tree')
  const ignored = await git(terminal.cwd, 'check-ignore', '--quiet', '--', envFile)
  if (inside !== undefined && ignored === undefined) {
    terminal.err(`bulwark keys new: git does not ignore ${envFile}; add it to .gitignore\n`)
  }
}

function told(terminal: Terminal, json: boolean, made: { id: string; file: string }): Exit {
  terminal.out(
    json
      ? `${JSON.stringify(made)}\n`
      : `Root key ${made.id} is in ${made.file}, readable by you alone. Keep a copy where backups are kept.\n`,
  )
  return EXIT.clean
}
