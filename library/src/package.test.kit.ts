import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

export const ROOT: string = join(import.meta.dirname, '../..')

export interface Ran {
  readonly status: number
  readonly out: string
}

/** Runs a program to its end; a status other than 0 is an answer too. */
export async function run(
  program: string,
  parameters: readonly string[],
  cwd: string,
  environment: Readonly<Record<string, string | undefined>> = {},
): Promise<Ran> {
  const options = { cwd, maxBuffer: 64 * 1024 * 1024, env: { ...process.env, ...environment } }
  try {
    const { stdout, stderr } = await promisify(execFile)(program, [...parameters], options)
    return { status: 0, out: stdout + stderr }
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: number; stdout?: string; stderr?: string }
    return { status: code ?? 1, out: `${stdout}${stderr}` || String(error) }
  }
}

/** TypeScript's compiler of this repository, on this very Node. */
export function tsc(parameters: readonly string[], cwd: string): Promise<Ran> {
  return run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), ...parameters], cwd)
}

/** npm that asks nobody and runs no script. */
export function npm(parameters: readonly string[], cwd: string, cache: string): Promise<Ran> {
  const quiet = ['--no-audit', '--no-fund', '--ignore-scripts', '--no-update-notifier']
  const [command = '', ...rest] = parameters
  // In front: what stands behind `--` belongs to the program that npm runs.
  return run('npm', [command, ...quiet, '--cache', cache, ...rest], cwd)
}

export interface Manifest {
  readonly name: string
  readonly version: string
  readonly exports: Readonly<Record<string, { readonly [condition: string]: string } | string>>
  readonly dependencies: Readonly<Record<string, string>>
}

/** A package as it will be published, in a folder of its own. */
export interface Built {
  readonly folder: string
  readonly manifest: Manifest
  remove(): void
}

/**
 * Builds `library` or `cli` into a folder inside the repository, where node finds their dependencies, and
 * `bulwark` finds itself. Types are checked by `npm run types`, not here.
 */
export async function built(workspace: 'library' | 'cli'): Promise<Built> {
  const cache = join(ROOT, workspace, '.cache')
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'package-'))
  const source = join(ROOT, workspace)
  const info = join(folder, 'dist/.tsbuildinfo')
  const into = ['--outDir', join(folder, 'dist'), '--tsBuildInfoFile', info, '--noCheck']
  const { status, out } = await tsc(['-p', source, ...into], ROOT)
  if (status !== 0) throw new Error(`building ${workspace}: ${out}`)
  for (const file of ['package.json', 'README.md', 'LICENSE', 'bin', 'templates']) {
    const optional = file === 'bin' || file === 'templates'
    if (workspace === 'library' && optional) continue
    cpSync(join(source, file), join(folder, file), { recursive: true })
  }
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
  return { folder, manifest, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

export interface Packed {
  readonly filename: string
  readonly unpackedSize: number
  readonly files: readonly { readonly path: string }[]
}

/** What `npm pack` makes of it. */
export async function packed(folder: string, into: string): Promise<Packed> {
  const flags = ['pack', '--json', '--ignore-scripts', '--pack-destination', into]
  const { status, out } = await run('npm', [...flags, '--loglevel', 'error'], folder)
  if (status !== 0) throw new Error(out)
  const told = JSON.parse(out.slice(out.search(/[[{]/))) as Packed[] | Record<string, Packed>
  const [one] = Object.values(told)
  if (one === undefined) throw new Error(`npm pack said nothing: ${out}`)
  return one
}
