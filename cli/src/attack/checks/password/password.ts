import { absent, type Check, type Finding, fail, judged, pass, unclear } from '../../check.ts'
import type { Person } from '../../people/person.ts'
import { fill } from '../../people/step.ts'
import type { Scene } from '../../scene.ts'
import type { Reply } from '../../wire/reply.ts'
import { known } from '../login.ts'
import { read, reading } from '../reading.ts'

const about = {
  cwe: 521,
  top10: 'A07',
  level: 'safe' as const,
  severity: 'medium' as const,
  needs: ['newcomer', 'change'] as const,
}

/** Changes the password of a throw-away account; taken only if the new one then signs in. */
async function tried(
  scene: Scene,
  person: Person,
  next: string,
): Promise<{ taken: boolean; reply: Reply }> {
  const change = scene.config.password?.change
  if (change === undefined) throw absent('no route changes the password')
  const reply = await person.send(change, {
    user: person.user,
    password: person.password,
    new: next,
  })
  if (reply.status === 429) throw unclear('the password change is throttled')
  if (reply.status >= 400) return { taken: false, reply }
  const taken = await signsIn(scene, person.user, next)
  if (taken) person.password = next
  return { taken, reply }
}

async function signsIn(scene: Scene, user: string, password: string): Promise<boolean> {
  const visitor = scene.visitor(true)
  await scene.run.people.enter(visitor, user, password)
  return scene.run.people.isIn(visitor, user)
}

/** A throw-away account whose password can be changed: shown by doing so. */
async function changeable(scene: Scene): Promise<Person> {
  const person = await scene.newcomer()
  const { taken, reply } = await tried(scene, person, scene.run.people.stranger().password)
  if (!taken)
    throw unclear(`a good new password was not taken (${reply.status})`, 'password.change')
  return fresh(scene, person)
}

/** The same person in a new session: a change may have ended the old one. */
async function fresh(scene: Scene, person: Person): Promise<Person> {
  if (await person.alive()) return person
  const visitor = scene.visitor(true)
  await scene.run.people.enter(visitor, person.user, person.password)
  return scene.run.people.proven(visitor, person.user, person.password)
}

/** A check of passwords that must be refused. */
function refused(
  meta: Omit<Check, 'run' | 'level' | 'cwe' | 'top10' | 'needs'> & Partial<Check>,
  words: (scene: Scene, person: Person) => Readonly<Record<string, string>>,
): Check {
  return {
    ...about,
    ...meta,
    async run(scene) {
      let person = await changeable(scene)
      for (const [variant, word] of Object.entries(words(scene, person))) {
        const { taken, reply } = await tried(scene, person, word)
        if (taken)
          return fail({
            where: scene.config.password?.change.send ?? '/',
            variant,
            says: `a password was taken that is ${variant}`,
            evidence: [reply],
          })
        person = await fresh(scene, person)
      }
      return pass()
    },
  }
}

/** A check of passwords that must be taken. */
function accepted(
  meta: Omit<Check, 'run' | 'level' | 'cwe' | 'top10' | 'needs'> & Partial<Check>,
  words: (scene: Scene) => Readonly<Record<string, string>>,
): Check {
  return {
    ...about,
    ...meta,
    async run(scene) {
      let person = await changeable(scene)
      const findings: Finding[] = []
      for (const [variant, word] of Object.entries(words(scene))) {
        const { taken, reply } = await tried(scene, person, word)
        if (!taken)
          findings.push({
            where: scene.config.password?.change.send ?? '/',
            variant,
            says: `a password was refused that is ${variant}`,
            evidence: [reply],
          })
        person = await fresh(scene, person)
      }
      return judged(findings)
    },
  }
}

/** The passwords that a request carried. */
function sentPasswords({ sent }: Reply): string[] {
  const body = sent.body.length > 10_000 ? '' : sent.body.toString('utf8')
  const json = [...body.matchAll(/"\w*password\w*"\s*:\s*"((?:[^"\\]|\\.){12,})"/gi)]
  const form = [...body.matchAll(/\w*password\w*=([^&]{12,})/gi)]
  return [...json, ...form].map(([, word]) => word ?? '')
}

