import { absent, type Check, type Finding, judged } from '../../check.ts'
import { fill } from '../../people/step.ts'
import type { Scene } from '../../scene.ts'
import { tokenize } from '../../site/html.ts'
import { normalise } from '../../site/normalise.ts'
import type { Reply } from '../../wire/reply.ts'
import { actionOf } from '../action.ts'
import { type Input, inputs } from '../bodies.ts'

const about = { top10: 'A05', level: 'safe' as const, severity: 'high' as const }

/** Tries every public input; what `attack` finds at one is reported once. */
async function atEachInput(
  scene: Scene,
  attack: (input: Input) => Promise<Omit<Finding, 'where' | 'parameter'> | undefined>,
) {
  const all = inputs(scene)
  if (all.length === 0) throw absent('no public route takes a parameter')
  const findings: Finding[] = []
  for (const input of all) {
    const found = await attack(input)
    if (found !== undefined) findings.push({ where: input.where, parameter: input.name, ...found })
  }
  return judged(findings, `${all.length} parameters tried`)
}

/** How the marker became part of the page's markup, if it did. */
export function became(html: string, marker: string): string | undefined {
  for (const token of tokenize(html)) {
    if (token.kind === 'start' && token.name.includes(marker)) return 'an element'
    if (token.kind === 'start' && [...token.attributes.keys()].some(name => name.includes(marker)))
      return 'an attribute'
    if (token.kind === 'text' && token.inside === 'script' && token.text.includes(`${marker}'"`))
      return 'part of a script'
  }
  return undefined
}

const breakout = (marker: string) => `${marker}'"><${marker} ${marker}=1>`

/** Arithmetic in several notations: the product in the reply means that somebody calculated. */
function calculating(
  meta: Pick<Check, 'id' | 'tries' | 'why' | 'fix' | 'asvs' | 'cwe'>,
  notations: readonly ((a: number, b: number) => string)[],
): Check {
  return {
    ...about,
    severity: 'critical',
    ...meta,
    run: scene =>
      atEachInput(scene, async input => {
        for (const notation of notations) {
          const [a, b] = [scene.dice.factor(), scene.dice.factor()]
          const text = notation(a, b)
          const reply = await scene.ask(input.ask(text))
          if (reply.text.includes(String(a * b)))
            return {
              variant: notation(2, 3),
              says: `the service calculated ${text} and shows ${a * b}`,
              evidence: [reply],
            }
        }
        return undefined
      }),
  }
}

/** Pairs of which one is true and the other is not, for a database that reads them as conditions. */
const SQL_PAIRS: readonly (readonly [
  name: string,
  yes: (v: string) => string,
  no: (v: string) => string,
])[] = [
  ['a quoted condition', v => `${v}' AND '1'='1`, v => `${v}' AND '1'='2`],
  ['a condition in a pattern', v => `${v}%' AND '1%'='1`, v => `${v}%' AND '1%'='2`],
  ['a double-quoted condition', v => `${v}" AND "1"="1`, v => `${v}" AND "1"="2`],
  ['a bare condition', v => `${v} AND 1=1`, v => `${v} AND 1=2`],
  ['a bracketed condition', v => `${v}') AND ('1'='1`, v => `${v}') AND ('1'='2`],
  ['a comment', v => `${v}' AND 1=1 -- `, v => `${v}' AND 1=2 -- `],
]

