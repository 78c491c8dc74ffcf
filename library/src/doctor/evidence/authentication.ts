import { attacked, type Evidences, shown } from './shown.ts'

const PASSWORD = 'library/src/account/password/password.test.ts'
const POLICY = 'library/src/account/password/policy.test.ts'
const LOGIN = 'library/src/account/login/login.test.ts'
const RESET = 'library/src/account/reset/reset.test.ts'
const FACTORS = 'reference/src/factors.test.ts'
const ONE_CODE = 'library/src/store/conformance/credentials.ts'

/** V6 authentication. */
export const authentication: Evidences = {
  '6.1.1': shown(
    'account.lockout',
    'library/src/account/lockout/lockout.test.ts',
    'G05: strangers who shut the account do not shut out a device that signed in before',
    {
      check: 'lockout.generous-address',
      how: 'The page about lockout says the limits: by account, by address, delays, the hundredth failure, and how a known device stays free of them.',
    },
  ),
  '6.2.1': attacked('account.password', 'pw.min-length', {
    check: 'password.short',
    how: '15 characters for a password alone, 8 where a second factor is enforced.',
  }),
  '6.2.2': shown(
    'account',
    'library/src/account/change-password/change-password.test.ts',
    'a new password ends everything else that could sign in, and keeps who set it signed in',
  ),
  '6.2.4': attacked('account.password', 'pw.common', {
    how: 'A list of common passwords is in the box and is asked without a network.',
  }),
  '6.2.5': shown('account.password', POLICY, 'asks for no class of characters'),
  '6.2.6': attacked('pages', 'pw.form', {
    of: 'reference',
    how: 'Fields for passwords are of that type, with the words for managers.',
  }),
  '6.2.7': attacked('pages', 'pw.form', {
    of: 'reference',
    how: 'Nothing in the pages hinders pasting or managers.',
  }),
  '6.2.8': shown('account.password', PASSWORD, 'a password is known again, another is not', {
    check: 'password.too-short',
    how: 'A password is verified whole: nothing is trimmed or cut; only its form of accents (NFC) is made one.',
  }),
  '6.2.9': attacked('account.password', 'pw.max-length', {
    how: 'Passwords of 64 characters and many more are taken.',
  }),
  '6.2.10': shown(
    'account.password',
    'reference/src/absent.test.ts',
    'a password does not age: after ten years it signs in as on the first day',
    {
      how: 'Passwords do not age.',
    },
  ),
  '6.2.11': attacked('account.password', 'pw.context'),
  '6.2.12': shown(
    'account.password',
    PASSWORD,
    'a breach service learns five digits, and its silence keeps nobody out',
    {
      how: 'A service of leaked passwords may be asked with five digits of a hash; the list in the box decides when it is silent.',
    },
  ),
  '6.3.1': shown(
    'account.lockout',
    'library/src/store/conformance/counters.ts',
    '…: of two hundred guesses at once, the free ones reach the password check',
    {
      check: 'lockout.generous-account',
      how: 'An attempt is reserved before anything is hashed: a few are free, then delays double; addresses have a budget of their own.',
    },
  ),
  '6.3.2': attacked('account', 'pw.default', {
    how: 'No account exists at the start; the first administrator comes from a link that works once.',
  }),
  '6.3.3': shown(
    'account.factors.required',
    'reference/src/factors.required.test.ts',
    'in the days of grace people are told, and after them a session is good for enrolling only',
    {
      check: 'factors.optional',
      how: 'Everybody, or whoever has a role, must have a second factor; a passkey that verifies its user is two in one.',
    },
  ),
  '6.3.4': attacked('account', 'mfa.other-path', {
    how: 'Every way in ends at one gate, which is told what was proven and asks for what is owed.',
  }),
  '6.3.5': shown(
    'account.mailer',
    LOGIN,
    'a new device is told to the owner by mail, a known one is not',
    {
      check: 'mail.nowhere',
      how: 'The owner is told of a sign-in from a device that nobody knew, and of guessing that went on.',
    },
  ),
  '6.3.6': shown(
    'account',
    RESET,
    'G23: a reset ends sessions, refresh families, devices and links, and signs nobody in',
    {
      how: 'Mail proves an address and carries notices; no link or code in a mail signs anybody in.',
    },
  ),
  '6.3.7': attacked('account.mailer', 'account.change-email', {
    check: 'mail.nowhere',
    how: 'Changes of password, address and factors are told by mail, to the old address as well, which can undo the change.',
  }),
  '6.3.8': shown('account', LOGIN, 'every way to fail at signing in says the same', {
    how: 'Known and unknown names get one answer, at the same trips to the store, in the same time.',
  }),
  '6.4.1': shown(
    'account',
    'library/src/account/register/register.test.ts',
    'a link works once, also when fifty open it at once',
    { how: 'Nobody is given a first password: a link of 256 bits works once, for a day.' },
  ),
  '6.4.2': attacked('account', 'json.unknown-fields', {
    how: 'There are no hints and no secret questions; a body that brings one is refused.',
  }),
  '6.4.3': attacked('account', 'reset.mfa', {
    how: 'A reset proves the address only and signs nobody in; the second factor is asked afterwards as before.',
  }),
  '6.4.4': shown(
    'account',
    FACTORS,
    '…: taking the app away needs a fresh proof and ends other sessions',
    {
      check: 'step-up.long',
      how: 'Who lost a factor proves another one (a backup code, a passkey) and takes the lost one away with a fresh proof.',
    },
  ),
  '6.5.1': shown('account', ONE_CODE, '…: of fifty who spend one code, one does', {
    how: 'Codes and steps are spent by one conditional statement, whoever asks at the same time.',
  }),
  '6.5.2': attacked('account', 'mfa.backup-entropy', {
    how: 'Backup codes have 120 bits and are kept as keyed hashes.',
  }),
  '6.5.3': shown(
    'always on',
    'library/src/doctor/sources.test.ts',
    'chance comes from the system’s generator, wherever it guards something',
    { how: 'Seeds and codes come from the generator of the operating system.' },
  ),
  '6.5.4': attacked('account', 'mfa.backup-entropy', {
    how: 'Backup codes have 120 bits, codes of an app six digits.',
  }),
  '6.5.5': attacked('account', 'mfa.totp-window', {
    how: 'A code of an app is good in its own half minute and the one after; a challenge lives five minutes.',
  }),
  '6.5.6': shown(
    'account',
    FACTORS,
    '…: taking the app away needs a fresh proof and ends other sessions',
    {
      how: 'Every factor and session can be taken away by its owner, and is dead at the next request.',
    },
  ),
  '6.5.7': shown(
    'account',
    'library/src/testing/testing.test.ts',
    'a passkey is made and signs in; forged, elsewhere made or unverified it does not',
  ),
  '6.5.8': attacked('account', 'mfa.totp-once', {
    how: 'Only the server’s clock counts, and a step that was used stays used.',
  }),
  '6.6.1': shown(
    'account',
    'reference/src/absent.test.ts',
    'a second factor is an app or a backup code, nothing by telephone or mail',
    {
      how: 'Nothing goes by telephone: factors are an app, backup codes and passkeys.',
    },
  ),
  '6.6.2': attacked('account', 'mfa.code-binding', {
    how: 'A code belongs to one flow of one account, which is over after five wrong tries.',
  }),
  '6.6.3': shown(
    'account',
    FACTORS,
    "…: a flow ends after five tries, and an hour's tries are counted over all flows",
  ),
  '6.7.2': attacked('account', 'passkey.challenge'),
  '6.8.1': attacked('social', 'social.subject'),
  '6.8.2': attacked('social', 'social.signature', {
    how: 'An ID token needs the signature of a key of the configured issuer by an algorithm on the list.',
  }),
}
