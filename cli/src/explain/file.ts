import { basename, resolve } from 'node:path'
import { ConfigFault } from 'bulwark/fault'
import { judgeFile, type PolicyOptions } from 'bulwark/uploads'
import type { Exit, Terminal } from '../command.ts'
import { parsed, Usage, usageTold } from '../output/usage.ts'
import { isObject, isWords, policyFrom, withPolicy } from './upload-policy.ts'
import { batch, misasked, told, type Verdict } from './verdict.ts'

export const EXPLAIN_FILE_HELP = `Usage: bulwark explain file PATH [--name NAME] [--type TYPE] [--allow TYPE]… [--max-bytes N] [--policy FILE] [--json]
       bulwark explain file --batch [--policy FILE]

Shows whether a file would be let in as an upload, and why. The judge of bulwark/uploads decides;
nothing is stored. No malware scanner is asked.

  --name NAME      the name the client would send; the path's last part unless told
  --type TYPE      the Content-Type the client would declare; none unless told
  --allow TYPE     a type the endpoint allows (image/png, document/pdf, image/*); again for another
  --max-bytes N    the most bytes
  --policy FILE    JSON: {"maxBytes","allow","image":{…},"archive":{…},"pdf":{…},"office":{…},"names":{…}}
  --batch          one JSON object a line on standard input: {"path", "fileName"?, "declaredType"?,
                   "allow"?, "maxBytes"?, "limits"?}; one line each on standard output
  --json           the same line for a single file

Exit status: 0 allowed (with --batch: every line answered), 1 refused, 2 wrong usage, 3 could not run.

Example: bulwark explain file avatar.png --type image/png --allow image/png --allow image/jpeg
`

/** `bulwark explain file`. */
export async function explainFile(args: readonly string[], terminal: Terminal): Promise<Exit> {
  return usageTold('explain file', terminal, async () => {
    const { values, positionals } = parsed({
      args: [...args],
      allowPositionals: true,
      options: {
        batch: { type: 'boolean' },
        json: { type: 'boolean' },
        policy: { type: 'string' },
        name: { type: 'string' },
        type: { type: 'string' },
        allow: { type: 'string', multiple: true },
        'max-bytes': { type: 'string' },
      },
    })
    const policy = await policyFrom(values.policy, terminal.cwd)
    if (values.batch === true) {
      if (positionals.length > 0) throw new Usage('with --batch the paths come on standard input')
      return batch(terminal, question => asked(question, policy, terminal.cwd))
    }
    const [path, more] = positionals
    if (path === undefined || more !== undefined) throw new Usage('name one file, or use --batch')
    const maxBytes = values['max-bytes']
    const question = {
      path,
      ...(values.name === undefined ? {} : { fileName: values.name }),
      ...(values.type === undefined ? {} : { declaredType: values.type }),
      ...(values.allow === undefined ? {} : { allow: values.allow }),
      ...(maxBytes === undefined ? {} : { maxBytes: Number(maxBytes) }),
    }
    const verdict = await asked(question, policy, terminal.cwd)
    if (verdict.code === 'explain.line') throw new Usage(verdict.why)
    return told(verdict, values.json === true, terminal)
  })
}

/** Judges the file of one line. */
async function asked(
  question: Readonly<Record<string, unknown>>,
  policy: PolicyOptions,
  cwd: string,
): Promise<Verdict> {
  const { path, fileName, declaredType = '', allow, maxBytes, limits = {} } = question
  if (typeof path !== 'string') return misasked('a line has a "path"')
  if (typeof declaredType !== 'string') return misasked('"declaredType" is a string')
  if (fileName !== undefined && typeof fileName !== 'string')
    return misasked('"fileName" is a string')
  if (allow !== undefined && !isWords(allow)) return misasked('"allow" is a list of media types')
  if (!isObject(limits)) return misasked('"limits" is an object')
  const changes = {
    ...limits,
    ...(allow === undefined ? {} : { allow }),
    ...(maxBytes === undefined ? {} : { maxBytes }),
  }
  try {
    const claim = { fileName: fileName ?? basename(path), declaredType }
    return await judged(resolve(cwd, path), claim, withPolicy(policy, changes))
  } catch (error) {
    if (error instanceof Usage || error instanceof ConfigFault) return misasked(error.message)
    if (error instanceof Error && 'syscall' in error) return misasked(error.message)
    throw error
  }
}

async function judged(
  path: string,
  claim: { readonly fileName: string; readonly declaredType: string },
  policy: PolicyOptions,
): Promise<Verdict> {
  const outcome = await judgeFile(path, claim, policy)
  if (!outcome.ok) {
    const { code, why = code } = outcome.refusal
    return { verdict: 'refuse', code, why }
  }
  const { type, name, width, height } = outcome.value
  const size = width === undefined ? '' : `, ${width} x ${height} pixels`
  return {
    verdict: 'allow',
    code: 'uploads.allowed',
    why: `${type} to the last byte${size}`,
    type,
    name,
  }
}
