import { absent, type Check, type Finding, fail, judged, pass, unclear } from '../../check.ts'
import type { PasskeyRoutes } from '../../config/config.ts'
import { Authenticator, type Twist } from '../../people/authenticator.ts'
import type { Person } from '../../people/person.ts'
import { routeOf } from '../../people/step.ts'
import type { Visitor } from '../../people/visitor.ts'
import type { Scene } from '../../scene.ts'
import type { Reply } from '../../wire/reply.ts'

const about = {
  asvs: '6.8.2',
  cwe: 347,
  top10: 'A07',
  level: 'safe' as const,
  severity: 'critical' as const,
  needs: ['newcomer', 'passkeys'] as const,
}
const fix =
  'Verify all of it with a WebAuthn library: challenge, origin, RP id, flags, signature, in that order. Bulwark: passkeys.'

interface Keyed {
  readonly person: Person
  readonly device: Authenticator
}

function routes(scene: Scene): PasskeyRoutes {
  const { passkeys } = scene.config
  if (passkeys === undefined) throw unclear('no passkey routes are known')
  return passkeys
}

function options(scene: Scene, reply: Reply): unknown {
  const pointer = routes(scene).options
  return pointer === undefined ? reply.json : reply.at(pointer)
}

/** A new account with a passkey that was registered correctly. */
async function keyed(scene: Scene): Promise<Keyed> {
  const person = await scene.newcomer()
  const device = new Authenticator(scene.place.origin)
  const reply = await register(scene, person, device)
  if (!reply.ok)
    throw unclear(
      `registering a passkey answered ${reply.status}: ${reply.text.slice(0, 120)}`,
      'passkeys.register',
    )
  return { person, device }
}

async function register(
  scene: Scene,
  person: Person,
  device: Authenticator,
  twist: Twist = {},
): Promise<Reply> {
  const { registerOptions, register } = routes(scene)
  const offered = await person.send(registerOptions)
  return person.send(register, { credential: device.create(options(scene, offered), twist) })
}

async function challenge(scene: Scene, visitor: Visitor, user: string): Promise<unknown> {
  const reply = await visitor.send(routes(scene).loginOptions, { user })
  if (!reply.ok)
    throw unclear(`the passkey options answered ${reply.status}`, 'passkeys.loginOptions')
  return options(scene, reply)
}

/** Signs in with the passkey, twisted or not, in a fresh browser. */
async function enter(scene: Scene, { person, device }: Keyed, twist: Twist = {}) {
  const visitor = scene.visitor(true)
  const offered = await challenge(scene, visitor, person.user)
  const credential = device.get(offered, twist)
  const reply = await visitor.send(routes(scene).login, { credential })
  return {
    visitor,
    credential,
    reply,
    offered,
    signedIn: await scene.run.people.isIn(visitor, person.user),
  }
}

/** A check of sign-ins in which one thing is wrong; a correct one before them is the control. */
function twisted(
  meta: Pick<Check, 'id' | 'tries' | 'why'> & Partial<Check>,
  twists: (scene: Scene, keyed: Keyed, offered: unknown) => Readonly<Record<string, Twist>>,
): Check {
  return {
    ...about,
    fix,
    ...meta,
    async run(scene) {
      const key = await keyed(scene)
      const control = await enter(scene, key)
      if (!control.signedIn)
        throw unclear(
          `a correct passkey sign-in did not work (${control.reply.status})`,
          'passkeys.login',
        )
      const findings: Finding[] = []
      for (const [variant, twist] of Object.entries(twists(scene, key, control.offered))) {
        const { reply, signedIn } = await enter(scene, key, twist)
        if (signedIn)
          findings.push({
            where: routes(scene).login.send,
            variant,
            says: `a sign-in ${variant} is accepted`,
            evidence: [reply, control.reply],
          })
      }
      return judged(findings)
    },
  }
}

