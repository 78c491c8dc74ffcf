import { execFile } from 'node:child_process'
import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join, relative, resolve } from 'node:path'
import { Usage } from '../../output/usage.ts'
import { record } from '../lockfiles/shape.ts'
import { blobs, git } from './git.ts'

/** Something to look into. */
export interface Source {
  /** As it is shown: from the folder the command runs in, with forward slashes. */
  readonly path: string
  /** As the detectors judge it: from the folder that was named, so that its own name says nothing. */
  readonly inner: string
  readonly bytes: Buffer
  /** Object id, for what comes out of the history. */
  readonly blob?: string
}

/** Tells about what was passed over, so that nobody takes it for clean. */
export interface Passed {
  tooLarge(path: string): void
  unreadable(path: string): void
}

export const MAX_BYTES: number = 10 * 1024 * 1024

/** The files below the named paths: git's view of them where there is one, else all. */
export async function* workTree(
  cwd: string,
  paths: readonly string[],
  passed: Passed,
): AsyncGenerator<Source> {
  const seen = new Set<string>()
  for (const named of paths.length === 0 ? ['.'] : paths) {
    const base = resolve(cwd, named)
    for (const inner of await filesBelow(base, named)) {
      const whole = inner === '' ? base : join(base, inner)
      if (seen.has(whole)) continue
      seen.add(whole)
      const path = relative(cwd, whole).replaceAll('\\', '/')
      const bytes = readFile(whole, path, passed)
      if (bytes !== undefined) yield { path, inner: inner || basename(whole), bytes }
    }
  }
}

// Decision: a named folder that git ignores is walked as it is. Who names dist/ wants it looked at.
// Cost: naming node_modules/ reads all of it.
async function filesBelow(base: string, named: string): Promise<string[]> {
  let isFolder: boolean
  try {
    isFolder = lstatSync(base).isDirectory()
  } catch {
    throw new Usage(`${named} does not exist`)
  }
  if (!isFolder) return ['']
  const listed = await git(base, 'ls-files', '-z', '--cached', '--others', '--exclude-standard')
  const tracked = listed?.split('\0').filter(name => name !== '') ?? []
  if (tracked.length > 0) return [...new Set(tracked)]
  return walked(base, '')
}

function walked(base: string, below: string): string[] {
  return readdirSync(join(base, below), { withFileTypes: true }).flatMap(entry => {
    const inner = below === '' ? entry.name : `${below}/${entry.name}`
    if (entry.isFile()) return [inner]
    const skipped = entry.name === '.git' || entry.name === 'node_modules'
    return entry.isDirectory() && !skipped ? walked(base, inner) : []
  })
}

/** A link leads elsewhere, and what is there is looked at there; other than files hold nothing. */
function readFile(whole: string, path: string, passed: Passed): Buffer | undefined {
  try {
    const stat = lstatSync(whole)
    if (!stat.isFile()) return undefined
    if (stat.size <= MAX_BYTES) return readFileSync(whole)
    passed.tooLarge(path)
  } catch {
    passed.unreadable(path)
  }
  return undefined
}

/** What the next commit would hold, whatever the files say by now. */
export async function* staged(cwd: string, passed: Passed): AsyncGenerator<Source> {
  const top = await topOf(cwd)
  const listed = await git(top, 'diff', '--cached', '--name-only', '-z', '--diff-filter=ACMR')
  // A name with a line break cannot be asked for by name; nobody has one by accident.
  const names = (listed ?? '').split('\0').filter(name => name !== '' && !name.includes('\n'))
  const asked = names.map(name => `:${name}`)
  for await (const { name, bytes } of blobs(top, asked, MAX_BYTES, at =>
    passed.tooLarge(at.slice(1)),
  )) {
    const path = name.slice(1)
    yield { path, inner: path, bytes }
  }
}

/** Every version of every file on any branch, each content once. */
export async function* history(cwd: string, passed: Passed): AsyncGenerator<Source> {
  const top = await topOf(cwd)
  const listed = await git(top, 'rev-list', '--objects', '--all')
  if (listed === undefined) throw new Usage('the history cannot be read')
  const paths = new Map<string, string>()
  for (const line of listed.split('\n')) {
    const at = line.indexOf(' ')
    if (at !== -1 && at + 1 < line.length) paths.set(line.slice(0, at), line.slice(at + 1))
  }
  const large = (name: string) => passed.tooLarge(paths.get(name) ?? name)
  for await (const { name, bytes } of blobs(top, [...paths.keys()], MAX_BYTES, large)) {
    const path = paths.get(name) ?? name
    yield { path, inner: path, bytes, blob: name }
  }
}

/** The files `npm publish` would send, and nothing else. */
export async function* published(
  cwd: string,
  named: string,
  passed: Passed,
): AsyncGenerator<Source> {
  const base = resolve(cwd, named)
  for (const inner of await publishedNames(base, named)) {
    const whole = join(base, inner)
    const path = relative(cwd, whole).replaceAll('\\', '/')
    const bytes = readFile(whole, path, passed)
    if (bytes !== undefined) yield { path, inner, bytes }
  }
}

/** Names of the files that `npm publish` would send from `base`. */
export async function publishedNames(base: string, named: string): Promise<readonly string[]> {
  const output = await new Promise<string>((done, fail) => {
    const args = ['pack', '--dry-run', '--json', '--ignore-scripts']
    execFile('npm', args, { cwd: base, maxBuffer: MAX_BYTES * 4 }, (error, stdout) =>
      error === null ? done(stdout) : fail(new Error(`npm pack failed in ${named}`)),
    )
  })
  return packedNames(JSON.parse(output))
}

/** A list of packages, or an object of them by name, each with its files. */
function packedNames(json: unknown): string[] {
  const packages = Array.isArray(json) ? json : Object.values(record(json))
  return packages
    .flatMap(each => record(each)['files'])
    .map(file => record(file)['path'])
    .filter(path => typeof path === 'string')
}

/** Names that git tracks, to find those it should not. */
export async function trackedEnvironments(cwd: string): Promise<string[]> {
  const listed = await git(cwd, 'ls-files', '-z', '--cached')
  return (listed?.split('\0') ?? []).filter(isEnvironment)
}

function isEnvironment(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1)
  return (
    /^\.env(?:\.[\w.-]+)?$/.test(name) &&
    !/example|sample|template|dist|defaults?|schema/i.test(name)
  )
}

async function topOf(cwd: string): Promise<string> {
  const top = await git(cwd, 'rev-parse', '--show-toplevel')
  if (top === undefined) throw new Usage(`${cwd} is in no git repository`)
  return top.trim()
}
