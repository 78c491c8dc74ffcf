import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { EXIT, type Exit, type Terminal } from '../command.ts'
import { ConfigError } from './config/config-error.ts'
import type { Options } from './options.ts'
import { prepare } from './prepare.ts'
import { questions } from './questions.ts'
import { configText, TEMPLATES } from './templates.ts'
import { Bounds } from './wire/bounds.ts'
import { admit } from './wire/gate.ts'
import { Line } from './wire/line.ts'

const FILE = 'bulwark.attack.ts'
const LIMITS = { requestsPerSecond: 100, requests: 600, minutes: 1, connections: 4 }

/** Reads the service once and writes a config of what was found and what is still to be said. */
export async function init(options: Options, terminal: Terminal): Promise<Exit> {
  if (options.template !== undefined) {
    const template = Object.hasOwn(TEMPLATES, options.template)
      ? TEMPLATES[options.template]
      : undefined
    if (template === undefined)
      throw new ConfigError(`--template is one of ${Object.keys(TEMPLATES).join(', ')}`)
    terminal.out(template)
    return EXIT.clean
  }
  const target = options.words[1]
  if (target === undefined)
    throw new ConfigError('name the service: bulwark attack init http://localhost:3000')
  if (existsSync(join(terminal.cwd, FILE)) && !options.yes)
    throw new ConfigError(`${FILE} is there already; --yes writes over it`)
  const place = await admit(target, { own: options.own })
  const line = new Line(place, new Bounds(LIMITS, terminal.signal))
  const { run } = await prepare(
    line,
    {},
    { reader: terminal, seed: 'init', lanes: () => undefined },
  )
  run.listener.close()
  const answers = terminal.interactive && !options.yes ? await questions(terminal) : {}
  await writeFile(join(terminal.cwd, FILE), configText(place.origin, { ...run.config, ...answers }))
  const { signIn, register, objects = [], urls = [] } = run.config
  const told = [
    `${run.site.replies.length} documents read, ${run.site.routes.length} routes known`,
    signIn === undefined ? 'no sign-in found' : `sign-in: ${signIn.send}`,
    register === undefined ? 'no sign-up found' : `sign-up: ${register.send}`,
    `objects: ${objects.map(({ name }) => name).join(', ') || 'none found'}`,
    `requests that take a URL: ${urls.map(({ send }) => send).join(', ') || 'none found'}`,
  ]
  terminal.out(
    `${FILE} written.\n${told.map(line => `  ${line}\n`).join('')}Fill in what it asks for, then: bulwark attack ${place.origin}\n`,
  )
  return EXIT.clean
}