export const checks: readonly Check[] = [
  twisted(
    {
      id: 'passkey.origin',
      cwe: 346,
      tries: 'signs in with an answer that was made on another site',
      why: 'It is the very thing that makes passkeys proof against phishing.',
    },
    scene => {
      const { hostname, port } = new URL(scene.place.origin)
      return {
        'made on another site': { origin: 'https://evil.test' },
        'made on a subdomain': { origin: `http://login.${hostname}:${port}` },
        'made on another port': { origin: `http://${hostname}:${Number(port || 80) + 1}` },
        'made in a frame of another site': { crossOrigin: true, topOrigin: 'https://evil.test' },
      }
    },
  ),
  twisted(
    {
      id: 'passkey.rp-id',
      cwe: 346,
      tries: 'signs in with an answer for another relying party',
      why: 'A key that was made for another service would open this one.',
    },
    () => ({ 'for another relying party': { rpId: 'evil.test' } }),
  ),
  twisted(
    {
      id: 'passkey.uv',
      asvs: '6.3.3',
      cwe: 308,
      severity: 'high',
      tries: 'signs in without touch, and without the PIN or finger that the options ask for',
      why: 'A found or borrowed key then opens the account by itself.',
    },
    (_, __, offered) => ({
      'without anybody present': { userPresent: false, userVerified: false },
      ...(JSON.stringify(offered).includes('"userVerification":"required"')
        ? { 'without verifying the user': { userVerified: false } }
        : {}),
    }),
  ),
  twisted(
    {
      id: 'passkey.signature',
      tries: 'signs in with a broken signature, another key, and an answer meant for registering',
      why: 'Without the signature the rest is text that anybody can write.',
    },
    () => ({
      'with a broken signature': { flipSignature: true },
      'signed by another key': { key: new Authenticator('http://localhost').privateKey },
      'meant for registering': { type: 'webauthn.create' },
    }),
  ),
  {
    ...about,
    id: 'passkey.counter',
    cwe: 294,
    severity: 'medium',
    tries: 'signs in with a counter that goes back',
    why: 'It is the only sign that a key was copied.',
    fix: 'Refuse, or at least report, a counter that does not grow. Bulwark: passkeys.',
    async run(scene) {
      const key = await keyed(scene)
      const ahead = await enter(scene, key, { counter: 1000 })
      if (!ahead.signedIn)
        throw unclear(`a correct passkey sign-in did not work (${ahead.reply.status})`)
      const back = await enter(scene, key, { counter: 500 })
      return judged(
        back.signedIn
          ? [
              {
                where: routes(scene).login.send,
                says: 'a counter that goes back is accepted',
                evidence: [back.reply, ahead.reply],
              },
            ]
          : [],
      )
    },
  },
  {
    ...about,
    id: 'passkey.challenge',
    asvs: '6.7.2',
    cwe: 294,
    severity: 'high',
    tries: 'sends one answer twice and from another browser, and compares challenges',
    why: 'An answer that was recorded once would open the account at any later time.',
    fix: 'Keep each challenge with the session that asked, take it out at first use, and let it expire. Bulwark: passkeys.',
    async run(scene) {
      const key = await keyed(scene)
      const first = await enter(scene, key)
      if (!first.signedIn)
        throw unclear(`a correct passkey sign-in did not work (${first.reply.status})`)
      const where = routes(scene).login.send
      const findings: Finding[] = []
      for (const [variant, asked] of [
        ['again', false],
        ['from another browser', true],
      ] as const) {
        const thief = scene.visitor(true)
        if (asked) await challenge(scene, thief, key.person.user)
        const fresh = asked
          ? await challenge(scene, scene.visitor(true), key.person.user)
          : undefined
        const credential = fresh === undefined ? first.credential : key.device.get(fresh)
        const reply = await thief.send(routes(scene).login, { credential })
        if (await scene.run.people.isIn(thief, key.person.user))
          findings.push({
            where,
            variant,
            ...(asked ? { severity: 'low' as const } : {}),
            says: `an answer sent ${variant} signs in`,
            evidence: [reply, first.reply],
          })
      }
      const seen: string[] = []
      for (let i = 0; i < 6; i++) {
        const offered = (await challenge(scene, scene.visitor(true), key.person.user)) as {
          challenge?: unknown
        }
        seen.push(String(offered.challenge ?? ''))
      }
      const short = seen.some(text => Buffer.from(text, 'base64url').length < 16)
      if (short || new Set(seen).size < seen.length)
        findings.push({
          where: routeOf(routes(scene).loginOptions),
          variant: short ? 'short' : 'repeated',
          says: short ? 'a challenge is shorter than 16 bytes' : 'challenges repeat',
          evidence: [first.reply],
        })
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'passkey.cross-account',
    asvs: '8.2.2',
    cwe: 639,
    top10: 'A01',
    tries:
      "registers a credential id that belongs to somebody else, and deletes somebody else's passkey",
    why: "The owner's key opens the attacker's account, or opens nothing any more.",
    fix: 'Make credential ids unique over all accounts, and find passkeys through their owner. Bulwark: passkeys.',
    async run(scene) {
      const victim = await keyed(scene)
      const attacker = await scene.newcomer()
      const { remove, register: step } = routes(scene)
      const device = new Authenticator(scene.place.origin)
      const reply = await register(scene, attacker, device, {
        credentialId: victim.device.credentialId,
      })
      if (reply.ok)
        return fail({
          where: step.send,
          variant: 'taken id',
          says: 'a credential id of another account can be registered again',
          evidence: [reply],
        })
      if (remove === undefined) throw absent('no route removes a passkey', 'passkeys.remove')
      const { list } = routes(scene)
      const shown = list === undefined ? '' : (await victim.person.send(list)).text
      const ids = [
        victim.device.credentialId.toString('base64url'),
        ...(shown.match(/"id"\s*:\s*"([^"]+)"/g) ?? []).map(text => text.split('"')[3] ?? ''),
      ]
      for (const id of new Set(ids)) {
        const gone = await attacker.send(remove, { id })
        if (!(await enter(scene, victim)).signedIn)
          return fail({
            where: remove,
            variant: 'delete',
            says: "another account's passkey can be deleted",
            evidence: [gone],
          })
      }
      return pass()
    },
  },
]
