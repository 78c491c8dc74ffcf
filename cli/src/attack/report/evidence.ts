import { headOf } from '../wire/ask.ts'
import type { Reply } from '../wire/reply.ts'

/** A request and its reply as text, fit to be shown to anybody. */
export interface Shown {
  readonly request: string
  readonly reply: string
  /** One line to try it by hand. */
  readonly curl: string
  readonly status: number
  readonly ms: number
}

const MAX_REQUEST = 1200
const MAX_REPLY = 1600
const MASK = '‹masked›'

/** @param secrets to mask; `undefined` masks nothing */
export function show(reply: Reply, origin: string, secrets: readonly string[] | undefined): Shown {
  const { sent } = reply
  const hide = (text: string) => (secrets === undefined ? text : mask(text, secrets))
  const head = headOf(sent).toString('latin1').replaceAll('\r\n', '\n')
  const lines = reply.fields.map(([name, value]) => `${name}: ${value}`).join('\n')
  const answer =
    reply.failure === undefined
      ? `HTTP/1.1 ${reply.status}\n${lines}\n\n${printable(reply.text)}`
      : `(no reply: ${reply.failure})`
  return {
    request: cut(hide(head + printable(sent.body.toString('utf8'))), MAX_REQUEST),
    reply: cut(hide(answer), MAX_REPLY),
    curl: cut(hide(curl(reply, origin)), MAX_REQUEST),
    status: reply.status,
    ms: Math.round(reply.ms),
  }
}

const HEADER =
  /^((?:set-)?cookie|authorization|proxy-authorization|x-csrf-token|x-xsrf-token|x-api-key): .*$/gim
const FIELD =
  /("(?:\w*password|\w*secret|\w*token|code|totp|refresh|access|verifier|code_verifier|assertion)\w*"\s*:\s*")((?:[^"\\]|\\.)+)"/gi
const FORM_FIELD = /\b((?:\w*password|\w*secret|\w*token|code|code_verifier)=)([^&\s"']+)/gi

/** Hides known secrets wherever they stand, and what stands where secrets usually do. */
export function mask(text: string, secrets: readonly string[]): string {
  let out = text
  for (const secret of [...secrets].sort((a, b) => b.length - a.length)) {
    if (secret.length < 6) continue
    for (const form of new Set([
      secret,
      encodeURIComponent(secret),
      JSON.stringify(secret).slice(1, -1),
    ]))
      out = out.replaceAll(form, MASK)
  }
  return out
    .replace(HEADER, line => {
      const [name = '', ...rest] = line.split(': ')
      return `${name}: ${maskHeader(name, rest.join(': '))}`
    })
    .replace(FIELD, (_, before) => `${before}${MASK}"`)
    .replace(FORM_FIELD, (_, before) => `${before}${MASK}`)
}

/** Keeps names and attributes, which are what a finding is about, and hides the values. */
function maskHeader(name: string, value: string): string {
  if (/^set-cookie$/i.test(name)) return value.replace(/^([^=;]*)=[^;]+/, `$1=${MASK}`)
  if (/^cookie$/i.test(name)) return value.replaceAll(/([^=;\s]+)=[^;]+/g, `$1=${MASK}`)
  return value.replace(/^(\w+ )?.+$/, (_, scheme = '') => `${scheme}${MASK}`)
}

function curl({ sent }: Reply, origin: string): string {
  const skip = /^(host|connection|content-length|user-agent|transfer-encoding|accept)$/i
  const own = sent.fields.filter(([name, value]) => !skip.test(name) || /evil/.test(value))
  const headers = own.map(([name, value]) => ` -H ${quote(`${name}: ${value}`)}`).join('')
  const method = sent.method === 'GET' ? '' : ` -X ${sent.method}`
  const body =
    sent.body.length === 0
      ? ''
      : ` --data-binary ${quote(cut(printable(sent.body.toString('utf8')), 400))}`
  return `curl -i --path-as-is${method}${headers}${body} ${quote(`${origin}${sent.path}`)}`
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

function printable(text: string): string {
  return text.replaceAll(/[^\P{C}\t\n]/gu, letter => {
    const code = letter.codePointAt(0) ?? 0
    return `\\u${code.toString(16).padStart(4, '0')}`
  })
}

function cut(text: string, length: number): string {
  return text.length <= length
    ? text
    : `${text.slice(0, length)}… (${text.length - length} more characters)`
}
