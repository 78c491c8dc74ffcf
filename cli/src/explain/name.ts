import { resolve } from 'node:path'
import { judgePath, type OpenMode, openWithin, repairFileName } from 'bulwark/uploads'
import type { Exit, Terminal } from '../command.ts'
import { parsed, Usage, usageTold } from '../output/usage.ts'
import { policyFrom } from './upload-policy.ts'
import { batch, misasked, told, type Verdict } from './verdict.ts'

export const EXPLAIN_NAME_HELP = `Usage: bulwark explain name NAME [--base FOLDER] [--mode read|create] [--repair] [--policy FILE] [--json]
       bulwark explain name --batch [--repair] [--policy FILE]

Shows whether a name that somebody sent may name a file below FOLDER, and why. Links on the real disk
are followed nowhere; nothing is read and nothing is made.

  --base FOLDER    the folder that names are below; this one unless told
  --mode MODE      read (the file may be there) or create (it must not); read unless told
  --repair         makes a harmless name out of a refused one
  --policy FILE    JSON; {"names":{"onDanger":"repair"}} is --repair
  --batch          one JSON object a line on standard input: {"base", "name", "mode"?}; one line each
                   on standard output, with "path" relative to the base when it is allowed
  --json           the same line for a single name

Exit status: 0 allowed (with --batch: every line answered), 1 refused, 2 wrong usage, 3 could not run.

Example: bulwark explain name '../etc/passwd' --base /srv/uploads
`

/** `bulwark explain name`. */
export async function explainName(args: readonly string[], terminal: Terminal): Promise<Exit> {
  return usageTold('explain name', terminal, async () => {
    const { values, positionals } = parsed({
      args: [...args],
      allowPositionals: true,
      options: {
        batch: { type: 'boolean' },
        json: { type: 'boolean' },
        base: { type: 'string' },
        mode: { type: 'string' },
        repair: { type: 'boolean' },
        policy: { type: 'string' },
      },
    })
    const policy = await policyFrom(values.policy, terminal.cwd)
    const repair = values.repair === true || policy.names?.onDanger === 'repair'
    if (values.batch === true) {
      if (positionals.length > 0) throw new Usage('with --batch the names come on standard input')
      return batch(terminal, question => asked(question, repair, terminal.cwd))
    }
    const [name, more] = positionals
    if (name === undefined || more !== undefined) throw new Usage('give one name, or use --batch')
    const { base = '.', mode } = values
    const question = mode === undefined ? { base, name } : { base, name, mode }
    const verdict = await asked(question, repair, terminal.cwd)
    if (verdict.code === 'explain.line') throw new Usage(verdict.why)
    return told(verdict, values.json === true, terminal)
  })
}

/** Judges the name of one line, then looks where it leads. */
async function asked(
  question: Readonly<Record<string, unknown>>,
  repair: boolean,
  cwd: string,
): Promise<Verdict> {
  const { base, name, mode = 'read' } = question
  if (typeof base !== 'string' || typeof name !== 'string')
    return misasked('a line has a "base" and a "name"')
  if (mode !== 'read' && mode !== 'create') return misasked('"mode" is "read" or "create"')
  const judged = judgePath(name)
  if (judged.ok) return found(resolve(cwd, base), judged.value.join('/'), mode, false)
  if (repair) return found(resolve(cwd, base), repaired(name), mode, true)
  return refused(judged.refusal)
}

/** Each segment repaired for itself; those that lead nowhere are left out. */
function repaired(name: string): string {
  const segments = name.split(/[/\\]/).filter(segment => !/^[.\s]*$/u.test(segment))
  return segments.length === 0 ? 'file' : segments.map(segment => repairFileName(segment)).join('/')
}

/**
 * What stands there. Also before a file would be made it is only opened to read: a link, even one
 * that leads nowhere, shows itself either way.
 */
async function found(
  base: string,
  path: string,
  mode: OpenMode,
  isRepaired: boolean,
): Promise<Verdict> {
  const allowed = {
    verdict: 'allow',
    code: isRepaired ? 'uploads.repaired' : 'uploads.allowed',
    path,
  } as const
  try {
    const opened = await openWithin(base, path, 'read')
    if (!opened.ok) {
      return opened.refusal.code === 'uploads.absent'
        ? { ...allowed, why: 'below the base; nothing is there yet' }
        : refused(opened.refusal)
    }
    await opened.value.handle.close()
    return mode === 'read'
      ? { ...allowed, why: 'below the base; a regular file' }
      : { verdict: 'refuse', code: 'uploads.exists', why: 'a file of this name is there' }
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error
    return { verdict: 'refuse', code: 'explain.disk', why: error.message }
  }
}

function refused({ code, why = code }: { readonly code: string; readonly why?: string }): Verdict {
  return { verdict: 'refuse', code, why }
}
