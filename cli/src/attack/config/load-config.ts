import { existsSync, readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { type ResolveHookSync, registerHooks } from 'node:module'
import { join, relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { AttackConfig } from './config.ts'
import { ConfigError } from './config-error.ts'
import { faultsOf } from './faults.ts'

export interface Loaded {
  readonly config: AttackConfig
  /** Relative to the working directory; `undefined` when there is none. */
  readonly file: string | undefined
}

const NAMES = ['bulwark.attack.ts', 'bulwark.attack.js', 'bulwark.attack.json']
const WORKSPACE_NAMES = ['attack.config.ts', 'attack.config.js', ...NAMES]

/**
 * Loads the config: `named`, else one in `cwd`, else the one of a workspace folder whose `target`
 * is the one asked for.
 *
 * @throws {ConfigError} when it cannot be read, or says something that has no meaning
 */
export async function loadConfig(
  cwd: string,
  { named, target }: { named?: string | undefined; target?: string | undefined },
): Promise<Loaded> {
  if (named !== undefined) return read(cwd, resolve(cwd, named))
  const here = [...NAMES, 'attack.config.ts', 'attack.config.js'].find(name =>
    existsSync(join(cwd, name)),
  )
  if (here !== undefined) return read(cwd, join(cwd, here))
  for (const file of inWorkspaces(cwd)) {
    const loaded = await read(cwd, file)
    if (originOf(loaded.config.target) === originOf(target)) return loaded
  }
  return { config: {}, file: undefined }
}

function inWorkspaces(cwd: string): string[] {
  if (!existsSync(join(cwd, 'package.json'))) return []
  return readdirSync(cwd, { withFileTypes: true })
    .filter(entry => entry.isDirectory() && !/^(\.|node_modules$)/.test(entry.name))
    .flatMap(({ name }) => WORKSPACE_NAMES.map(file => join(cwd, name, file)))
    .filter(file => existsSync(file))
}

function originOf(target: string | undefined): string | undefined {
  if (target === undefined) return undefined
  return URL.parse(/^[a-z]+:\/\//i.test(target) ? target : `http://${target}`)?.origin
}

/** A config may import us where we are not installed, as when npx runs us once. */
const knownToUs: ResolveHookSync = (specifier, context, next) => {
  try {
    return next(specifier, context)
  } catch (error) {
    if (!/^@bulwark\/cli\/attack(?:\/check)?$/.test(specifier)) throw error
    return { url: import.meta.resolve(specifier), shortCircuit: true }
  }
}

async function read(cwd: string, file: string): Promise<Loaded> {
  const name = relative(cwd, file)
  if (!existsSync(file)) throw new ConfigError(`there is no config ${name}`)
  let config: unknown
  const ourselves = registerHooks({ resolve: knownToUs })
  try {
    config = file.endsWith('.json')
      ? JSON.parse(await readFile(file, 'utf8'))
      : ((await import(pathToFileURL(file).href)) as { default?: unknown }).default
  } catch (error) {
    throw new ConfigError(
      `${name} cannot be read: ${error instanceof Error ? error.message : error}`,
    )
  } finally {
    ourselves.deregister()
  }
  const faults = faultsOf(config)
  if (faults.length > 0) throw new ConfigError([`${name}:`, ...faults].join('\n  '))
  return { config: config as AttackConfig, file: name }
}
