import { absent, type Check, judged } from '../../check.ts'
import type { Reply } from '../../wire/reply.ts'
import { privateGets } from '../private.ts'
import { isPage, read, reading, takesInput } from '../reading.ts'
import { frameable, nonces, policies, weaknesses } from './csp.ts'

const ONE_YEAR_SECONDS = 31_536_000
const hasBody = (reply: Reply) => reply.body.length > 0
const overTls = (tls: boolean, behindTls: boolean | undefined) => tls || behindTls === true

export const checks: readonly Check[] = [
  reading({
    id: 'hdr.csp',
    tries: 'looks for a Content-Security-Policy on every page',
    why: 'Without one, a single hole in the HTML runs any script with the rights of whoever looks at it.',
    fix: "Send a policy on every HTML reply, errors too: script-src with a nonce, object-src and base-uri 'none'. Bulwark: headers.",
    asvs: '3.4.3',
    cwe: 693,
    top10: 'A06',
    severity: 'medium',
    of: isPage,
    wrong: reply =>
      policies(reply).length > 0
        ? undefined
        : takesInput(reply)
          ? {
              variant: 'input',
              severity: 'high',
              says: 'a page that takes input has no Content-Security-Policy',
            }
          : 'pages have no Content-Security-Policy',
  }),
  reading({
    id: 'hdr.csp-strength',
    tries: 'reads what the Content-Security-Policy still lets run',
    why: 'A policy that allows inline or any host stops no injected script; it only looks like protection.',
    fix: "Use a nonce for each reply instead of 'unsafe-inline', name hosts, set object-src and base-uri to 'none'. Bulwark: headers.",
    asvs: '3.4.3',
    cwe: 693,
    top10: 'A06',
    severity: 'medium',
    of: reply => isPage(reply) && policies(reply).length > 0,
    wrong: weaknesses,
  }),
  {
    id: 'hdr.csp-nonce',
    tries: 'asks for one page five times and compares the nonces of its policy',
    why: 'A nonce that repeats or is short can be guessed, and then lets the injected script run.',
    fix: 'Make 128 fresh random bits for every reply, and do not cache pages that carry them. Bulwark: headers.',
    asvs: '3.4.3',
    cwe: 330,
    top10: 'A04',
    severity: 'high',
    level: 'safe',
    async run(scene) {
      const page = scene.site.pages.find(reply => nonces(reply).length > 0)
      if (page === undefined) throw absent('no page uses a nonce in its policy')
      const headers = { Accept: 'text/html' }
      const seen: Reply[] = []
      for (let i = 0; i < 5; i++) seen.push(await scene.ask({ path: page.sent.path, headers }))
      const values = seen.map(reply => nonces(reply)[0] ?? '')
      const where = `GET ${page.sent.path}`
      const evidence = seen.slice(0, 2)
      if (new Set(values).size < values.length)
        return judged([
          {
            where,
            variant: 'repeated',
            says: 'five askings brought the same nonce more than once',
            evidence,
          },
        ])
      const short = values.some(value => Buffer.from(value, 'base64').length < 16)
      return judged(
        short
          ? [{ where, variant: 'short', says: 'the nonce is shorter than 16 bytes', evidence }]
          : [],
      )
    },
  },
  reading({
    id: 'hdr.frame',
    tries: 'looks whether another site can put a page in a frame',
    why: 'A framed page can be laid invisibly under a game, and the clicks land on its buttons.',
    fix: "Send frame-ancestors 'none' (or 'self') in the policy. Bulwark: headers.",
    asvs: '3.4.6',
    cwe: 1021,
    top10: 'A06',
    severity: 'medium',
    of: isPage,
    wrong: reply =>
      !frameable(reply)
        ? undefined
        : takesInput(reply)
          ? {
              variant: 'input',
              severity: 'high',
              says: 'a page that takes input can be framed by any site',
            }
          : 'pages can be framed by any site',
  }),
  reading({
    id: 'hdr.nosniff',
    tries: 'looks for X-Content-Type-Options on every reply with a body',
    why: 'Browsers then guess what a file is, and text or an image can become a script.',
    fix: 'Send X-Content-Type-Options: nosniff on everything. Bulwark: headers.',
    asvs: '3.4.4',
    cwe: 693,
    top10: 'A06',
    severity: 'low',
    of: hasBody,
    wrong: reply =>
      reply.header('x-content-type-options')?.trim().toLowerCase() === 'nosniff'
        ? undefined
        : 'replies come without X-Content-Type-Options: nosniff',
  }),
  reading({
    id: 'hdr.referrer',
    tries: 'looks which address pages give away to the sites they link to',
    why: 'Addresses hold ids, searches and sometimes tokens; they end up in foreign logs.',
    fix: 'Send Referrer-Policy: no-referrer or strict-origin-when-cross-origin. Bulwark: headers.',
    asvs: '3.4.5',
    cwe: 200,
    top10: 'A01',
    severity: 'low',
    of: isPage,
    wrong: reply => {
      const value = (reply.header('referrer-policy') ?? '').toLowerCase()
      if (/unsafe-url|no-referrer-when-downgrade/.test(value))
        return {
          variant: 'unsafe',
          says: `Referrer-Policy is ${value}: the whole address is given away`,
        }
      if (value !== '' || /<meta[^>]+name=["']?referrer/i.test(reply.text)) return undefined
      return 'pages do not say what Referer may carry'
    },
  }),
  reading({
    id: 'hdr.hsts',
    tries: 'looks for Strict-Transport-Security',
    why: 'The first request of a visit can be made over plain HTTP, read and changed on the way.',
    fix: 'Send Strict-Transport-Security: max-age=63072000; includeSubDomains over HTTPS. Bulwark: headers.',
    asvs: '3.4.1',
    cwe: 319,
    top10: 'A04',
    severity: 'medium',
    of: (_, scene) => overTls(scene.place.tls, scene.config.behindTls),
    wrong: reply => {
      const value = reply.header('strict-transport-security')
      if (value === undefined) return 'replies come without Strict-Transport-Security'
      const age = Number(/max-age\s*=\s*"?(\d+)/i.exec(value)?.[1] ?? 0)
      return age >= ONE_YEAR_SECONDS
        ? undefined
        : { variant: 'short', says: `its max-age is ${age} s, less than a year` }
    },
  }),
  reading({
    id: 'hdr.coop',
    tries: 'looks for Cross-Origin-Opener-Policy on pages',
    why: 'A site that opens yours in a window keeps a handle on it, can navigate it and measure it.',
    fix: 'Send Cross-Origin-Opener-Policy: same-origin. Bulwark: headers.',
    asvs: '3.4.8',
    cwe: 346,
    top10: 'A07',
    severity: 'low',
    of: isPage,
    wrong: reply =>
      /^same-origin/i.test(reply.header('cross-origin-opener-policy') ?? '')
        ? undefined
        : 'pages have no Cross-Origin-Opener-Policy',
  }),
  {
    id: 'hdr.corp',
    tries: 'loads private data into a page of another site, as an image would be',
    why: 'Data that another site can load into its process can be read there by side channels.',
    fix: 'Send Cross-Origin-Resource-Policy: same-origin, or refuse Sec-Fetch-Site: cross-site. Bulwark: headers.',
    asvs: '3.5.8',
    cwe: 346,
    top10: 'A07',
    severity: 'low',
    level: 'safe',
    needs: ['account'],
    async run(scene) {
      const alice = await scene.signIn('alice')
      const headers = {
        'Sec-Fetch-Site': 'cross-site',
        'Sec-Fetch-Mode': 'no-cors',
        'Sec-Fetch-Dest': 'image',
      }
      const replies: Reply[] = []
      for (const path of await privateGets(scene)) replies.push(await alice.bare({ path, headers }))
      const wrong = (reply: Reply) =>
        reply.ok &&
        !isPage(reply) &&
        !/^same-(origin|site)$/i.test(reply.header('cross-origin-resource-policy') ?? '')
          ? 'private data can be loaded by a page of another site'
          : undefined
      return read(scene, replies, wrong, ({ path }) => alice.bare({ path, headers }))
    },
  },
  reading({
    id: 'hdr.permissions',
    tries: 'looks for Permissions-Policy on pages',
    why: 'A hole in the page can use camera, location or payment if the browser was never told no.',
    fix: 'Send a Permissions-Policy that switches off what the pages do not use. Bulwark: headers.',
    asvs: '3.1.1',
    cwe: 693,
    top10: 'A06',
    severity: 'info',
    of: isPage,
    wrong: reply =>
      reply.header('permissions-policy') === undefined
        ? 'pages have no Permissions-Policy'
        : undefined,
  }),
  reading({
    id: 'hdr.csp-report',
    tries: 'looks whether violations of the policy are reported',
    why: 'Without reports nobody sees that somebody is trying, or that the policy breaks a page.',
    fix: 'Add report-to and Reporting-Endpoints. Bulwark: headers, with POST /reports/csp.',
    asvs: '3.4.7',
    cwe: 778,
    top10: 'A09',
    severity: 'info',
    of: reply => isPage(reply) && policies(reply).length > 0,
    wrong: reply =>
      policies(reply).some(policy => policy.has('report-to') || policy.has('report-uri'))
        ? undefined
        : 'the policy names no place for reports',
  }),
  reading({
    id: 'hdr.version',
    tries: 'looks whether replies name the software and its version',
    why: 'Known holes can be looked up for exactly that version, for thousands of services at once.',
    fix: "Take Server, X-Powered-By and generator out: Express app.disable('x-powered-by'). Bulwark: headers.",
    asvs: '13.4.6',
    cwe: 200,
    top10: 'A01',
    severity: 'low',
    of: () => true,
    wrong: reply =>
      ['server', 'x-powered-by', 'via', 'x-aspnet-version', 'x-generator'].flatMap(name => {
        const value = reply.header(name)
        if (value === undefined) return []
        const version = /\d+\.\d+/.test(value)
        const says = `${name} says ${JSON.stringify(value)}`
        return [{ variant: name, says, severity: version ? ('low' as const) : ('info' as const) }]
      }),
  }),
  {
    id: 'hdr.on-errors',
    tries:
      'asks for a missing page, a broken address and a wrong method, and compares their headers with those of the start page',
    why: 'Error pages show text of the request and are forgotten by most header settings: the hole is there.',
    fix: 'Set the headers before routing, so that errors and redirects have them as well. Bulwark: headers, on by default everywhere.',
    asvs: '3.4.3',
    cwe: 693,
    top10: 'A06',
    severity: 'medium',
    level: 'safe',
    async run(scene) {
      const names = [
        'content-security-policy',
        'x-frame-options',
        'x-content-type-options',
        'referrer-policy',
        'strict-transport-security',
      ]
      const { home } = scene.site
      const expected = names.filter(name => home.header(name) !== undefined)
      if (expected.length === 0)
        throw absent('the start page has no security headers to compare with')
      const headers = { Accept: 'text/html' }
      const errors = [
        await scene.ask({ path: `/${scene.marker()}`, headers }),
        await scene.ask({ path: '/%c0%ae', headers }),
        await scene.ask({ method: 'DELETE', path: '/', headers }),
      ]
      return judged(
        expected.flatMap(name => {
          const without = errors.filter(
            reply =>
              reply.status >= 400 &&
              reply.body.length > 0 &&
              reply.header(name) === undefined &&
              (reply.isHtml || !/policy|frame/.test(name)) &&
              !(name === 'x-frame-options' && isPage(reply) && !frameable(reply)),
          )
          const [first] = without
          if (first === undefined) return []
          const says = `${name} is on the start page and missing on errors`
          const places = without.map(
            ({ sent }) =>
              `${sent.method} ${sent.path.startsWith('/bwq') ? '/{missing}' : sent.path}`,
          )
          return [{ where: '/', variant: name, says, evidence: [first, home], places }]
        }),
      )
    },
  },
]
