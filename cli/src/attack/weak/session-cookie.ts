import type { Session } from './call.ts'
import type { State } from './state.ts'

export const cookieName = (state: State): string =>
  state.weak('cookie.prefix') ? 'sid' : '__Host-sid'

/** The session cookie as the browser is told to keep it. */
export function setSession(state: State, session: Session): Record<string, string> {
  const weak = (flaw: string) => state.weak(flaw)
  const value = weak('session.tamper') ? `${session.id}.x` : session.id
  const attributes = [
    weak('cookie.samesite') ? '' : 'SameSite=Lax',
    weak('cookie.httponly') ? '' : 'HttpOnly',
    weak('cookie.secure') || weak('cookie.attributes') ? '' : 'Secure',
    'Path=/',
  ].filter(Boolean)
  const padding = weak('cookie.size') ? `.${'p'.repeat(4200)}` : ''
  return { 'Set-Cookie': `${cookieName(state)}=${value}${padding}; ${attributes.join('; ')}` }
}

/** Takes the session cookie away. */
export function clear(state: State): Record<string, string> {
  return {
    'Set-Cookie': `${cookieName(state)}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax`,
    'Clear-Site-Data': '"cache", "cookies", "storage"',
  }
}

/** Holds the process up, as work without a limit would. */
export function spin(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}
