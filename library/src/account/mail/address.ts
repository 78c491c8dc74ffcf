import { domainToASCII } from 'node:url'

const LOCAL_MOST = 64
const WHOLE_MOST = 254
// RFC 5322 atext without what old mailers read as a route, a pipe or a quote: ! % | ` "
const LOCAL = /^[a-z0-9#$&'*+/=?^_{}~-]+(?:\.[a-z0-9#$&'*+/=?^_{}~-]+)*$/
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/**
 * The one spelling under which an address is kept, or `undefined` when it is none that we send to.
 *
 * Decision: a narrow grammar of our own in front of every mailer, because mailers read addresses
 * generously and then send elsewhere: no quotes, comments, groups, lists, spaces, control characters
 * or address literals. The local part is lower-cased too: that `Ann@` and `ann@` are two people
 * happens nowhere, that one person types both happens daily.
 * Cost: addresses with a quoted or non-ASCII local part cannot register.
 *
 * @see ASVS 1.3.11, 2.2.1; RFC 5321 §4.5.3.1
 */
export function canonicalEmail(text: string): string | undefined {
  if (text.length > WHOLE_MOST) return undefined
  const at = text.lastIndexOf('@')
  const local = text.slice(0, Math.max(0, at)).toLowerCase()
  if (local.length > LOCAL_MOST || !LOCAL.test(local) || local.startsWith('-')) return undefined
  const domain = hostName(text.slice(at + 1))
  if (domain === undefined) return undefined
  const address = `${local}@${domain}`
  return address.length > WHOLE_MOST ? undefined : address
}

function hostName(text: string): string | undefined {
  // What a host name may not hold must be refused before IDNA, which maps some of it away.
  if (!/^[\p{L}\p{M}\p{N}.-]+$/u.test(text)) return undefined
  const ascii = domainToASCII(text)
  const labels = ascii.split('.')
  if (labels.length < 2 || !labels.every(label => LABEL.test(label))) return undefined
  return /^[0-9]+$/.test(labels.at(-1) ?? '') ? undefined : ascii
}
