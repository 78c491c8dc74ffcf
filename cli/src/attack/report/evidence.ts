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

/** @param secrets to mask; `undefined` masks nothing */
export function show(reply: Reply, origin: string, secrets: readonly string[] | undefined): Shown {
  const { sent } = reply
  const hide = (text: string) => (secrets === undefined ? text : mask(text, secrets))
  const field = ([name, value]: readonly [string, string]): readonly [string, string] => [
    name,
    hide(secrets === undefined ? value : maskHeader(name, value)),
  ]
  const fields = sent.fields.map(field)
  const path = hide(sent.path)
  const body = hide(printable(sent.body.toString('utf8')))
  const lines = (list: readonly (readonly [string, string])[]) =>
    list.map(([name, value]) => `${name}: ${value}\n`).join('')
  const answer =
    reply.failure === undefined
      ? `HTTP/1.1 ${reply.status}\n${lines(reply.fields.map(field))}\n${hide(printable(reply.text))}`
      : `(no reply: ${reply.failure})`
  return {
    request: cut(
      `${sent.method} ${path} HTTP/1.1\n${printable(lines(fields))}\n${body}`,
      MAX_REQUEST,
    ),
    reply: cut(answer, MAX_REPLY),
    curl: cut(curl(sent.method, `${origin}${path}`, fields, body), MAX_REQUEST),
    status: reply.status,
    ms: Math.round(reply.ms),
  }
}

const MASK = '‹masked›'
const SECRET_HEADER =
  /^(?:set-cookie|cookie|authorization|proxy-authorization|x-csrf-token|x-xsrf-token|x-api-key)$/i
const FIELD =
  /("\w*(?:password|secret|token|totp|refresh|access|verifier|assertion|codes)\w*"\s*:\s*")((?:[^"\\]|\\.)+)"/gi
/** A code is a secret when it is digits or random, and a name when it has words in it. */
const CODE_FIELD = /("code"\s*:\s*")(\d{4,10}|[\w-]{20,})"/gi
const FORM_FIELD = /\b((?:\w*password|\w*secret|\w*token|code|code_verifier)=)([^&\s"']+)/gi

/** Hides known secrets wherever they stand, and what stands where secrets usually do. */
export function mask(text: string, secrets: readonly string[]): string {
  let out = text
  for (const secret of [...secrets].sort((a, b) => b.length - a.length)) {
    if (secret.length < 6) continue
    for (const form of [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)])
      out = out.replaceAll(form, MASK)
  }
  return out
    .replace(FIELD, (_, before) => `${before}${MASK}"`)
    .replace(CODE_FIELD, (_, before) => `${before}${MASK}"`)
    .replace(FORM_FIELD, (_, before) => `${before}${MASK}`)
}

/** Keeps names and attributes, which are what a finding is about, and hides the values. */
function maskHeader(name: string, value: string): string {
  if (!SECRET_HEADER.test(name)) return value
  if (/^set-cookie$/i.test(name)) return value.replace(/^([^=;]*)=[^;]+/, `$1=${MASK}`)
  if (/^cookie$/i.test(name)) return value.replaceAll(/([^=;\s]+)=[^;]+/g, `$1=${MASK}`)
  return value.replace(/^(\w+ )?.+$/s, (_, scheme = '') => `${scheme}${MASK}`)
}

function curl(
  method: string,
  url: string,
  fields: readonly (readonly [string, string])[],
  body: string,
): string {
  const usual =
    /^(host|connection|content-length|user-agent|transfer-encoding|accept|x-bulwark-attack)$/i
  const told = fields.filter(([name, value]) => !usual.test(name) || /evil/.test(value))
  const headers = told.map(([name, value]) => ` -H ${quote(`${name}: ${value}`)}`).join('')
  const verb = method === 'GET' ? '' : ` -X ${method}`
  const data = body === '' ? '' : ` --data-binary ${quote(cut(body, 400))}`
  return `curl -i --path-as-is${verb}${headers}${data} ${quote(url)}`
}

function quote(text: string): string {
  return `'${printable(text).replaceAll("'", "'\\''")}'`
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
