import {
  absent,
  type Check,
  type Finding,
  fail,
  judged,
  pass,
  review,
  unclear,
} from '../../check.ts'
import type { Person } from '../../people/person.ts'
import { fill, pathOf } from '../../people/step.ts'
import type { Visitor } from '../../people/visitor.ts'
import type { Scene } from '../../scene.ts'
import { normalise } from '../../site/normalise.ts'
import { record } from '../../site/openapi.ts'
import type { Ask } from '../../wire/ask.ts'
import type { Reply } from '../../wire/reply.ts'
import { privateGets } from '../private.ts'
import { made, mustLive, type Owned, objectsOf, owned, seen } from './owned.ts'

const about = {
  asvs: '8.2.2',
  cwe: 639,
  top10: 'A01',
  level: 'safe' as const,
  severity: 'critical' as const,
  needs: ['account', 'second', 'objects'] as const,
}
const OWNER =
  'Look objects up through their owner, so that a foreign id finds nothing. Bulwark: access, repositories scoped to the principal.'
const READ = "Anybody with an account reads everybody's data by changing a number in the address."

/** Bob's request for Alice's object; a finding when her marker comes back. */
async function reads(
  ways: Readonly<Record<string, (thing: Owned) => Promise<Reply>>>,
  thing: Owned,
): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const [variant, way] of Object.entries(ways)) {
    const reply = await way(thing)
    if (reply.text.includes(thing.marker))
      findings.push({
        where: thing.routes.read,
        variant,
        says: `somebody else's ${thing.routes.name} is shown ${variant}`,
        evidence: [reply, thing.control],
      })
  }
  return findings
}

/** The plain request must be refused: where anybody may read, a disguise shows nothing. */
async function refusedPlainly(thing: Owned, bob: Person): Promise<void> {
  const plain = await bob.bare(fill(thing.routes.read, { id: thing.id }))
  if (plain.text.includes(thing.marker))
    throw absent(`somebody else's ${thing.routes.name} is shown to anybody: see idor.read`)
}

/** Runs for every kind of object, with Alice as the owner and Bob as the thief. */
async function forEach(
  scene: Scene,
  attack: (thing: Owned, bob: Person) => Promise<readonly Finding[]>,
) {
  const [alice, bob] = [await scene.signIn('alice'), await scene.signIn('bob')]
  const findings: Finding[] = []
  for (const routes of objectsOf(scene))
    findings.push(...(await attack(await made(scene, alice, routes), bob)))
  await mustLive(alice, bob)
  return judged(findings)
}

/** What the service calls Alice: her name, and every id that the probe shows. */
async function namesOf(alice: Person): Promise<string[]> {
  const reply = await alice.bare(fill(alice.session.probe, {}))
  const ids = [...reply.text.matchAll(/"(?:id|userId|sub|uuid)"\s*:\s*"?([\w-]+)"?/g)].map(
    ([, id]) => id ?? '',
  )
  return [...new Set([alice.user, ...ids])]
}

const OWNER_FIELDS = ['owner', 'ownerId', 'userId', 'user_id', 'account', 'accountId', 'tenant']
const PRIVILEGES: Readonly<Record<string, unknown>> = {
  role: 'admin',
  isAdmin: true,
  admin: true,
  verified: true,
  balance: 999_999,
  permissions: ['*'],
}

