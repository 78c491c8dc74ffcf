import { absent, type Check, type Finding, judged } from '../../check.ts'
import type { Severity } from '../../config/config.ts'
import type { Scene } from '../../scene.ts'
import type { Reply } from '../../wire/reply.ts'
import { privateGets } from '../private.ts'
import { reading } from '../reading.ts'

const about = { level: 'safe' as const, severity: 'medium' as const }
const INSPECTOR_PORTS = [9229, 9230, 9231]

/** Asks for each path; what `is` recognises is a finding. */
async function served(
  scene: Scene,
  paths: readonly string[],
  is: (reply: Reply) => string | undefined,
): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const path of paths) {
    const reply = await scene.ask({ path, headers: { Accept: 'text/html,*/*;q=0.8' } })
    const says = reply.ok ? is(reply) : undefined
    if (says !== undefined && !(await scene.site.missing.is(reply)))
      findings.push({ where: `GET ${path}`, says, evidence: [reply] })
  }
  return findings
}

/** A foreign name in the reply reaches links; another port of the own name reaches nobody. */
function severityOf(reply: Reply, host: string): Severity {
  if (!host.includes('evil')) return 'info'
  return `${reply.text} ${reply.header('location') ?? ''}`.includes('evil.test') ? 'high' : 'low'
}

