/** What shows that a requirement is met: the option, the check that warns when it is undone, a test. */
export interface Evidence {
  readonly option: string
  readonly check?: string
  /** From the root of the repository. */
  readonly file: string
  /** The name of a test in that file. */
  readonly test: string
}

/** Only what a named test shows. What is missing here counts as not met, however well it may be done. */
export const evidence: Readonly<Record<string, Evidence>> = {
  '1.5.1': {
    option: 'content',
    check: 'content.xml',
    file: 'library/src/shield/content/content.test.ts',
    test: 'no Content-Type but the route’s own is ever let through with a body',
  },
  '2.2.1': {
    option: 'content',
    check: 'content.off',
    file: 'library/src/shield/content/content.test.ts',
    test: 'what does not fit is 422, with pointers a client can follow',
  },
  '2.3.3': {
    option: 'account',
    file: 'library/src/account/reset/reset.test.ts',
    test: 'G23: a reset ends sessions, refresh families, devices and links, and signs nobody in',
  },
  '2.3.4': {
    option: 'account',
    file: 'library/src/account/reset/reset.test.ts',
    test: 'G24: only the newest link works, and only once',
  },
  '3.2.1': {
    option: 'headers',
    check: 'headers.off',
    file: 'library/src/shield/headers/headers.test.ts',
    test: 'JSON gets the short policy, and nothing that only documents need',
  },
  '3.3.1': {
    option: 'session',
    check: 'sessions.plain-http-cookie',
    file: 'library/src/session/cookies/cookies.test.ts',
    test: 'a cookie is bound to this host, https and the server unless told otherwise',
  },
  '3.3.3': {
    option: 'session',
    check: 'sessions.plain-http-cookie',
    file: 'library/src/session/cookies/cookies.test.ts',
    test: 'refuses a cookie that a sibling subdomain planted beside ours',
  },
  '3.4.3': {
    option: 'headers',
    check: 'headers.unsafe-scripts',
    file: 'library/src/shield/headers/headers.test.ts',
    test: 'a page gets a policy under which only scripts with this answer’s nonce run',
  },
  '3.4.5': {
    option: 'headers',
    check: 'headers.off',
    file: 'library/src/shield/headers/headers.test.ts',
    test: 'login and reset pages tell nobody where one came from, and are kept by nobody',
  },
  '3.5.1': {
    option: 'csrf',
    check: 'csrf.off',
    file: 'library/src/shield/csrf/csrf.test.ts',
    test: 'no value of Sec-Fetch-Site but two ever passes a foreign POST',
  },
  '3.5.2': {
    option: 'content',
    check: 'content.off',
    file: 'library/src/shield/content/content.test.ts',
    test: 'no Content-Type but the route’s own is ever let through with a body',
  },
  '4.2.1': {
    option: 'framing',
    check: 'http.insecure-parser',
    file: 'library/src/http/framing.test.ts',
    test: 'nothing but one exact transfer coding ever passes',
  },
  '5.3.1': {
    option: 'uploads',
    file: 'library/src/shield/uploads/uploads.test.ts',
    test: 'names on the disk are nobody’s, folders and files are for us alone',
  },
  '5.3.2': {
    option: 'uploads',
    file: 'library/src/shield/uploads/uploads.test.ts',
    test: 'names on the disk are nobody’s, folders and files are for us alone',
  },
  '6.1.1': {
    option: 'account.lockout',
    check: 'lockout.generous-address',
    file: 'library/src/account/lockout/lockout.test.ts',
    test: 'G05: strangers who shut the account do not shut out a device that signed in before',
  },
  '6.2.8': {
    option: 'account.password',
    check: 'password.too-short',
    file: 'library/src/account/password/password.test.ts',
    test: 'a password is known again, another is not',
  },
  '6.2.12': {
    option: 'account.password',
    file: 'library/src/account/password/password.test.ts',
    test: 'a breach service learns five digits, and its silence keeps nobody out',
  },
  '6.3.1': {
    option: 'account.lockout',
    check: 'lockout.generous-account',
    file: 'library/src/account/lockout/lockout.test.ts',
    test: 'delays double from a second to a quarter of an hour, and end',
  },
  '6.3.3': {
    option: 'account',
    file: 'library/src/account/login/login.test.ts',
    test: 'who owes a second factor gets a flow, and no session',
  },
  '6.3.8': {
    option: 'account',
    file: 'library/src/account/login/login.test.ts',
    test: 'every way to fail at signing in says the same',
  },
  '6.4.3': {
    option: 'account',
    file: 'library/src/account/reset/reset.test.ts',
    test: 'the second factor is still asked after a reset',
  },
  '7.2.1': {
    option: 'session',
    check: 'sessions.off',
    file: 'library/src/session/sessions/sessions.test.ts',
    test: 'who signed in is known by the cookie, at one read',
  },
  '7.2.3': {
    option: 'session',
    check: 'sessions.off',
    file: 'library/src/session/sessions/sessions.test.ts',
    test: 'a dump of the store holds nothing that works as a cookie',
  },
  '7.2.4': {
    option: 'session',
    check: 'sessions.off',
    file: 'library/src/session/sessions/sessions.test.ts',
    test: 'an id that was planted before sign-in is worth nothing after it',
  },
  '7.3.1': {
    option: 'session',
    check: 'sessions.longer-than-profile',
    file: 'library/src/session/sessions/sessions.test.ts',
    test: 'an unused session ends after half an hour, a used one lives on',
  },
  '7.3.2': {
    option: 'session',
    check: 'sessions.longer-than-profile',
    file: 'library/src/session/sessions/sessions.test.ts',
    test: 'a session ends after twelve hours however busy it is',
  },
  '7.4.1': {
    option: 'session',
    check: 'sessions.off',
    file: 'library/src/session/sessions/sessions.test.ts',
    test: 'a revoked session is refused at the very next request',
  },
  '7.4.3': {
    option: 'account',
    file: 'library/src/account/reset/reset.test.ts',
    test: 'G23: a reset ends sessions, refresh families, devices and links, and signs nobody in',
  },
  '7.5.2': {
    option: 'session',
    check: 'sessions.off',
    file: 'library/src/session/sessions/sessions.test.ts',
    test: 'a list shows the live sessions of the owner, newest use first',
  },
  '8.2.2': {
    option: 'access',
    check: 'access.off',
    file: 'library/src/access/owned.test.ts',
    test: 'nobody reads, counts, lists, changes or removes what is another’s',
  },
  '8.3.1': {
    option: 'access',
    check: 'access.off',
    file: 'library/src/access/access.test.ts',
    test: 'who may not, whoever it is and whatever is asked, is never let through',
  },
  '9.1.1': {
    option: 'refresh',
    file: 'library/src/session/refresh/refresh.test.ts',
    test: 'refuses a token that is not exactly ours',
  },
  '10.4.5': {
    option: 'refresh',
    file: 'library/src/session/refresh/refresh.test.ts',
    test: 'a spent token ends the family and its access tokens, and is told once',
  },
  '10.4.8': {
    option: 'refresh',
    check: 'refresh.long-idle',
    file: 'library/src/session/refresh/refresh.test.ts',
    test: 'a family ends on its day, however often it rotated',
  },
  '11.2.2': {
    option: 'fields',
    file: 'library/src/vault/fields/fields.test.ts',
    test: 'after a change of key old values open, and are sealed anew under the new key',
  },
  '11.3.3': {
    option: 'fields',
    file: 'library/src/vault/fields/fields.test.ts',
    test: 'nothing that an attacker writes into the column throws, or opens',
  },
  '11.4.2': {
    option: 'account.password',
    check: 'password.floor',
    file: 'library/src/account/password/password.test.ts',
    test: 'a fast machine hashes dearer, a slow one never below the floor',
  },
  '13.4.2': {
    option: 'mode',
    check: 'service.development-mode',
    file: 'library/src/doctor/doctor.test.ts',
    test: 'a production start with something critical is refused, and told what to do',
  },
  '16.2.1': {
    option: 'audit',
    check: 'audit.off',
    file: 'library/src/audit/audit.test.ts',
    test: 'the operator reads who did what, from where, in which request',
  },
  '16.2.2': {
    option: 'audit',
    check: 'audit.off',
    file: 'library/src/audit/audit.test.ts',
    test: 'five thousand events recorded at once stand in the order they happened',
  },
}
