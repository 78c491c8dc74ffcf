import { pathOf } from '../people/step.ts'
import type { Scene } from '../scene.ts'
import { normalise } from '../site/normalise.ts'

/**
 * Paths that show something to Alice and not to a stranger: the probe, the lists of objects, the
 * GET routes of the OpenAPI document and the pages, as far as the two replies differ.
 */
export function privateGets(scene: Scene): Promise<string[]> {
  return scene.once('private', async () => {
    const { config, site } = scene
    const open = new Set(config.publicRoutes?.map(pathOf))
    const candidates = [
      config.session?.probe,
      ...(config.objects ?? []).map(({ list }) => list),
      ...site.routes
        .filter(({ method, path }) => method === 'GET' && !path.includes('{'))
        .map(({ path }) => `GET ${path}`),
      ...(config.adminRoutes ?? []),
    ].flatMap(route => (route === undefined ? [] : [pathOf(route)]))
    const alice = await scene.signIn('alice')
    const found: string[] = []
    for (const path of new Set(candidates)) {
      if (open.has(path) || scene.run.line.forbids(path) || /stream|log-?out|callback/i.test(path))
        continue
      const hers = await alice.bare({ path, withinMs: 3000 })
      if (!hers.ok || hers.body.length === 0) continue
      const theirs = await scene.ask({ path, withinMs: 3000 })
      if (theirs.status !== hers.status || normalise(theirs.text) !== normalise(hers.text))
        found.push(path)
    }
    return found
  })
}
