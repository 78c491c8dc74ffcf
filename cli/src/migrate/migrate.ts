import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { secretOf } from '../audit/source.ts'
import { type Command, EXIT, type Exit, type Terminal } from '../command.ts'
import { parsed, Usage, usageTold } from '../output/usage.ts'
import { type Migrations, opened } from './opened.ts'
import { rls } from './rls.ts'

export const command: Command = {
  name: 'migrate',
  summary: "looks at and renews the schema of Bulwark's tables",
  help: `Usage: bulwark migrate plan|apply [options]
       bulwark migrate rls MODULE | --table TABLE=COLUMN …

  plan                 what the database has, and what this version would add; changes nothing
  apply                adds it, all in one transaction; any number of nodes may do so at once
  rls                  prints row-level security for PostgreSQL: the rules of bulwark/owned once more, in
                       the database. MODULE exports tables, as rlsRecipe takes them; run it as their owner

      --data FOLDER    the SQLite database in this folder (default: BULWARK_DATA or .data); without it
                       and with DATABASE_URL (or DATABASE_URL_FILE) set, that PostgreSQL
      --table NAME=COL a table and the column with its owner's account id; may be repeated
      --account-type T type of such columns: uuid (default) or text
      --sql            plan: also print the statements
      --json           machine-readable

Examples:
  DATABASE_URL_FILE=/run/secrets/database bulwark migrate plan --sql
  bulwark migrate rls --table orders=account_id > rls.sql

Exit status: 0 up to date or done, 1 plan has something to add, 2 wrong usage, 3 could not run.
`,
  run: (args, terminal) => usageTold('migrate', terminal, () => migrate(args, terminal)),
}

async function migrate(args: readonly string[], terminal: Terminal): Promise<Exit> {
  const { values, positionals } = parsed({
    args: [...args],
    options: {
      data: { type: 'string' },
      table: { type: 'string', multiple: true, default: [] },
      'account-type': { type: 'string', default: 'uuid' },
      sql: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  })
  const [verb, ...more] = positionals
  if (verb === 'rls') {
    terminal.out(await rls(more, values.table, values['account-type'], terminal))
    return EXIT.clean
  }
  if ((verb !== 'plan' && verb !== 'apply') || more.length > 0) {
    throw new Usage('write plan, apply or rls')
  }
  const { migrations, name } = await subject(values.data, verb, terminal)
  try {
    return verb === 'plan'
      ? await plan(migrations, name, values, terminal)
      : await apply(migrations, name, values.json, terminal)
  } finally {
    await migrations.close()
  }
}

async function subject(
  data: string | undefined,
  verb: 'plan' | 'apply',
  terminal: Terminal,
): Promise<{ readonly migrations: Migrations; readonly name: string }> {
  const url = secretOf('DATABASE_URL', terminal.env)
  if (data === undefined && url !== undefined) {
    // An address holds a password, so it is not repeated.
    return { migrations: await opened({ url }), name: 'DATABASE_URL' }
  }
  const folder = resolve(terminal.cwd, data ?? terminal.env['BULWARK_DATA'] ?? '.data')
  const path = join(folder, 'bulwark.db')
  if (verb === 'plan' && !existsSync(path)) {
    throw new Usage(`there is no ${path}; name the data folder with --data, or set DATABASE_URL`)
  }
  return { migrations: await opened({ path }), name: path }
}

async function plan(
  migrations: Migrations,
  name: string,
  { sql, json }: { readonly sql: boolean; readonly json: boolean },
  terminal: Terminal,
): Promise<Exit> {
  const { applied, pending } = await migrations.plan()
  if (json) {
    const told = sql ? pending : pending.map(({ sql: _, ...step }) => step)
    terminal.out(
      `${JSON.stringify({ version: 1, database: name, applied, pending: told }, null, 2)}\n`,
    )
  } else {
    const lines = [
      ...applied.map(step => `  has   ${step.number} ${step.name}, ${utc(step.appliedAt)}`),
      ...pending.map(step => `  needs ${step.number} ${step.name}${sql ? `\n${step.sql}` : ''}`),
      pending.length === 0 ? 'Up to date.' : '`bulwark migrate apply` adds what it needs.',
    ]
    terminal.out(`${name}\n${lines.join('\n')}\n`)
  }
  return pending.length === 0 ? EXIT.clean : EXIT.findings
}

async function apply(
  migrations: Migrations,
  name: string,
  json: boolean,
  terminal: Terminal,
): Promise<Exit> {
  const added = (await migrations.apply()).map(step => ({ number: step.number, name: step.name }))
  const lines = added.map(step => `  added ${step.number} ${step.name}\n`).join('')
  terminal.out(
    json
      ? `${JSON.stringify({ version: 1, database: name, added })}\n`
      : `${name}\n${lines}Up to date.\n`,
  )
  return EXIT.clean
}

function utc(at: number): string {
  return new Date(at).toISOString()
}
