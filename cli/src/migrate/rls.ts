import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ownedBy, rlsRecipe } from 'bulwark/owned'
import type { Terminal } from '../command.ts'
import { Usage } from '../output/usage.ts'

type Tables = Parameters<typeof rlsRecipe>[0]

/**
 * The statements of row-level security, for the tables of a module and those named one by one.
 *
 * @throws {Usage} when there are none, or one is not written as TABLE=COLUMN
 */
export async function rls(
  modules: readonly string[],
  tables: readonly string[],
  accountType: string,
  terminal: Terminal,
): Promise<string> {
  if (accountType !== 'uuid' && accountType !== 'text') {
    throw new Usage(`--account-type ${accountType}: write uuid or text`)
  }
  const named = tables.map(each => {
    const [, table = '', column = ''] = /^([^=]+)=([^=]+)$/.exec(each) ?? []
    if (column === '') throw new Usage(`--table ${each}: write TABLE=COLUMN`)
    return { table, rule: ownedBy(column), accountType } as const
  })
  const exported = await Promise.all(modules.map(path => tablesOf(path, terminal)))
  const all = [...exported.flat(), ...named]
  if (all.length === 0) throw new Usage('rls: name a MODULE, or --table TABLE=COLUMN')
  return rlsRecipe(all)
}

async function tablesOf(path: string, { cwd }: Terminal): Promise<Tables> {
  const file = resolve(cwd, path)
  if (!existsSync(file)) throw new Usage(`there is no ${path}`)
  const module = (await import(pathToFileURL(file).href)) as { readonly tables?: unknown }
  if (!Array.isArray(module.tables)) throw new Usage(`${path} exports no tables`)
  return module.tables as Tables
}
