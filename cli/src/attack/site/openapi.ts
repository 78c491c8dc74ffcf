import { parse as parseYaml } from 'yaml'
import { pointed } from '../wire/reply.ts'

/** A place where the service takes a request. */
export interface Route {
  readonly method: string
  /** With `{names}` where values go. */
  readonly path: string
  readonly source: 'openapi' | 'config' | 'link' | 'form' | 'script'
  readonly query: readonly Parameter[]
  readonly inPath: readonly Parameter[]
  /** Media type and schema of the body, when there is one. */
  readonly body?: { readonly type: string; readonly schema: Schema } | undefined
  /** Whether the document says that credentials are needed; `undefined` when it is silent. */
  readonly secured?: boolean | undefined
}

export interface Parameter {
  readonly name: string
  readonly schema: Schema
}

/** The part of JSON Schema that is used to build samples. */
export interface Schema {
  readonly type?: string | readonly string[]
  readonly format?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly example?: unknown
  readonly default?: unknown
  readonly minimum?: number
  readonly minLength?: number
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
  readonly readOnly?: boolean
}

const METHODS = ['get', 'put', 'post', 'delete', 'patch', 'head', 'options'] as const

/** Reads an OpenAPI 3 or Swagger 2 document, JSON or YAML; `undefined` when it is none. */
export function readOpenapi(text: string): { document: unknown; routes: Route[] } | undefined {
  const document = parsed(text)
  if (typeof document !== 'object' || document === null) return undefined
  if (!('openapi' in document || 'swagger' in document)) return undefined
  const paths = record(pointed(document, '/paths'))
  const base = pathOf(pointed(document, '/servers/0/url') ?? pointed(document, '/basePath'))
  const everywhere = pointed(document, '/security')
  const routes = Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap(method => {
      const operation = record(record(item)[method])
      if (Object.keys(operation).length === 0) return []
      return [routeOf(document, `${base}${path}`, method, record(item), operation, everywhere)]
    }),
  )
  return { document, routes }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    if (!/^\s*(openapi|swagger)\s*:/m.test(text)) return undefined
    try {
      return parseYaml(text, { maxAliasCount: 100 })
    } catch {
      return undefined
    }
  }
}

function routeOf(
  document: unknown,
  path: string,
  method: string,
  item: Record<string, unknown>,
  operation: Record<string, unknown>,
  everywhere: unknown,
): Route {
  const parameters = [item['parameters'], operation['parameters']]
    .flatMap(list => (Array.isArray(list) ? list : []))
    .map(one => record(resolved(document, one)))
  const place = (where: string): Parameter[] =>
    parameters
      .filter(parameter => parameter['in'] === where)
      .map(one => ({ name: String(one['name']), schema: schemaOf(document, one['schema'] ?? one) }))
  const security = operation['security'] ?? everywhere
  const content = record(record(resolved(document, operation['requestBody']))['content'])
  const [type] = Object.keys(content)
  const swagger2 = parameters.find(parameter => parameter['in'] === 'body')
  const body =
    type !== undefined
      ? { type, schema: schemaOf(document, record(content[type])['schema']) }
      : swagger2 && { type: 'application/json', schema: schemaOf(document, swagger2['schema']) }
  return {
    method: method.toUpperCase(),
    path,
    source: 'openapi',
    query: place('query'),
    inPath: place('path'),
    body,
    secured: Array.isArray(security) ? security.length > 0 : undefined,
  }
}

/** Follows references within the document, at most eight deep: documents can be circular. */
function schemaOf(document: unknown, node: unknown, depth: number = 0): Schema {
  const schema = record(resolved(document, node))
  if (depth > 8) return {}
  const deeper = (value: unknown) => schemaOf(document, value, depth + 1)
  const out: Record<string, unknown> = { ...schema }
  if ('properties' in schema)
    out['properties'] = Object.fromEntries(
      Object.entries(record(schema['properties'])).map(([name, value]) => [name, deeper(value)]),
    )
  if ('items' in schema) out['items'] = deeper(schema['items'])
  for (const word of ['anyOf', 'oneOf', 'allOf'])
    if (Array.isArray(schema[word])) out[word] = (schema[word] as unknown[]).map(deeper)
  return out
}

function resolved(document: unknown, node: unknown): unknown {
  const reference = record(node)['$ref']
  if (typeof reference !== 'string') return node
  return reference.startsWith('#/') ? pointed(document, reference.slice(1)) : undefined
}

function pathOf(url: unknown): string {
  if (typeof url !== 'string') return ''
  return (URL.parse(url, 'http://base.invalid')?.pathname ?? '').replace(/\/$/, '')
}

export function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

/** A value that the schema should accept; `text` is put where free text goes. */
export function sample(schema: Schema, text: string): unknown {
  if (schema.const !== undefined) return schema.const
  if (schema.enum !== undefined) return schema.enum[0]
  const choice = schema.anyOf?.[0] ?? schema.oneOf?.[0]
  if (choice !== undefined) return sample(choice, text)
  if (schema.allOf !== undefined)
    return Object.assign({}, ...schema.allOf.map(part => sample(part, text)))
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type
  if (schema.properties !== undefined || type === 'object')
    return Object.fromEntries(
      Object.entries(schema.properties ?? {})
        .filter(([name, part]) => schema.required?.includes(name) && part.readOnly !== true)
        .map(([name, part]) => [name, sample(part, text)]),
    )
  if (type === 'array') return schema.items === undefined ? [] : [sample(schema.items, text)]
  if (type === 'integer' || type === 'number') return Math.max(schema.minimum ?? 1, 1)
  if (type === 'boolean') return false
  return SAMPLES[schema.format ?? ''] ?? schema.example ?? text
}

const SAMPLES: Readonly<Record<string, string>> = {
  'date-time': '2026-01-02T03:04:05Z',
  date: '2026-01-02',
  uuid: '00000000-0000-4000-8000-000000000000',
  uri: 'https://example.com/',
  email: 'someone@example.com',
}
