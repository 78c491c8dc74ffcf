/** A file of the project in which a finding can be placed: the OpenAPI document or the config. */
export interface Source {
  /** Relative to the repository, with slashes. */
  readonly path: string
  readonly text: string
}

/**
 * Where in the project a route is told of, so that code scanning has a line to show. Routes that
 * stand nowhere get the first line of the first file: without any place the upload is refused whole.
 */
export function placeOf(route: string, sources: readonly Source[]): { path: string; line: number } {
  const path = route.split(' ').at(-1) ?? route
  if (path.length > 1)
    for (const source of sources) {
      const at = source.text.indexOf(path)
      if (at >= 0) return { path: source.path, line: source.text.slice(0, at).split('\n').length }
    }
  return { path: sources[0]?.path ?? 'package.json', line: 1 }
}
