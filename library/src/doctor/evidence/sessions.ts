import { attacked, type Evidences, shown } from './shown.ts'

const FILE = 'library/src/session/sessions/sessions.test.ts'
const ADMIN = 'library/src/account/admin/admin.test.ts'
const ON = { check: 'sessions.off' } as const
const BOUNDED = { check: 'sessions.longer-than-profile' } as const
const POLICED = { check: 'access.off' } as const

/** V7 session management, V8 authorization. */
export const sessions: Evidences = {
  '7.2.1': shown('session', FILE, 'who signed in is known by the cookie, at one read', ON),
  '7.2.2': attacked('session', 'session.rotates', {
    ...ON,
    how: 'A session is made at each sign-in and is random; no key of the configuration opens one.',
  }),
  '7.2.3': shown('session', FILE, 'another spelling of the same bytes is no session', {
    ...ON,
    how: 'Ids are 256 random bits in one spelling.',
  }),
  '7.2.4': shown(
    'session',
    FILE,
    'an id that was planted before sign-in is worth nothing after it',
    {
      ...ON,
      how: 'Signing in and proving identity again give a new id and end the old one; an id that we did not give is never taken.',
    },
  ),
  '7.3.1': shown(
    'session',
    FILE,
    'an unused session ends after half an hour, a used one lives on',
    BOUNDED,
  ),
  '7.3.2': shown('session', FILE, 'a session ends after twelve hours however busy it is', BOUNDED),
  '7.4.1': attacked('session', 'session.logout', {
    ...ON,
    how: 'Signing out ends the session, and the family of a client with tokens, at once.',
  }),
  '7.4.2': shown('account', ADMIN, 'a disabled account is out at once and in again when enabled', {
    how: 'Disabling or deleting an account ends its sessions and token families.',
  }),
  '7.4.3': attacked('account', 'session.password-change', {
    how: 'A changed password ends other sessions, a reset ends all.',
  }),
  '7.4.4': shown(
    'pages',
    'reference/src/browser.test.ts',
    'a person follows the mail, signs in, orders, and signs out',
    {
      of: 'reference',
      how: 'Every page of somebody signed in has the way out, as a form with its token.',
    },
  ),
  '7.4.5': shown('account', ADMIN, 'everything of an account can be revoked', {
    how: 'An administrator ends all sessions of an account, and the log says who did.',
  }),
  '7.5.1': shown(
    'account',
    'library/src/account/change-email/change-email.test.ts',
    'a session that is not fresh moves nothing',
    {
      check: 'step-up.long',
      how: 'Password, address, factors and deletion ask for a proof of identity of the last five minutes.',
    },
  ),
  '7.5.3': shown(
    'access',
    'reference/src/admin/admin.test.ts',
    'an old proof of identity shows nothing',
    {
      check: 'step-up.long',
      how: 'Any route may ask for a proof of some minutes; the administrator’s routes do.',
    },
  ),
  '7.6.2': shown(
    'social',
    'reference/src/social.test.ts',
    'refuses the answer that another browser asked for (login CSRF)',
    { how: 'A session by a provider comes only from a flow that the same browser began.' },
  ),
  '8.2.1': shown('access', 'library/src/access/access.test.ts', '… a route whose policy is …', {
    ...POLICED,
    how: 'A route without a policy, or the word public, stops the start.',
  }),
  '8.2.2': shown(
    'access',
    'library/src/access/owned.test.ts',
    'nobody reads, counts, lists, changes or removes what is another’s',
    {
      ...POLICED,
      how: 'Queries carry the owner; what is absent and what is another’s are one 404 at the same trips. UUIDs are parsed at the edge.',
    },
  ),
  '8.2.3': attacked('content', 'idor.mass-assign', {
    check: 'routes.unvalidated',
    how: 'Bodies are fitted to closed schemas: a member that a role may not write is none of them. What a reply shows is written member by member.',
  }),
  '8.3.1': shown(
    'access',
    'library/src/access/access.test.ts',
    'who may not, whoever it is and whatever is asked, is never let through',
    POLICED,
  ),
  '8.3.2': shown('account', ADMIN, 'a new role ends the sessions that bear the old one', {
    how: 'A change of role or state ends what bears the old one; access tokens live for minutes and are checked against revocation.',
  }),
}
