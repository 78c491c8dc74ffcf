import { ConfigFault } from '../kernel/fault.ts'

/**
 * An origin as browsers write it in `Origin`: scheme, host and, where not the scheme's own, port.
 *
 * @param option the option's name, for the fault
 * @throws {ConfigFault} when the text is no http(s) origin, or has a path, a query, a fragment or a
 * user name: a whole address where an origin belongs is a misunderstanding better told at start
 */
export function bareOrigin(text: string, option = 'origin'): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const bare = url !== undefined && (url.protocol === 'https:' || url.protocol === 'http:')
  if (url === undefined || !bare || !/^https?:\/\/[^/?#\\@\s]+\/?$/i.test(text)) {
    const instead = bare ? `write ${url.origin}` : 'write it as https://app.example'
    throw new ConfigFault(option, `${JSON.stringify(text)} is not a bare origin; ${instead}`)
  }
  return url.origin
}