export const checks: readonly Check[] = [
  {
    ...about,
    id: 'inject.sql',
    asvs: '1.2.4',
    cwe: 89,
    severity: 'critical',
    tries:
      'adds a true and a false condition to each parameter, three times each, and compares the replies',
    why: 'The database answers whatever is asked: all rows, all tables, all passwords.',
    fix: 'Use placeholders for every value; never put text together to a query.',
    run: scene =>
      atEachInput(scene, async input => {
        for (const value of ['a', '1']) {
          const plain = await scene.ask(input.ask(value))
          for (const [variant, yes, no] of SQL_PAIRS) {
            const look = async (text: string) => {
              const reply = await scene.ask(input.ask(text))
              return { reply, look: `${reply.status} ${normalise(reply.text, [text])}` }
            }
            const base = `${plain.status} ${normalise(plain.text)}`
            const rounds: (readonly [
              Awaited<ReturnType<typeof look>>,
              Awaited<ReturnType<typeof look>>,
            ])[] = []
            for (let round = 0; round < 3; round++) {
              const pair = [await look(yes(value)), await look(no(value))] as const
              rounds.push(pair)
              if (pair[0].look !== base || pair[1].look === base) break
            }
            const steady =
              rounds.length === 3 && rounds.every(([a, b]) => a.look === base && b.look !== base)
            const [last] = rounds
            if (steady && last !== undefined)
              return {
                variant,
                says: 'a true condition changes nothing and a false one does: the text is read as SQL',
                evidence: [last[1].reply, last[0].reply],
              }
          }
        }
        return undefined
      }),
  },
  {
    ...about,
    id: 'inject.nosql',
    asvs: '1.2.4',
    cwe: 943,
    severity: 'critical',
    needs: ['login'],
    tries: 'signs in with query operators in place of name and password',
    why: 'The question "is the password not empty" is answered yes for everybody.',
    fix: 'Take texts only, and refuse objects where a text belongs. Bulwark: content, strict schemas.',
    async run(scene) {
      const step = scene.run.people.recipe
      if (step.json === undefined && step.form === undefined)
        throw absent('the sign-in has no body')
      const plain = await scene.visitor().ask(fill(step, scene.run.people.stranger()))
      const findings: Finding[] = []
      const operators: readonly [string, unknown][] = [
        ['$ne', { $ne: null }],
        ['$gt', { $gt: '' }],
        ['$regex', { $regex: '.*' }],
      ]
      for (const [variant, value] of operators) {
        const visitor = scene.visitor()
        const names = fill(step, { user: value, password: value })
        const ask =
          step.json === undefined
            ? { ...fill(step, {}), form: bracketed(step.form ?? {}, variant) }
            : names
        const reply = await visitor.ask(ask)
        if (reply.ok && !plain.ok && (visitor.jar.cookies.size > 0 || /token/i.test(reply.text)))
          findings.push({
            where: step.send,
            variant,
            says: `a sign-in with ${variant} in place of name and password succeeds`,
            evidence: [reply, plain],
          })
      }
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'inject.xss-reflected',
    asvs: '1.2.1',
    cwe: 79,
    tries:
      'puts a marker with quotes and brackets into each parameter and parses the page as a browser would',
    why: 'A link runs a script of the attacker in the session of whoever follows it.',
    fix: 'Escape for the place where the text goes, by a template engine that does so always. Bulwark: headers (CSP) as the second line.',
    run: scene =>
      atEachInput(scene, async input => {
        const marker = scene.marker()
        const reply = await scene.ask(input.ask(breakout(marker)))
        const how = reply.isHtml ? became(reply.text, marker) : undefined
        return how === undefined
          ? undefined
          : { says: `the text of the request becomes ${how} of the page`, evidence: [reply] }
      }),
  },
  {
    ...about,
    id: 'inject.xss-error',
    asvs: '1.2.1',
    cwe: 79,
    tries: 'puts the marker into the path of a page that does not exist, and into headers',
    why: 'Error pages repeat the address and are written by hand, outside the template engine.',
    fix: 'Escape in error pages too, or do not repeat the request at all. Bulwark: problem+json, plain pages.',
    async run(scene) {
      const findings: Finding[] = []
      const headers = { Accept: 'text/html' }
      for (const where of ['path', 'query', 'Referer', 'User-Agent', 'X-Forwarded-For']) {
        const marker = scene.marker()
        const text = breakout(marker)
        const path =
          where === 'path'
            ? `/${text.replaceAll(' ', '/')}`
            : where === 'query'
              ? `/${marker}?q=${text.replaceAll(' ', '+')}`
              : `/${marker}`
        const reply = await scene.ask({
          path,
          headers: { ...headers, ...(/^[A-Z]/.test(where) ? { [where]: text } : {}) },
        })
        const how = reply.isHtml ? became(reply.text, marker) : undefined
        if (how !== undefined)
          findings.push({
            where: '/{missing}',
            parameter: where,
            says: `the ${where} of the request becomes ${how} of the error page`,
            evidence: [reply],
          })
      }
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'inject.xss-stored',
    asvs: '1.2.1',
    cwe: 79,
    needs: ['account', 'action'],
    tries: 'stores the marker and reads it back from every page',
    why: 'Everybody who opens the page runs the script of the attacker.',
    fix: 'Escape where the text is shown, always. Bulwark: headers (CSP) as the second line.',
    async run(scene) {
      const alice = await scene.signIn('alice')
      const marker = scene.marker()
      const action = actionOf(scene)
      const stored = await alice.send(action.change, { marker: breakout(marker) })
      const pages = new Set([
        action.probe.split(' ')[1] ?? '/',
        ...scene.site.pages.map(({ sent }) => sent.path),
        ...(scene.config.pages ?? []),
      ])
      const findings: Finding[] = []
      for (const path of [...pages].slice(0, 20)) {
        const reply = await alice.visit(path)
        const how = reply.isHtml ? became(reply.text, marker) : undefined
        if (how !== undefined)
          findings.push({
            where: `GET ${path}`,
            says: `stored text becomes ${how} of the page`,
            evidence: [reply, stored],
          })
      }
      return judged(findings)
    },
  },
  calculating(
    {
      id: 'inject.template',
      asvs: '1.3.7',
      cwe: 1336,
      tries: 'puts a multiplication in the notation of template engines into each parameter',
      why: 'Templates can call functions: the next expression runs a command.',
      fix: 'Never build a template from input; pass input as data.',
    },
    [
      (a, b) => `{{${a}*${b}}}`,
      (a, b) => `\${${a}*${b}}`,
      (a, b) => `<%= ${a}*${b} %>`,
      (a, b) => `#{${a}*${b}}`,
      (a, b) => `{${a}*${b}}`,
    ],
  ),
  calculating(
    {
      id: 'inject.command',
      asvs: '1.2.5',
      cwe: 78,
      tries: 'puts a multiplication in the notation of shells into each parameter',
      why: "The machine is then the attacker's.",
      fix: 'Start programs with a list of arguments and without a shell (execFile), or better not at all.',
    },
    [
      (a, b) => `$((${a}*${b}))`,
      (a, b) => `;echo $((${a}*${b}))`,
      (a, b) => `\`expr ${a} '*' ${b}\``,
      (a, b) => `|echo $((${a}*${b}))`,
      (a, b) => `\n echo $((${a}*${b}))\n`,
    ],
  ),
  {
    ...about,
    id: 'inject.crlf',
    asvs: '1.2.2',
    cwe: 113,
    tries: 'puts a line break and a header into each parameter',
    why: 'The attacker sets cookies, or writes a second reply that caches keep.',
    fix: 'Refuse control characters in whatever becomes a header; Node does, raw sockets do not.',
    run: scene =>
      atEachInput(scene, async input => {
        for (const brk of ['\r\n', '\n', '\r', '\u560d\u560a']) {
          const marker = scene.marker()
          const reply = await scene.ask(input.ask(`x${brk}X-${marker}: 1`))
          if (reply.header(`x-${marker}`) !== undefined)
            return {
              says: 'a line break in the parameter writes a header of its own',
              evidence: [reply],
            }
        }
        return undefined
      }),
  },
  {
    ...about,
    id: 'redirect.open',
    asvs: '3.7.2',
    cwe: 601,
    top10: 'A01',
    severity: 'medium',
    tries: 'names another site in each parameter that can be a place to go next',
    why: 'A link to your own name leads to a copy of your sign-in page.',
    fix: 'Take paths only, parse them against your own origin and compare; or a list of places.',
    async run(scene) {
      const names =
        /^(next|return(_?(to|url))?|redirect(_?(uri|url|to))?|url|to|continue|dest(ination)?|go|target|callback|r|u)$/i
      const { hostname } = new URL(scene.place.origin)
      const forms = [
        'https://evil.test/',
        '//evil.test',
        '/\\evil.test',
        '\\\\evil.test',
        'https:evil.test',
        '/\t/evil.test',
        `https://${hostname}@evil.test/`,
        `https://evil.test#${hostname}`,
        'javascript:alert(1)',
      ]
      const known = inputs(scene).filter(({ name }) => names.test(name))
      const guessed = ['next', 'returnTo', 'redirect', 'url'].flatMap(name =>
        ['/', '/login', '/logout']
          .filter(path => scene.site.replies.some(reply => reply.sent.path === path))
          .map(
            (path): Input => ({
              where: `GET ${path}`,
              name,
              ask: value => ({ path: `${path}?${name}=${encodeURIComponent(value)}` }),
            }),
          ),
      )
      const findings: Finding[] = []
      for (const input of [...known, ...guessed]) {
        for (const form of forms) {
          const reply = await scene.ask(input.ask(form))
          const target = leadsTo(reply, scene.place.origin)
          if (
            target !== undefined &&
            (target.hostname === 'evil.test' || target.protocol === 'javascript:')
          ) {
            findings.push({
              where: input.where,
              parameter: input.name,
              says: `${JSON.stringify(form)} leads to ${target.href.slice(0, 40)}`,
              evidence: [reply],
            })
            break
          }
        }
      }
      if (known.length + guessed.length === 0) throw absent('no route takes a place to go next')
      return judged(findings)
    },
  },
]

function bracketed(
  form: Readonly<Record<string, string>>,
  operator: string,
): Record<string, string> {
  return Object.fromEntries(Object.keys(form).map(name => [`${name}[${operator}]`, '']))
}

/** Where a browser would go: by Location, or by a refresh in the page. */
function leadsTo(reply: Reply, origin: string): URL | undefined {
  const header = reply.status >= 300 && reply.status < 400 ? reply.header('location') : undefined
  const refresh = reply.isHtml
    ? /http-equiv=["']?refresh["']?[^>]+url=([^"'>]+)/i.exec(reply.text)?.[1]
    : undefined
  const value = header ?? refresh
  if (value === undefined) return undefined
  return URL.parse(value, `${origin}${reply.sent.path.split('?')[0]}`) ?? undefined
}
