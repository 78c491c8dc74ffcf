import type { Refusal } from 'bulwark/refusal'

/** What people read instead of a code. Another language is another table of these keys. */
const REFUSALS: Readonly<Record<string, string>> = {
  'login.failed':
    'That address and password do not go together, or the account cannot sign in now.',
  'lockout.slow_down': 'Too many attempts from your network. Wait a little.',
  'lockout.challenge': 'Too many attempts. Wait a little, or use a device that you signed in on.',
  'throttle.limited': 'Too many attempts. Wait a little.',
  'limits.busy': 'The service has its hands full. Try again in a moment.',
  'link.invalid': 'This link has been used or is too old. Ask for a new one.',
  'register.not_an_address': 'That is not an address that mail can be sent to.',
  'register.name_malformed': 'The name holds characters that no name has.',
  'register.name_too_long': 'The name is too long.',
  'account.not_an_address': 'That is not an address that mail can be sent to.',
  'account.same_address': 'That is your address already.',
  'account.taken': 'That address belongs to an account already.',
  'setup.taken': 'That address belongs to an account already.',
  'password.too_short': 'The password is too short: at least 15 characters.',
  'password.too_long': 'The password is too long: at most 256 characters.',
  'password.common': 'This password is on lists that attackers use. Choose another.',
  'password.breached': 'This password is in a published leak. Choose another.',
  'password.malformed': 'The password holds characters that cannot be typed again.',
  'password.predictable': 'This password is easy to guess: it follows a pattern. Choose another.',
  'password.context': 'The password is made of your name, your address or ours. Choose another.',
  'factor.refused': 'That code is not right, or was used already. Wait for the next one.',
  'factor.flow_over': 'That took too long, or too many codes were wrong. Sign in again.',
  'factor.needed':
    'The password alone is not enough where there is a second step: use that instead.',
  'factor.enrolment_required':
    'Your role needs a second step, and the time to set it up is over. Do it now to go on.',
  'factor.last_required':
    'Your role needs a second step, and that is the last one. Add another first.',
  'recovery.no_mailbox':
    'No mail reaches this account, so it cannot be begun anew. Ask who runs the service.',
  'factor.slow_down': 'Too many wrong codes. Wait an hour, or use another way in.',
  'passkey.refused': 'The passkey could not be checked. Try again.',
  'passkey.unknown': 'This passkey is not known here any more.',
  'passkey.last_way_in': 'That is your last way in. Set a password first.',
  'passkey.too_many': 'There are twenty passkeys already. Remove one first.',
  'social.refused': 'That sign-in could not be checked. Try again.',
  'social.declined': 'You did not allow it, so nothing happened.',
  'social.unavailable':
    'That provider does not answer just now. Sign in another way, or try later.',
  'social.sign_in_first':
    'There is an account with that address. Sign in to it here, then link the provider on your account page.',
  'social.taken': 'That identity belongs to another account.',
  'social.last_way_in': 'That is your last way in. Set a password or add a passkey first.',
  'access.not_found': 'That is not there any more.',
  'access.refused': 'You may not do that.',
  'access.not_signed_in': 'Sign in first.',
  'csrf.refused': 'The page was open too long. Try again.',
  'order.invalid': 'Say what you would like, and how many: 1 to 1,000.',
  'outbound.refused': 'No message can be sent to that address: it is not a public server.',
  'webhook.too_many': 'There are twenty addresses already. Remove one first.',
  'webhook.unknown_event': 'One of those events does not exist.',
  'uploads.no_file': 'Choose a file first.',
  'uploads.empty': 'The file is empty.',
  'uploads.too_large': 'The file is too large: at most 20 MB.',
  'limits.too_large': 'That is more than is taken here at once. A file may have 20 MB.',
  'uploads.request_too_large': 'Those files are too large together: at most 20 MB at once.',
  'uploads.too_many_files': 'Those are too many files at once.',
  'uploads.quota': 'Your space is full. Remove something first.',
  'uploads.type_not_allowed': 'Only pictures, PDF and plain text can be kept here.',
  'uploads.content_mismatch': 'The file is not what its name says it is.',
  'uploads.declared_mismatch': 'The file is not what its name says it is.',
  'uploads.extension_mismatch': 'The file is not what its name says it is.',
  'uploads.active_content':
    'The file holds something that could run. Save it without, and try again.',
  'uploads.external_reference': 'The file fetches something from elsewhere. Save it without.',
  'uploads.macro': 'The document holds macros. Save it without, and try again.',
  'uploads.encrypted': 'The file is locked by a password, so nobody can look into it.',
  'uploads.malformed': 'The file is damaged.',
  'uploads.malformed_body': 'The upload was cut off. Try again.',
  'uploads.aborted': 'The upload was cut off. Try again.',
  'uploads.too_slow': 'The upload took too long. Try again.',
  'uploads.malware': 'The file was recognised as harmful and was not kept.',
  'uploads.polyglot': 'The file is two kinds of file at once and was not kept.',
  'uploads.pixel_bomb': 'The picture is too large when opened.',
  'uploads.bomb': 'The file is too large when opened.',
  'uploads.name': 'A file cannot be called that. Rename it and try again.',
  'uploads.absent': 'That file is not there any more.',
}

