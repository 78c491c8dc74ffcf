import type { Check } from '../kernel/check.ts'

/** What the doctor knows about how the service is put together. */
export interface ServiceFacts {
  readonly production: boolean
  readonly mode: 'development' | 'production'
  readonly nodeEnv: string | undefined
  readonly origins: readonly string[]
  /** Nobody gave a root key: one is made up at each start. */
  readonly keyMadeUp: boolean
  /** Plain http is answered although the origin is https. */
  readonly transportOff: boolean
  readonly session: boolean
  readonly accounts: boolean
  readonly accessSeconds: number | undefined
  readonly refreshIdleSeconds: number | undefined
  readonly stepUpSeconds: number | undefined
  readonly resetSeconds: number | undefined
  /** Who has to have a second factor; absent where accounts are off. */
  readonly factorsRequired: 'all' | 'some' | 'nobody' | undefined
}

const DAY = 86_400

export const serviceChecks: readonly Check<ServiceFacts>[] = [
  {
    id: 'service.development-mode',
    severity: 'critical',
    what: 'Development mode is on although NODE_ENV says production.',
    why: 'Any loopback name is answered, rates are not counted, and half a configuration starts.',
    fix: "Take mode: 'development' away.",
    found: ({ mode, nodeEnv }) => mode === 'development' && nodeEnv === 'production',
  },
  {
    id: 'service.loopback-origin',
    severity: 'warning',
    what: 'The public origin is this machine itself.',
    why: 'Links in mails lead nowhere, and cookies are not tied to the real host.',
    fix: 'Set origin to the address in the browser.',
    found: ({ production, origins }) =>
      production &&
      (origins.find(origin => /^https?:\/\/(?:localhost|127\.|\[::1\])/.test(origin)) ?? false),
  },
  {
    id: 'secrets.made-up-key',
    severity: 'critical',
    what: 'No root key is given, so every start makes up another.',
    why: 'A restart signs everybody out and loses what was sealed; two processes do not understand each other.',
    fix: 'Set BULWARK_ROOT_KEY to what `npx bulwark keys new` prints, and pass it as rootKey.',
    found: ({ production, keyMadeUp }) => production && keyMadeUp,
  },
  {
    id: 'http.transport-off',
    severity: 'warning',
    what: 'Requests over plain http are answered.',
    why: 'Whoever is on the way reads and changes them.',
    fix: 'Take transport: false out; name probes in probePaths.',
    found: ({ production, transportOff }) => production && transportOff,
  },
  {
    id: 'sessions.off',
    severity: 'advice',
    what: 'Sessions are off.',
    why: 'Signing in is then done by code that no check here looks at.',
    fix: 'Take session: false out, unless the service knows no people.',
    found: ({ session }) => !session,
  },
  {
    id: 'refresh.long-access',
    severity: 'warning',
    what: 'An access token lives longer than half an hour.',
    why: 'Others who verify it by its signature alone believe a stolen one that long.',
    fix: 'Leave refresh.accessSeconds at 600.',
    found: ({ accessSeconds = 0 }) => accessSeconds > 1800 && `${accessSeconds} s`,
  },
  {
    id: 'refresh.long-idle',
    severity: 'advice',
    what: 'A refresh token that nobody used stays good for more than 14 days.',
    why: 'A lost device stays signed in as long.',
    fix: 'Leave refresh.idleSeconds at 14 days.',
    found: ({ refreshIdleSeconds = 0 }) =>
      refreshIdleSeconds > 14 * DAY && `${Math.round(refreshIdleSeconds / DAY)} days`,
  },
  {
    id: 'step-up.long',
    severity: 'warning',
    what: 'A proof for dangerous actions counts for more than half an hour.',
    why: 'Whoever finds the machine unlocked meanwhile changes the password and the address.',
    fix: 'Set account.stepUpSeconds to 900 or less.',
    found: ({ stepUpSeconds = 0 }) => stepUpSeconds > 1800 && `${stepUpSeconds} s`,
  },
  {
    id: 'reset.long-link',
    severity: 'warning',
    what: 'A reset link works for more than an hour.',
    why: 'Mails are read by others later: backups, shared boxes, lost devices.',
    fix: 'Set account.resetSeconds to 3600 or less.',
    found: ({ resetSeconds = 0 }) => resetSeconds > 3600 && `${resetSeconds} s`,
  },
  {
    id: 'factors.optional',
    severity: 'advice',
    what: 'Not everybody has to have a second factor.',
    why: 'Who has none is in the hands of whoever learns the password.',
    fix: 'Set account.factors.required, with days of grace; for some roles at least.',
    found: ({ factorsRequired = 'all' }) =>
      factorsRequired !== 'all' && `required of ${factorsRequired}`,
  },
]
