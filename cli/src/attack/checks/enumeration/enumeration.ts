import { absent, type Check, type Finding, fail, judged, pass, unclear } from '../../check.ts'
import { formStep } from '../../people/form-step.ts'
import { routeOf } from '../../people/step.ts'
import type { Scene } from '../../scene.ts'
import type { Reply } from '../../wire/reply.ts'
import { isThrottled, known, looks, untilThrottled, wrongPassword } from '../login.ts'
import { median, rankSumZ } from '../statistics.ts'
import { enrolled } from '../totp/enrolled.ts'

const about = {
  asvs: '6.3.8',
  cwe: 204,
  top10: 'A07',
  level: 'safe' as const,
  severity: 'medium' as const,
}
const why = 'A list of who has an account is sold, phished, and tried with leaked passwords.'
const SAME =
  'Give the same answer, with the same status, words, headers and cost, whether the name exists or not. Bulwark: enumeration.'
const ROUNDS = 3
const Z = 3.5
const MIN_SAMPLES = 15
/** How often the agreed number of pairs may be had while a gap is half seen. */
const LONGEST = 3

/** Asks for a known and an unknown name in turns; a finding when the two never look alike. */
async function tellApart(
  where: string,
  pairs: (round: number) => Promise<readonly [known: [Reply, string], unknown: [Reply, string]]>,
): Promise<Finding[]> {
  const seen = { known: new Set<string>(), unknown: new Set<string>() }
  let shown: Reply[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const [[a, ownA], [b, ownB]] = await pairs(round)
    if (isThrottled(a) || isThrottled(b)) continue
    if (a.status >= 500 || b.status >= 500 || a.status === 0)
      throw unclear(`${where} answered ${a.status} and ${b.status}`)
    seen.known.add(looks(a, [ownA]))
    seen.unknown.add(looks(b, [ownB]))
    shown = [a, b]
  }
  if (seen.known.size === 0) throw unclear('every attempt was throttled')
  if ([...seen.known].some(look => seen.unknown.has(look))) return []
  return [
    { where, says: 'the reply tells whether an account of that name exists', evidence: shown },
  ]
}

interface Timing {
  readonly gapMs: number
  readonly z: number
  readonly samples: number
  readonly evidence: readonly Reply[]
}

async function timing(
  ask: (existing: boolean, at: number) => Promise<Reply>,
  pairs: number,
  thresholdMs: number,
): Promise<Timing> {
  const times = { known: [] as number[], unknown: [] as number[] }
  let evidence: Reply[] = []
  const told = (): Timing => ({
    gapMs: median(times.known) - median(times.unknown),
    z: rankSumZ(times.known, times.unknown),
    samples: times.known.length,
    evidence,
  })
  for (let at = 0; at < pairs || (at < pairs * LONGEST && isHalfSeen(told(), thresholdMs)); at++) {
    const order = at % 2 === 0 ? [true, false] : [false, true]
    const replies: Reply[] = []
    for (const existing of order) replies.push(await ask(existing, at))
    if (replies.some(reply => isThrottled(reply) || reply.status === 0)) continue
    const [first, second] = replies
    if (first === undefined || second === undefined) continue
    times[order[0] ? 'known' : 'unknown'].push(first.ms)
    times[order[1] ? 'known' : 'unknown'].push(second.ms)
    evidence = [first, second]
  }
  return told()
}

/**
 * A gap that is there and not sure yet: on a busy machine noise hides the ranks, and more pairs
 * bring them out. Where there is no gap, more pairs bring out none.
 */
function isHalfSeen({ z, gapMs }: Timing, thresholdMs: number): boolean {
  return Math.abs(gapMs) > thresholdMs && Math.abs(z) > Z / 2 && Math.abs(z) <= Z
}

/** A difference counts when two independent series both show it, by rank and by a gap worth having. */
async function measured(
  where: string,
  thresholdMs: number,
  pairs: number,
  ask: (existing: boolean, at: number) => Promise<Reply>,
) {
  const clear = ({ z, gapMs }: Timing) => Math.abs(z) > Z && Math.abs(gapMs) > thresholdMs
  const first = await timing(ask, pairs, thresholdMs)
  if (first.samples < Math.min(MIN_SAMPLES, pairs))
    throw unclear(`only ${first.samples} pairs could be measured before the throttle`)
  const told = `median gap ${first.gapMs.toFixed(1)} ms over ${first.samples} pairs, z ${first.z.toFixed(1)}`
  if (!clear(first)) return pass(told)
  const second = await timing(ask, pairs, thresholdMs)
  if (!clear(second) || Math.sign(second.gapMs) !== Math.sign(first.gapMs)) return pass(told)
  const says = `names that exist take ${Math.abs(second.gapMs).toFixed(1)} ms ${second.gapMs > 0 ? 'longer' : 'less'} (z ${second.z.toFixed(1)})`
  return fail({ where, says, evidence: second.evidence })
}

