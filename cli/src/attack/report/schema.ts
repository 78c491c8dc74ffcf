import { SEVERITIES } from '../config/config.ts'

const text = { type: 'string' }
const count = { type: 'integer', minimum: 0 }
const list = (items: unknown) => ({ type: 'array', items })
const closed = (properties: Record<string, unknown>, optional: readonly string[] = []) => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter(name => !optional.includes(name)),
  additionalProperties: false,
})
const severity = { enum: SEVERITIES }

const evidence = closed({
  request: text,
  reply: text,
  curl: text,
  status: { type: 'integer' },
  ms: { type: 'integer' },
})

const finding = closed(
  {
    id: { type: 'string', pattern: '^f\\d+$' },
    fingerprint: { type: 'string', pattern: '^[0-9a-f]{16}$' },
    severity,
    where: text,
    parameter: text,
    variant: text,
    says: text,
    places: list(text),
    evidence: list(evidence),
    raw: text,
    accepted: text,
  },
  ['parameter', 'variant', 'raw', 'accepted'],
)

const check = closed(
  {
    id: { type: 'string', pattern: '^[a-z][\\w-]*\\.[\\w-]+$' },
    word: text,
    system: { type: 'integer', minimum: 0, maximum: 22 },
    verdict: { enum: ['pass', 'fail', 'review', 'inconclusive', 'not-applicable', 'skipped'] },
    tries: text,
    why: text,
    fix: text,
    asvs: { type: 'string', pattern: '^\\d+\\.\\d+\\.\\d+$' },
    cwe: { type: 'integer' },
    top10: { type: 'string', pattern: '^A(0[1-9]|10)$' },
    severity,
    ms: count,
    requests: count,
    says: text,
    remedy: text,
    findings: list(finding),
  },
  ['says', 'remedy'],
)

/** JSON Schema (2020-12) of the report; its version is the report's. */
export const schema: Readonly<Record<string, unknown>> = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'https://bulwark.dev/schemas/attack-report-1.json',
  title: 'Report of bulwark attack',
  ...closed(
    {
      version: { const: 1 },
      tool: closed({ name: text, version: text }),
      target: text,
      startedAt: text,
      durationMs: count,
      seed: text,
      level: { enum: ['passive', 'safe', 'full'] },
      requests: count,
      incomplete: list(text),
      summary: closed({
        pass: count,
        fail: count,
        review: count,
        inconclusive: count,
        notApplicable: count,
        skipped: count,
        bySeverity: closed(Object.fromEntries(SEVERITIES.map(name => [name, count]))),
      }),
      checks: list(check),
      baseline: closed({ unused: list(text), expired: list(text) }),
    },
    ['baseline'],
  ),
}
