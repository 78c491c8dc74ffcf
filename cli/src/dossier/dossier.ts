import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { requirements } from 'bulwark/doctor'
import { type Command, EXIT, type Exit, type Terminal } from '../command.ts'
import { configuration } from '../doctor/module.ts'
import { parsed, Usage, usageTold } from '../output/usage.ts'
import { asHtml, asMarkdown, type Dossier, totals } from './written.ts'

export const command: Command = {
  name: 'dossier',
  summary: 'how each requirement of ASVS 5.0 is met by a configuration, and by which test',
  help: `Usage: bulwark dossier CONFIG [options]

  CONFIG               a module as for bulwark doctor

      --format FORMAT  markdown (default), html or json
      --out FILE       writes it there
      --json           short for --format json

"met" names the option, the check and a test that exists; "yours" is the application's own duty, with
what there is to do; everything else is "not met", with the reason.

Example:
  bulwark dossier ./src/bulwark.config.ts --format html --out dossier.html

Exit status: 0 written, 2 wrong usage, 3 could not run.
`,
  run: (args, terminal) => usageTold('dossier', terminal, () => dossier(args, terminal)),
}

const FORMATS: Readonly<Record<string, (dossier: Dossier) => string>> = {
  markdown: asMarkdown,
  html: asHtml,
  json: given => `${JSON.stringify({ version: 1, totals: totals(given), ...given }, null, 2)}\n`,
}

async function dossier(args: readonly string[], terminal: Terminal): Promise<Exit> {
  const { values, positionals } = parsed({
    args: [...args],
    options: {
      json: { type: 'boolean', default: false },
      format: { type: 'string', default: 'markdown' },
      out: { type: 'string' },
    },
    allowPositionals: true,
  })
  const name = values.json ? 'json' : values.format
  const write = Object.hasOwn(FORMATS, name) ? FORMATS[name] : undefined
  if (write === undefined) throw new Usage(`--format ${name}: write markdown, html or json`)
  const [path, more] = positionals
  if (path === undefined || more !== undefined) throw new Usage('name one CONFIG')
  const { open, isReference } = await configuration(path, terminal)
  const service = await open('production')
  try {
    const findings = (await service.posture('production')).filter(
      ({ id }) => !id.startsWith('runtime.'),
    )
    const judged = await requirements(findings, { facts: service.facts(), isReference })
    const text = write({ subject: path, findings, requirements: judged })
    if (values.out === undefined) terminal.out(text)
    else await writeFile(resolve(terminal.cwd, values.out), text)
  } finally {
    await service.close()
  }
  return EXIT.clean
}