export const checks: readonly Check[] = [
  {
    ...about,
    id: 'deploy.host-allow',
    asvs: '4.2.1',
    cwe: 20,
    top10: 'A05',
    severity: 'low',
    tries: 'asks for the start page under the name of somebody else',
    why: 'By DNS rebinding a foreign page talks to the service as if it were its own, and links in mails lead elsewhere.',
    fix: 'Answer 421 to names that are not yours. Bulwark: origin, allowedHosts.',
    async run(scene) {
      const findings: Finding[] = []
      const right = await scene.ask({ path: '/' })
      for (const host of [
        'evil.test',
        `evil.test:${scene.place.port}`,
        `${scene.place.host}.evil.test`,
        `${new URL(scene.place.origin).hostname}:99999`,
      ]) {
        const reply = await scene.ask({ path: '/', headers: { Host: host } })
        if (reply.status < 400 && reply.status === right.status && reply.status > 0)
          findings.push({
            where: 'GET /',
            variant: host.includes('evil') ? 'another name' : 'another port',
            severity: severityOf(reply, host),
            says: `the service answers to the name ${host.replace(String(scene.place.port), '…')}`,
            evidence: [reply],
          })
      }
      return judged(findings.slice(0, 1))
    },
  },
  {
    ...about,
    id: 'deploy.forwarded-trust',
    asvs: '15.3.4',
    cwe: 348,
    top10: 'A02',
    needs: ['account'],
    tries:
      'claims another address in forwarding headers when signing in, and looks for it in what the service shows',
    why: 'Logs, limits and lists of sessions then say whatever the attacker wants.',
    fix: 'Believe forwarding headers only from named proxies. Bulwark: trustedProxies.',
    async run(scene) {
      const { people } = scene.run
      const address = `198.51.100.${1 + scene.dice.below(250)}`
      const visitor = scene.visitor()
      const { user, password } = await people.credentials('alice', visitor)
      visitor.credentials = [
        ['X-Forwarded-For', address],
        ['X-Real-IP', address],
        ['Forwarded', `for=${address}`],
      ]
      await people.enter(visitor, user, password)
      visitor.credentials = []
      const alice = await people.proven(visitor, user, password)
      const findings: Finding[] = []
      const routes = [
        ...(await privateGets(scene)),
        '/auth/sessions',
        '/sessions',
        '/api/sessions',
        '/account/sessions',
      ]
      for (const path of new Set(routes)) {
        const reply = await alice.bare({ path })
        if (reply.ok && reply.text.includes(address))
          findings.push({
            where: `GET ${path}`,
            says: 'the address that a stranger claimed is believed',
            evidence: [reply],
          })
      }
      return judged(findings.slice(0, 1))
    },
  },
  {
    ...about,
    id: 'deploy.debug',
    asvs: '13.4.2',
    cwe: 489,
    top10: 'A02',
    tries: 'asks for the routes of development tools, and for debug modes',
    why: 'They show source, state and errors, and some run what they are sent.',
    fix: 'Start the production build with NODE_ENV=production, and take development routes out of it.',
    async run(scene) {
      const findings = await served(
        scene,
        [
          '/@vite/client',
          '/__webpack_hmr',
          '/webpack-dev-server',
          '/__inspect/',
          '/_next/webpack-hmr',
          '/__debugger__',
          '/graphiql',
          '/telescope',
          '/rails/info/properties',
          '/_debugbar/open',
          '/__nuxt_devtools__/',
          '/trace',
          '/elmah.axd',
          '/console/debug',
        ],
        reply =>
          /createHotContext|__vite__|webpackHotUpdate|Telescope|Rails version|werkzeug|graphiql|debugbar|event-stream/i.test(
            reply.text,
          ) || reply.type === 'text/event-stream'
            ? 'a development tool answers'
            : undefined,
      )
      const plain = await scene.ask({ path: `/${scene.marker()}` })
      const debug = await scene.ask({
        path: `/${scene.marker()}?debug=1`,
        headers: { 'X-Debug': '1' },
      })
      if (
        /\bat \S+ \(?[^)\s]*:\d+:\d+/.test(debug.text) &&
        !/\bat \S+ \(?[^)\s]*:\d+:\d+/.test(plain.text)
      )
        findings.push({
          where: '/',
          variant: 'debug',
          says: 'debug=1 shows a stack trace',
          evidence: [debug, plain],
        })
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'deploy.inspector',
    asvs: '13.4.2',
    cwe: 489,
    top10: 'A02',
    tries: 'looks for a Node inspector beside the service',
    why: 'It runs any code, for every page that the developer visits and, if it is open, for everybody.',
    fix: 'Start without --inspect where others can reach the port.',
    async run(scene) {
      const findings: Finding[] = []
      for (const port of scene.config.inspectorPorts ?? INSPECTOR_PORTS) {
        const said = `GET /json/version HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`
        const { text } = await scene.talk([said], { port, untilMs: 1500, quietMs: 300 })
        if (/"Protocol-Version"|node\.js\/v/.test(text))
          findings.push({
            where: `port ${port}`,
            ...(scene.place.loopback ? {} : { severity: 'critical' as const }),
            says: `a Node inspector listens on port ${port}`,
            evidence: [],
            raw: text.slice(0, 400),
          })
      }
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'deploy.docs',
    asvs: '13.4.5',
    cwe: 200,
    top10: 'A01',
    severity: 'info',
    tries: 'asks for API documents and consoles without signing in',
    why: 'They list every route, those of the administrators too.',
    fix: 'Serve them in development, or behind a sign-in.',
    async run(scene) {
      const findings = await served(
        scene,
        [
          '/openapi.json',
          '/openapi.yaml',
          '/swagger.json',
          '/swagger',
          '/swagger-ui/',
          '/api-docs',
          '/docs',
          '/documentation',
          '/graphql',
          '/graphiql',
          '/asyncapi.json',
          '/redoc',
          '/v3/api-docs',
        ],
        reply =>
          /"openapi"\s*:|"swagger"\s*:|^openapi:|swagger-ui|redoc|GraphiQL|"asyncapi"/im.test(
            reply.text,
          )
            ? 'the API document is open to everybody'
            : undefined,
      )
      const severity = scene.config.production === true ? 'medium' : 'info'
      return judged(findings.map(finding => ({ ...finding, severity })))
    },
  },
  {
    ...about,
    id: 'deploy.metrics',
    asvs: '13.4.5',
    cwe: 200,
    top10: 'A01',
    severity: 'info',
    tries: 'asks for metrics and detailed health without signing in',
    why: 'They tell load, versions, routes and how well an attack goes.',
    fix: 'Serve them on an inner port, or behind a token.',
    async run(scene) {
      const findings = await served(
        scene,
        [
          '/metrics',
          '/api/metrics',
          '/prometheus',
          '/actuator',
          '/actuator/prometheus',
          '/status',
          '/server-status',
          '/stats',
          '/health',
          '/healthz',
          '/readyz',
        ],
        reply =>
          /^# (HELP|TYPE) \w+/m.test(reply.text)
            ? 'metrics are open to everybody'
            : /"(?:heapUsed|rss|memoryUsage|uptime|pid|loadavg)"\s*:/.test(reply.text)
              ? 'details of the process are open to everybody'
              : undefined,
      )
      const severity = scene.config.production === true ? 'low' : 'info'
      return judged(findings.map(finding => ({ ...finding, severity })))
    },
  },
  {
    ...about,
    id: 'deploy.listing',
    asvs: '13.4.3',
    cwe: 548,
    top10: 'A01',
    tries: 'asks for the folders that files are served from',
    why: 'What was not linked is found all the same.',
    fix: 'Switch directory listings off.',
    async run(scene) {
      const folders = new Set([
        '/static/',
        '/assets/',
        '/public/',
        '/uploads/',
        '/files/',
        '/images/',
        '/js/',
        '/css/',
        '/backup/',
        ...scene.site.replies.map(({ sent }) =>
          (sent.path.split('?')[0] ?? '/').replace(/[^/]*$/, ''),
        ),
      ])
      const findings = await served(scene, [...folders].slice(0, 20), reply =>
        /<title>\s*(Index of|listing directory|Directory listing)|<h1>Index of/i.test(reply.text)
          ? 'a folder lists its files'
          : undefined,
      )
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'deploy.source-maps',
    asvs: '13.4.7',
    cwe: 540,
    top10: 'A01',
    severity: 'low',
    tries: 'follows the source maps of scripts and styles',
    why: 'They hold the source as it was written, with comments and what was not meant to be shown.',
    fix: 'Keep source maps out of what is served, or send them to your error reports only.',
    async run(scene) {
      const findings: Finding[] = []
      const files = scene.site.replies.filter(reply => /javascript|css/.test(reply.type))
      if (files.length === 0) throw absent('the pages load no scripts or styles of their own')
      for (const file of files) {
        const named =
          file.header('sourcemap') ??
          /[#@] sourceMappingURL=(\S+)/.exec(file.text.slice(-2000))?.[1]
        const guess = `${file.sent.path.split('?')[0]}.map`
        const path = URL.parse(named ?? guess, `${scene.place.origin}${file.sent.path}`)
        if (path === null || path.origin !== scene.place.origin) continue
        const map = await scene.ask({ path: path.pathname })
        if (map.ok && Array.isArray(map.at('/sourcesContent')))
          findings.push({
            where: `GET ${path.pathname}`,
            says: 'a source map with the sources in it is served',
            evidence: [map],
          })
      }
      return judged(findings)
    },
  },
  reading({
    id: 'deploy.security-txt',
    asvs: '15.1.1',
    cwe: 1059,
    top10: 'A02',
    severity: 'info',
    tries: 'looks for /.well-known/security.txt',
    why: 'Who finds a hole does not know whom to tell.',
    fix: 'Serve one with Contact and Expires (RFC 9116).',
    of: (reply, scene) => reply === scene.site.home,
    wrong: (_, scene) => {
      const file = scene.site.replies.find(
        ({ sent, ok }) => ok && sent.path === '/.well-known/security.txt',
      )
      if (file === undefined || !/^Contact:/im.test(file.text)) return 'there is no security.txt'
      const expires = Date.parse(/^Expires:\s*(.+)$/im.exec(file.text)?.[1] ?? '')
      return expires < Date.now()
        ? { variant: 'expired', severity: 'low', says: 'security.txt has expired' }
        : undefined
    },
  }),
]
