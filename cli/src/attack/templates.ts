import type { AttackConfig } from './config/config.ts'

/** Files to copy into a project; printed by `bulwark attack init --template NAME`. */
export const TEMPLATES: Readonly<Record<string, string>> = {
  github: `# .github/workflows/attack.yml. Needs \`npm install --save-dev @bulwark/cli\`.
name: attack
on: [pull_request]
permissions: {}
jobs:
  attack:
    runs-on: ubuntu-latest
    timeout-minutes: 10
    permissions:
      contents: read
      # For the upload to code scanning.
      security-events: write
    steps:
      - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0
        with: { persist-credentials: false }
      - uses: actions/setup-node@a0853c24544627f65ddf259abe73b1d18a591444 # v5.0.0
        with: { node-version: 26 }
      - run: npm ci
      # 0 nothing got through, 1 findings, 3 incomplete: 1 and 3 fail the job.
      - run: npx --no-install bulwark attack http://localhost:3000 --start "npm start" --wait /healthz --out reports
        env:
          ALICE_PASSWORD: \${{ secrets.ALICE_PASSWORD }}
          BOB_PASSWORD: \${{ secrets.BOB_PASSWORD }}
      - uses: github/codeql-action/upload-sarif@9e907b5e64f6b83e7804b09294d44122997950d6 # v4.32.3
        if: success() || failure()
        with: { sarif_file: reports/attack.sarif }
`,
  'pre-commit': `# .pre-commit-config.yaml
repos:
  - repo: local
    hooks:
      - id: bulwark-attack
        name: bulwark attack
        language: system
        pass_filenames: false
        stages: [pre-push]
        entry: npx --no-install bulwark attack http://localhost:3000 --start "npm start" --wait /healthz --fail-on high
`,
  npm: `{
  "scripts": {
    "attack": "bulwark attack http://localhost:3000 --start \\"npm start\\" --wait /healthz --out reports",
    "attack:full": "bulwark attack http://localhost:3000 --start \\"npm start\\" --wait /healthz --level full"
  }
}
`,
}

/** A first config: what was found and answered stands in it, what is still open is asked for. */
export function configText(origin: string, known: AttackConfig): string {
  const parts = PARTS.map(([name, question, example]) => {
    const value = known[name]
    if (value !== undefined) return `  ${name}: ${literal(value, 2)},\n`
    return `  // ${question}\n  // ${name}: ${example},\n`
  })
  return `import { defineAttack } from '@bulwark/cli/attack'

// Passwords are read from the environment, a file or a command, and never stand here.
export default defineAttack({
  target: '${origin}',

${parts.join('\n')}})
`
}

const PARTS: readonly (readonly [keyof AttackConfig, question: string, example: string])[] = [
  [
    'accounts',
    'Who may sign in?',
    "{ alice: { user: 'alice@example.com', password: { env: 'ALICE_PASSWORD' } }, bob: { register: true } }",
  ],
  [
    'signIn',
    'Which request signs in?',
    "{ send: 'POST /login', json: { email: '{user}', password: '{password}' } }",
  ],
  [
    'session',
    'Which GET shows who is signed in? How does one sign out?',
    "{ probe: 'GET /me', logout: 'POST /logout' }",
  ],
  [
    'csrf',
    'Is there a CSRF token to fetch and send along?',
    "{ from: 'GET /csrf-token', at: '/csrfToken', header: 'X-CSRF-Token' }",
  ],
  [
    'register',
    'Which request signs up?',
    "{ send: 'POST /register', json: { email: '{user}', password: '{password}' } }",
  ],
  [
    'objects',
    'What belongs to one user and not to the other?',
    "[{ name: 'order', create: { send: 'POST /orders', json: { item: '{marker}' } }, read: 'GET /orders/{id}', list: 'GET /orders' }]",
  ],
  [
    'urls',
    'Which requests make the service fetch an address?',
    "[{ send: 'POST /webhooks/test', json: { url: '{url}' } }]",
  ],
  ['mail', 'Where can the mails be read that the service sends?', "{ http: 'GET /dev/outbox' }"],
]

/** A value as TypeScript, in the style of the house. */
function literal(value: unknown, indent: number): string {
  const pad = ' '.repeat(indent)
  if (Array.isArray(value))
    return value.length === 0
      ? '[]'
      : `[\n${value.map(item => `${pad}  ${literal(item, indent + 2)},\n`).join('')}${pad}]`
  if (typeof value === 'object' && value !== null)
    return `{\n${Object.entries(value)
      .map(
        ([key, item]) =>
          `${pad}  ${/^[a-z_]\w*$/i.test(key) ? key : literal(key, 0)}: ${literal(item, indent + 2)},\n`,
      )
      .join('')}${pad}}`
  return typeof value === 'string'
    ? `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
    : String(value)
}
