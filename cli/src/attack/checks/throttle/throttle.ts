import { absent, type Check, type Finding, fail, judged, pass, review } from '../../check.ts'
import { fill } from '../../people/step.ts'
import type { Scene } from '../../scene.ts'
import type { Reply } from '../../wire/reply.ts'
import { atOnce, isThrottled, known, untilThrottled, wrongPassword } from '../login.ts'
import { reading } from '../reading.ts'
import { median } from '../statistics.ts'
import { type Disguise, MANY, shut, wayAround } from './guesses.ts'

const FORWARDING = [
  'X-Forwarded-For',
  'Forwarded',
  'X-Real-IP',
  'True-Client-IP',
  'CF-Connecting-IP',
  'X-Client-IP',
  'Fastly-Client-IP',
]
const about = {
  asvs: '6.3.1',
  cwe: 307,
  top10: 'A07',
  level: 'safe' as const,
  throttled: true,
  needs: ['login'] as const,
}
const LIMIT =
  'Count wrong passwords for each account and for each address, known or not, before the password is looked at, and answer 429 with growing waits. Bulwark: throttle, lockout.'

/** An attempt whose password was looked at: answered as the first wrong one was. */
function isJudged(reply: Reply, first: Reply | undefined): boolean {
  return !isThrottled(reply) && reply.status === first?.status
}

const where = (scene: Scene) => scene.config.signIn?.send ?? '/'

