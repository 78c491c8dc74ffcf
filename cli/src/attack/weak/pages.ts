import { type Answer, type Call, escapeHtml, json, page, type Routes } from './call.ts'
import { openapi } from './openapi.ts'
import { spin } from './session-cookie.ts'
import type { State } from './state.ts'

const ITEMS = ['apple', 'pear', 'plum']

/** The public face: pages, a search, a redirect, a static folder. */
export function pageRoutes(state: State): Routes {
  const weak = (flaw: string) => state.weak(flaw)
  const passwordType = weak('pw.form') ? 'text' : 'password'
  const loginAction = weak('pw.insecure-post')
    ? 'http://elsewhere.example/auth/login'
    : '/auth/login'
  const form = (action: string, button: string, fields: string) =>
    `<form method="post" action="${action}" data-json>${fields}<button>${button}</button></form>`
  const email = '<input name="email" type="email" autocomplete="username">'
  const password = (autocomplete: string) =>
    `<input name="password" type="${passwordType}" autocomplete="${autocomplete}">`

  return {
    'GET /': () =>
      page(
        'Twin',
        `<h1>Twin</h1><a href="/login">Sign in</a> <a href="/register">Sign up</a>
         <a href="/search?q=apple">Search</a> <a href="/go?next=/login">Go</a>
         <script src="/static/app.js"></script>${weak('deps.sri') ? '<script src="https://cdn.example/lib.js"></script>' : ''}
         ${weak('session.in-url') ? '<a href="/account?sid=4f1c2d9a8b7e6f5a4c3d2e1f">Account</a>' : ''}
         ${weak('json.prototype') ? `<p>${escapeHtml(JSON.stringify(state.polluted))}</p>` : ''}`,
      ),
    'GET /login': () =>
      page('Sign in', form(loginAction, 'Sign in', email + password('current-password'))),
    'GET /register': () =>
      page('Sign up', form('/auth/register', 'Sign up', email + password('new-password'))),
    'GET /forgot-password': () => page('Forgot', form('/auth/forgot-password', 'Send', email)),
    'GET /verify-email': call => {
      if (weak('register.get-consumes')) state.verifications.delete(call.query.get('token') ?? '')
      return page('Confirm', '<p>One moment.</p>')
    },
    'GET /reset-password': call => {
      if (weak('reset.get-consumes')) state.resets.delete(call.query.get('token') ?? '')
      return page(
        'Reset',
        `<form method="post" action="/auth/reset-password"><input name="password" type="password" autocomplete="new-password"><button>Save</button></form>
         ${weak('reset.referrer') ? '<script src="https://metrics.example/t.js"></script>' : ''}`,
      )
    },
    'GET /account': call =>
      call.user === undefined
        ? { status: 302, headers: { Location: '/login' } }
        : page(
            'Account',
            `<p>${escapeHtml(call.user.email)}</p><p>${escapeHtml(call.user.name)}</p>`,
          ),
    'GET /orders': call => {
      if (call.user === undefined) return { status: 302, headers: { Location: '/login' } }
      const items = [...state.orders.values()].filter(({ owner }) => owner === call.user)
      const shown = items.map(
        ({ item }) => `<li>${weak('inject.xss-stored') ? item : escapeHtml(item)}</li>`,
      )
      return page('Orders', `<ul>${shown.join('')}</ul>`)
    },
    'GET /spec/twin.json': () => json(200, openapi),
    ...(weak('deploy.docs') ? { 'GET /openapi.json': () => json(200, openapi) } : {}),
    'GET /dev/store': () => ({ status: 200, text: state.dump() }),
    'GET /dev/outbox': () => json(200, state.outbox),
    'GET /oauth/jwks.json': () =>
      json(200, {
        keys: [
          {
            ...state.tokens.publicKey.export({ format: 'jwk' }),
            kid: 'k1',
            alg: 'ES256',
            use: 'sig',
          },
        ],
      }),
    'GET /healthz': () => json(200, { status: 'ok' }),
    'GET /search': call => search(call, state),
    'GET /api/items': call => items(call, state),
    'GET /go': call => {
      const next = call.query.get('next') ?? '/'
      const own = /^\/(?![/\\])[\w/?=&.-]*$/.test(next)
      return {
        status: 302,
        headers: { Location: own || weak('redirect.open') ? encodeURI(next) : '/' },
      }
    },
    'GET /static/:file': call => {
      const file = call.params['file'] ?? ''
      if (file === 'app.js')
        return weak('dos.range') && call.header('range') !== undefined
          ? {
              status: 206,
              type: 'multipart/byteranges; boundary=b',
              text: script(state).repeat(200),
            }
          : { status: 200, type: 'text/javascript; charset=utf-8', text: script(state) }
      if (weak('path.traversal') && file.includes('../'))
        return {
          status: 200,
          text: 'root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534::/:/bin/sh\n',
        }
      return undefined
    },
  }
}

function script(state: State): string {
  const weak = (flaw: string) => state.weak(flaw)
  const key = `sk_live_${'4eC39HqLyjWDarjtT1zdp7dc'}`
  return [
    'document.addEventListener("submit", event => event.preventDefault())',
    weak('secret.in-script') ? `const key = "${key}"` : '',
    weak('deploy.source-maps') ? '//# sourceMappingURL=app.js.map' : '',
  ].join('\n')
}

function search(call: Call, state: State): Answer {
  const weak = (flaw: string) => state.weak(flaw)
  let q = call.query.getAll('q').at(0) ?? ''
  if (weak('param.pollution')) q = call.query.getAll('q').join(', ')
  if (q.length > 500 && !weak('dos.redos')) return { status: 400, text: 'too long' }
  if (weak('dos.redos')) spin(q.length ** 2 / 300_000)
  const product = (pattern: RegExp) => {
    q = q.replace(pattern, (_, a, b) => String(Number(a) * Number(b)))
  }
  if (weak('inject.template')) product(/\{\{\s*(\d+)\*(\d+)\s*\}\}/)
  if (weak('inject.command')) product(/\$\(\((\d+)\*(\d+)\)\)/)
  const shown = weak('inject.xss-reflected') ? q : escapeHtml(q)
  const found = ITEMS.filter(item => item.includes(call.query.get('q') ?? ''))
  const headers: Record<string, string> = {}
  if (weak('inject.crlf'))
    for (const [, name, value] of q.matchAll(/\r?\n([\w-]+): ?([^\r\n]*)/g))
      headers[name ?? ''] = value ?? ''
  return { ...page('Search', `<p>${found.length} for ${shown}</p>`), headers }
}

async function items(call: Call, state: State): Promise<Answer> {
  const name = call.query.get('name') ?? ''
  if (state.weak('inject.sql')) {
    const { DatabaseSync } = await import('node:sqlite')
    const db = new DatabaseSync(':memory:')
    db.exec(
      "CREATE TABLE items (name TEXT); INSERT INTO items VALUES ('apple'), ('pear'), ('plum')",
    )
    try {
      return json(200, db.prepare(`SELECT name FROM items WHERE name LIKE '%${name}%'`).all())
    } catch {
      return json(200, [])
    } finally {
      db.close()
    }
  }
  const found = ITEMS.filter(item => item.includes(name))
  if (state.weak('reply.json-as-html') && call.header('accept')?.includes('text/html'))
    return { status: 200, html: JSON.stringify({ found, name }) }
  if (state.weak('reply.type-matches')) return { status: 200, html: JSON.stringify({ found }) }
  return json(
    200,
    found.map(item => ({ name: item })),
  )
}
