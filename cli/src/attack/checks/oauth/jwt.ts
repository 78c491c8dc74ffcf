import {
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  sign,
} from 'node:crypto'
import { absent, type Check, type Finding, judged, unclear } from '../../check.ts'
import { fill } from '../../people/step.ts'
import type { Scene } from '../../scene.ts'
import type { Reply } from '../../wire/reply.ts'
import { bearer, withTokens } from '../with-tokens.ts'

const about = {
  cwe: 347,
  top10: 'A04',
  level: 'safe' as const,
  severity: 'critical' as const,
  needs: ['account', 'tokens'] as const,
}
const why =
  'Whoever can make the service believe a token of their own is any user they like, admins included.'
const fix =
  'Pin the algorithm and the key on the server, verify before reading, and ignore what the header says about keys. Bulwark: oauth signs with EdDSA or ES256 and takes nothing else.'

interface Own {
  readonly token: string
  readonly header: Record<string, unknown>
  readonly claims: Record<string, unknown>
  readonly user: string
}

/** The check's own access token, when it is a JWT. */
async function own(scene: Scene): Promise<Own> {
  const { access, person } = await withTokens(scene)
  const [header, claims] = access.split('.').map(read)
  if (header === undefined || claims === undefined || access.split('.').length !== 3)
    throw absent('access tokens are opaque, so there is nothing in them to forge')
  return { token: access, header, claims, user: person.user }
}

function read(part: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

type Forge = (
  token: Own,
  scene: Scene,
) => Promise<Readonly<Record<string, string>>> | Readonly<Record<string, string>>

/** A check that shows forged tokens to the probe; the true one is the control, before and after. */
function forging(meta: Pick<Check, 'id' | 'tries'> & Partial<Check>, forge: Forge): Check {
  return {
    ...about,
    asvs: '9.1.2',
    why,
    fix,
    ...meta,
    async run(scene) {
      const mine = await own(scene)
      const findings: Finding[] = []
      for (const [variant, token] of Object.entries(await forge(mine, scene))) {
        const forged = bearer(scene, token, mine.user)
        if (!(await forged.alive())) continue
        const evidence: Reply[] = [await forged.bare(fill(forged.session.probe, {}))]
        findings.push({
          where: forged.session.probe,
          variant,
          says: `a token ${variant} is accepted`,
          evidence,
        })
      }
      if (!(await bearer(scene, mine.token, mine.user).alive()))
        throw unclear('the true token ended meanwhile')
      return judged(findings)
    },
  }
}

/** Public keys of the service, in the forms that libraries mistake for a shared secret. */
async function publicKeys(scene: Scene): Promise<Record<string, Buffer>> {
  const paths = ['/oauth/jwks.json', '/.well-known/jwks.json', '/jwks', '/jwks.json']
  for (const path of paths) {
    const keys = (await scene.ask({ path })).at('/keys')
    if (!Array.isArray(keys)) continue
    const [jwk] = keys as JsonWebKey[]
    if (jwk === undefined) continue
    const key = createPublicKey({ key: jwk, format: 'jwk' })
    return {
      PEM: Buffer.from(key.export({ type: 'spki', format: 'pem' })),
      DER: key.export({ type: 'spki', format: 'der' }),
      JWK: Buffer.from(JSON.stringify(jwk)),
    }
  }
  throw absent('the service publishes no key that could be mistaken for a secret')
}

export const checks: readonly Check[] = [
  forging(
    { id: 'jwt.none', tries: 'sends its own token with the algorithm none, spelt in six ways' },
    ({ header, claims }) =>
      Object.fromEntries(
        ['none', 'None', 'NONE', 'nOnE', '', ' none'].map(alg => [
          `with alg ${JSON.stringify(alg)}`,
          `${part({ ...header, alg })}.${part(claims)}.`,
        ]),
      ),
  ),
  forging(
    { id: 'jwt.confusion', tries: 'signs its own token with the public key as a shared secret' },
    async ({ header, claims }, scene) => {
      const body = `${part({ ...header, alg: 'HS256' })}.${part(claims)}`
      const keys = Object.entries(await publicKeys(scene))
      return Object.fromEntries(
        keys.map(([form, key]) => [
          `signed with the public key as ${form}`,
          `${body}.${createHmac('sha256', key).update(body).digest('base64url')}`,
        ]),
      )
    },
  ),
  forging(
    {
      id: 'jwt.signature',
      asvs: '9.1.1',
      tries: 'cuts, empties and exchanges the signature, and changes what is signed',
    },
    ({ token, header, claims }) => {
      const [head = '', body = '', signature = ''] = token.split('.')
      const later = part({ ...claims, exp: Number(claims['exp'] ?? 0) + 1 })
      return {
        'with a cut signature': `${head}.${body}.${signature.slice(0, -6)}`,
        'without a signature': `${head}.${body}.`,
        'without the last dot': `${head}.${body}`,
        'with other claims': `${head}.${later}.${signature}`,
        'with another header': `${part({ ...header, extra: 1 })}.${body}.${signature}`,
        'with a signature of zeros': `${head}.${body}.${Buffer.alloc(Buffer.from(signature, 'base64url').length).toString('base64url')}`,
      }
    },
  ),
  forging(
    {
      id: 'jwt.key-headers',
      asvs: '9.1.3',
      tries: 'brings its own key along: in the header, by address, and by a path',
    },
    ({ header, claims }, scene) => {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'mine', alg: 'ES256', use: 'sig' }
      const url = `http://127.0.0.1:${scene.run.listener.port}/${scene.marker()}`
      const signed = (more: Record<string, unknown>) => {
        const body = `${part({ ...header, alg: 'ES256', ...more })}.${part(claims)}`
        return `${body}.${sign('sha256', Buffer.from(body), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
      }
      const empty = `${part({ ...header, alg: 'HS256', kid: '../../../../../../dev/null' })}.${part(claims)}`
      return {
        'with its own jwk': signed({ jwk, kid: 'mine' }),
        'with its own jku': signed({ jku: url, kid: 'mine' }),
        'with its own x5u': signed({ x5u: url, kid: 'mine' }),
        'with a kid that is a path': `${empty}.${createHmac('sha256', '').update(empty).digest('base64url')}`,
      }
    },
  ),
]
