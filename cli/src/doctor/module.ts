import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { BulwarkOptions, RoutePolicy } from 'bulwark'
import type { Terminal } from '../command.ts'
import { Usage } from '../output/usage.ts'

/** What a configuration module says. */
export interface Configuration {
  readonly options: BulwarkOptions
  readonly routes: Readonly<Record<string, RoutePolicy>>
}

/**
 * Loads a module that exports the options of a service: the value, or a function that answers it.
 *
 * @throws {Usage} when there is no such file, or it exports none
 */
export async function configuration(path: string, { cwd }: Terminal): Promise<Configuration> {
  const file = resolve(cwd, path)
  if (!existsSync(file)) throw new Usage(`there is no ${path}`)
  const module = (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>
  const given = module['options'] ?? module['default']
  const options = typeof given === 'function' ? await given() : given
  if (typeof options !== 'object' || options === null) {
    throw new Usage(`${path} exports no options; write export default { origin: … }`)
  }
  const routes = (module['routes'] ?? {}) as Configuration['routes']
  return { options: options as BulwarkOptions, routes }
}
