/**
 * The event catalogue: every code that Bulwark writes, what it means and how loud it is. A code is
 * never reused for another meaning; a change of meaning is a new code and a new version.
 *
 * To add one: a row here, in the block of its word. The compiler then knows it everywhere, and
 * `events.test.ts` asks for a full sentence and for a place that writes it.
 */
export const CATALOGUE_VERSION = 1

/** `info` happens all day, `notice` changes something, `warning` was refused, `critical` wakes somebody. */
export type Severity = 'info' | 'notice' | 'warning' | 'critical'

/** A row of the catalogue. */
export interface EventKind {
  readonly severity: Severity
  /** One sentence for the operator. */
  readonly what: string
  /** The same event in the OWASP Logging Vocabulary, where it has one. */
  readonly owasp?: string
}

/** Every event of the 22 defences and of the log itself, by code. */
export const events = {
  // system: the process itself
  'system.started': { severity: 'notice', what: 'The service started.', owasp: 'sys_startup' },
  'system.stopped': {
    severity: 'notice',
    what: 'The service stopped in order.',
    owasp: 'sys_shutdown',
  },
  'system.worn': {
    severity: 'info',
    what: 'A process has served its number of requests, or holds too much memory, and asked for a successor.',
    owasp: 'sys_restart',
  },
  'system.set_up': {
    severity: 'notice',
    what: 'The one-time set-up link made the first administrator.',
    owasp: 'authz_admin',
  },
  'system.key_rotated': {
    severity: 'notice',
    what: 'A new root key took over; the previous one is accepted until its date.',
  },
  'system.control_disabled': {
    severity: 'critical',
    what: 'The service started with a defence switched off or weakened.',
    owasp: 'sys_monitor_disabled',
  },
  'system.faulted': {
    severity: 'critical',
    what: 'A request was answered 5xx because a machine or a wiring failed.',
    owasp: 'sys_crash',
  },

  // audit: the log about itself
  'audit.overflowed': {
    severity: 'critical',
    what: 'The queue of events was full; the detail says how many were lost and when.',
  },
  'audit.pruned': {
    severity: 'notice',
    what: 'Rows up to a sequence were dropped because their time was over.',
  },
  'audit.erased': {
    severity: 'notice',
    what: 'The personal data of one account was taken out of the log.',
    owasp: 'sensitive_delete',
  },
  'audit.exported': {
    severity: 'notice',
    what: 'Somebody exported the log.',
    owasp: 'sensitive_read',
  },
  'audit.sink_failed': {
    severity: 'warning',
    what: 'A sink stopped taking rows; they wait in the log until it does.',
  },
  'audit.sink_recovered': { severity: 'notice', what: 'A sink takes rows again.' },

  // request: what the shield turned away and no word of its own fits
  'request.refused': {
    severity: 'warning',
    what: 'A request was refused before it reached a route.',
    owasp: 'input_validation_fail',
  },
  'csrf.refused': {
    severity: 'warning',
    what: 'A state-changing request came from another site or without its token.',
    owasp: 'malicious_csrf',
  },
  'content.refused': {
    severity: 'warning',
    what: 'A body had a type, a charset or a shape that the route does not take.',
    owasp: 'input_validation_fail',
  },
  'limits.refused': {
    severity: 'warning',
    what: 'A request was larger, slower or deeper than allowed.',
    owasp: 'input_validation_fail',
  },
  'headers.refused': {
    severity: 'warning',
    what: 'A request named another host or carried fields that no honest client sends.',
    owasp: 'malicious_extraneous',
  },
  'throttle.degraded': {
    severity: 'critical',
    what: 'The counters are out of reach; a stricter local count stands in for them.',
    owasp: 'sys_monitor_disabled',
  },
  'throttle.recovered': {
    severity: 'notice',
    what: 'The counters are back; requests are counted together again.',
    owasp: 'sys_monitor_enabled',
  },
  'throttle.released': {
    severity: 'notice',
    what: 'An administrator let somebody ask again before their rate would have.',
  },
  'throttle.refused': {
    severity: 'warning',
    what: 'A client asked more often than its rate allows.',
    owasp: 'excess_rate_limit_exceeded',
  },
  'csp.reported': {
    severity: 'warning',
    what: 'A browser reported a violation of the content security policy.',
    owasp: 'malicious_csp_violation',
  },

  // access
  'access.refused': {
    severity: 'warning',
    what: 'A request lacked a session, a role or a fresh proof, or named a row that is absent or belongs to somebody else.',
    owasp: 'authz_fail',
  },
  'access.unscoped': {
    severity: 'notice',
    what: 'Code reached over all owners of a table; the detail gives its written reason.',
    owasp: 'sensitive_read',
  },

  // register, verify-email
  'register.requested': {
    severity: 'info',
    what: 'A new address asked for an account.',
    owasp: 'user_created',
  },
  'register.known_address': {
    severity: 'notice',
    what: 'A registration named an address that has an account; its owner was told.',
  },
  'register.verified': {
    severity: 'notice',
    what: 'The owner of the address proved that it is theirs.',
    owasp: 'user_updated',
  },
  'register.refused': {
    severity: 'warning',
    what: 'A registration or verification was refused.',
    owasp: 'input_validation_fail',
  },

  // login, step-up
  'login.succeeded': {
    severity: 'info',
    what: 'Somebody signed in.',
    owasp: 'authn_login_success',
  },
  'login.succeeded_after_failures': {
    severity: 'notice',
    what: 'Somebody signed in after failed attempts; the detail says how many.',
    owasp: 'authn_login_successafterfail',
  },
  'login.factor_asked': {
    severity: 'info',
    what: 'The first factor was right and a second one was asked for.',
  },
  'login.refused': {
    severity: 'warning',
    what: 'A sign-in failed; the reason says why, the client was not told.',
    owasp: 'authn_login_fail',
  },
  'login.new_device': {
    severity: 'notice',
    what: 'An account was signed in to from a device that it had not used before.',
  },
  'login.device_trusted': {
    severity: 'notice',
    what: 'A browser is spared the second factor of an account for some days.',
  },
  'login.stepped_up': { severity: 'info', what: 'A session proved its identity again.' },
  'login.step_up_refused': {
    severity: 'warning',
    what: 'A session failed to prove its identity again.',
    owasp: 'authn_login_fail',
  },

  // lockout
  'lockout.delayed': {
    severity: 'warning',
    what: 'Failures have made an account or an address wait before the next attempt.',
    owasp: 'authn_login_fail_max',
  },
  'lockout.shut': {
    severity: 'critical',
    what: 'An account takes no more passwords from unknown devices until it is unlocked or reset.',
    owasp: 'authn_login_lock',
  },
  'lockout.unlocked': {
    severity: 'notice',
    what: 'Failures of an account were forgotten by an administrator, a reset or a known device.',
  },
  'lockout.refused': {
    severity: 'warning',
    what: 'An attempt was refused without looking at its password.',
    owasp: 'authn_login_lock',
  },

  // password, reset
  'password.changed': {
    severity: 'notice',
    what: 'An account has a new password.',
    owasp: 'authn_password_change',
  },
  'password.refused': {
    severity: 'warning',
    what: 'A change of password was refused.',
    owasp: 'authn_password_change_fail',
  },
  'password.rehashed': {
    severity: 'info',
    what: 'A password hash was renewed with today’s parameters or pepper at sign-in.',
  },
  'reset.requested': { severity: 'notice', what: 'Somebody asked for a reset link.' },
  'reset.completed': {
    severity: 'notice',
    what: 'A reset link set a new password and ended the sessions of the account.',
    owasp: 'authn_password_change',
  },
  'reset.refused': {
    severity: 'warning',
    what: 'A reset link was unknown, spent or expired.',
    owasp: 'authn_password_change_fail',
  },

  // account
  'account.created': { severity: 'notice', what: 'An account was made.', owasp: 'user_created' },
  'account.updated': {
    severity: 'info',
    what: 'An account changed its own data.',
    owasp: 'user_updated',
  },
  'account.email_change_requested': {
    severity: 'notice',
    what: 'An account asked to move to another address; both addresses were told.',
  },
  'account.email_changed': {
    severity: 'notice',
    what: 'An account moved to another address.',
    owasp: 'user_updated',
  },
  'account.deletion_requested': {
    severity: 'notice',
    what: 'An account asked to be deleted; its grace runs.',
  },
  'account.deletion_cancelled': { severity: 'notice', what: 'A deletion was called off.' },
  'account.deleted': { severity: 'notice', what: 'An account is gone.', owasp: 'user_deleted' },
  'account.exported': {
    severity: 'notice',
    what: 'An account took a copy of its data.',
    owasp: 'sensitive_read',
  },
  'account.disabled': {
    severity: 'notice',
    what: 'An administrator disabled an account and ended its sessions.',
    owasp: 'user_archived',
  },
  'account.enabled': {
    severity: 'notice',
    what: 'An administrator enabled an account again.',
    owasp: 'user_updated',
  },
  'account.role_changed': {
    severity: 'critical',
    what: 'An account has another role.',
    owasp: 'privilege_permissions_changed',
  },
  'account.refused': {
    severity: 'warning',
    what: 'A change of an account was refused.',
    owasp: 'input_validation_fail',
  },

  // session
  'session.started': { severity: 'info', what: 'A session began.', owasp: 'session_created' },
  'session.rotated': {
    severity: 'info',
    what: 'A session got a new id because its rights changed.',
    owasp: 'session_renewed',
  },
  'session.ended': {
    severity: 'info',
    what: 'Somebody signed out.',
    owasp: 'authn_token_delete',
  },
  'session.revoked': {
    severity: 'notice',
    what: 'A session was ended by its owner elsewhere or by an administrator.',
    owasp: 'authn_token_revoked',
  },
  'session.revoked_all': {
    severity: 'notice',
    what: 'All sessions of an account, or all others, were ended.',
    owasp: 'authn_token_revoked',
  },
  'session.expired': {
    severity: 'info',
    what: 'A request came with a session whose time was over.',
    owasp: 'session_expired',
  },
  'session.refused': {
    severity: 'warning',
    what: 'A request came with a session that is unknown, malformed or moved.',
    owasp: 'session_use_after_expire',
  },

  // refresh
  'refresh.issued': {
    severity: 'info',
    what: 'A family of refresh tokens began.',
    owasp: 'authn_token_created',
  },
  'refresh.rotated': {
    severity: 'info',
    what: 'A refresh token was exchanged for its successor.',
    owasp: 'authn_token_created',
  },
  'refresh.reused': {
    severity: 'critical',
    what: 'A spent refresh token came back: it was copied. Its whole family is revoked.',
    owasp: 'authn_token_reuse',
  },
  'refresh.revoked': {
    severity: 'notice',
    what: 'Families of refresh tokens were revoked.',
    owasp: 'authn_token_revoked',
  },
  'refresh.refused': {
    severity: 'warning',
    what: 'A refresh token was unknown, expired or another client’s.',
    owasp: 'authn_login_fail',
  },

  // totp, backup-codes, passkeys
  'totp.enabled': { severity: 'notice', what: 'An account has an authenticator app.' },
  'totp.disabled': { severity: 'warning', what: 'An account gave up its authenticator app.' },
  'totp.refused': {
    severity: 'warning',
    what: 'A code of an authenticator app was wrong, old or used before.',
    owasp: 'authn_login_fail',
  },
  'backup_code.issued': {
    severity: 'notice',
    what: 'An account has a new set of backup codes; the old ones are void.',
  },
  'backup_code.used': {
    severity: 'warning',
    what: 'A backup code was spent; the detail says how many are left.',
  },
  'backup_code.refused': {
    severity: 'warning',
    what: 'A backup code was wrong or spent.',
    owasp: 'authn_login_fail',
  },
  'passkey.added': { severity: 'notice', what: 'An account has a new passkey.' },
  'passkey.removed': { severity: 'warning', what: 'An account gave up a passkey.' },
  'passkey.refused': {
    severity: 'warning',
    what: 'A passkey ceremony failed.',
    owasp: 'authn_login_fail',
  },
  'passkey.backup_changed': {
    severity: 'notice',
    what: 'A passkey that was kept on one device is kept elsewhere as well now, or the other way round.',
  },
  'passkey.cloned': {
    severity: 'critical',
    what: 'The signature counter of a passkey went back: there may be two of it.',
  },

  // factor, recovery: what is asked of accounts, and beginning anew
  'factor.enrolment_asked': {
    severity: 'info',
    what: 'An account was asked to set up a second factor; its grace began.',
  },
  'factor.refused': {
    severity: 'warning',
    what: 'A session was refused because its second factor is still to be set up.',
    owasp: 'authz_fail',
  },
  'recovery.requested': {
    severity: 'warning',
    what: 'Somebody who proved the first factor says that all others are lost; the waiting began.',
  },
  'recovery.cancelled': {
    severity: 'notice',
    what: 'A recovery was called off; the reason says by a link, the owner or a factor.',
  },
  'recovery.completed': {
    severity: 'critical',
    what: 'A recovery took all second factors of an account away and ended its sessions.',
    owasp: 'authn_password_change',
  },
  'recovery.refused': {
    severity: 'warning',
    what: 'A recovery was refused: unknown link, called off, too early or too often.',
    owasp: 'authn_login_fail',
  },

  // social, oauth
  'social.linked': { severity: 'notice', what: 'An account was linked to an outside identity.' },
  'social.unlinked': { severity: 'notice', what: 'An outside identity was taken off an account.' },
  'social.refused': {
    severity: 'warning',
    what: 'A sign-in through an identity provider failed.',
    owasp: 'authn_login_fail',
  },
  'oauth.client_registered': { severity: 'notice', what: 'An OAuth client was registered.' },
  'oauth.consented': {
    severity: 'notice',
    what: 'An account allowed a client to act for it.',
    owasp: 'authz_change',
  },
  'oauth.denied': { severity: 'info', what: 'An account declined a client.' },
  'oauth.token_issued': {
    severity: 'info',
    what: 'A client got an access token.',
    owasp: 'authn_token_created',
  },
  'oauth.token_revoked': {
    severity: 'notice',
    what: 'A client or an account gave a token back.',
    owasp: 'authn_token_revoked',
  },
  'oauth.code_replayed': {
    severity: 'critical',
    what: 'A spent authorization code came back with all its proofs; its tokens are revoked.',
    owasp: 'authn_token_reuse',
  },
  'oauth.refused': {
    severity: 'warning',
    what: 'A client or an authorization request was refused.',
    owasp: 'authn_login_fail',
  },

  // mail: what could not be told
  'mail.given_up': {
    severity: 'warning',
    what: 'A mail was given up after its last attempt.',
  },

  // uploads, outbound, webhooks
  'uploads.stored': {
    severity: 'info',
    what: 'A file passed every check and was stored.',
    owasp: 'upload_stored',
  },
  'uploads.refused': {
    severity: 'warning',
    what: 'A file was refused; the reason says by which check.',
    owasp: 'upload_validation',
  },
  'uploads.removed': { severity: 'info', what: 'A file was removed.', owasp: 'upload_delete' },
  'outbound.refused': {
    severity: 'warning',
    what: 'A request to an address inside or not allowed was not sent.',
    owasp: 'malicious_extraneous',
  },
  'webhook.added': { severity: 'notice', what: 'An account registered a webhook.' },
  'webhook.removed': { severity: 'notice', what: 'An account removed a webhook.' },
  'webhook.exhausted': {
    severity: 'warning',
    what: 'A delivery was given up after its last attempt.',
  },

  // fields
  'fields.open_refused': {
    severity: 'critical',
    what: 'A sealed field did not open: it was changed, moved or sealed by an unknown key.',
    owasp: 'crypt_decrypt_fail',
  },
  'fields.reseal_started': {
    severity: 'notice',
    what: 'Sealing again under the newest key began.',
  },
  'fields.reseal_finished': {
    severity: 'notice',
    what: 'Every row of a column is sealed under the newest key.',
  },

  // admin
  'admin.viewed': {
    severity: 'info',
    what: 'An administrator looked at other people’s data.',
    owasp: 'authz_admin',
  },
} as const

/** A code of the catalogue. */
export type CatalogueCode = keyof typeof events

/** A code of the catalogue, or the application's own under `app.`. */
export type EventCode = CatalogueCode | `app.${string}`

const OWN: EventKind = { severity: 'info', what: 'An event of the application.' }

/** The row of a code; the application's own codes are `info` unless it says otherwise. */
export function eventKind(code: string): EventKind | undefined {
  if (Object.hasOwn(events, code)) return events[code as CatalogueCode]
  return code.startsWith('app.') ? OWN : undefined
}
