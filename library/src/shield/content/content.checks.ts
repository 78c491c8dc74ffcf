import type { Check } from '../../kernel/check.ts'
import type { JsonLimits } from './json.ts'

/** What the doctor knows about what bodies are read as. */
export interface ContentFacts {
  readonly on: boolean
  readonly json: Required<JsonLimits>
  /** What each route takes, by `METHOD /path`; those without a body are left out. */
  readonly consumes: ReadonlyMap<string, readonly string[]>
}

export const contentChecks: readonly Check<ContentFacts>[] = [
  {
    id: 'content.off',
    severity: 'critical',
    what: 'Bodies of any type reach any route.',
    why: 'What a form on another site can send is then read as JSON; parsers disagree about the rest.',
    fix: 'Take content: false out; name what a route takes in its own content.consumes.',
    found: ({ on }) => !on,
  },
  {
    id: 'content.plain-text',
    severity: 'warning',
    what: 'A route takes text/plain.',
    why: 'A form on another site can send it without asking first.',
    fix: 'Take application/json, or make sure that the route believes no cookie.',
    found: ({ consumes }) => taking(consumes, type => type === 'text/plain'),
  },
  {
    id: 'content.xml',
    severity: 'warning',
    what: 'A route takes XML.',
    why: 'XML parsers fetch what a document names, and unfold it to any size.',
    fix: 'Take application/json; else read it with entities and external references off.',
    found: ({ consumes }) => taking(consumes, type => /[/+]xml$/.test(type)),
  },
  {
    id: 'content.deep-json',
    severity: 'warning',
    what: 'JSON may be nested more than 100 levels deep.',
    why: 'Code that walks such a value runs out of stack, and a request answers 500.',
    fix: 'Leave content.json.maxDepth at 32.',
    found: ({ json }) => json.maxDepth > 100 && `${json.maxDepth} levels`,
  },
  {
    id: 'content.many-keys',
    severity: 'advice',
    what: 'JSON may have more than 100,000 members.',
    why: 'A validator that costs microseconds a member then costs seconds a request.',
    fix: 'Lower content.json.maxKeys, or take long lists in pages.',
    found: ({ json }) => json.maxKeys > 100_000 && `${json.maxKeys} members`,
  },
]

function taking(
  consumes: ContentFacts['consumes'],
  wanted: (type: string) => boolean,
): string | false {
  for (const [route, types] of consumes) if (types.some(wanted)) return route
  return false
}
