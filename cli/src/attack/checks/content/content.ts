import { absent, type Check, type Finding, fail, judged, pass, unclear } from '../../check.ts'
import { fill } from '../../people/step.ts'
import type { Scene } from '../../scene.ts'
import { record } from '../../site/openapi.ts'
import type { Reply } from '../../wire/reply.ts'
import { objectsOf } from '../access/owned.ts'
import { type Input, inputs, type JsonRoute, jsonRoute, sendRaw } from '../bodies.ts'
import { reading } from '../reading.ts'

const about = { top10: 'A06', level: 'safe' as const, severity: 'medium' as const }
const STRICT =
  'Parse JSON strictly before anything else sees it, against a schema that names every field. Bulwark: content.'

/** The route, once it has taken a correct body; without that a refusal proves nothing. */
async function working(scene: Scene): Promise<{ route: JsonRoute; control: Reply }> {
  const route = await jsonRoute(scene)
  const control = await sendRaw(route, JSON.stringify(route.body(scene.marker())))
  if (
    control.status === 415 ||
    control.status === 400 ||
    control.status >= 500 ||
    control.status === 0
  )
    throw unclear(`${route.send} answered ${control.status} to a correct body`)
  return { route, control }
}

/** The service took the body as it would have taken the right one. */
const taken = (reply: Reply, control: Reply) =>
  reply.status === control.status && (reply.ok || reply.status === 401)

/** A check that sends bodies which must all be refused; what is taken, or breaks, is a finding. */
function refusing(
  meta: Pick<Check, 'id' | 'tries' | 'why'> & Partial<Check>,
  bodies: (
    body: Record<string, unknown>,
    scene: Scene,
  ) => Readonly<Record<string, string | Uint8Array>>,
  told: { readonly taken?: string; readonly broken?: string } = {},
): Check {
  return {
    ...about,
    asvs: '16.5.1',
    cwe: 755,
    fix: STRICT,
    ...meta,
    async run(scene) {
      const { route, control } = await working(scene)
      const findings: Finding[] = []
      const body = record(route.body(scene.marker()))
      for (const [variant, sent] of Object.entries(bodies(body, scene))) {
        const reply = await sendRaw(route, sent, { withinMs: 5000 })
        const where = route.send
        if (reply.status >= 500 && reply.status !== 503)
          findings.push({
            where,
            variant,
            ...(told.broken === undefined ? { severity: 'high' as const } : {}),
            says: `${variant} makes the service fail with ${reply.status}`,
            evidence: [reply, control],
          })
        else if (reply.failure === 'timeout')
          findings.push({
            where,
            variant,
            says: `${variant} is not answered within 5 s`,
            evidence: [reply, control],
          })
        else if (taken(reply, control))
          findings.push({
            where,
            variant,
            says: `${variant} ${told.taken ?? 'is taken as if it were right'}`,
            evidence: [reply, control],
          })
      }
      return judged(findings, `${Object.keys(bodies(body, scene)).length} bodies refused`)
    },
  }
}