export const checks: readonly Check[] = [
  {
    ...about,
    id: 'brute.login-throttle',
    severity: 'high',
    tries: `sends ${MANY} wrong passwords for one name, and then the right one`,
    why: 'Lists of leaked passwords are tried by machine, thousands a minute, until one fits.',
    fix: LIMIT,
    async run(scene) {
      const { people } = scene.run
      const exists = scene.config.register !== undefined && scene.config.session !== undefined
      const { user, password } = exists ? await known(scene) : people.stranger()
      const guesser = scene.visitor()
      const { replies, throttled } = await untilThrottled(scene, guesser, user, MANY)
      if (throttled) return pass(`throttled at attempt ${replies.length}`)
      const times = replies.map(({ ms }) => ms)
      const [early, late] = [median(times.slice(0, 5)), median(times.slice(-5))]
      if (late > 1000 && late > early + 800)
        return pass(`slowed down to ${Math.round(late)} ms an attempt`)
      const says = `${MANY} wrong passwords in a row were all answered alike`
      const evidence = [replies.at(-1), replies[0]].filter(reply => reply !== undefined)
      if (!exists)
        return review({
          where: where(scene),
          says: `${says}; with sign-up known, it can be told whether they were judged`,
          evidence,
        })
      const last = await people.enter(guesser, user, password)
      const open = people.isPending(last) || (await people.isIn(guesser, user))
      return open
        ? fail({
            where: where(scene),
            says: `${says}, and the right one then signs in`,
            evidence: [last, ...evidence],
          })
        : pass('the limit is there, and not told')
    },
  },
  {
    ...about,
    id: 'brute.many-addresses',
    severity: 'high',
    needs: ['newcomer', 'login'],
    tries: `sends ${MANY} wrong passwords for one name, each from another address, and then the right one`,
    why: 'Botnets have an address for every guess; a limit that counts by address alone never sees them.',
    fix: LIMIT,
    async run(scene) {
      const { user, password } = await known(scene)
      const { people } = scene.run
      const replies: Reply[] = []
      while (replies.length < MANY) {
        const reply = await wrongPassword(scene, scene.visitor(true), user)
        replies.push(reply)
        if (isThrottled(reply)) return pass(`throttled at attempt ${replies.length}`)
      }
      const thief = scene.visitor(true)
      const last = await people.enter(thief, user, password)
      const open = people.isPending(last) || (await people.isIn(thief, user))
      const says = `${MANY} wrong passwords from as many addresses were judged, and the right one then signs in`
      return open
        ? fail({ where: where(scene), says, evidence: [last, ...replies.slice(-1)] })
        : pass('the limit is there, and not told')
    },
  },
  {
    ...about,
    id: 'brute.retry-after',
    severity: 'low',
    tries: 'looks whether the throttled reply says when to come back',
    why: 'Honest clients then hammer on, and people think that the service is broken.',
    fix: 'Send Retry-After with every 429. Bulwark: throttle.',
    async run(scene) {
      const { replies, throttled } = await untilThrottled(
        scene,
        scene.visitor(),
        scene.run.people.stranger().user,
        MANY,
      )
      const last = replies.at(-1)
      if (!throttled || last === undefined) throw absent('no reply says that one is throttled')
      const value = last.header('retry-after') ?? ''
      const parses = /^\d+$/.test(value) || !Number.isNaN(Date.parse(value))
      return judged(
        parses
          ? []
          : [
              {
                where: where(scene),
                says: `the throttled reply (${last.status}) has no Retry-After`,
                evidence: [last],
              },
            ],
      )
    },
  },
  {
    ...about,
    id: 'brute.forwarded-bypass',
    asvs: '4.1.3',
    cwe: 348,
    top10: 'A02',
    severity: 'high',
    tries: 'claims another address in forwarding headers once it is throttled',
    why: 'One header makes every limit endless: each guess comes from a new address.',
    fix: 'Believe forwarding headers only from named proxies, counted from the right. Bulwark: trustedProxies.',
    async run(scene) {
      const disguises = FORWARDING.map((header): [string, Disguise] => {
        const address = `203.0.113.${1 + scene.dice.below(250)}`
        const value = header === 'Forwarded' ? `for=${address}` : address
        return [
          header,
          { dress: ask => ({ ...ask, headers: { ...ask.headers, [header]: value } }) },
        ]
      })
      const found = await wayAround(scene, Object.fromEntries(disguises))
      return found === undefined
        ? pass()
        : fail({
            where: where(scene),
            parameter: found.variant,
            says: `with ${found.variant} a name that is shut is tried again`,
            evidence: [found.reply, found.control],
          })
    },
  },
  {
    ...about,
    id: 'brute.name-variants',
    severity: 'medium',
    needs: ['newcomer', 'login'],
    tries: 'writes the throttled name in other ways: case, spaces, full-width letters, arrays',
    why: 'Each spelling that signs in and is counted apart is a fresh set of guesses.',
    fix: 'Count by the same canonical name that the account is looked up by. Bulwark: throttle.',
    async run(scene) {
      const found = await wayAround(scene, {
        'upper case': { name: user => user.toUpperCase() },
        'a space behind': { name: user => `${user} ` },
        'a full-width letter': {
          name: user =>
            user.replace(/[a-z]/, letter => String.fromCodePoint(letter.charCodeAt(0) + 0xfee0)),
        },
      })
      return found === undefined
        ? pass()
        : fail({
            where: where(scene),
            variant: found.variant,
            says: `the name that is shut opens when it is written with ${found.variant}`,
            evidence: [found.reply, found.control],
          })
    },
  },
  {
    ...about,
    id: 'brute.parallel',
    asvs: '15.4.2',
    cwe: 362,
    top10: 'A06',
    severity: 'medium',
    alone: true,
    tries: 'sends 30 wrong passwords at once',
    why: 'A limit that is counted after the answer lets through as many guesses as fit on the wire.',
    fix: 'Count the attempt before the password is looked at, in one atomic step. Bulwark: throttle.',
    async run(scene) {
      const one = await untilThrottled(
        scene,
        scene.visitor(),
        scene.run.people.stranger().user,
        MANY,
      )
      if (!one.throttled)
        throw absent('no reply says that one is throttled, so judged guesses cannot be counted')
      const limit = one.replies.length - 1
      const { user } = scene.run.people.stranger()
      const replies = await atOnce(scene, user, 30)
      const judgedReplies = replies.filter(reply => isJudged(reply, one.replies[0]))
      const says = `of 30 attempts at once ${judgedReplies.length} were judged, although the limit is ${limit}`
      const [first] = judgedReplies
      return judged(
        judgedReplies.length > limit + 4 && first
          ? [{ where: where(scene), says, evidence: [first] }]
          : [],
        says,
      )
    },
  },
  {
    ...about,
    id: 'brute.path-variants',
    asvs: '6.3.4',
    severity: 'medium',
    tries: 'asks the sign-in route by other spellings of its path once it is throttled',
    why: 'A limit that hangs on the path is passed by a slash, a capital or a percent sign.',
    fix: 'Count in the handler, by account and address, not by URL. Bulwark: throttle.',
    async run(scene) {
      const { path } = fill(scene.run.people.recipe, {})
      const tail = path.lastIndexOf('/') + 1
      const [folder, last] = [path.slice(0, tail), path.slice(tail)]
      const forms = {
        'a slash behind': `${path}/`,
        'two slashes': `/${path}`,
        'upper case': folder + last.toUpperCase(),
        'an escaped letter': `${folder}%${last.charCodeAt(0).toString(16)}${last.slice(1)}`,
        'a query': `${path}?x=1`,
        'a semicolon': `${path};x=1`,
        'a dot': `${folder}./${last}`,
      }
      const disguises = Object.entries(forms).map(([variant, form]): [string, Disguise] => [
        variant,
        { dress: ask => ({ ...ask, path: form }) },
      ])
      const found = await wayAround(scene, Object.fromEntries(disguises))
      return found === undefined
        ? pass()
        : fail({
            where: where(scene),
            variant: found.variant,
            says: `with ${found.variant} in the path a name that is shut is tried again`,
            evidence: [found.reply, found.control],
          })
    },
  },
  {
    ...about,
    id: 'brute.batch',
    asvs: '2.4.1',
    severity: 'high',
    tries: 'packs twenty passwords into one request',
    why: 'A limit on requests does not limit guesses when one request carries many.',
    fix: 'Take exactly one name and one password, both texts. Bulwark: content, strict bodies.',
    async run(scene) {
      const { people } = scene.run
      const step = people.recipe
      if (step.json === undefined)
        throw absent('the sign-in takes a form, which holds one password')
      const { user } = people.stranger()
      const words = Array.from({ length: 20 }, () => people.stranger().password)
      const bodies = {
        'an array of passwords': fill(step, { user, password: words }).json,
        'an array of sign-ins': words.map(password => fill(step, { user, password }).json),
      }
      const findings: Finding[] = []
      for (const [variant, json] of Object.entries(bodies)) {
        const reply = await scene.visitor().ask({ ...fill(step, { user, password: '' }), json })
        const lists = [reply.json, ...Object.values((reply.json as object | null) ?? {})].filter(
          Array.isArray,
        )
        if (lists.some(list => list.length >= words.length))
          findings.push({
            where: step.send,
            variant,
            says: `${variant} was judged one by one in a single request`,
            evidence: [reply],
          })
      }
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'brute.spray',
    level: 'full',
    alone: true,
    severity: 'medium',
    tries: 'tries one password on 40 different names from one address',
    why: 'Limits for each account do not see it: every account has only one failure.',
    fix: 'Count failures for each address as well, over all names. Bulwark: throttle.',
    async run(scene) {
      const replies: Reply[] = []
      for (let i = 0; i < 40; i++)
        replies.push(await wrongPassword(scene, scene.visitor(), scene.run.people.stranger().user))
      const [first] = replies
      if (replies.some(isThrottled) || first === undefined)
        return pass(`throttled after ${replies.findIndex(isThrottled)} names`)
      return fail({
        where: where(scene),
        says: '40 names could be tried from one address without a limit',
        evidence: [first],
      })
    },
  },
  {
    ...about,
    id: 'brute.reset-by-success',
    level: 'full',
    alone: true,
    severity: 'medium',
    needs: ['newcomer', 'login'],
    tries: 'signs in to its own account between the guesses on another one',
    why: "If a success clears the counter of the address, the attacker's own account does it for them.",
    fix: 'A success clears the counter of that account only. Bulwark: throttle.',
    async run(scene) {
      await shut(scene)
      const mine = await known(scene)
      const { user } = scene.run.people.stranger()
      const visitor = scene.visitor(true)
      const replies: Reply[] = []
      for (let i = 0; i < MANY && !replies.some(isThrottled); i++) {
        if (i % 3 === 2) await scene.run.people.enter(visitor, mine.user, mine.password)
        replies.push(await wrongPassword(scene, visitor, user))
      }
      const last = replies.at(-1)
      if (replies.some(isThrottled) || last === undefined)
        return pass(`throttled at attempt ${replies.length}`)
      return fail({
        where: where(scene),
        says: `${MANY} wrong passwords passed with successes of another account in between`,
        evidence: [last],
      })
    },
  },
  {
    ...about,
    id: 'brute.lockout-abuse',
    asvs: '6.1.1',
    cwe: 645,
    level: 'full',
    severity: 'medium',
    needs: ['newcomer', 'login'],
    tries: 'locks an account from outside and looks what becomes of its owner',
    why: 'Whoever knows a name can then keep its owner out, or throw them out, at will.',
    fix: 'Never end sessions because of failures elsewhere, and let known devices try on. Bulwark: lockout.',
    async run(scene) {
      const owner = await scene.newcomer()
      const { replies } = await untilThrottled(scene, scene.visitor(true), owner.user, MANY)
      return judged(
        (await owner.alive())
          ? []
          : [
              {
                where: where(scene),
                says: 'wrong passwords from elsewhere ended the live session of the owner',
                evidence: replies.slice(-1),
              },
            ],
      )
    },
  },
  reading({
    id: 'brute.rate-headers',
    asvs: '2.4.1',
    cwe: 770,
    top10: 'A10',
    severity: 'info',
    tries: 'looks whether replies tell how much is left of a limit',
    why: 'Clients that know their limit keep to it.',
    fix: 'Send RateLimit and RateLimit-Policy on API replies. Bulwark: throttle.',
    of: reply => reply.isJson,
    wrong: reply =>
      reply.fields.some(([name]) => /^(x-)?ratelimit/i.test(name))
        ? undefined
        : 'API replies do not tell about limits',
  }),
]