const LOWER = 'abcdefghjkmnpqrstuvwxyz'
const random = (
  scene: Scene,
  length: number,
  alphabet = `${LOWER}ABCDEFGHJKMNPQRSTUVWXYZ23456789`,
) => Array.from({ length }, () => alphabet[scene.dice.below(alphabet.length)]).join('')

const COMMON = [
  'password1',
  'password123',
  'qwertyuiop',
  '1234567890',
  'iloveyou1',
  'sunshine1',
  'princess1',
  'football1',
  'baseball1',
  'welcome123',
  'letmein123',
  'superman1',
]
const FAMOUS = ['correcthorsebatterystaple', 'qwertyuiop1234567890']
const DEFAULTS = [
  ['admin', 'admin'],
  ['admin', 'password'],
  ['admin', 'admin123'],
  ['root', 'root'],
  ['administrator', 'administrator'],
  ['test', 'test'],
  ['guest', 'guest'],
  ['user', 'user'],
] as const

export const checks: readonly Check[] = [
  refused(
    {
      id: 'pw.min-length',
      asvs: '6.2.1',
      severity: 'medium',
      tries: 'sets a random password of 7 characters',
      why: 'Seven characters are guessed offline in minutes.',
      fix: 'Ask for 15 characters where the password is all there is, 8 at least. Bulwark: password.',
    },
    scene => ({ 'only 7 characters long': random(scene, 7) }),
  ),
  accepted(
    {
      id: 'pw.max-length',
      asvs: '6.2.9',
      severity: 'low',
      tries: 'sets random passwords of 64 and 128 characters',
      why: 'Sentences are the good passwords people can remember, and they are long.',
      fix: 'Take at least 64 characters, better 128. Bulwark: password.',
    },
    scene => ({
      '64 characters long': random(scene, 64),
      '128 characters long': random(scene, 128),
    }),
  ),
  refused(
    {
      id: 'pw.common',
      asvs: '6.2.4',
      severity: 'medium',
      tries: 'sets passwords from the top of every list',
      why: 'They are tried first, on every account.',
      fix: 'Refuse what stands in a list of common passwords. Bulwark: password.',
    },
    () => Object.fromEntries(COMMON.slice(0, 6).map(word => [`as common as ${word}`, word])),
  ),
  refused(
    {
      id: 'pw.breached',
      asvs: '6.2.12',
      severity: 'medium',
      tries: 'sets long passwords that are famous from leaks',
      why: 'Length does not help when the password is in the lists.',
      fix: 'Ask a service of leaked passwords by range, or keep a list. Bulwark: password, breach ranges.',
    },
    () => Object.fromEntries(FAMOUS.map(word => ['long and famous', word])),
  ),
  refused(
    {
      id: 'pw.context',
      asvs: '6.2.11',
      severity: 'low',
      tries: 'sets the own name with a year as password',
      why: 'Who attacks one person tries what belongs to that person first.',
      fix: 'Refuse the name, the address and the service in the password. Bulwark: password.',
    },
    (_, person) => ({ 'the own name with a year': `${person.user.split('@')[0]}2026` }),
  ),
  accepted(
    {
      id: 'pw.composition',
      asvs: '6.2.5',
      severity: 'low',
      tries: 'sets 20 lower-case letters, and one with spaces and an emoji',
      why: 'Rules about classes make people write Password1!',
      fix: 'Judge length and lists, not classes. Bulwark: password.',
    },
    scene => ({
      '20 lower-case letters': random(scene, 20, LOWER),
      'words with spaces': `${random(scene, 6, LOWER)} ${random(scene, 7, LOWER)} ${random(scene, 8, LOWER)}`,
      'with an emoji': `${random(scene, 16, LOWER)}🐴é`,
    }),
  ),
  {
    ...about,
    id: 'pw.truncation',
    asvs: '6.2.8',
    severity: 'high',
    tries: 'sets a password of 100 characters and signs in with parts of it',
    why: 'What bcrypt does not read (from byte 73 on) protects nothing, and neither does what is cut or folded.',
    fix: 'Hash all of it: argon2id, or a digest before bcrypt. Bulwark: password.',
    async run(scene) {
      const person = await changeable(scene)
      const long = random(scene, 100)
      const { taken, reply } = await tried(scene, person, long)
      if (!taken)
        throw absent(
          `a password of 100 characters is not taken (${reply.status}): see pw.max-length`,
        )
      const forms: Readonly<Record<string, string>> = {
        'its first 72 characters': long.slice(0, 72),
        'another character 73': `${long.slice(0, 72)}${long[72] === 'x' ? 'y' : 'x'}${long.slice(73)}`,
        'all in lower case': long.toLowerCase(),
        'cut at a NUL': `${long}\u0000x`,
        'a space behind': `${long} `,
      }
      const findings: Finding[] = []
      for (const [variant, word] of Object.entries(forms)) {
        if (word !== long && (await signsIn(scene, person.user, word)))
          findings.push({
            where: scene.run.people.recipe.send,
            variant,
            says: `${variant} signs in`,
            evidence: [reply],
          })
        if (findings.length === 0 && variant === 'all in lower case')
          await signsIn(scene, person.user, long)
      }
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'pw.change-current',
    asvs: '6.2.3',
    cwe: 620,
    severity: 'high',
    tries: 'changes the password without the present one, with an empty and with a wrong one',
    why: 'Whoever has the session for a minute has the account for good.',
    fix: 'Ask for the present password, or a fresh sign-in. Bulwark: access, step-up.',
    async run(scene) {
      const change = scene.config.password?.change
      if (change === undefined) throw absent('no route changes the password')
      if (!JSON.stringify(change).includes('{password}'))
        throw absent('the change asks for a fresh sign-in instead of the present password')
      let person = await changeable(scene)
      const findings: Finding[] = []
      for (const [variant, password] of [
        ['without the present one', undefined],
        ['with an empty one', ''],
        ['with a wrong one', scene.run.people.stranger().password],
      ] as const) {
        const next = scene.run.people.stranger().password
        const reply = await person.send(change, { user: person.user, password, new: next })
        if (await signsIn(scene, person.user, next)) {
          findings.push({
            where: change.send,
            variant,
            says: `the password was changed ${variant}`,
            evidence: [reply],
          })
          person.password = next
        }
        person = await fresh(scene, person)
      }
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'pw.login-get',
    asvs: '14.2.1',
    cwe: 598,
    top10: 'A06',
    needs: ['account', 'login'],
    tries: 'signs in with name and password in the address',
    why: 'Addresses are logged, kept in histories and sent along as Referer.',
    fix: 'Read credentials from the body only. Bulwark: login.',
    async run(scene) {
      const { people } = scene.run
      const { user, password } = await known(scene)
      const step = people.recipe
      const ask = fill(step, { user, password })
      const values = (step.json === undefined ? (ask.form ?? {}) : ask.json) as Record<
        string,
        unknown
      >
      const query = new URLSearchParams(
        Object.entries(values).map(([name, value]): [string, string] => [name, String(value)]),
      )
      const findings: Finding[] = []
      for (const method of ['GET', 'POST']) {
        const visitor = scene.visitor(true)
        const reply = await visitor.ask({ method, path: `${ask.path}?${query}` })
        if (await people.isIn(visitor, user))
          findings.push({
            where: step.send,
            variant: method,
            says: `${method} with the password in the address signs in`,
            evidence: [reply],
          })
      }
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'pw.echo',
    asvs: '15.3.1',
    cwe: 522,
    top10: 'A06',
    severity: 'high',
    last: true,
    needs: ['account', 'login'],
    tries: 'looks for its own passwords in every reply of the run',
    why: 'A password that comes back is in caches, in scripts and in the hands of whoever reads over the shoulder.',
    fix: 'Never answer with the body that came in. Bulwark: response schemas.',
    async run(scene) {
      const { people, line } = scene.run
      const { user, password } = await people.credentials('alice', scene.visitor())
      await people.enter(scene.visitor(true), user, password)
      await people.enter(scene.visitor(true), user, `${password}x`)
      const echoing = line.record.find(reply =>
        sentPasswords(reply).some(word => reply.text.includes(word)),
      )
      if (echoing === undefined) return pass(`${line.record.length} replies read`)
      const where = `${echoing.sent.method} ${echoing.sent.path.split('?')[0]}`
      return fail({
        where,
        says: 'the reply holds the password of the request',
        evidence: [echoing],
      })
    },
  },
  {
    ...about,
    id: 'pw.default',
    asvs: '6.3.2',
    cwe: 1392,
    severity: 'critical',
    throttled: true,
    needs: ['login'],
    tries: `signs in with ${DEFAULTS.length} names and passwords that come with products`,
    why: 'They are the first thing that every scanner of the internet tries.',
    fix: 'Ship no account; make the first administrator by a one-time link.',
    async run(scene) {
      const { people } = scene.run
      const wrong = await people.enter(scene.visitor(true), people.stranger().user, 'x'.repeat(16))
      const findings: Finding[] = []
      for (const [user, password] of DEFAULTS) {
        const visitor = scene.visitor(true)
        const reply = await people.enter(visitor, user, password)
        const different =
          reply.status < 400 &&
          (reply.status !== wrong.status || reply.header('location') !== wrong.header('location'))
        const signedIn =
          different && (scene.config.session === undefined || (await people.isIn(visitor, user)))
        if (signedIn)
          findings.push({
            where: people.recipe.send,
            variant: user,
            says: `${user} with its default password signs in`,
            evidence: [reply, wrong],
          })
      }
      return judged(findings)
    },
  },
  reading({
    id: 'pw.form',
    asvs: '6.2.6',
    cwe: 549,
    top10: 'A07',
    severity: 'low',
    tries: 'looks at the fields for passwords: type, autocomplete, paste',
    why: 'People choose weak passwords where their manager cannot fill in a strong one.',
    fix: 'Use type=password with autocomplete=current-password or new-password, and let people paste.',
    of: reply => reply.isHtml && /<input[^>]+name=["']?\w*(password|passwd|pwd)/i.test(reply.text),
    wrong: reply =>
      [...reply.text.matchAll(/<input[^>]+name=["']?\w*(?:password|passwd|pwd)[^>]*>/gi)].flatMap(
        ([input]) => {
          if (!/type=["']?password/i.test(input))
            return [{ variant: 'type', says: 'a field for passwords shows what is typed' }]
          if (/onpaste=/i.test(input))
            return [{ variant: 'paste', says: 'a field for passwords forbids pasting' }]
          return /autocomplete=["']?off/i.test(input)
            ? [
                {
                  variant: 'autocomplete',
                  severity: 'info' as const,
                  says: 'a field for passwords keeps managers out (autocomplete=off)',
                },
              ]
            : []
        },
      ),
  }),
  {
    ...about,
    id: 'pw.insecure-post',
    asvs: '12.2.1',
    cwe: 319,
    top10: 'A04',
    severity: 'high',
    level: 'passive',
    needs: [],
    tries: 'looks where forms with passwords send them',
    why: 'A password sent over plain HTTP, or to another host, is read on the way.',
    fix: 'Send forms to the own origin over HTTPS, and set upgrade-insecure-requests.',
    async run(scene) {
      const forms = scene.site.forms.filter(({ fields }) =>
        fields.some(({ type, name }) => type === 'password' || /password/i.test(name)),
      )
      if (forms.length === 0) throw absent('no form takes a password')
      const bad = forms.filter(({ action }) => /^https?:/.test(action))
      return read(
        scene,
        scene.site.pages
          .filter(page => bad.some(form => form.page === page.sent.path))
          .concat(bad.length === 0 ? scene.site.pages.slice(0, 1) : []),
        page => {
          const form = bad.find(one => one.page === page.sent.path)
          return form === undefined
            ? undefined
            : { variant: form.action, says: `a form sends the password to ${form.action}` }
        },
      )
    },
  },
]
