import {
  closeSync,
  fsyncSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { parseEnv } from 'node:util'
import { Usage } from '../output/usage.ts'

/** An environment file: its lines as they are, and what they set. */
export interface EnvFile {
  readonly path: string
  /** `undefined` when there is no such file. */
  readonly text: string | undefined
  readonly values: Readonly<Record<string, string | undefined>>
  /** Permission bits; `undefined` where the file system has none or the file is missing. */
  readonly mode: number | undefined
}

/**
 * Reads an environment file as `node --env-file` does. A missing one sets nothing.
 *
 * @throws {Usage} when it is a link or no file: what would be written is not what was looked at
 */
export function readEnvFile(path: string): EnvFile {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return { path, text: undefined, values: {}, mode: undefined }
  if (!stat.isFile()) throw new Usage(`${path} is no plain file; name one that is`)
  const text = readFileSync(path, 'utf8')
  const mode = process.platform === 'win32' ? undefined : stat.mode & 0o777
  return { path, text, values: parseEnv(text), mode }
}

/** The text with each name set anew: in its place, or at the end. Comments and the rest stay. */
export function withValues(text: string, values: Readonly<Record<string, string>>): string {
  let lines = text === '' ? [] : text.replace(/\n$/, '').split('\n')
  for (const [name, value] of Object.entries(values)) {
    const line = `${name}=${/[\s,#]/.test(value) ? `"${value}"` : value}`
    const setting = new RegExp(`^\\s*(?:export\\s+)?${name}\\s*=`)
    const at = lines.findIndex(each => setting.test(each))
    // The last line of a name wins in some readers and the first in others: one is left.
    if (at === -1) lines.push(line)
    else
      lines = lines.flatMap((each, index) =>
        index === at ? [line] : setting.test(each) ? [] : [each],
      )
  }
  return `${lines.join('\n')}\n`
}

/**
 * Puts the file in place whole, readable by its owner alone: written beside it, flushed, renamed.
 *
 * @param fresh true when a file that is there already must stay as it is
 * @throws {Usage} when `fresh` and it appeared meanwhile
 */
export function writeSecretFile(path: string, text: string, fresh: boolean): void {
  const target = fresh ? path : `${path}.new`
  if (!fresh) rmSync(target, { force: true })
  written(target, text)
  if (!fresh) renameSync(target, path)
}

function written(path: string, text: string): void {
  let fd: number
  try {
    // `wx` follows no link and opens nothing that is there.
    fd = openSync(path, 'wx', 0o600)
  } catch (error) {
    const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST'
    throw exists ? new Usage(`${path} is there already; --force replaces the key in it`) : error
  }
  try {
    writeSync(fd, text)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
