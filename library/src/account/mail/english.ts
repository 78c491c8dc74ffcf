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
