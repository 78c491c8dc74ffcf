import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { assemble, type Bulwark, type BulwarkOptions, type RoutePolicy } from 'bulwark'
import type { Terminal } from '../command.ts'
import { Usage } from '../output/usage.ts'

/** A service as it can be asked; whoever opened it closes it. */
export type Asked = Pick<Bulwark, 'posture' | 'facts' | 'close'>

/** What a configuration module says. */
export interface Configuration {
  /** Puts the service together in this mode, unless the module says a mode itself. */
  open(mode: Bulwark['mode']): Promise<Asked>
  /** What is asked less, because the module tells less. */
  readonly untold: readonly string[]
  /** The module says that its service is the reference service, whose pages have tests of their own. */
  readonly isReference: boolean
}

/**
 * Loads a module that exports the options of a service (the value, or a function that answers it),
 * or a function named `service` that answers a whole one.
 *
 * @throws {Usage} when there is no such file, or it exports neither
 */
export async function configuration(path: string, { cwd }: Terminal): Promise<Configuration> {
  const file = resolve(cwd, path)
  if (!existsSync(file)) throw new Usage(`there is no ${path}`)
  const module = (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>
  const isReference = module['isReference'] === true
  const { service } = module
  if (typeof service === 'function') {
    return { open: async () => (await service()) as Asked, untold: [], isReference }
  }
  const given = module['options'] ?? module['default']
  const options = (typeof given === 'function' ? await given() : given) as BulwarkOptions
  if (typeof options !== 'object' || options === null) {
    throw new Usage(`${path} exports no options; write export default { origin: … }`)
  }
  const routes = (module['routes'] ?? {}) as Readonly<Record<string, RoutePolicy>>
  return {
    isReference,
    untold: Object.keys(routes).length > 0 ? [] : ['routes: the module exports none'],
    async open(mode) {
      const made = await assemble({ ...options, mode: options.mode ?? mode })
      for (const [name, policy] of Object.entries(routes)) {
        const [method = '', pattern = ''] = name.split(' ')
        made.route(method, pattern, policy)
      }
      return made
    },
  }
}