/** What just happened, by the key that a redirect carries. */
const NOTICES: Readonly<Record<string, string>> = {
  verified: 'Your address is confirmed. You can sign in now.',
  ready: 'The administrator’s account is ready. Sign in.',
  reset: 'Your new password is set, and every device was signed out. Sign in with it.',
  unlocked: 'You can try again now.',
  'email-confirmed': 'The new address is yours. From now on you sign in with it.',
  'email-undone': 'Your old address is back. Set a new password as well, if it was not you.',
  unlinked: 'The link is cut.',
  kept: 'Your account stays. Sign in as before.',
  leaving: 'Your account will be deleted. The mail that is on its way brings it back.',
  ended: 'That device is signed out.',
  'others-ended': 'Every other device is signed out.',
  forgotten: 'That device is a stranger again.',
  password: 'Your password is changed, and other devices were signed out.',
  name: 'From now on you go by that name.',
  'app-revoked': 'It may not act for you any more.',
  email: 'Look at the mail of the new address: its link makes the change.',
  recovered: 'The second step is gone. Sign in, and set up a new one.',
  'recovery-cancelled': 'Nothing is taken away.',
  'two-step-off': 'Two-step sign-in is off.',
  'passkey-added': 'The passkey is ready. Next time, sign in with it.',
  'passkey-removed': 'The passkey is gone. You can remove it from your device as well.',
  ordered: 'Ordered.',
  cancelled: 'Cancelled.',
  stored: 'Your file is kept.',
  removed: 'It is gone.',
  switched: 'It is switched on again.',
  replayed: 'It is sent again.',
  resent: 'If the address waits for its confirmation, a new mail is on its way.',
}

const UNKNOWN = 'That did not work. Try again.'

/** The sentence about a refusal, with how long to wait where that is known. */
export function sentence(refusal: Refusal): string {
  const text =
    REFUSALS[refusal.says] ??
    refusal.errors?.map(({ detail }) => `It ${detail}.`).join(' ') ??
    UNKNOWN
  const seconds = refusal.retryAfterSeconds
  return seconds === undefined ? text : `${text} (${waitOf(seconds)})`
}

/** The sentence for the code that an address carries; strangers' words are never shown. */
export function sentenceFor(code: string | undefined): string | undefined {
  if (code === undefined) return undefined
  return Object.hasOwn(REFUSALS, code) ? REFUSALS[code] : UNKNOWN
}

export function noticeFor(key: string | undefined): string | undefined {
  return key !== undefined && Object.hasOwn(NOTICES, key) ? NOTICES[key] : undefined
}

function waitOf(seconds: number): string {
  return seconds < 90 ? `about ${seconds} seconds` : `about ${Math.ceil(seconds / 60)} minutes`
}
