import type { Check } from '../../check.ts'
import { tags } from '../../site/html.ts'
import { type Problem, reading } from '../reading.ts'

export const checks: readonly Check[] = [
  reading({
    id: 'deps.sri',
    asvs: '3.6.1',
    cwe: 353,
    top10: 'A08',
    severity: 'low',
    tries: 'looks at scripts and styles that pages load from elsewhere',
    why: 'Whoever takes over the other host, or the way there, runs scripts on your pages.',
    fix: 'Serve them yourself, or add integrity and crossorigin. Bulwark: headers (CSP without foreign hosts).',
    of: reply => reply.isHtml,
    wrong: (reply, scene): Problem[] =>
      [
        ...tags(reply.text, 'script'),
        ...tags(reply.text, 'link').filter(tag => /stylesheet|preload/.test(tag.get('rel') ?? '')),
      ].flatMap(tag => {
        const url = URL.parse(
          tag.get('src') ?? tag.get('href') ?? '',
          `${scene.place.origin}${reply.sent.path}`,
        )
        if (url === null || url.origin === scene.place.origin || !/^https?:$/.test(url.protocol))
          return []
        if (url.protocol === 'http:')
          return [
            {
              variant: url.origin,
              severity: 'high' as const,
              says: `a page loads ${url.origin} over plain HTTP`,
            },
          ]
        return tag.has('integrity')
          ? []
          : [
              {
                variant: url.origin,
                says: `a page loads scripts or styles of ${url.origin} without integrity`,
              },
            ]
      }),
  }),
]
