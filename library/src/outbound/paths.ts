import { ConfigFault } from '../kernel/fault.ts'

/**
 * What one server takes for a separator or a step upwards and another for a letter: coded slashes and
 * backslashes, dots coded twice, steps with parameters (`/..;/`).
 */
const AMBIGUOUS = /%(?:2f|5c|25(?:2e|2f|5c))|\/(?:\.|%2e){1,2};/i

/**
 * Whether a path lies at or below one of `prefixes`, at a segment boundary. A prefix that ends in a
 * slash stands only for what is below it.
 *
 * @returns a judge of paths as the URL parser writes them
 * @throws {ConfigFault} when an entry is no path, or not as the URL parser writes it
 * @see ASVS 1.3.6
 */
export function pathMatcher(prefixes: readonly string[]): (path: string) => boolean {
  const exact = new Set<string>()
  const below: string[] = []
  for (const prefix of prefixes) {
    const isPlain = URL.parse(`http://h${prefix}`)?.pathname === prefix && !AMBIGUOUS.test(prefix)
    if (!prefix.startsWith('/') || !isPlain) {
      throw new ConfigFault(
        'outbound.allowPaths',
        `${JSON.stringify(prefix)} is no plain path; write /hooks or /hooks/`,
      )
    }
    if (!prefix.endsWith('/')) exact.add(prefix)
    below.push(prefix.endsWith('/') ? prefix : `${prefix}/`)
  }
  return path =>
    !AMBIGUOUS.test(path) && (exact.has(path) || below.some(prefix => path.startsWith(prefix)))
}
