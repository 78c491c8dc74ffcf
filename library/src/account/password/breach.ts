import { hash } from 'node:crypto'

/**
 * Fetches a range of a breach service: takes the first 5 hex digits of a SHA-1, answers lines of
 * `REST:COUNT`, as the Pwned Passwords range interface does. Bring the library's outbound fetch.
 */
export type BreachedRange = (prefix: string) => Promise<string>

/**
 * Asks whether a password stands in a breach, telling the service 20 bits of its SHA-1.
 *
 * Decision: when the service does not answer, the password passes: the list that ships has been asked
 * before, and a service out of reach must not stop people from leaving a bad password behind.
 * Cost: during its outage a breached password that is not among the common ones gets in.
 *
 * @see ASVS 6.2.12
 */
export function breachCheck(range: BreachedRange): (password: string) => Promise<boolean> {
  return async password => {
    const digest = hash('sha1', password, 'hex').toUpperCase()
    const lines = await range(digest.slice(0, 5)).catch(() => '')
    const rest = digest.slice(5)
    return lines.split('\n').some(line => {
      const [suffix, count] = line.trim().split(':')
      return suffix?.toUpperCase() === rest && Number(count) > 0
    })
  }
}
