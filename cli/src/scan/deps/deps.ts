import { isAbsolute, join, relative, resolve } from 'node:path'
import { systemClock } from 'bulwark/clock'
import type { Exit, Terminal } from '../../command.ts'
import { printer } from '../../output/print.ts'
import { Usage } from '../../output/usage.ts'
import { applied, readAcceptances } from '../acceptance.ts'
import { registriesOf } from '../advisories/npmrc.ts'
import { updateDatabase } from '../advisories/update.ts'
import { projectAt } from '../lockfiles/project.ts'
import { sourceOf } from './ask.ts'
import { reportOn } from './judge.ts'
import { depsOptions } from './options.ts'

/** `bulwark scan deps`. */
export async function scanDeps(
  args: readonly string[],
  terminal: Terminal,
  clock: () => number = systemClock,
): Promise<Exit> {
  const { cwd, env } = terminal
  const options = depsOptions(args)
  const { update } = options
  if (update !== undefined) return updateDatabase(update.url, resolve(cwd, update.folder), terminal)
  const print = printer(options.print, terminal)
  const folder = resolve(cwd, options.folder)
  const project = projectAt(folder)
  if (project.manifests.size === 0 && project.lockfiles.length === 0) {
    throw new Usage(`${folder} holds neither a package.json nor a lockfile`)
  }
  const registries = registriesOf(folder, env, options.registry)
  const source = sourceOf(options, registries, terminal)
  const accept = isAbsolute(options.accept) ? options.accept : join(folder, options.accept)
  const shown = relative(folder, accept).replaceAll('\\', '/')
  const acceptances = await readAcceptances(accept, shown)
  const now = clock()
  const report = await reportOn(project, options, { registries, source, now, cwd })
  return print({ ...report, findings: applied(report.findings, acceptances, shown, now) })
}