const signIn = (scene: Scene) => scene.run.people.recipe.send

export const checks: readonly Check[] = [
  {
    ...about,
    id: 'enum.login-reply',
    needs: ['account', 'login'],
    tries: 'compares a wrong password for an existing and for a made-up name',
    why,
    fix: SAME,
    async run(scene) {
      const there = await known(scene)
      return judged(
        await tellApart(signIn(scene), async () => {
          const { user } = scene.run.people.stranger()
          const hers = await wrongPassword(scene, scene.visitor(true), there.user)
          const theirs = await wrongPassword(scene, scene.visitor(true), user)
          return [
            [hers, there.user],
            [theirs, user],
          ]
        }),
      )
    },
  },
  {
    ...about,
    id: 'enum.login-time',
    cwe: 208,
    alone: true,
    throttled: true,
    needs: ['account', 'login'],
    tries: 'measures wrong passwords for existing and for made-up names, in turns',
    why,
    fix: 'Hash the password for unknown names too, with the same parameters, and answer at a common deadline. Bulwark: enumeration.',
    async run(scene) {
      const there = await known(scene)
      return measured(signIn(scene), 2, 18, async (existing, at) => {
        // A right password now and then keeps the counter of the account low.
        if (existing && at % 3 === 2)
          await scene.run.people.enter(scene.visitor(true), there.user, there.password)
        const visitor = scene.visitor(true)
        await visitor.csrfToken()
        return wrongPassword(
          scene,
          visitor,
          existing ? there.user : scene.run.people.stranger().user,
        )
      })
    },
  },
  {
    ...about,
    id: 'enum.reset-reply',
    needs: ['account', 'forgot'],
    tries: 'asks for a reset mail for an existing and for a made-up address',
    why,
    fix: SAME,
    async run(scene) {
      const step = scene.config.reset?.request
      if (step === undefined) throw absent('no forgot-password route is known')
      const there = await known(scene)
      const ask = async (user: string) => {
        const visitor = scene.visitor(true)
        return visitor.ask(await formStep(visitor, step, { user }))
      }
      return judged(
        await tellApart(step.send, async () => {
          const { user } = scene.run.people.stranger()
          return [
            [await ask(there.user), there.user],
            [await ask(user), user],
          ]
        }),
      )
    },
  },
  {
    ...about,
    id: 'enum.reset-time',
    cwe: 208,
    alone: true,
    needs: ['newcomer', 'forgot'],
    tries: 'measures reset requests for existing and for made-up addresses',
    why,
    fix: 'Send the mail after the reply, and do the same work for unknown addresses. Bulwark: reset.',
    async run(scene) {
      const step = scene.config.reset?.request
      if (step === undefined) throw absent('no forgot-password route is known')
      const people: string[] = []
      for (let i = 0; i < 5; i++) people.push((await known(scene)).user)
      return measured(step.send, 20, 15, async (existing, at) => {
        const visitor = scene.visitor(true)
        const user = existing
          ? (people[at % people.length] ?? '')
          : scene.run.people.stranger().user
        await visitor.csrfToken()
        return visitor.ask(await formStep(visitor, step, { user }))
      })
    },
  },
  {
    ...about,
    id: 'enum.register',
    needs: ['account', 'newcomer'],
    tries: 'signs up with an address that is taken and with one that is free',
    why,
    fix: `${SAME} Tell the owner of a taken address by mail.`,
    async run(scene) {
      const step = scene.config.register
      if (step === undefined) throw absent('no sign-up route is known')
      const { user } = await known(scene)
      const ask = async (name: string) => {
        const visitor = scene.visitor(true)
        return visitor.ask(
          await formStep(visitor, step, {
            user: name,
            password: scene.run.people.stranger().password,
          }),
        )
      }
      return judged(
        await tellApart(step.send, async () => {
          const fresh = scene.run.people.stranger().user
          return [
            [await ask(user), user],
            [await ask(fresh), fresh],
          ]
        }),
      )
    },
  },
  {
    ...about,
    id: 'enum.lock-tell',
    throttled: true,
    needs: ['newcomer', 'login'],
    tries: 'drives an existing and a made-up name into the throttle',
    why: `${why} A lock that only real accounts have tells them apart, however alike the words are.`,
    fix: 'Count failures for names that do not exist as well. Bulwark: throttle.',
    async run(scene) {
      const there = await known(scene)
      const hers = await untilThrottled(scene, scene.visitor(true), there.user, 20)
      const theirs = await untilThrottled(
        scene,
        scene.visitor(true),
        scene.run.people.stranger().user,
        20,
      )
      if (!hers.throttled && !theirs.throttled)
        throw absent('neither is throttled: see brute.login-throttle')
      const [a, b] = [hers.replies.at(-1), theirs.replies.at(-1)]
      const evidence = [a, b].filter(reply => reply !== undefined)
      if (hers.throttled !== theirs.throttled)
        return fail({
          where: signIn(scene),
          variant: 'only one',
          says: `only the ${hers.throttled ? 'existing' : 'made-up'} name is locked`,
          evidence,
        })
      const apart = Math.abs(hers.replies.length - theirs.replies.length) > 1
      return judged(
        apart
          ? [
              {
                where: signIn(scene),
                variant: 'count',
                says: `the existing name is locked after ${hers.replies.length} attempts, a made-up one after ${theirs.replies.length}`,
                evidence,
              },
            ]
          : [],
      )
    },
  },
  {
    ...about,
    id: 'enum.mfa-step',
    needs: ['newcomer', 'totp', 'mail'],
    tries: 'sends a wrong password for an account with a second factor and for one without',
    why: 'It tells who is worth attacking otherwise, and that the name exists.',
    fix: 'Ask for the second factor only after the password was right. Bulwark: login.',
    async run(scene) {
      const { user } = await enrolled(scene)
      const plain = await known(scene)
      return judged(
        await tellApart(signIn(scene), async () => [
          [await wrongPassword(scene, scene.visitor(true), user), user],
          [await wrongPassword(scene, scene.visitor(true), plain.user), plain.user],
        ]),
      )
    },
  },
  {
    ...about,
    id: 'enum.profile-route',
    asvs: '8.2.2',
    cwe: 203,
    severity: 'low',
    needs: ['account'],
    tries: 'asks routes that take a user name for an existing and for a made-up one',
    why,
    fix: 'Answer 404 for whatever the asker may not see, whether it is there or not. Bulwark: access.',
    async run(scene) {
      const routes = scene.site.routes.filter(
        ({ method, path }) =>
          method === 'GET' &&
          /\/(users?|accounts?|profiles?|members?|people)\/\{[^}]+\}$/.test(path),
      )
      if (routes.length === 0) throw absent('no route takes a user name')
      const { user } = await scene.run.people.credentials('alice', scene.visitor())
      const findings: Finding[] = []
      for (const { path } of routes) {
        const ask = (name: string) =>
          scene.ask({ path: path.replace(/\{[^}]+\}/, encodeURIComponent(name)) })
        findings.push(
          ...(await tellApart(`GET ${path}`, async () => {
            const nobody = scene.run.people.stranger().user
            return [
              [await ask(user), user],
              [await ask(nobody), nobody],
            ]
          })),
        )
      }
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'enum.sequential-ids',
    asvs: '7.2.3',
    cwe: 340,
    top10: 'A04',
    severity: 'info',
    needs: ['account', 'objects'],
    tries: 'creates three objects and compares their ids',
    why: 'Ids that count tell how many there are, and make every missing access check easy to use.',
    fix: 'Use random ids, and check access all the same. Bulwark: access.',
    async run(scene) {
      const [object] = scene.config.objects ?? []
      if (object === undefined) throw absent('no objects are known')
      const alice = await scene.signIn('alice')
      const replies: Reply[] = []
      for (let i = 0; i < 3; i++)
        replies.push(await alice.send(object.create, { marker: scene.marker() }))
      const ids = replies.map(reply => Number(reply.string(object.id ?? '/id')))
      const [first = 0, , third = 0] = ids
      const counting = ids.every(Number.isSafeInteger) && third > first && third - first < 1000
      return judged(
        counting
          ? [
              {
                where: object.create.send,
                says: `ids count: ${ids.join(', ')}`,
                evidence: replies.slice(0, 1),
              },
            ]
          : [],
      )
    },
  },
  {
    ...about,
    id: 'enum.passkey-options',
    needs: ['account', 'passkeys'],
    tries: 'asks for passkey options for an existing and for a made-up name, twice each',
    why,
    fix: 'Offer the same options to all, or stable decoys made from the name. Bulwark: passkeys.',
    async run(scene) {
      const step = scene.config.passkeys?.loginOptions
      if (
        step === undefined ||
        typeof step === 'string' ||
        !JSON.stringify(step).includes('{user}')
      )
        throw absent('the passkey sign-in does not ask for a name first')
      const { user } = await scene.run.people.credentials('alice', scene.visitor())
      const ask = (name: string) => scene.visitor(true).send(step, { user: name })
      const credentials = (reply: Reply) =>
        JSON.stringify(reply.text.match(/"allowCredentials"\s*:\s*\[[^\]]*\]/)?.[0] ?? '')
      const nobody = scene.run.people.stranger().user
      const [once, twice] = [await ask(nobody), await ask(nobody)]
      if (once.ok && credentials(once) !== credentials(twice))
        return fail({
          where: routeOf(step),
          variant: 'decoys',
          says: 'the credentials offered for a made-up name change from one asking to the next',
          evidence: [once, twice],
        })
      return judged(
        await tellApart(step.send, async () => {
          const name = scene.run.people.stranger().user
          return [
            [await ask(user), user],
            [await ask(name), name],
          ]
        }),
      )
    },
  },
]
