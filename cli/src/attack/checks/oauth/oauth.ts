import { absent, type Check, type Finding, fail, judged, pass, unclear } from '../../check.ts'
import type { Ask } from '../../wire/ask.ts'
import type { Reply } from '../../wire/reply.ts'
import { frameable } from '../headers/csp.ts'
import { became } from '../injection/injection.ts'
import {
  authorize,
  client,
  codeFor,
  confidential,
  consentOf,
  granted,
  opens,
  pkce,
  redeem,
  registration,
  server,
  token,
  wanted,
} from './flow.ts'

const about = {
  asvs: '10.4.1',
  cwe: 601,
  top10: 'A01',
  level: 'safe' as const,
  severity: 'high' as const,
  needs: ['account', 'oauth'] as const,
}
const CODE_FIX =
  'Bind the code to client, redirect URI and challenge; take it out at first use, in one atomic step; end what it gave when it comes again. Bulwark: oauth.'

export const checks: readonly Check[] = [
  {
    ...about,
    id: 'oauth.redirect-exact',
    severity: 'critical',
    tries: 'asks for a code with ten redirect URIs that are nearly the registered one',
    why: 'The code of the victim goes to the attacker, who redeems it.',
    fix: 'Compare redirect URIs as whole texts; refuse on a page of your own. Bulwark: oauth.',
    async run(scene) {
      const at = await server(scene)
      const alice = await scene.signIn('alice')
      const mine = await client(scene, at)
      await codeFor(scene, at, alice, mine)
      const { protocol, host, pathname } = new URL(mine.redirectUri)
      const base = `${protocol}//${host}`
      const forms: Readonly<Record<string, string>> = {
        'another host': `https://evil.test${pathname}`,
        'a longer host': `${protocol}//${host.split(':')[0]}.evil.test${pathname}`,
        'a user part': `${protocol}//${host.split(':')[0]}@evil.test${pathname}`,
        'a longer path': `${base}${pathname}/evil`,
        'a path that climbs': `${base}${pathname}/../evil`,
        'a query': `${base}${pathname}?next=https://evil.test`,
        'a fragment': `${base}${pathname}#evil`,
        'another case': `${base}${pathname.toUpperCase()}`,
        'a script': 'javascript:alert(1)',
        'a backslash': `${protocol}//evil.test\\@${host}${pathname}`,
      }
      const findings: Finding[] = []
      for (const [variant, uri] of Object.entries(forms)) {
        const end = await authorize(
          scene,
          at,
          alice,
          wanted(mine, pkce(scene), { redirect_uri: uri }),
        )
        const led = end.sentTo ?? end.reply.location(scene.place.origin)
        if (led !== undefined && led.origin !== scene.place.origin)
          findings.push({
            where: `GET ${at.authorize}`,
            parameter: 'redirect_uri',
            variant,
            says: `a redirect URI with ${variant} is followed to ${led.protocol}//${led.host}${end.code === undefined ? '' : ', with a code'}`,
            evidence: [end.reply],
          })
      }
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'oauth.pkce-required',
    asvs: '10.4.6',
    cwe: 287,
    top10: 'A07',
    tries: 'asks for a code without a challenge, with a plain one and with an empty one',
    why: 'Whoever catches the code on its way can redeem it.',
    fix: 'Ask every client for a challenge with S256. Bulwark: oauth.',
    async run(scene) {
      const at = await server(scene)
      const alice = await scene.signIn('alice')
      const mine = await client(scene, at)
      await codeFor(scene, at, alice, mine)
      const proof = pkce(scene)
      const forms: Readonly<Record<string, Record<string, string | undefined>>> = {
        'no challenge': { code_challenge: undefined, code_challenge_method: undefined },
        'a plain challenge': { code_challenge: proof.verifier, code_challenge_method: 'plain' },
        'a challenge without a method': {
          code_challenge: proof.verifier,
          code_challenge_method: undefined,
        },
        'an empty challenge': { code_challenge: '' },
      }
      const findings: Finding[] = []
      for (const [variant, changes] of Object.entries(forms)) {
        const end = await authorize(scene, at, alice, wanted(mine, proof, changes))
        if (end.code !== undefined)
          findings.push({
            where: `GET ${at.authorize}`,
            variant,
            says: `a code is given for ${variant}`,
            evidence: [end.reply],
          })
      }
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'oauth.pkce-verified',
    asvs: '10.4.6',
    cwe: 287,
    top10: 'A07',
    severity: 'critical',
    tries: 'redeems codes with a wrong, an empty and no verifier',
    why: 'The challenge is decoration, and a stolen code is enough.',
    fix: CODE_FIX,
    async run(scene) {
      const at = await server(scene)
      const alice = await scene.signIn('alice')
      const mine = await client(scene, at)
      await granted(scene, at, alice, mine)
      const findings: Finding[] = []
      for (const [variant, verifier] of [
        ['a wrong verifier', 'w'.repeat(50)],
        ['an empty verifier', ''],
        ['no verifier', undefined],
      ] as const) {
        const { code } = await codeFor(scene, at, alice, mine)
        const params = {
          grant_type: 'authorization_code',
          code,
          redirect_uri: mine.redirectUri,
          ...(verifier === undefined ? {} : { code_verifier: verifier }),
        }
        const reply = await token(scene, at, mine, params)
        if (reply.string('/access_token') !== undefined)
          findings.push({
            where: `POST ${at.token}`,
            variant,
            says: `a code is redeemed with ${variant}`,
            evidence: [reply],
          })
      }
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'oauth.code-once',
    asvs: '10.4.2',
    cwe: 294,
    top10: 'A07',
    tries: 'redeems one code twice, and five times at once, and then uses the first tokens',
    why: 'The second redeemer is the thief, and nobody notices.',
    fix: CODE_FIX,
    async run(scene) {
      const at = await server(scene)
      const alice = await scene.signIn('alice')
      const mine = await client(scene, at)
      const first = await granted(scene, at, alice, mine)
      const where = `POST ${at.token}`
      const findings: Finding[] = []
      const again = await redeem(scene, at, mine, first.code, first.proof)
      if (again.string('/access_token') !== undefined)
        findings.push({
          where,
          variant: 'twice',
          says: 'one code is redeemed twice',
          evidence: [again, first.reply],
        })
      else if (at.userinfo !== undefined && (await opens(scene, at, first.access)) !== undefined)
        findings.push({
          where,
          variant: 'alive',
          severity: 'medium',
          says: 'after a code came again, the tokens it gave still work',
          evidence: [again, first.reply],
        })
      const race = await codeFor(scene, at, alice, mine)
      const won = (
        await Promise.all(
          Array.from({ length: 5 }, () => redeem(scene, at, mine, race.code, race.proof)),
        )
      ).filter(reply => reply.string('/access_token') !== undefined)
      if (won.length > 1)
        findings.push({
          where,
          variant: 'at once',
          says: `one code at once gives ${won.length} sets of tokens`,
          evidence: won.slice(0, 2),
        })
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'oauth.code-bound',
    asvs: '10.4.10',
    cwe: 863,
    severity: 'critical',
    tries: 'redeems a code as another client, and with another redirect URI',
    why: 'A code that leaks to any client opens the account there.',
    fix: CODE_FIX,
    async run(scene) {
      const at = await server(scene)
      const alice = await scene.signIn('alice')
      const [mine, other] = [await client(scene, at), await client(scene, at, 'other')]
      await granted(scene, at, alice, mine)
      const where = `POST ${at.token}`
      const findings: Finding[] = []
      const stolen = await codeFor(scene, at, alice, mine)
      const foreign = await token(scene, at, other, {
        grant_type: 'authorization_code',
        code: stolen.code,
        redirect_uri: mine.redirectUri,
        code_verifier: stolen.proof.verifier,
      })
      if (foreign.string('/access_token') !== undefined)
        findings.push({
          where,
          variant: 'another client',
          says: 'another client redeems the code',
          evidence: [foreign],
        })
      const moved = await codeFor(scene, at, alice, mine)
      const elsewhere = await redeem(scene, at, mine, moved.code, moved.proof, {
        redirect_uri: `${mine.redirectUri}/evil`,
      })
      if (elsewhere.string('/access_token') !== undefined)
        findings.push({
          where,
          variant: 'another redirect URI',
          severity: 'medium',
          says: 'the code is redeemed with another redirect URI',
          evidence: [elsewhere],
        })
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'oauth.grants',
    asvs: '10.4.4',
    cwe: 1390,
    top10: 'A07',
    tries: 'asks for tokens by the implicit, password and client-credentials grants',
    why: 'Tokens in addresses, passwords in foreign hands, and clients that are their own user.',
    fix: 'Offer authorization_code with PKCE and refresh_token, and nothing else. Bulwark: oauth.',
    async run(scene) {
      const at = await server(scene)
      const alice = await scene.signIn('alice')
      const mine = await client(scene, at)
      const findings: Finding[] = []
      for (const type of ['token', 'id_token', 'id_token token', 'code token', 'none']) {
        const end = await authorize(
          scene,
          at,
          alice,
          wanted(mine, pkce(scene), { response_type: type, nonce: 'n-0123456789' }),
        )
        if (end.params.has('access_token') || end.params.has('id_token'))
          findings.push({
            where: `GET ${at.authorize}`,
            variant: type,
            says: `response_type=${type} puts tokens into the address`,
            evidence: [end.reply],
          })
      }
      const grants: Readonly<Record<string, Record<string, string>>> = {
        password: { grant_type: 'password', username: alice.user, password: alice.password },
        'client credentials of a public client': { grant_type: 'client_credentials' },
      }
      for (const [variant, params] of Object.entries(grants)) {
        const reply = await token(scene, at, mine, params)
        if (reply.string('/access_token') !== undefined)
          findings.push({
            where: `POST ${at.token}`,
            variant,
            says: `the grant ${variant} gives tokens`,
            evidence: [reply],
          })
      }
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'oauth.client-auth',
    asvs: '10.4.10',
    cwe: 287,
    top10: 'A07',
    severity: 'critical',
    tries:
      'redeems codes of a confidential client without its secret, with a wrong one and with two ways at once',
    why: 'The secret is what tells the client from anybody who has read its id.',
    fix: 'Ask for the registered way of authentication, exactly one, and answer 401 invalid_client. Bulwark: oauth.',
    async run(scene) {
      const at = await server(scene)
      const alice = await scene.signIn('alice')
      const theirs = await confidential(scene, at)
      await granted(scene, at, alice, theirs)
      const basic = (secret: string) => ({
        Authorization: `Basic ${Buffer.from(`${theirs.id}:${secret}`).toString('base64')}`,
      })
      const forms: Readonly<Record<string, (form: Record<string, string>) => Partial<Ask>>> = {
        'without a secret': form => ({ headers: {}, form: { ...form, client_id: theirs.id } }),
        'with a wrong secret': form => ({ headers: basic('wrong-wrong-wrong'), form }),
        'with an empty secret': form => ({ headers: basic(''), form }),
      }
      const findings: Finding[] = []
      for (const [variant, dress] of Object.entries(forms)) {
        const { code, proof } = await codeFor(scene, at, alice, theirs)
        const form = {
          grant_type: 'authorization_code',
          code,
          redirect_uri: theirs.redirectUri,
          code_verifier: proof.verifier,
        }
        const reply = await token(scene, at, theirs, form, dress(form))
        const where = `POST ${at.token}`
        if (reply.string('/access_token') !== undefined)
          findings.push({
            where,
            variant,
            says: `a confidential client gets tokens ${variant}`,
            evidence: [reply],
          })
        else if (reply.status !== 401 && reply.status !== 400)
          findings.push({
            where,
            variant,
            severity: 'low',
            says: `a client ${variant} is answered ${reply.status} instead of 401`,
            evidence: [reply],
          })
      }
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'oauth.iss',
    asvs: '10.2.2',
    cwe: 346,
    top10: 'A07',
    severity: 'low',
    tries: 'looks for iss in replies to the client, and compares the issuer with its address',
    why: 'A client of two servers can be made to send the code of one to the other (mix-up).',
    fix: 'Send iss with codes and errors (RFC 9207), and publish metadata under the issuer. Bulwark: oauth.',
    async run(scene) {
      const at = await server(scene)
      const alice = await scene.signIn('alice')
      const mine = await client(scene, at)
      const { end } = await codeFor(scene, at, alice, mine)
      const findings: Finding[] = []
      const iss = end.params.get('iss')
      if (iss === null)
        findings.push({
          where: `GET ${at.authorize}`,
          variant: 'absent',
          says: 'the reply to the client has no iss',
          evidence: [end.reply],
        })
      else if (iss !== at.issuer)
        findings.push({
          where: `GET ${at.authorize}`,
          variant: 'wrong',
          severity: 'high',
          says: `iss is ${iss} and the issuer ${at.issuer}`,
          evidence: [end.reply, at.metadata],
        })
      const failed = await authorize(
        scene,
        at,
        alice,
        wanted(mine, pkce(scene), { response_type: 'nonsense' }),
      )
      if (
        failed.sentTo !== undefined &&
        failed.params.has('error') &&
        failed.params.get('iss') === null
      )
        findings.push({
          where: `GET ${at.authorize}`,
          variant: 'error',
          says: 'an error to the client has no iss',
          evidence: [failed.reply],
        })
      const issuer = URL.parse(at.issuer)
      if (scene.config.behindTls !== true && issuer?.origin !== scene.place.origin)
        findings.push({
          where: at.metadata.sent.path,
          variant: 'metadata',
          severity: 'high',
          says: `the metadata of ${scene.place.origin} names the issuer ${at.issuer}`,
          evidence: [at.metadata],
        })
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'oauth.state-echo',
    asvs: '10.2.1',
    cwe: 352,
    severity: 'medium',
    tries: 'sends a state with quotes, markup and two KiB, and compares what comes back',
    why: 'A changed state breaks the protection of the client; a rendered one is a script on the consent page.',
    fix: 'Give state back as it came, and show it nowhere. Bulwark: oauth.',
    async run(scene) {
      const at = await server(scene)
      const alice = await scene.signIn('alice')
      const mine = await client(scene, at)
      const marker = scene.marker()
      const findings: Finding[] = []
      for (const [variant, state] of Object.entries({
        markup: `"><${marker} ${marker}=1>&a=b#c`,
        long: 'x'.repeat(2048),
        unicode: 'ä+%20 ü/?=',
      })) {
        const proof = pkce(scene)
        const params = wanted(mine, proof, { state })
        const page = await authorize(scene, at, alice, params, { agree: false })
        if (page.reply.isHtml && became(page.reply.text, marker) !== undefined)
          findings.push({
            where: `GET ${at.authorize}`,
            variant: 'rendered',
            severity: 'high',
            says: 'state becomes markup of the page',
            evidence: [page.reply],
          })
        const end =
          page.sentTo === undefined
            ? await authorize(scene, at, alice, wanted(mine, pkce(scene), { state }))
            : page
        if (end.code !== undefined && end.params.get('state') !== state)
          findings.push({
            where: `GET ${at.authorize}`,
            variant,
            says: `a state (${variant}) comes back changed`,
            evidence: [end.reply],
          })
      }
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'oauth.consent',
    asvs: '10.7.1',
    cwe: 451,
    top10: 'A06',
    tries:
      'asks for more than was agreed to, without a prompt, and agrees in the name of the user from another site',
    why: 'A harmless client grows into one that reads everything, unseen.',
    fix: 'Ask again for every scope that is new, and protect the consent form. Bulwark: oauth.',
    async run(scene) {
      const at = await server(scene)
      const newcomer =
        scene.config.register === undefined ? await scene.signIn('alice') : await scene.newcomer()
      const mine = await client(scene, at)
      const findings: Finding[] = []
      const where = `GET ${at.authorize}`
      const silent = await authorize(
        scene,
        at,
        newcomer,
        wanted(mine, pkce(scene), { prompt: 'none' }),
        { agree: false },
      )
      if (silent.code !== undefined)
        findings.push({
          where,
          variant: 'prompt=none',
          says: 'a client nobody agreed to gets a code with prompt=none',
          evidence: [silent.reply],
        })
      const first = await authorize(scene, at, newcomer, wanted(mine, pkce(scene)), {
        agree: false,
      })
      if (first.code !== undefined)
        findings.push({
          where,
          variant: 'unasked',
          says: 'a client nobody agreed to gets a code without a question',
          evidence: [first.reply],
        })
      const form = consentOf(first.reply, scene.place.origin)
      if (form !== undefined) {
        const pairs = (form.form as [string, string][]).filter(
          ([name]) => !/csrf|token/i.test(name),
        )
        const forged = await newcomer.bare({
          ...form,
          form: pairs,
          headers: { Origin: 'https://evil.test', 'Sec-Fetch-Site': 'cross-site' },
        })
        if (forged.header('location')?.includes('code='))
          findings.push({
            where: `POST ${form.path}`,
            variant: 'forged',
            severity: 'critical',
            says: 'another site can agree in the name of the user',
            evidence: [forged],
          })
      }
      await codeFor(scene, at, newcomer, mine)
      const more = at.scopes.find(scope => !mine.scope.split(' ').includes(scope))
      if (more === undefined) return judged(findings)
      const grown = await authorize(
        scene,
        at,
        newcomer,
        wanted(mine, pkce(scene), { scope: `${mine.scope} ${more}` }),
        { agree: false },
      )
      if (grown.code !== undefined) {
        const told = grown.params.get('scope')
        if (told === null || told.includes(more))
          findings.push({
            where,
            variant: 'more scope',
            says: `the scope ${more} is granted without a question`,
            evidence: [grown.reply],
          })
      }
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'oauth.framing',
    asvs: '3.4.6',
    cwe: 1021,
    top10: 'A06',
    tries: 'looks whether the pages of authorization and consent can be put into a frame',
    why: 'One click on a game agrees to a client of the attacker.',
    fix: "Send frame-ancestors 'none' on them. Bulwark: headers.",
    async run(scene) {
      const at = await server(scene)
      const person =
        scene.config.register === undefined ? await scene.signIn('alice') : await scene.newcomer()
      const mine = await client(scene, at)
      const { reply } = await authorize(
        scene,
        at,
        person,
        wanted(mine, pkce(scene), { prompt: 'consent' }),
        { agree: false },
      )
      const wrong = await authorize(
        scene,
        at,
        person,
        wanted(mine, pkce(scene), { client_id: 'nobody' }),
        { agree: false },
      )
      const pages = [reply, wrong.reply].filter(page => page.isHtml && page.body.length > 0)
      if (pages.length === 0) throw absent('authorization shows no page')
      const open = pages.filter(frameable)
      return judged(
        open.slice(0, 1).map(page => ({
          where: `GET ${page.sent.path.split('?')[0]}`,
          says: 'a page of authorization can be framed by any site',
          evidence: [page],
        })),
      )
    },
  },
  {
    ...about,
    id: 'oauth.params-twice',
    asvs: '15.3.7',
    cwe: 235,
    top10: 'A10',
    severity: 'medium',
    tries: 'sends client_id, redirect_uri, scope and code twice',
    why: 'The first is checked and the second used.',
    fix: 'Refuse every parameter that comes twice, as RFC 6749 asks. Bulwark: oauth.',
    async run(scene) {
      const at = await server(scene)
      const alice = await scene.signIn('alice')
      const mine = await client(scene, at)
      const first = await codeFor(scene, at, alice, mine)
      const findings: Finding[] = []
      for (const [name, value] of [
        ['redirect_uri', 'https://evil.test/'],
        ['client_id', 'somebody-else'],
        ['scope', 'admin'],
        ['state', 'other'],
      ] as const) {
        const params = wanted(mine, pkce(scene))
        params.append(name, value)
        const end = await authorize(scene, at, alice, params)
        if (end.sentTo?.hostname === 'evil.test')
          findings.push({
            where: `GET ${at.authorize}`,
            parameter: name,
            severity: 'high',
            says: `the second ${name} is used`,
            evidence: [end.reply],
          })
        else if (end.code !== undefined)
          findings.push({
            where: `GET ${at.authorize}`,
            parameter: name,
            severity: 'low',
            says: `${name} may come twice`,
            evidence: [end.reply],
          })
      }
      const form: [string, string][] = [
        ['grant_type', 'authorization_code'],
        ['code', first.code],
        ['code', 'x'],
        ['client_id', mine.id],
        ['redirect_uri', mine.redirectUri],
        ['code_verifier', first.proof.verifier],
      ]
      const reply = await token(scene, at, mine, {}, { form })
      if (reply.string('/access_token') !== undefined)
        findings.push({
          where: `POST ${at.token}`,
          parameter: 'code',
          severity: 'low',
          says: 'code may come twice',
          evidence: [reply],
        })
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'oauth.token-transport',
    asvs: '14.2.1',
    cwe: 598,
    top10: 'A06',
    severity: 'medium',
    tries: 'redeems by GET, sends the access token in the address, and looks for no-store',
    why: 'Addresses are logged and kept; tokens in caches are handed out again.',
    fix: 'Take POST bodies and Authorization headers only, and send Cache-Control: no-store. Bulwark: oauth.',
    async run(scene) {
      const at = await server(scene)
      const alice = await scene.signIn('alice')
      const mine = await client(scene, at)
      const right = await granted(scene, at, alice, mine)
      const findings: Finding[] = []
      const { code, proof } = await codeFor(scene, at, alice, mine)
      const query = new URLSearchParams({
        grant_type: 'authorization_code',
        code,
        client_id: mine.id,
        redirect_uri: mine.redirectUri,
        code_verifier: proof.verifier,
      })
      const byGet = await scene.ask({ path: `${at.token}?${query}` })
      if (byGet.string('/access_token') !== undefined)
        findings.push({
          where: `GET ${at.token}`,
          variant: 'GET',
          says: 'codes are redeemed by GET',
          evidence: [byGet],
        })
      if (at.userinfo !== undefined) {
        const inAddress = await scene.ask({
          path: `${at.userinfo}?access_token=${encodeURIComponent(right.access)}`,
        })
        if (inAddress.ok)
          findings.push({
            where: `GET ${at.userinfo}`,
            variant: 'query',
            says: 'the access token is taken from the address',
            evidence: [inAddress],
          })
      }
      if (!/no-store/.test(right.reply.header('cache-control') ?? ''))
        findings.push({
          where: `POST ${at.token}`,
          variant: 'no-store',
          says: 'tokens come without Cache-Control: no-store',
          evidence: [right.reply],
        })
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'oauth.register',
    asvs: '10.4.7',
    needs: ['oauth'],
    tries:
      'registers clients with redirect URIs that are scripts, wildcards, fragments or plain HTTP elsewhere',
    why: 'A client like that gets the codes of everybody who clicks.',
    fix: 'Take https, or http on loopback, without wildcard or fragment; fetch nothing that a client names. Bulwark: oauth.',
    async run(scene) {
      const at = await server(scene)
      if (at.register === undefined) throw absent('clients cannot be registered')
      const path = at.register
      const send = (more: Record<string, unknown>) =>
        scene.ask({ method: 'POST', path, json: registration(more) })
      const right = await send({ token_endpoint_auth_method: 'none' })
      if (right.status === 401 || right.status === 403) return pass('registering needs a token')
      if (!right.ok) throw unclear(`a correct registration answered ${right.status}`)
      const uris: Readonly<Record<string, string>> = {
        'a script': 'javascript:alert(1)',
        'plain HTTP elsewhere': 'http://evil.test/callback',
        'a wildcard': 'https://*.evil.test/callback',
        'a fragment': 'https://evil.test/callback#x',
        data: 'data:text/html,x',
        'a user part': 'https://a:b@evil.test/callback',
        nothing: '',
      }
      const findings: Finding[] = []
      for (const [variant, uri] of Object.entries(uris)) {
        const reply = await send({ redirect_uris: [uri], token_endpoint_auth_method: 'none' })
        if (reply.ok)
          findings.push({
            where: `POST ${path}`,
            variant,
            says: `a client with ${variant} as its redirect URI is registered`,
            evidence: [reply],
          })
      }
      const marker = scene.marker()
      const url = `http://127.0.0.1:${scene.run.listener.port}/${marker}`
      const fetched = await send({
        jwks_uri: url,
        logo_uri: url,
        client_uri: url,
        token_endpoint_auth_method: 'none',
      })
      if ((await scene.run.listener.heard([marker], Math.min(1500, scene.patienceMs))).length > 0)
        findings.push({
          where: `POST ${path}`,
          variant: 'fetch',
          severity: 'critical',
          says: 'the service fetched an address that a client named',
          evidence: [fetched],
        })
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'oauth.introspect',
    asvs: '10.4.10',
    cwe: 306,
    top10: 'A07',
    tries: 'introspects and revokes tokens without client authentication and as another client',
    why: 'Whoever finds a token learns whose it is; whoever has a client ends the sessions of others.',
    fix: 'Ask for client authentication, and answer inactive for tokens of others. Bulwark: oauth.',
    async run(scene) {
      const at = await server(scene)
      if (at.introspect === undefined && at.revoke === undefined)
        throw absent('there is neither introspection nor revocation')
      const alice = await scene.signIn('alice')
      const [mine, other] = [await client(scene, at), await client(scene, at, 'other')]
      const { access } = await granted(scene, at, alice, mine)
      const findings: Finding[] = []
      for (const [variant, form] of [
        ['nobody', { token: access }],
        ['another client', { token: access, client_id: other.id }],
      ] as const) {
        if (at.introspect !== undefined) {
          const reply = await scene.ask({ method: 'POST', path: at.introspect, form })
          if (reply.at('/active') === true)
            findings.push({
              where: `POST ${at.introspect}`,
              variant,
              says: `${variant} may introspect a token`,
              evidence: [reply],
            })
        }
        if (at.revoke !== undefined) {
          const reply = await scene.ask({ method: 'POST', path: at.revoke, form })
          if (at.userinfo !== undefined && (await opens(scene, at, access)) === undefined) {
            findings.push({
              where: `POST ${at.revoke}`,
              variant,
              says: `${variant} may revoke a token`,
              evidence: [reply],
            })
            break
          }
        }
      }
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'oauth.scope-growth',
    asvs: '10.4.11',
    cwe: 269,
    top10: 'A06',
    tries: 'refreshes with more scope than was granted',
    why: 'The user agreed to less.',
    fix: 'Grant at a refresh at most what was granted before. Bulwark: oauth.',
    async run(scene) {
      const at = await server(scene)
      const alice = await scene.signIn('alice')
      const mine = await client(scene, at)
      const { refresh } = await granted(scene, at, alice, mine)
      if (refresh === undefined) throw absent('no refresh token is given')
      const more = at.scopes.find(scope => !mine.scope.split(' ').includes(scope)) ?? 'admin'
      const reply = await token(scene, at, mine, {
        grant_type: 'refresh_token',
        refresh_token: refresh,
        scope: `${mine.scope} ${more}`,
      })
      const got = reply.string('/scope') ?? ''
      return judged(
        reply.ok && got.split(' ').includes(more)
          ? [
              {
                where: `POST ${at.token}`,
                says: `a refresh grew the scope by ${more}`,
                evidence: [reply],
              },
            ]
          : [],
      )
    },
  },
  {
    ...about,
    id: 'refresh.other-client',
    asvs: '10.4.5',
    cwe: 863,
    severity: 'critical',
    tries: 'refreshes with the token of another client',
    why: 'A token that leaks from one client works in all.',
    fix: 'Bind refresh tokens to the client they were given to. Bulwark: refresh, oauth.',
    async run(scene) {
      const at = await server(scene)
      const alice = await scene.signIn('alice')
      const [mine, other] = [await client(scene, at), await client(scene, at, 'other')]
      const { refresh } = await granted(scene, at, alice, mine)
      if (refresh === undefined) throw absent('no refresh token is given')
      const reply = await token(scene, at, other, {
        grant_type: 'refresh_token',
        refresh_token: refresh,
      })
      if (reply.string('/access_token') !== undefined)
        return fail({
          where: `POST ${at.token}`,
          says: 'another client refreshes the token',
          evidence: [reply],
        })
      const mineStill = await token(scene, at, mine, {
        grant_type: 'refresh_token',
        refresh_token: refresh,
      })
      const told: Reply = mineStill
      return pass(
        told.ok ? 'refused, and the owner can go on' : 'refused, and the family was ended',
      )
    },
  },
  {
    ...about,
    id: 'jwt.audience-type',
    asvs: '9.2.2',
    cwe: 287,
    top10: 'A07',
    tries:
      'sends an ID token, and the token of an OAuth client, where access tokens of the service belong',
    why: 'ID tokens are handed to every client, and must not open anything.',
    fix: 'Check typ and aud of every token. Bulwark: oauth.',
    async run(scene) {
      const at = await server(scene)
      const alice = await scene.signIn('alice')
      const mine = await client(scene, at)
      const { reply } = await granted(scene, at, alice, mine)
      const id = reply.string('/id_token')
      if (id === undefined) throw absent('no ID token is given')
      const findings: Finding[] = []
      const opened = await opens(scene, at, id)
      if (opened !== undefined)
        findings.push({
          where: `GET ${at.userinfo}`,
          variant: 'userinfo',
          says: 'an ID token opens userinfo',
          evidence: [opened],
        })
      const probe = scene.config.session?.probe.split(' ')[1] ?? '/'
      const asAccess = await scene.ask({ path: probe, headers: { Authorization: `Bearer ${id}` } })
      if (asAccess.ok && asAccess.text.includes(alice.user))
        findings.push({
          where: `GET ${probe}`,
          variant: 'probe',
          says: 'an ID token signs in',
          evidence: [asAccess],
        })
      return judged(findings)
    },
  },
]
