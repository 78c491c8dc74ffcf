import type { Reply } from '../wire/reply.ts'
import { tokenize } from './html.ts'

export interface FormField {
  readonly name: string
  readonly type: string
  readonly value: string
  readonly autocomplete: string | undefined
}

export interface Form {
  /** Path of the page that holds it. */
  readonly page: string
  /** Where it goes: path and query on the own origin, or a whole URL elsewhere. */
  readonly action: string
  readonly method: 'GET' | 'POST'
  readonly encoding: string
  readonly fields: readonly FormField[]
  readonly kind: 'login' | 'register' | 'forgot' | 'upload' | 'search' | 'other'
}

const DEFAULT_TYPE: Readonly<Record<string, string>> = { input: 'text', button: 'submit' }
const REGISTER = /regist|sign-?up|join|create-?account/i
const FORGOT = /forgot|reset|recover|lost/i

/** The forms of a page; what each is for is told by its input types and names. */
export function formsOf(reply: Reply, origin: string): Form[] {
  const page = reply.sent.path
  const forms: Form[] = []
  let fields: FormField[] = []
  let open: ReadonlyMap<string, string> | undefined
  const close = () => {
    if (open !== undefined) forms.push(formOf(open, fields, page, origin))
    open = undefined
    fields = []
  }
  for (const token of tokenize(reply.text)) {
    if (token.kind === 'end' && token.name === 'form') close()
    if (token.kind !== 'start') continue
    const { name, attributes } = token
    if (name === 'form') {
      close()
      open = attributes
    } else if (/^(input|textarea|select|button)$/.test(name)) {
      fields.push({
        name: attributes.get('name') ?? '',
        type: attributes.get('type') ?? DEFAULT_TYPE[name] ?? name,
        value: attributes.get('value') ?? '',
        autocomplete: attributes.get('autocomplete'),
      })
    }
  }
  close()
  return forms
}

function formOf(
  attributes: ReadonlyMap<string, string>,
  fields: FormField[],
  page: string,
  origin: string,
): Form {
  const target = URL.parse(attributes.get('action') ?? '', `${origin}${page}`)
  const own = target === null || target.origin === origin
  const action = target === null ? page : own ? target.pathname + target.search : target.href
  return {
    page,
    action,
    method: attributes.get('method')?.toUpperCase() === 'POST' ? 'POST' : 'GET',
    encoding: attributes.get('enctype') ?? 'application/x-www-form-urlencoded',
    fields,
    kind: kindOf(fields, `${page} ${action} ${attributes.get('id') ?? ''}`),
  }
}

function kindOf(fields: FormField[], about: string): Form['kind'] {
  const passwords = fields.filter(({ type }) => type === 'password')
  if (fields.some(({ type }) => type === 'file')) return 'upload'
  if (passwords.length > 0) {
    const fresh = passwords.some(({ autocomplete }) => autocomplete === 'new-password')
    if (FORGOT.test(about)) return 'other'
    return fresh || passwords.length > 1 || REGISTER.test(about) ? 'register' : 'login'
  }
  if (FORGOT.test(about) && fields.some(({ name }) => /mail|user|login/i.test(name)))
    return 'forgot'
  if (fields.some(({ type, name }) => type === 'search' || /^(q|query|search)$/i.test(name)))
    return 'search'
  return 'other'
}