export const checks: readonly Check[] = [
  {
    ...about,
    id: 'idor.read',
    tries: "asks for somebody else's object, signed in and not",
    why: READ,
    fix: OWNER,
    run: scene =>
      forEach(scene, (thing, bob) =>
        reads(
          {
            'to another account': ({ routes, id }) => bob.bare(fill(routes.read, { id })),
            'to nobody': ({ routes, id }) => scene.ask(fill(routes.read, { id })),
          },
          thing,
        ),
      ),
  },
  {
    ...about,
    id: 'idor.write',
    tries: "changes somebody else's object",
    why: 'Prices, addresses and rights of others are changed by changing a number in the address.',
    fix: OWNER,
    run: scene =>
      forEach(scene, async (thing, bob) => {
        const { update } = thing.routes
        if (update === undefined) return []
        const own = scene.marker()
        const right = await thing.alice.send(update, { id: thing.id, marker: own })
        if (!(await seen(thing)).text.includes(own))
          throw unclear(`${update.send} (${right.status}) does not change the object for its owner`)
        const marker = scene.marker()
        const reply = await bob.send(update, { id: thing.id, marker })
        const after = await seen(thing)
        return after.text.includes(marker)
          ? [
              {
                where: update.send,
                says: `somebody else's ${thing.routes.name} was changed`,
                evidence: [reply, after],
              },
            ]
          : []
      }),
  },
  {
    ...about,
    id: 'idor.delete',
    tries: "deletes somebody else's object",
    why: 'One account can empty the whole service.',
    fix: OWNER,
    run: scene =>
      forEach(scene, async (thing, bob) => {
        const { remove } = thing.routes
        if (remove === undefined) return []
        const reply = await bob.send(remove, { id: thing.id })
        const after = await seen(thing)
        return after.text.includes(thing.marker)
          ? []
          : [
              {
                where: remove,
                says: `somebody else's ${thing.routes.name} was deleted`,
                evidence: [reply, after],
              },
            ]
      }),
  },
  {
    ...about,
    id: 'idor.list-filter',
    severity: 'high',
    tries: 'lists with the owner set to somebody else, in the query and in headers',
    why: READ,
    fix: 'Take the owner from the session, never from the request. Bulwark: access.',
    run: scene =>
      forEach(scene, async (thing, bob) => {
        const { list } = thing.routes
        if (list === undefined) return []
        const path = pathOf(list)
        const findings: Finding[] = []
        for (const name of await namesOf(thing.alice)) {
          const query = new URLSearchParams(
            OWNER_FIELDS.map((field): [string, string] => [field, name]),
          )
          const asks: Record<string, Ask> = {
            'by query': { path: `${path}?${query}` },
            'by header': {
              path,
              headers: Object.fromEntries(OWNER_FIELDS.map(field => [`X-${field}`, name])),
            },
            ...Object.fromEntries(
              OWNER_FIELDS.map(field => [
                `by ${field}`,
                { path: `${path}?${field}=${encodeURIComponent(name)}` },
              ]),
            ),
          }
          for (const [variant, ask] of Object.entries(asks)) {
            const reply = await bob.bare(ask)
            if (reply.text.includes(thing.marker))
              findings.push({
                where: list,
                variant,
                says: `the list shows somebody else's objects ${variant}`,
                evidence: [reply],
              })
          }
        }
        return findings.slice(0, 2)
      }),
  },
  {
    ...about,
    id: 'idor.body-owner',
    asvs: '15.3.3',
    cwe: 915,
    top10: 'A08',
    severity: 'high',
    tries: 'creates an object in the name of somebody else',
    why: 'Orders, messages and debts appear in the account of a victim.',
    fix: 'Take the owner from the session and refuse unknown fields. Bulwark: access, content.',
    run: scene =>
      forEach(scene, async ({ alice, routes }, bob) => {
        const { list, create } = routes
        if (list === undefined) return []
        for (const name of await namesOf(alice))
          for (const field of OWNER_FIELDS) {
            const marker = scene.marker()
            const ask = fill(create, { marker })
            const reply = await bob.ask({ ...ask, json: { ...record(ask.json), [field]: name } })
            if ((await alice.bare(fill(list, {}))).text.includes(marker))
              return [
                {
                  where: create.send,
                  parameter: field,
                  says: `an object created with ${field} of somebody else is theirs`,
                  evidence: [reply],
                },
              ]
          }
        return []
      }),
  },
  {
    ...about,
    id: 'idor.method-gap',
    asvs: '8.2.1',
    cwe: 862,
    severity: 'high',
    tries: "asks for somebody else's object by every method",
    why: 'A check that hangs on one method leaves the others open.',
    fix: 'Authorize in the lookup that all methods share. Bulwark: access.',
    run: scene =>
      forEach(scene, async (thing, bob) => {
        await refusedPlainly(thing, bob)
        const { path } = fill(thing.routes.read, { id: thing.id })
        const findings: Finding[] = []
        const update = thing.routes.update ?? thing.routes.create
        for (const method of ['HEAD', 'POST', 'PUT', 'PATCH', 'OPTIONS']) {
          const marker = scene.marker()
          const ask = { ...fill(update, { marker, id: thing.id }), method, path }
          const ways: readonly Ask[] = /HEAD|OPTIONS/.test(method)
            ? [{ method, path }]
            : [ask, { ...ask, method: 'POST', headers: { 'X-HTTP-Method-Override': method } }]
          for (const way of ways) {
            const reply = await bob.ask(way)
            const after = await seen(thing)
            if (reply.text.includes(thing.marker) || after.text.includes(marker))
              findings.push({
                where: thing.routes.read,
                variant: method,
                says: `${method} reaches somebody else's ${thing.routes.name}`,
                evidence: [reply, after],
              })
          }
        }
        return findings.slice(0, 3)
      }),
  },
  {
    ...about,
    id: 'idor.id-forms',
    asvs: '2.2.1',
    severity: 'high',
    tries: "writes somebody else's id in other ways: padded, in capitals, twice, encoded",
    why: 'What the check compares and what the lookup finds are then not the same id.',
    fix: 'Take one exact form of ids and refuse all others with 404. Bulwark: access.',
    run: scene =>
      forEach(scene, async (thing, bob) => {
        await refusedPlainly(thing, bob)
        const path = (id: string) => pathOf(thing.routes.read).replace('{id}', id)
        const mine = await made(scene, bob, thing.routes)
        const { id } = thing
        const forms: Record<string, string> = {
          'with a space behind': path(`${id}%20`),
          'with a NUL behind': path(`${id}%00`),
          'in capitals': path(id.toUpperCase()),
          'with a zero in front': path(`0${id}`),
          'in Base64': path(Buffer.from(id).toString('base64url')),
          'after my own': path(`${mine.id},${id}`),
          'as a list': path(`${id}%5B%5D`),
          'as a path through mine': path(`${mine.id}/../${id}`),
          'in the query': `${path(mine.id)}?id=${id}`,
        }
        return reads(
          Object.fromEntries(
            Object.entries(forms).map(([variant, form]) => [
              variant,
              () => bob.bare({ path: form }),
            ]),
          ),
          thing,
        )
      }),
  },
  {
    ...about,
    id: 'idor.rewrite-headers',
    asvs: '4.1.3',
    cwe: 290,
    top10: 'A07',
    severity: 'high',
    tries: 'names another user or another path in headers that proxies use',
    why: 'A header that anybody can send makes its sender whoever it names.',
    fix: 'Strip such headers at the edge and ignore them in the service. Bulwark: trustedProxies.',
    run: scene =>
      forEach(scene, async (thing, bob) => {
        await refusedPlainly(thing, bob)
        const ask = fill(thing.routes.read, { id: thing.id })
        const identities = (await namesOf(thing.alice)).flatMap(name =>
          ['X-User-Id', 'X-Forwarded-User', 'X-Remote-User', 'X-Auth-User', 'X-User'].map(
            (header): [string, Ask] => [`as ${header}`, { ...ask, headers: { [header]: name } }],
          ),
        )
        const rewrites = ['X-Original-URL', 'X-Rewrite-URL'].map((header): [string, Ask] => [
          `by ${header}`,
          { path: '/', headers: { [header]: ask.path } },
        ])
        const roles = ['X-Role', 'X-Admin'].map((header): [string, Ask] => [
          `with ${header}`,
          { ...ask, headers: { [header]: 'admin' } },
        ])
        return (
          await reads(
            Object.fromEntries(
              [...identities, ...rewrites, ...roles].map(([variant, way]) => [
                variant,
                () => bob.bare(way),
              ]),
            ),
            thing,
          )
        ).slice(0, 2)
      }),
  },
  {
    ...about,
    id: 'idor.after-delete',
    cwe: 672,
    severity: 'medium',
    needs: ['account', 'objects'],
    tries: 'reads an object after it was deleted',
    why: 'People believe that what they deleted is gone.',
    fix: 'Delete for good, or hide it from every route at once. Bulwark: access.',
    async run(scene) {
      const thing = await owned(scene)
      const { remove, list } = thing.routes
      if (remove === undefined)
        throw absent('no route deletes the object', "objects[].remove: 'DELETE /orders/{id}'")
      const gone = await thing.alice.send(remove, { id: thing.id })
      if (gone.status >= 400) throw unclear(`${remove} answered ${gone.status} to the owner`)
      const replies = [
        await seen(thing),
        ...(list === undefined ? [] : [await thing.alice.bare(fill(list, {}))]),
      ]
      const still = replies.filter(reply => reply.text.includes(thing.marker))
      return judged(
        still.slice(0, 1).map(reply => ({
          where: remove,
          says: 'the deleted object can still be read',
          evidence: [reply, gone],
        })),
      )
    },
  },
  {
    ...about,
    id: 'idor.existence',
    cwe: 204,
    severity: 'low',
    tries: "compares somebody else's id with one that does not exist",
    why: 'It tells which ids are real, and how many there are.',
    fix: 'Answer 404 with the same body for foreign and for missing. Bulwark: access.',
    run: scene =>
      forEach(scene, async (thing, bob) => {
        const missing = /^\d+$/.test(thing.id)
          ? '999999999'
          : thing.id.replaceAll(/[\da-f]/g, digit =>
              digit === '7' ? '4' : digit === '4' ? '7' : digit,
            )
        const theirs = await bob.bare(fill(thing.routes.read, { id: thing.id }))
        const none = await bob.bare(fill(thing.routes.read, { id: missing }))
        const alike =
          theirs.status === none.status &&
          normalise(theirs.text, [thing.id]) === normalise(none.text, [missing])
        return alike || theirs.ok
          ? []
          : [
              {
                where: thing.routes.read,
                says: `a foreign id is answered ${theirs.status}, a missing one ${none.status}`,
                evidence: [theirs, none],
              },
            ]
      }),
  },
  {
    ...about,
    id: 'idor.old-version',
    asvs: '13.4.5',
    cwe: 1059,
    top10: 'A02',
    severity: 'high',
    tries: "asks for somebody else's object under older and internal versions of the API",
    why: 'Old versions keep the holes that the new one closed.',
    fix: 'Take old versions down, or put the same checks in front of all. Bulwark: access, per route.',
    run: scene =>
      forEach(scene, async (thing, bob) => {
        const { path } = fill(thing.routes.read, { id: thing.id })
        const bare = path.replace(/^\/(api\/)?(v\d+\/)?/, '/')
        const paths = [
          '/v0',
          '/v1',
          '/v2',
          '/v3',
          '/api',
          '/api/v0',
          '/api/v1',
          '/api/v2',
          '/beta',
          '/internal',
          '/legacy',
        ]
          .map(prefix => prefix + bare)
          .filter(one => one !== path)
        return (
          await reads(
            Object.fromEntries(
              paths.map(one => [
                `at ${one.split('/').slice(1, -2).join('/')}`,
                () => bob.bare({ path: one }),
              ]),
            ),
            thing,
          )
        ).slice(0, 2)
      }),
  },
  {
    ...about,
    id: 'idor.anonymous',
    asvs: '8.2.1',
    cwe: 306,
    top10: 'A07',
    needs: ['account', 'objects'],
    tries: 'repeats what was seen signed in without credentials, and with damaged ones',
    why: 'Nobody even needs an account.',
    fix: 'Refuse by default, and name the routes that are open. Bulwark: access.',
    async run(scene) {
      const thing = await owned(scene)
      const open = new Set(scene.config.publicRoutes?.map(pathOf))
      const listed = objectsOf(scene).flatMap(({ list }) =>
        list === undefined ? [] : [pathOf(list)],
      )
      const secured = scene.site.routes
        .filter(
          ({ method, path, secured }) =>
            method === 'GET' && secured === true && !path.includes('{'),
        )
        .map(({ path }) => path)
      const damaged = scene.visitor()
      for (const [name, value] of thing.alice.jar.cookies)
        damaged.jar.cookies.set(name, `${value.slice(0, 4)}damaged`)
      const broken = damaged.jar.copy()
      const findings: Finding[] = []
      for (const path of new Set([...listed, ...secured, pathOf(thing.alice.session.probe)])) {
        if (open.has(path) || /stream/.test(path)) continue
        const hers = await thing.alice.bare({ path })
        for (const [variant, visitor] of [
          ['without credentials', scene.visitor()],
          ['with damaged credentials', damaged],
        ] as const) {
          if (visitor === damaged)
            for (const [name, value] of broken.cookies) visitor.jar.cookies.set(name, value)
          const reply = await visitor.bare({ path })
          const same =
            hers.ok &&
            reply.ok &&
            hers.body.length > 2 &&
            normalise(reply.text) === normalise(hers.text)
          if (reply.ok && (same || reply.text.includes(thing.marker)))
            findings.push({
              where: `GET ${path}`,
              variant,
              says: `private data is shown ${variant}`,
              evidence: [reply, hers],
            })
        }
      }
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'idor.vertical',
    asvs: '8.2.1',
    cwe: 285,
    needs: ['account', 'admin', 'adminRoutes'],
    tries: 'asks for admin routes as an ordinary user and as nobody',
    why: 'Every user is then an administrator who has not found the page yet.',
    fix: 'Ask for the role on each route, refusing by default. Bulwark: access.',
    async run(scene) {
      const [admin, alice] = [await scene.signIn('admin'), await scene.signIn('alice')]
      const findings: Finding[] = []
      const odd: Finding[] = []
      let controls = 0
      for (const route of scene.config.adminRoutes ?? []) {
        const right = await admin.bare(fill(route, {}))
        if (!right.ok) continue
        controls++
        for (const [variant, who] of [
          ['an ordinary user', alice],
          ['nobody', scene.visitor()],
        ] as [string, Visitor][]) {
          const reply = await who.bare(fill(route, {}))
          if (!reply.ok) continue
          const finding = {
            where: route,
            variant,
            says: `${variant} may call an admin route`,
            evidence: [reply, right],
          }
          if (normalise(reply.text) === normalise(right.text)) findings.push(finding)
          else
            odd.push({
              ...finding,
              says: `${variant} is answered ${reply.status} by an admin route, with another body`,
            })
        }
      }
      if (controls === 0)
        throw unclear('no admin route answers the admin', 'adminRoutes, accounts.admin')
      await mustLive(admin, alice)
      return findings.length > 0
        ? fail(...findings)
        : odd.length > 0
          ? review(...odd)
          : pass(`${controls} routes`)
    },
  },
  {
    ...about,
    id: 'idor.path-forms',
    asvs: '8.3.1',
    cwe: 288,
    top10: 'A07',
    severity: 'high',
    needs: ['account', 'admin', 'adminRoutes'],
    tries: 'asks for admin routes by other spellings of their path',
    why: 'A guard that compares paths is passed by a capital, a slash or a percent sign.',
    fix: 'Guard the handler, not the path. Bulwark: access, per route.',
    async run(scene) {
      const [admin, alice] = [await scene.signIn('admin'), await scene.signIn('alice')]
      const findings: Finding[] = []
      let controls = 0
      for (const route of (scene.config.adminRoutes ?? []).slice(0, 3)) {
        const path = pathOf(route)
        const right = await admin.bare({ path })
        if (!right.ok) continue
        controls++
        const [, first = '', ...rest] = path.split('/')
        const tail = rest.length > 0 ? `/${rest.join('/')}` : ''
        const forms = [
          `/${first.toUpperCase()}${tail}`,
          `${path}/`,
          `/${path}`,
          `/./${first}${tail}`,
          `/%${first.charCodeAt(0).toString(16)}${first.slice(1)}${tail}`,
          `${path};x`,
          `${path}.json`,
          `/x/..${path}`,
          `${path}%20`,
          `${path}?x`,
        ]
        for (const form of forms) {
          const reply = await alice.bare({ path: form })
          if (reply.ok && normalise(reply.text) === normalise(right.text))
            findings.push({
              where: route,
              variant: form,
              says: `an ordinary user gets the admin's reply at ${form}`,
              evidence: [reply, right],
            })
        }
      }
      if (controls === 0)
        throw unclear('no admin route answers the admin', 'adminRoutes, accounts.admin')
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'idor.mass-assign',
    asvs: '15.3.3',
    cwe: 915,
    top10: 'A08',
    severity: 'high',
    needs: ['account', 'objects'],
    tries: 'adds fields such as role and balance to what it creates and changes',
    why: 'A body that is stored as it came gives its sender whatever columns there are.',
    fix: 'Name the fields that may be written and refuse all others. Bulwark: content, strict schemas.',
    async run(scene) {
      const alice = await scene.signIn('alice')
      const findings: Finding[] = []
      for (const routes of objectsOf(scene)) {
        const { control } = await made(scene, alice, routes)
        for (const [name, value] of Object.entries(PRIVILEGES)) {
          if (control.text.includes(`"${name}"`)) continue
          const ask = fill(routes.create, { marker: scene.marker() })
          const reply = await alice.ask({ ...ask, json: { ...record(ask.json), [name]: value } })
          const id = reply.string(routes.id ?? '/id')
          if (!reply.ok || id === undefined) continue
          const after = await alice.send(routes.read, { id })
          const kept = JSON.stringify(after.json ?? '').includes(
            `"${name}":${JSON.stringify(value)}`,
          )
          if (kept)
            findings.push({
              where: routes.create.send,
              parameter: name,
              says: `${name} was stored although it is no field of a ${routes.name}`,
              evidence: [after, reply],
            })
        }
      }
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'idor.over-exposure',
    asvs: '15.3.1',
    cwe: 200,
    severity: 'high',
    needs: ['account'],
    tries: 'looks for password hashes, seeds and secrets in private replies',
    why: 'What the page does not show, the browser has all the same, and so has an injected script.',
    fix: 'Answer with named fields only, never with the whole row. Bulwark: access, response schemas.',
    async run(scene) {
      const alice = await scene.signIn('alice')
      const paths = await privateGets(scene)
      const findings: Finding[] = []
      const named: Finding[] = []
      for (const path of paths) {
        const reply = await alice.bare({ path })
        const hash = /\$(?:2[aby]\$\d\d\$[./A-Za-z\d]{53}|argon2(?:id|i|d)\$|scrypt\$|pbkdf2)/.exec(
          reply.text,
        )
        const name =
          /"(password|passwd|passwordHash|totpSecret|mfaSecret|resetToken|privateKey)"\s*:\s*"[^"]{6,}"/i.exec(
            reply.text,
          )
        if (hash !== null)
          findings.push({
            where: `GET ${path}`,
            variant: 'hash',
            says: 'a reply holds a password hash',
            evidence: [reply],
          })
        else if (name !== null)
          named.push({
            where: `GET ${path}`,
            variant: name[1] ?? '',
            says: `a reply has a field ${name[1]}`,
            evidence: [reply],
          })
      }
      return findings.length > 0
        ? fail(...findings)
        : named.length > 0
          ? review(...named)
          : pass(`${paths.length} private replies read`)
    },
  },
]
