import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What a file of one secret is, as far as it is judged. */
export interface SecretFile {
  readonly text: string
  /** Permission bits. */
  readonly mode: number
  readonly isFile: boolean
  readonly bytes: number
}

/** Where settings come from. */
export interface Sources {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Reads a file; throws when it cannot. The file system unless told. */
  readonly readFile?: (path: string) => SecretFile
  /**
   * Takes secrets from files that everybody on the machine may read, for orchestrators that mount
   * them so. Below /run/secrets that is allowed anyway.
   */
  readonly dangerouslyAllowOpenFiles?: boolean
}

/** A setting as it was found, or what is wrong with where it was found. */
export type Found =
  | { readonly text: string | undefined; readonly problem?: undefined }
  | { readonly problem: string }

const MOST_BYTES = 65_536
const OTHERS_MAY = 0o007
const GROUP_MAY_WRITE = 0o020

/**
 * Looks for a setting: NAME, the file that NAME_FILE names, and the systemd credential NAME. Two of
 * them at once are a mistake, not a matter of order.
 *
 * @see ASVS 13.3.1; systemd.exec(5) LoadCredential=
 */
export function find(name: string, sources: Sources): Found {
  const { env } = sources
  const plain = blankless(env[name])
  const named = blankless(env[`${name}_FILE`])
  const folder = blankless(env['CREDENTIALS_DIRECTORY'])
  const credential =
    folder === undefined ? undefined : read(join(folder, name), sources, 'may be absent')
  const files = named === undefined ? undefined : read(named, sources, 'must be there')
  const given = [
    plain === undefined ? undefined : name,
    named === undefined ? undefined : `${name}_FILE`,
    credential === undefined ? undefined : `the credential ${name}`,
  ].filter(one => one !== undefined)
  if (given.length > 1) return { problem: `is given twice, by ${given.join(' and ')}` }
  if (plain !== undefined) return { text: plain }
  return files ?? credential ?? { text: undefined }
}

function read(
  path: string,
  sources: Sources,
  presence: 'must be there' | 'may be absent',
): Found | undefined {
  let file: SecretFile
  try {
    file = (sources.readFile ?? readSecretFile)(path)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' && presence === 'may be absent') return undefined
    return { problem: `cannot be read from ${path} (${code ?? 'error'})` }
  }
  if (!file.isFile) return { problem: `cannot be read from ${path}: it is no file` }
  if (file.bytes > MOST_BYTES) return { problem: `is larger than 64 KiB in ${path}` }
  const open = sources.dangerouslyAllowOpenFiles === true || path.startsWith('/run/secrets/')
  const mode = (file.mode & 0o777).toString(8).padStart(3, '0')
  if (file.mode & GROUP_MAY_WRITE || (file.mode & OTHERS_MAY && !open)) {
    return { problem: `lies open in ${path} (mode ${mode}); run chmod 600 on it` }
  }
  const text = file.text.replace(/\r?\n$/, '')
  if (text.includes('\0')) return { problem: `has a NUL in ${path}` }
  return text === '' ? { problem: `is empty in ${path}` } : { text }
}

/** Judges the file that was opened, not the one that has its name a moment later. */
function readSecretFile(path: string): SecretFile {
  const handle = openSync(path, 'r')
  try {
    const { mode, size } = fstatSync(handle)
    const isFile = fstatSync(handle).isFile()
    const fits = isFile && size <= MOST_BYTES
    // Windows has no such bits; its files are judged by nobody here.
    const bits = process.platform === 'win32' ? 0o600 : mode
    return { text: fits ? readFileSync(handle, 'utf8') : '', mode: bits, isFile, bytes: size }
  } finally {
    closeSync(handle)
  }
}

function blankless(text: string | undefined): string | undefined {
  return text === undefined || text.trim() === '' ? undefined : text
}