export const checks: readonly Check[] = [
  {
    ...about,
    id: 'json.other-type',
    asvs: '4.1.1',
    cwe: 436,
    tries: 'sends correct JSON under other media types, without one, and in another charset',
    why: 'Types that need no preflight open the way for other sites; what the guard read and what the handler reads can differ.',
    fix: 'Take application/json in UTF-8 and answer 415 to all else. Bulwark: content.',
    async run(scene) {
      const { route, control } = await working(scene)
      const findings: Finding[] = []
      for (const type of [
        'text/plain',
        'application/xml',
        'application/x-www-form-urlencoded',
        undefined,
        'application/json; charset=utf-7',
        'application/jsonx',
        'text/json\t',
        'application/json, text/plain',
      ]) {
        const reply = await sendRaw(route, JSON.stringify(route.body(scene.marker())), {
          headers: { 'Content-Type': type },
        })
        const name = type === undefined ? 'no type' : JSON.stringify(type)
        if (taken(reply, control))
          findings.push({
            where: route.send,
            variant: name,
            says: `JSON is taken with ${name}`,
            evidence: [reply, control],
          })
      }
      return judged(findings)
    },
  },
  refusing(
    {
      id: 'json.duplicate-keys',
      asvs: '1.5.3',
      cwe: 436,
      severity: 'low',
      tries: 'sends one key twice',
      why: 'What checks the first value and what uses the last are two programs, and they disagree.',
    },
    body => {
      const [[name, value] = ['x', 'y']] = Object.entries(body)
      const rest = JSON.stringify(body).slice(1)
      return {
        'a key twice': `{${JSON.stringify(name)}:${JSON.stringify(value)},${rest}`,
        'a key twice, once escaped': `{"${[...name].map(letter => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}":${JSON.stringify(value)},${rest}`,
      }
    },
  ),
  {
    ...about,
    id: 'json.unknown-fields',
    asvs: '2.2.1',
    cwe: 915,
    top10: 'A08',
    severity: 'medium',
    needs: ['account', 'objects'],
    tries: 'adds a field with a random name and reads the object back',
    why: 'What is stored unseen today is a privilege when a column of that name comes.',
    fix: STRICT,
    async run(scene) {
      const alice = await scene.signIn('alice')
      const findings: Finding[] = []
      for (const routes of objectsOf(scene)) {
        const [name, value] = [scene.marker(), scene.marker()]
        const ask = fill(routes.create, { marker: scene.marker() })
        const reply = await alice.ask({ ...ask, json: { ...record(ask.json), [name]: value } })
        const id = reply.string(routes.id ?? '/id')
        if (!reply.ok || id === undefined) continue
        const after = await alice.send(routes.read, { id })
        const stored = after.text.includes(value)
        const says = stored
          ? 'a field nobody knows is stored and returned'
          : 'a field nobody knows is overlooked'
        findings.push({
          where: routes.create.send,
          severity: stored ? 'medium' : 'info',
          says,
          evidence: [after, reply],
        })
      }
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'json.prototype',
    asvs: '15.3.6',
    cwe: 1321,
    top10: 'A08',
    severity: 'high',
    tries:
      'sends __proto__ and constructor.prototype in body and query, and looks for the marker elsewhere',
    why: "Every object of the process then has the attacker's property: rights, options, defaults.",
    fix: 'Refuse these names in every parser, and start Node with --disable-proto=delete. Bulwark: content.',
    async run(scene) {
      const { route, control } = await working(scene)
      const findings: Finding[] = []
      const body = JSON.stringify(route.body(scene.marker())).slice(1)
      const marker = scene.marker()
      const forms = {
        __proto__: `{"__proto__":{"${marker}":"${marker}"},${body}`,
        'constructor.prototype': `{"constructor":{"prototype":{"${marker}":"${marker}"}},${body}`,
        'an escaped __proto__': `{"\\u005f_proto__":{"${marker}":"${marker}"},${body}`,
      }
      for (const [variant, sent] of Object.entries(forms)) {
        const reply = await sendRaw(route, sent)
        await scene.ask({
          path: `/?__proto__[${marker}]=${marker}&constructor[prototype][${marker}]=${marker}`,
        })
        const elsewhere = await scene.ask({ path: '/' })
        const polluted =
          elsewhere.text.includes(marker) ||
          (
            await scene.ask({ path: fill(scene.config.session?.probe ?? 'GET /', {}).path })
          ).text.includes(marker)
        if (polluted)
          findings.push({
            where: route.send,
            variant,
            says: `${variant} shows in a reply to another request`,
            evidence: [elsewhere, reply],
          })
        else if (reply.status >= 500)
          findings.push({
            where: route.send,
            variant,
            severity: 'medium',
            says: `${variant} makes the service fail with ${reply.status}`,
            evidence: [reply, control],
          })
        else if (taken(reply, control) && reply.text.includes(marker))
          findings.push({
            where: route.send,
            variant,
            severity: 'medium',
            says: `${variant} is stored and returned`,
            evidence: [reply, control],
          })
      }
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'json.type-confusion',
    asvs: '15.3.5',
    cwe: 1287,
    top10: 'A05',
    severity: 'critical',
    needs: ['login'],
    tries: 'puts arrays, objects, numbers and null where name and password belong',
    why: 'Code that expects texts compares, joins and queries with what it gets.',
    fix: STRICT,
    async run(scene) {
      const { people } = scene.run
      const step = people.recipe
      if (step.json === undefined) throw absent('the sign-in takes a form, which holds texts only')
      const values: Readonly<Record<string, unknown>> = {
        null: null,
        true: true,
        'a number': 0,
        'an empty array': [],
        'an array': ['x'],
        'an object': {},
        'a query operator': { $ne: null },
        'an object with toString': { toString: 'x' },
      }
      const findings: Finding[] = []
      const wrong = people.stranger()
      const plain = await scene.visitor(true).ask(fill(step, wrong))
      for (const [variant, value] of Object.entries(values))
        for (const parameter of ['user', 'password']) {
          const visitor = scene.visitor(true)
          const reply = await visitor.ask(fill(step, { ...wrong, [parameter]: value }))
          if (reply.ok && !plain.ok && !people.isPending(reply))
            findings.push({
              where: step.send,
              parameter,
              variant,
              says: `${variant} as ${parameter} signs in`,
              evidence: [reply, plain],
            })
          else if (reply.status >= 500 && reply.status !== 503)
            findings.push({
              where: step.send,
              parameter,
              variant,
              severity: 'medium',
              says: `${variant} as ${parameter} makes the service fail with ${reply.status}`,
              evidence: [reply],
            })
        }
      return judged(findings)
    },
    throttled: true,
  },
  refusing(
    {
      id: 'json.malformed',
      top10: 'A10',
      tries: 'sends 24 broken bodies: cut, with comments, in other encodings, with trailing data',
      why: 'Each parser mends broken input in its own way, and the second parser sees something else.',
    },
    body => {
      const text = JSON.stringify(body)
      const bytes = Buffer.from(text)
      const quoted = text.replaceAll('"', "'")
      return {
        'a body cut short': text.slice(0, -1),
        'a body cut in a text': text.slice(0, -3),
        'trailing data': `${text}x`,
        'two bodies': text + text,
        'a trailing comma': text.replace(/\}$/, ',}'),
        'a comment': `/* x */${text}`,
        'a line comment': `${text}//x`,
        'single quotes': quoted,
        'unquoted keys': text.replaceAll(/"(\w+)":/g, '$1:'),
        NaN: text.replace(/:"[^"]*"/, ':NaN'),
        Infinity: text.replace(/:"[^"]*"/, ':Infinity'),
        undefined: text.replace(/:"[^"]*"/, ':undefined'),
        'a hexadecimal number': text.replace(/:"[^"]*"/, ':0x10'),
        'a number with a leading zero': text.replace(/:"[^"]*"/, ':01'),
        'a control character': text.replace(/:"/, ':"\u0001'),
        'a bad escape': text.replace(/:"/, ':"\\x41'),
        'broken UTF-8': Buffer.concat([
          bytes.subarray(0, -2),
          Buffer.from([0xc3, 0x28]),
          bytes.subarray(-2),
        ]),
        'an overlong form': Buffer.concat([
          bytes.subarray(0, -2),
          Buffer.from([0xc0, 0xaf]),
          bytes.subarray(-2),
        ]),
        'UTF-16': Buffer.from(text, 'utf16le'),
        'a lone text': '"x"',
        'a lone number': '1',
        null: 'null',
        'an array': `[${text}]`,
        'an empty body': ' ',
      }
    },
  ),
  {
    ...about,
    id: 'json.numbers',
    asvs: '2.2.1',
    cwe: 1284,
    top10: 'A05',
    needs: ['account', 'objects'],
    tries: 'sends numbers that are too large, negative, endless, or texts, and reads them back',
    why: "An amount that is stored as another number than was sent is somebody's loss.",
    fix: 'Bound numbers in the schema, and refuse what loses digits. Bulwark: content.',
    async run(scene) {
      const alice = await scene.signIn('alice')
      const findings: Finding[] = []
      let tried = 0
      for (const routes of objectsOf(scene)) {
        const control = await alice.send(routes.create, { marker: scene.marker() })
        const fields = Object.entries(record(control.json))
          .filter(([, value]) => typeof value === 'number')
          .map(([name]) => name)
        for (const field of fields)
          for (const number of ['9007199254740993', '1e400', '-1', '"1"', '1.5', '1e2', '-0']) {
            const ask = fill(routes.create, { marker: scene.marker() })
            const { [field]: _, ...rest } = record(ask.json)
            const sent = `{"${field}":${number},${JSON.stringify(rest).slice(1)}`
            const reply = await alice.ask({
              method: ask.method,
              path: ask.path,
              body: sent,
              headers: { 'Content-Type': 'application/json' },
            })
            tried++
            if (reply.status >= 500)
              findings.push({
                where: routes.create.send,
                parameter: field,
                variant: number,
                says: `${number} makes the service fail with ${reply.status}`,
                evidence: [reply],
              })
            const stored = JSON.stringify(reply.at(`/${field}`))
            const same =
              stored === number ||
              (number === '1e2' && stored === '100') ||
              (number === '-0' && stored === '0')
            if (reply.ok && !same)
              findings.push({
                where: routes.create.send,
                parameter: field,
                variant: number,
                says: `${number} is stored as ${stored}`,
                evidence: [reply],
              })
          }
      }
      if (tried === 0) throw absent('no object has a number')
      return judged(findings)
    },
  },
  reading({
    id: 'reply.type-matches',
    asvs: '4.1.1',
    cwe: 436,
    top10: 'A06',
    severity: 'medium',
    tries: 'compares the declared type of every reply with its body',
    why: 'JSON that says it is HTML runs as HTML, with whatever a user has put into it.',
    fix: 'Set the type from the code that makes the body, with a charset for texts. Bulwark: headers.',
    of: reply => reply.body.length > 0,
    wrong: reply => {
      const text = reply.text.trim()
      const isJson = /^[{[]/.test(text) && reply.json !== undefined
      if (reply.isHtml && isJson)
        return { variant: 'json-as-html', says: 'JSON is sent as text/html' }
      if (reply.isJson && /^<(!doctype|html)/i.test(text))
        return { variant: 'html-as-json', says: 'HTML is sent as JSON' }
      if (reply.type === '') return { variant: 'none', says: 'a body has no Content-Type' }
      return reply.isHtml &&
        !/charset/i.test(reply.header('content-type') ?? '') &&
        !/<meta[^>]+charset/i.test(text)
        ? { variant: 'charset', severity: 'low', says: 'HTML comes without a charset' }
        : undefined
    },
  }),
  {
    ...about,
    id: 'reply.json-as-html',
    asvs: '3.2.1',
    cwe: 79,
    top10: 'A05',
    severity: 'high',
    tries: 'asks API routes for HTML with a marker in each parameter',
    why: 'An API that answers browsers in HTML is a page nobody escapes for.',
    fix: 'Answer JSON as application/json with nosniff, whatever Accept says. Bulwark: headers.',
    async run(scene) {
      const findings: Finding[] = []
      const all = inputs(scene)
      if (all.length === 0) throw absent('no public route takes a parameter')
      for (const input of all) {
        const marker = scene.marker()
        const reply = await scene.ask({
          ...input.ask(`<${marker}>`),
          headers: { Accept: 'text/html' },
        })
        if (reply.isHtml && reply.json !== undefined && reply.text.includes(`<${marker}>`))
          findings.push({
            where: input.where,
            parameter: input.name,
            says: 'a JSON body with markup of the request is sent as HTML',
            evidence: [reply],
          })
      }
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'path.traversal',
    asvs: '5.3.2',
    cwe: 22,
    top10: 'A01',
    severity: 'critical',
    tries: 'climbs out of folders by dots, backslashes and several encodings, raw on the wire',
    why: 'Source, keys and password files are one request away.',
    fix: 'Resolve the path, and refuse what does not start with the folder and a separator. Bulwark: uploads, safe names.',
    async run(scene) {
      const climbs = [
        '../'.repeat(8),
        '..%2f'.repeat(8),
        '%2e%2e/'.repeat(8),
        '%2e%2e%2f'.repeat(8),
        '..%5c'.repeat(8),
        '..%252f'.repeat(8),
        '..%c0%af'.repeat(8),
        '....//'.repeat(8),
      ]
      const goals: readonly [string, RegExp][] = [
        ['etc/passwd', /^root:[^:]*:0:0:/m],
        ['package.json', /"(dependencies|scripts)"\s*:\s*\{/],
      ]
      const folders = new Set([
        '/',
        ...scene.site.replies.map(
          ({ sent }) => sent.path.split('?')[0]?.replace(/[^/]*$/, '') ?? '/',
        ),
      ])
      const files = inputs(scene).filter(({ name }) =>
        /file|path|name|doc|page|template|folder|dir|img|image|src|download/i.test(name),
      )
      const findings: Finding[] = []
      const look = (
        reply: Reply,
        where: string,
        parameter: string | undefined,
        variant: string,
      ) => {
        const goal = goals.find(
          ([, pattern]) => reply.ok && !reply.isHtml && pattern.test(reply.text),
        )
        if (goal !== undefined)
          findings.push({
            where,
            ...(parameter === undefined ? {} : { parameter }),
            variant,
            says: `${goal[0]} can be read`,
            evidence: [reply],
          })
        return goal !== undefined
      }
      for (const climb of climbs)
        for (const [goal] of goals) {
          for (const folder of [...folders].slice(0, 6))
            if (
              look(
                await scene.ask({ path: `${folder}${climb}${goal}` }),
                `GET ${folder}…`,
                undefined,
                climb.slice(0, 8),
              )
            )
              return fail(...findings)
          for (const input of files)
            if (
              look(
                await scene.ask(rawInput(input, climb + goal)),
                input.where,
                input.name,
                climb.slice(0, 8),
              )
            )
              return fail(...findings)
        }
      return pass(`${folders.size} folders and ${files.length} parameters tried`)
    },
  },
  {
    ...about,
    id: 'param.pollution',
    asvs: '15.3.7',
    cwe: 235,
    top10: 'A10',
    severity: 'low',
    tries: 'sends each parameter twice and as a list',
    why: 'The guard reads the first, the handler the last, and a list crashes both.',
    fix: 'Take each parameter once, and refuse repetitions of those that are no lists. Bulwark: content.',
    async run(scene) {
      const all = inputs(scene).filter(({ ask }) => ask('x').path.includes('?'))
      if (all.length === 0) throw absent('no public route takes a query')
      const findings: Finding[] = []
      for (const input of all) {
        const [a, b] = [scene.marker(), scene.marker()]
        const single = input.ask(a)
        const name = encodeURIComponent(input.name)
        for (const [variant, path] of [
          ['twice', `${single.path}&${name}=${b}`],
          ['as a list', single.path.replace(`${name}=`, `${name}[]=`)],
          ['as an object', single.path.replace(`${name}=`, `${name}[x]=`)],
        ] as const) {
          const reply = await scene.ask({ ...single, path })
          if (reply.status >= 500 && reply.status !== 503)
            findings.push({
              where: input.where,
              parameter: input.name,
              variant,
              severity: 'medium',
              says: `a parameter ${variant} makes the service fail with ${reply.status}`,
              evidence: [reply],
            })
          else if (variant === 'twice' && reply.text.includes(a) && reply.text.includes(b))
            findings.push({
              where: input.where,
              parameter: input.name,
              variant,
              says: 'both values of a repeated parameter are used',
              evidence: [reply],
            })
        }
      }
      return judged(findings)
    },
  },
]

/** Percent signs stay as they are: the encoding is the attack. */
function rawInput(input: Input, value: string) {
  const ask = input.ask('BULWARKVALUE')
  return { ...ask, path: ask.path.replace('BULWARKVALUE', value) }
}
