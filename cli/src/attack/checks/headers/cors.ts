import { type Check, type Finding, judged } from '../../check.ts'
import { fill } from '../../people/step.ts'
import type { Scene } from '../../scene.ts'
import type { Reply } from '../../wire/reply.ts'
import { privateGets } from '../private.ts'
import { withTokens } from '../with-tokens.ts'

const about = { asvs: '3.4.2', cwe: 942, top10: 'A02', level: 'safe' as const }
const why =
  'A page of the attacker reads the reply with the cookies of whoever visits it: mails, orders, CSRF tokens.'
const fix =
  'Answer Access-Control-Allow-Origin only for origins of an exact list, never an echo of Origin, never null. Bulwark: cors, closed by default.'

/** Asks the routes with an Origin; a finding is a reply that lets that origin read with cookies. */
async function readable(
  scene: Scene,
  origins: readonly string[],
  shown: string[],
): Promise<Finding[]> {
  const person =
    scene.config.accounts?.alice === undefined ? scene.visitor() : await scene.signIn('alice')
  const paths = [...(await readablePaths(scene)), '/']
  const findings: Finding[] = []
  for (const [at, origin] of origins.entries()) {
    const open: Reply[] = []
    for (const path of paths) {
      const reply = await person.bare({ path, headers: { Origin: origin } })
      const echoed = reply.header('access-control-allow-origin') === origin
      if (echoed && reply.header('access-control-allow-credentials')?.toLowerCase() === 'true')
        open.push(reply)
    }
    const [first] = open
    if (first !== undefined)
      findings.push({
        where: '/',
        variant: shown[at] ?? 'origin',
        says: `a page of ${origin} may read the reply with the visitor's cookies`,
        evidence: [first],
        places: open.map(({ sent }) => `GET ${sent.path}`),
      })
  }
  return findings
}

async function readablePaths(scene: Scene): Promise<readonly string[]> {
  if (scene.config.accounts?.alice !== undefined) return (await privateGets(scene)).slice(0, 6)
  return scene.site.replies
    .filter(({ ok }) => ok)
    .map(({ sent }) => sent.path)
    .slice(0, 6)
}

export const checks: readonly Check[] = [
  {
    ...about,
    id: 'cors.reflect',
    tries: 'asks for private data from a random origin',
    why,
    fix,
    severity: 'high',
    run: async scene =>
      judged(await readable(scene, [`https://${scene.dice.letters(8)}.evil.test`], ['reflected'])),
  },
  {
    ...about,
    id: 'cors.null',
    tries: 'asks for private data from the origin null, which any sandboxed frame has',
    why,
    fix,
    severity: 'high',
    run: async scene => judged(await readable(scene, ['null'], ['null'])),
  },
  {
    ...about,
    id: 'cors.lookalike',
    tries: 'asks for private data from origins that contain the real one',
    why: `${why} Such names can be registered by anybody.`,
    fix,
    severity: 'high',
    async run(scene) {
      const { hostname, port, protocol } = new URL(scene.place.origin)
      const origins = [
        `${protocol}//${hostname}.evil.test`,
        `${protocol}//evil${hostname}`,
        `${protocol}//${hostname.replaceAll('.', 'x')}.test`,
        `${protocol}//${hostname}:${Number(port || 80) + 1}`,
      ].filter(origin => origin !== scene.place.origin)
      return judged(await readable(scene, origins, ['suffix', 'prefix', 'dot', 'port']))
    },
  },
  {
    ...about,
    id: 'cors.wildcard-private',
    tries: 'asks with an access token from another origin',
    why: 'Whatever a token opens can be read by any page that gets hold of one, and a leaked one is enough.',
    fix: 'Leave Access-Control-Allow-Origin off private routes, or name the origins. Bulwark: cors.',
    severity: 'medium',
    needs: ['tokens'],
    async run(scene) {
      const { person: alice } = await withTokens(scene)
      const open: Reply[] = []
      for (const path of await privateGets(scene)) {
        const reply = await alice.bare({ path, headers: { Origin: 'https://evil.test' } })
        if (reply.ok && reply.header('access-control-allow-origin') === '*') open.push(reply)
      }
      const [first] = open
      if (first === undefined) return judged([])
      const places = open.map(({ sent }) => `GET ${sent.path}`)
      return judged([
        {
          where: '/',
          says: 'private data is marked readable for every origin (*)',
          evidence: [first],
          places,
        },
      ])
    },
  },
  {
    ...about,
    id: 'cors.preflight-cache',
    tries: 'sends preflights with a made-up method and header, and looks for Vary',
    why: 'A preflight that allows everything is none; an echoed Origin without Vary is cached for the wrong site.',
    fix: 'List methods and headers, and send Vary: Origin wherever the answer depends on it. Bulwark: cors.',
    severity: 'low',
    async run(scene) {
      const origin = `https://${scene.dice.letters(8)}.evil.test`
      const probe =
        scene.config.session === undefined ? '/' : fill(scene.config.session.probe, {}).path
      const headers = {
        Origin: origin,
        'Access-Control-Request-Method': 'BULWARK',
        'Access-Control-Request-Headers': 'x-bulwark-made-up',
      }
      const preflight = await scene.ask({ method: 'OPTIONS', path: probe, headers })
      const plain = await scene.ask({ path: probe, headers: { Origin: origin } })
      const findings: Finding[] = []
      const allows = (name: string) => preflight.header(name)?.toLowerCase() ?? ''
      const where = `OPTIONS ${probe}`
      if (
        allows('access-control-allow-methods').includes('bulwark') ||
        allows('access-control-allow-headers').includes('x-bulwark-made-up')
      )
        findings.push({
          where,
          variant: 'any',
          says: 'the preflight allows a made-up method or header',
          evidence: [preflight],
        })
      const echoed = plain.header('access-control-allow-origin') === origin
      if (echoed && !/origin|\*/i.test(plain.header('vary') ?? ''))
        findings.push({
          where: `GET ${probe}`,
          variant: 'vary',
          severity: 'medium',
          says: 'Origin is echoed without Vary: Origin, so caches mix up sites',
          evidence: [plain],
        })
      return judged(findings)
    },
  },
]
