import { setTimeout as pause } from 'node:timers/promises'
import { type Answer, type Call, json, type Routes, refuse, text } from './call.ts'
import type { State } from './state.ts'

/** Fetches an address for the user, if it is a public one; nothing but loopback is ever reached. */
export function fetchRoutes(state: State): Routes {
  const weak = (flaw: string) => state.weak(flaw)
  const refused = refuse(422, 'outbound.refused')
  return {
    'POST /api/webhooks/test': async call => {
      if (call.user === undefined) return refuse(401, 'session.required')
      const given = text(call.body['url'])
      const url = URL.parse(given)
      if (url === null) return refused
      if (weak('ssrf.schemes') && url.protocol === 'data:')
        return json(200, { body: given.slice(given.indexOf(',') + 1) })
      const host = url.hostname
      // The flaw waits as a connection that hangs would; nothing is sent.
      if (weak('ssrf.metadata') && host === '169.254.169.254') return slowly()
      if (weak('ssrf.private-ranges') && host.startsWith('10.')) return slowly()
      const plain = host === '127.0.0.1' || host === 'localhost'
      const written = /^http:\/\/(127\.0\.0\.1|localhost):\d+\/[^#]*$/.test(given)
      const open =
        (weak('ssrf.loopback') && plain && written) ||
        (weak('ssrf.encodings') && plain && !written) ||
        (weak('ssrf.parser-tricks') && plain && !written) ||
        weak('ssrf.port-oracle')
      return open ? fetched(url) : refused
    },
  }

  async function slowly(): Promise<Answer> {
    await pause(1200)
    return refused
  }
}

async function fetched(url: URL): Promise<Answer> {
  if (!/^(127\.|localhost$|\[::1\]$)/.test(url.hostname)) return refuse(422, 'outbound.refused')
  try {
    const reply = await fetch(url, { signal: AbortSignal.timeout(2000) })
    return json(200, { statusCode: reply.status })
  } catch {
    return refuse(422, 'outbound.unreachable')
  }
}

/** The flaw of following what stands in Referer. */
export function chase(call: Call, state: State): void {
  const link = call.header('referer')
  if (state.weak('ssrf.blind-surfaces') && link?.startsWith('http://127.0.0.1:'))
    void fetch(link).catch(() => undefined)
}
