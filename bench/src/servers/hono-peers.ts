import { serve } from '@hono/node-server'
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { csrf } from 'hono/csrf'
import { secureHeaders } from 'hono/secure-headers'
import { serving } from '../contender.ts'
import { peer } from '../peers.ts'

interface Sessions {
  readonly MemoryStore: new () => object
  sessionMiddleware(options: object): MiddlewareHandler
}

interface Session {
  get(name: string): string | undefined
  set(name: string, value: string): void
}

type Visited = { Variables: { session: Session } }

const { MemoryStore, sessionMiddleware } = await peer<Sessions>('hono-sessions')
const { rateLimiter } = await peer<{ rateLimiter(options: object): MiddlewareHandler }>(
  'hono-rate-limiter',
)

/** The usual middleware; the session in memory and, being cheaper so, without a key. */
const app = new Hono<Visited>()
app.use(
  secureHeaders({
    // The same policy as helmet's, which has one unless told.
    contentSecurityPolicy: {
      defaultSrc: ["'self'"],
      baseUri: ["'self'"],
      fontSrc: ["'self'", 'https:', 'data:'],
      formAction: ["'self'"],
      frameAncestors: ["'self'"],
      imgSrc: ["'self'", 'data:'],
      objectSrc: ["'none'"],
      scriptSrc: ["'self'"],
      scriptSrcAttr: ["'none'"],
      styleSrc: ["'self'", 'https:', "'unsafe-inline'"],
      upgradeInsecureRequests: [],
    },
  }),
)
app.use(
  rateLimiter({ windowMs: 60_000, limit: 1_000_000_000, keyGenerator: () => 'the only address' }),
)
app.use(
  sessionMiddleware({
    store: new MemoryStore(),
    expireAfterSeconds: 900,
    cookieOptions: { path: '/', httpOnly: true, sameSite: 'Lax' },
  }),
)
app.use(csrf())
app.get('/', context => context.json({ hello: 'world' }))
app.post('/echo', async context => {
  const { item } = await context.req.json()
  return context.json({ got: item })
})
const sessionOf = (context: Context<Visited>): Session => context.get('session')
app.get('/me', context => context.json({ account: sessionOf(context).get('account') ?? '' }))
// Its CSRF defence looks at the origin of forms; there is no token.
app.get('/csrf-token', context => context.json({ csrfToken: '' }))
app.get('/login', context => {
  sessionOf(context).set('account', crypto.randomUUID())
  return context.json({})
})
serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => serving({ port }))
