import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { judgeUrl, type OutboundOptions, outboundPolicy, safeFetch } from 'bulwark/outbound'
import type { Exit, Terminal } from '../command.ts'
import { parsed, Usage, usageTold } from '../output/usage.ts'
import { type Imagined, toyNetwork, turnsOf } from './toy-network.ts'
import { batch, misasked, told, type Verdict } from './verdict.ts'

export const EXPLAIN_URL_HELP = `Usage: bulwark explain url URL [--resolve HOST=ADDRESS[,ADDRESS]]… [--policy FILE] [--json]
       bulwark explain url --batch [--policy FILE]

Shows whether an outbound request to URL would be allowed, and why, hop by hop and socket by socket.
The guard of bulwark/outbound decides; nothing is looked up and nothing is sent.

  --resolve HOST=A,B  what HOST resolves to; again for another lookup or another host
  --policy FILE       JSON with the policy's options, such as {"ports":[443],"allowHosts":["*.example.com"]}
  --batch             one JSON object a line on standard input: {"url", "resolves"?, "redirects"?,
                      "unreachable"?, "options"?}; one line each on standard output
  --json              the same line for a single URL

Exit status: 0 allowed (with --batch: every line answered), 1 refused, 2 wrong usage, 3 could not run.

Example: bulwark explain url http://a.example.net/ --resolve a.example.net=93.184.215.14,10.0.0.7
`

/** One line of the question, as the head of the case corpus describes it. */
interface Case extends Imagined {
  readonly url: string
  readonly options?: Readonly<Record<string, unknown>>
}

type PolicyFile = Readonly<Record<string, unknown>>

/** `bulwark explain url`. */
export async function explainUrl(args: readonly string[], terminal: Terminal): Promise<Exit> {
  return usageTold('explain url', terminal, async () => {
    const { values, positionals } = parsed({
      args: [...args],
      allowPositionals: true,
      options: {
        batch: { type: 'boolean' },
        json: { type: 'boolean' },
        policy: { type: 'string' },
        resolve: { type: 'string', multiple: true },
      },
    })
    const file = values.policy === undefined ? {} : await policyFile(values.policy, terminal.cwd)
    if (values.batch === true) {
      if (positionals.length > 0) throw new Usage('with --batch the URLs come on standard input')
      return batch(terminal, question => asked(question, file))
    }
    const [url, more] = positionals
    if (url === undefined || more !== undefined) throw new Usage('name one URL, or use --batch')
    const verdict = await single(url, resolvesOf(values.resolve ?? []), file)
    return told(verdict, values.json === true, terminal)
  })
}

async function asked(
  question: Readonly<Record<string, unknown>>,
  file: PolicyFile,
): Promise<Verdict> {
  const { url } = question
  if (typeof url !== 'string') return misasked('a line is a JSON object with a "url"')
  try {
    return await decided({ ...question, url }, file)
  } catch (error) {
    return misasked(messageOf(error))
  }
}

/** Judges one URL from the command line. A name nobody resolved is judged as far as it goes. */
async function single(
  url: string,
  resolves: Readonly<Record<string, readonly (readonly string[])[]>>,
  file: PolicyFile,
): Promise<Verdict> {
  const host = URL.parse(url)?.hostname.replace(/\.$/, '') ?? ''
  const isName = host !== '' && !host.startsWith('[') && !/^[\d.]+$/.test(host)
  if (!isName || Object.hasOwn(resolves, host)) return decided({ url, resolves }, file)
  const refusal = judgeUrl(url, policyOf(file, {}))
  if (refusal !== undefined) return refused(refusal)
  return {
    verdict: 'allow',
    code: 'outbound.allowed',
    why: `as far as the URL goes; its addresses are judged when they are known: --resolve ${host}=…`,
  }
}

/**
 * Plays the case through. When names answer differently from lookup to lookup, the request is made
 * once for each, on new connections: the case is refused when one of them is.
 */
async function decided(one: Case, file: PolicyFile): Promise<Verdict> {
  const network = toyNetwork(one)
  const { method, headers, body, ...options } = one.options ?? {}
  const parts = Object.fromEntries(
    Object.entries({ method, headers, body }).filter(([, part]) => part !== undefined),
  )
  const ways: string[] = []
  try {
    for (let turn = 1; turn <= turnsOf(one); turn++) {
      const connected: string[] = []
      const observe: OutboundOptions['observe'] = ({ kind, address, hops }) => {
        if (kind === 'socket' && address !== undefined) connected.push(`${hops[0]} at ${address}`)
      }
      const policy = policyOf({ ...file, ...options }, { wires: network.wires, observe })
      const outcome = await safeFetch(one.url, { ...parts, policy })
      await policy.close()
      if (!outcome.ok) return refused(outcome.refusal, turnsOf(one) > 1 ? `lookup ${turn}: ` : '')
      ways.push(`${outcome.value.status} from ${connected.join(', then ')}`)
    }
  } finally {
    network.close()
  }
  return { verdict: 'allow', code: 'outbound.allowed', why: ways.join('; then ') }
}

function refused({ code, why }: { code: string; why?: string }, before = ''): Verdict {
  return { verdict: 'refuse', code, why: `${before}${why ?? WHY[code] ?? code}` }
}

/** What refusals mean that need no particulars. */
const WHY: Readonly<Record<string, string>> = {
  'outbound.credentials': 'the URL holds a user name or a password',
  'outbound.downgrade': 'a redirect from https to http',
}

function policyOf(
  options: PolicyFile,
  {
    wires,
    observe,
  }: { wires?: Parameters<typeof outboundPolicy>[1]; observe?: OutboundOptions['observe'] },
): ReturnType<typeof outboundPolicy> {
  const { allowDowngrade, ...rest } = options
  return outboundPolicy(
    {
      name: 'explained',
      refusalStepMs: 0,
      ...rest,
      ...(allowDowngrade === undefined
        ? {}
        : { dangerouslyAllowDowngrade: allowDowngrade === true }),
      ...(observe === undefined ? {} : { observe }),
    },
    wires,
  )
}

async function policyFile(path: string, cwd: string): Promise<PolicyFile> {
  try {
    const policy: unknown = JSON.parse(await readFile(resolve(cwd, path), 'utf8'))
    if (typeof policy === 'object' && policy !== null && !Array.isArray(policy)) {
      policyOf(policy as PolicyFile, {})
      return policy as PolicyFile
    }
  } catch (error) {
    throw new Usage(`--policy ${path}: ${messageOf(error)}`)
  }
  throw new Usage(`--policy ${path}: is no JSON object`)
}

/** `a.example=1.2.3.4,10.0.0.1`; the same host again is its next lookup. */
function resolvesOf(given: readonly string[]): Record<string, (readonly string[])[]> {
  const resolves: Record<string, (readonly string[])[]> = {}
  for (const text of given) {
    const [host = '', addresses, more] = text.split('=')
    if (host === '' || addresses === undefined || more !== undefined) {
      throw new Usage(`--resolve ${text}: write HOST=ADDRESS,ADDRESS`)
    }
    const name = host.toLowerCase()
    const answer = addresses.split(',').filter(address => address !== '')
    resolves[name] = [...(resolves[name] ?? []), answer]
  }
  return resolves
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
