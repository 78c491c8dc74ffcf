import type { Catalogue } from './letter.ts'

/** The mails in English. Another language is another file of this shape. */
export const english: Catalogue = {
  'register.verify': ({ service, link, hours }) => ({
    subject: `Confirm your address for ${service}`,
    paragraphs: [`Somebody, hopefully you, opened an account at ${service} with this address.`],
    action: { label: 'Confirm the address', link },
    closing: [
      `The link works once, for ${hours} hours.`,
      'If it was not you, do nothing: without the link there is no account.',
    ],
  }),
  'register.known': ({ service, loginLink }) => ({
    subject: `You already have an account at ${service}`,
    paragraphs: [
      `Somebody tried to open an account at ${service} with this address, which has one already.`,
      'If it was you: sign in, or ask for a new password on the same page.',
    ],
    action: { label: 'Sign in', link: loginLink },
    closing: ['If it was not you, nothing has changed and there is nothing to do.'],
  }),
  'login.new_device': ({ service, device, address, at, link }) => ({
    subject: `New sign-in to ${service}`,
    paragraphs: [
      `Your account at ${service} was signed in to from a device that it has not seen before.`,
      `Device: ${device}. Address: ${address}. Time: ${at}.`,
    ],
    action: { label: 'See where you are signed in', link },
    closing: ['If it was not you, sign out everywhere there and set a new password.'],
  }),
  'lockout.delayed': ({ service, link }) => ({
    subject: `Somebody is guessing your password at ${service}`,
    paragraphs: [
      `There were several wrong passwords for your account at ${service}. Strangers must now wait ` +
        'longer and longer between attempts.',
      'Devices on which you signed in before are not held up. On another one you may need this:',
    ],
    action: { label: 'Let me try again now', link },
    closing: ['If you did not try to sign in, there is nothing to do.'],
  }),
  'reset.link': ({ service, link, minutes }) => ({
    subject: `Set a new password for ${service}`,
    paragraphs: [`Somebody, hopefully you, asked for a new password at ${service}.`],
    action: { label: 'Set a new password', link },
    closing: [
      `The link works once, for ${minutes} minutes.`,
      'If it was not you, do nothing: your password stays as it is.',
    ],
  }),
  'password.changed': ({ service, at, link }) => ({
    subject: `Your password at ${service} was changed`,
    paragraphs: [`Your password at ${service} was changed (${at}). Other devices were signed out.`],
    action: { label: 'Ask for a new password', link },
    closing: ['If it was not you, ask for a new password at once.'],
  }),
  'email.verify': ({ service, link, hours }) => ({
    subject: `Confirm your new address for ${service}`,
    paragraphs: [
      `Somebody, hopefully you, wants to use this address for an account at ${service}.`,
    ],
    action: { label: 'Use this address', link },
    closing: [`The link works once, for ${hours} hours.`, 'If it was not you, do nothing.'],
  }),
  'email.notice': ({ service, link, address }) => ({
    subject: `Your address at ${service} is about to change`,
    paragraphs: [
      `Your account at ${service} is to move from this address to ${address}, as soon as that one ` +
        'is confirmed.',
    ],
    action: { label: 'Stop it, or take it back', link },
    closing: [
      'If it was you, there is nothing to do.',
      'If it was not you, follow the link now or within a week: it keeps the account at this ' +
        'address, signs everybody out and sends you a link for a new password.',
    ],
  }),
  'email.changed': ({ service, at }) => ({
    subject: `Your address at ${service} has changed`,
    paragraphs: [`Your account at ${service} has another address now (${at}).`],
    closing: ['If it was not you, use the link in the earlier mail to take it back.'],
  }),
  'refresh.reused': ({ service, at, link }) => ({
    subject: `An app was signed out of your account at ${service}`,
    paragraphs: [
      `An app that is signed in to your account at ${service} used an old key a second time (${at}). ` +
        'That happens when somebody has copied it, so we have signed the app out.',
    ],
    action: { label: 'See where you are signed in', link },
    closing: ['Sign in to the app again. If this happens often, set a new password.'],
  }),
  'factor.added': ({ service, what, at, link }) => ({
    subject: `Two-step sign-in at ${service}: something was added`,
    paragraphs: [`Your account at ${service} has ${what} now (${at}).`],
    action: { label: 'See how you sign in', link },
    closing: ['If it was not you, set a new password at once and remove it there.'],
  }),
  'factor.removed': ({ service, what, at, link }) => ({
    subject: `Two-step sign-in at ${service}: something was removed`,
    paragraphs: [`Removed from your account at ${service}: ${what} (${at}).`],
    action: { label: 'See how you sign in', link },
    closing: ['If it was not you, set a new password at once and set two-step sign-in up again.'],
  }),
  'backup_codes.low': ({ service, left, link }) => ({
    subject: `Your backup codes for ${service} are running out`,
    paragraphs: [`A backup code of your account at ${service} was used. Left: ${left}.`],
    action: { label: 'Make new ones', link },
    closing: ['If you did not use one, set a new password at once and make new codes.'],
  }),
  'recovery.requested': ({ service, at, link }) => ({
    subject: `Somebody wants to sign in to ${service} without your second step`,
    paragraphs: [
      `Somebody who knows your password for ${service} says that the app, the passkeys and the ` +
        'backup codes of your account are lost.',
      `If nobody stops it, a link is sent to this account’s address on ${at}. Whoever follows it ` +
        'takes them all away.',
    ],
    action: { label: 'Stop it', link },
    closing: [
      'If it was you, there is nothing to do but wait.',
      'If it was not you, stop it now and set a new password: somebody knows the one you have. ' +
        'Signing in with your second step stops it too.',
    ],
  }),
  'recovery.reminder': ({ service, at, link }) => ({
    subject: `The second step of your account at ${service} is about to be taken away`,
    paragraphs: [
      `Somebody who knows your password for ${service} asked to begin anew without the second step. ` +
        `The time for it is ${at}.`,
    ],
    action: { label: 'Stop it', link },
    closing: ['If it was not you, this is the moment to stop it, and to set a new password.'],
  }),
  'recovery.ready': ({ service, until, link }) => ({
    subject: `Begin anew with two-step sign-in at ${service}`,
    paragraphs: [
      `The waiting is over. The link takes the app, the passkeys and the backup codes of your account ` +
        `at ${service} away and signs every device out. Then sign in and set up new ones.`,
    ],
    action: { label: 'Take them away', link },
    closing: [
      `The link works once, until ${until}.`,
      'If you did not ask for it, do not follow it; use the link of the other mail to stop it.',
    ],
  }),
  'recovery.cancelled': ({ service, at, link }) => ({
    subject: `Nothing is taken away from your account at ${service}`,
    paragraphs: [`The wish to begin anew without the second step was called off (${at}).`],
    action: { label: 'See how you sign in', link },
    closing: ['If the wish was not yours, set a new password: somebody knows the one you have.'],
  }),
  'account.deletion': ({ service, at, link }) => ({
    subject: `Your account at ${service} will be deleted`,
    paragraphs: [`Your account at ${service} and what belongs to it will be deleted on ${at}.`],
    action: { label: 'Keep the account', link },
    closing: ['If you want it to go, there is nothing to do.'],
  }),
  'account.deleted': ({ service, at }) => ({
    subject: `Your account at ${service} is deleted`,
    paragraphs: [`Your account at ${service} was deleted (${at}).`],
    closing: ['We have no data of yours any more and will not write again.'],
  }),
}
