import { absent, type Check, type Finding, judged } from '../../check.ts'
import { privateGets } from '../private.ts'

const about = { level: 'safe' as const, severity: 'high' as const }

export const checks: readonly Check[] = [
  {
    ...about,
    id: 'cache.poison',
    asvs: '14.2.2',
    cwe: 349,
    top10: 'A08',
    tries:
      'puts a marker into headers that caches leave out of their key, and asks for the same page without',
    why: "One request fills the cache with a page that loads the attacker's script, for everybody.",
    fix: 'Ignore X-Forwarded-* from strangers, or name them in Vary; build links from a configured origin. Bulwark: trustedProxies.',
    async run(scene) {
      const findings: Finding[] = []
      for (const header of [
        'X-Forwarded-Host',
        'X-Forwarded-Scheme',
        'X-Forwarded-Prefix',
        'X-Original-URL',
        'X-Host',
        'Forwarded',
      ]) {
        const marker = scene.marker()
        const path = `/?cb=${scene.marker()}`
        const value =
          header === 'Forwarded'
            ? `host=${marker}.test`
            : header === 'X-Original-URL'
              ? `/${marker}`
              : `${marker}.test`
        const dirty = await scene.ask({ path, headers: { [header]: value, Accept: 'text/html' } })
        const clean = await scene.ask({ path, headers: { Accept: 'text/html' } })
        const shows = (text: string) => text.includes(marker)
        const all = (reply: typeof dirty) =>
          `${reply.text} ${reply.header('location') ?? ''} ${reply.header('link') ?? ''}`
        if (shows(all(clean)))
          findings.push({
            where: 'GET /',
            parameter: header,
            says: `${header} of one request is in the reply to the next`,
            evidence: [clean, dirty],
          })
        else if (shows(all(dirty)))
          findings.push({
            where: 'GET /',
            parameter: header,
            severity: 'low',
            says: `${header} of a stranger is written into the reply`,
            evidence: [dirty, clean],
          })
      }
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'cache.deception',
    asvs: '14.2.5',
    cwe: 525,
    top10: 'A06',
    needs: ['account'],
    tries: 'asks for private pages under names that look like static files',
    why: "A cache that goes by the ending keeps the victim's page and hands it to whoever asks next.",
    fix: 'Answer 404 for paths that do not exist exactly, and no-store on private replies. Bulwark: headers.',
    async run(scene) {
      const alice = await scene.signIn('alice')
      const paths = (await privateGets(scene)).slice(0, 4)
      if (paths.length === 0) throw absent('no private page is known')
      const findings: Finding[] = []
      for (const path of paths) {
        const plain = await alice.bare({ path })
        for (const tail of ['/x.css', '%2fx.js', ';x.png', '.css', '%0ax.css', '?x.js']) {
          const reply = await alice.bare({ path: path + tail })
          const hers =
            reply.ok &&
            reply.text.length > 2 &&
            reply.text.toLowerCase().includes(alice.user.toLowerCase())
          const cacheable = !/no-store|private|no-cache/.test(reply.header('cache-control') ?? '')
          if (
            !hers ||
            (tail.startsWith('?') && !/public|s-maxage/.test(reply.header('cache-control') ?? ''))
          )
            continue
          const stolen = await scene.ask({ path: path + tail })
          if (stolen.text === reply.text || cacheable)
            findings.push({
              where: `GET ${path}`,
              variant: tail,
              says: `${path}${tail} shows the private page ${cacheable ? 'and lets caches keep it' : 'to others'}`,
              evidence: [reply, plain],
            })
        }
      }
      return judged(findings)
    },
  },
]
