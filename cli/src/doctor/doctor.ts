import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Command, EXIT, type Exit, type Terminal } from '../command.ts'
import type { Report } from '../output/finding.ts'
import { printer } from '../output/print.ts'
import { PRINT_FOOT, PRINT_HELP, PRINT_OPTIONS } from '../output/print-options.ts'
import { parsed, Usage, usageTold } from '../output/usage.ts'
import { configured } from './configured.ts'
import { OUTSIDE_CHECKS } from './outside.checks.ts'
import { outside } from './outside.ts'
import { PACKAGE_CHECKS } from './package.checks.ts'
import { packaged } from './package.ts'
import { isTier, TIERS, type Tier } from './posture.ts'
import { running } from './running.ts'

export const command: Command = {
  name: 'doctor',
  summary: 'finds what is wrong with a configuration, a built package or a running service',
  help: `Usage: bulwark doctor CONFIG|FOLDER|URL [options]

  CONFIG               a module (.ts, .js) whose default export, or export named options, is what
                       bulwark() is registered with; an export named routes may hold policies by
                       'METHOD /path'; or an export named service, a function that answers a whole one
  FOLDER               a built service, with its package.json: what lies in it and how it is started.
                       "bulwark": { "config": "./dist/config.js" } there has that CONFIG asked as well
  URL                  a service: what anybody can see of it. With BULWARK_COOKIE set to the cookie
                       of an administrator who has just stepped up, also its own GET /admin/posture

      --tier TIER      development, production (default) or strict
      --list           lists every check instead
      --package FOLDER the same as naming the FOLDER
${PRINT_HELP}
Examples:
  bulwark doctor ./src/bulwark.config.ts --tier strict
  bulwark doctor https://app.example --sarif doctor.sarif
${PRINT_FOOT}`,
  run: (args, terminal) => usageTold('doctor', terminal, () => doctor(args, terminal)),
}

async function doctor(args: readonly string[], terminal: Terminal): Promise<Exit> {
  const { values, positionals } = parsed({
    args: [...args],
    options: {
      ...PRINT_OPTIONS,
      tier: { type: 'string', default: 'production' },
      list: { type: 'boolean', default: false },
      url: { type: 'string' },
      package: { type: 'string' },
    },
    allowPositionals: true,
  })
  const { tier } = values
  if (!isTier(tier)) throw new Usage(`--tier ${tier}: write ${TIERS.join(', ')}`)
  if (values.list) return listed(terminal, values.json)
  const print = printer(values, terminal)
  const [subject, more] = [values.url, values.package, ...positionals].filter(
    name => name !== undefined,
  )
  if (subject === undefined || more !== undefined) {
    throw new Usage('name one CONFIG, FOLDER or URL')
  }
  return print(await report(subject, tier, terminal))
}

async function report(subject: string, tier: Tier, terminal: Terminal): Promise<Report> {
  if (!/^https?:\/\//.test(subject)) {
    const at = statSync(resolve(terminal.cwd, subject), { throwIfNoEntry: false })
    return at?.isDirectory() === true
      ? packaged(subject, tier, terminal)
      : configured(subject, tier, terminal)
  }
  if (!URL.canParse(subject)) throw new Usage(`${subject} is no URL`)
  const url = new URL(subject)
  const cookie = terminal.env['BULWARK_COOKIE']
  const seen = await outside(url, terminal.signal)
  return cookie === undefined ? seen : running(url, cookie, tier, seen, terminal.signal)
}

async function listed(terminal: Terminal, json: boolean): Promise<Exit> {
  const { checks: posture } = await import('bulwark/doctor')
  const checks = [...posture, ...OUTSIDE_CHECKS, ...PACKAGE_CHECKS]
  const lines = checks.map(({ id, severity, what }) => `${severity.padEnd(9)} ${id}  ${what}`)
  terminal.out(
    json ? `${JSON.stringify({ version: 1, checks }, null, 2)}\n` : `${lines.join('\n')}\n`,
  )
  return EXIT.clean
}
