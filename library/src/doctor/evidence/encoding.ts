import { attacked, type Evidences, shown } from './shown.ts'

/** V1 encoding and sanitization, V2 validation and business logic. */
export const encoding: Evidences = {
  '1.1.1': shown(
    'framing',
    'library/src/http/target.test.ts',
    'what is let through has no dot segment, slash or control left in it, decoded once or twice',
    {
      how: 'A path, a query, a form and a file name are decoded once and judged decoded; what still holds a separator after that is refused.',
    },
  ),
  '1.1.2': shown(
    'pages',
    'reference/src/web/html.test.ts',
    'a name with markup in it is shown, not run',
    {
      of: 'reference',
      how: 'What is kept is what was written; it is escaped where it is shown, for the place it is shown in.',
    },
  ),
  '1.2.1': shown(
    'pages',
    'reference/src/web/html.test.ts',
    'no text whatever puts a quote or an angle into the page',
    { of: 'reference', how: 'Pages are made by one template that escapes by its place.' },
  ),
  '1.2.2': attacked('always on', 'redirect.open', {
    how: 'Redirects and links in mails are built with URL; they lead to a path of our own or to a registered text, so no other scheme ever stands in them.',
  }),
  '1.2.3': shown(
    'pages',
    'reference/src/console.test.ts',
    'all of it ran under a policy without inline script and without trusted types',
    {
      of: 'reference',
      how: 'No data stands in a script: pages have no inline script, and JSON is application/json with nosniff.',
    },
  ),
  '1.2.4': attacked('stores', 'inject.sql', {
    how: 'Statements are constant and their values bound; names of columns come from a list.',
  }),
  '1.2.5': attacked('always on', 'inject.command', {
    how: 'The library starts no process but its own workers; the commands that the command line starts get their arguments as a list.',
  }),
  '1.2.9': shown(
    'outbound',
    'library/src/outbound/hosts.test.ts',
    'a pattern matches below its suffix, at a label boundary, and nothing else',
    {
      how: 'Hosts, origins and paths are compared as text, label by label; no pattern of a setting becomes a regular expression.',
    },
  ),
  '1.2.10': shown(
    'audit',
    'library/src/audit/export.test.ts',
    'the CSV has a row a row and no formula, whatever was typed',
    { check: 'audit.off' },
  ),
  '1.3.2': shown(
    'always on',
    'library/src/doctor/sources.test.ts',
    'nothing in the library evaluates text or takes objects out of bytes',
    {
      how: 'The library contains no eval, new Function or string timer, and the policy for pages has no unsafe-eval.',
    },
  ),
  '1.3.3': shown(
    'uploads',
    'library/src/shield/uploads/names/file-name.test.ts',
    'a repaired name always passes, and is not repaired again',
    {
      how: 'A file name, the value of a field and a line of the log are each judged or cleaned in one place.',
    },
  ),
  '1.3.4': attacked('uploads', 'upload.svg-script', {
    check: 'uploads.dangerous',
    how: 'Drawings are taken only where the options say so, read by a strict reader that lets no script through, and given back as attachments in a sandbox.',
  }),
  '1.3.6': attacked('outbound', 'ssrf.encodings', {
    check: 'outbound.loopback-reachable',
    how: 'A policy names schemes, ports and hosts, and every address that a name leads to is judged by the tables of special addresses, whatever it is written like.',
  }),
  '1.3.7': attacked('account.mailer', 'inject.template', {
    how: 'Mails and pages are functions in the code; what somebody typed fills escaped places and chooses nothing.',
  }),
  '1.3.10': shown(
    'audit',
    'library/src/audit/audit.test.ts',
    'whatever an attacker types, the log gets one line that shows every character',
    {
      check: 'audit.off',
      how: 'What is logged is JSON with named members; nothing of a request is ever a format.',
    },
  ),
  '1.3.11': shown(
    'account.mailer',
    'library/src/account/mail/smtp.test.ts',
    'a subject with a line break is no header',
    {
      how: 'A mail has one recipient; addresses and subjects with line breaks, and addresses of more than 254 characters, are refused.',
    },
  ),
  '1.3.12': attacked('content', 'dos.redos', {
    how: 'Texts are bounded before they are matched, and no reply takes longer for a hostile one.',
  }),
  '1.4.2': shown(
    'limits',
    'library/src/http/server.test.ts',
    'a limit that would switch itself off stops the start',
    {
      check: 'limits.off',
      how: 'Durations, sizes and counts have a range; one outside of it, or one that would switch itself off, stops the start.',
    },
  ),
  '1.4.3': shown(
    'uploads',
    'library/src/shield/uploads/receive/over-limit.test.ts',
    '…: who goes away in the middle leaves nothing behind',
    {
      how: 'An upload that is cut off leaves no file, no place in the quota and no open file behind.',
    },
  ),
  '1.5.1': shown(
    'content',
    'library/src/shield/content/content.test.ts',
    'no Content-Type but the route’s own is ever let through with a body',
    {
      check: 'content.xml',
      how: 'No route takes XML unless it says so; what reads Office files and drawings knows no entities and fetches nothing.',
    },
  ),
  '1.5.2': shown(
    'content',
    'library/src/shield/content/json.test.ts',
    'no bytes at all make it throw or pollute a prototype',
    {
      check: 'content.off',
      how: 'What comes in is JSON, read strictly and fitted to a schema; nothing turns bytes into objects of a class.',
    },
  ),
  '1.5.3': shown(
    'content',
    'library/src/shield/content/json.test.ts',
    'whatever it takes, JSON.parse takes, with an equal value',
    {
      check: 'content.off',
      how: 'JSON is read by one strict reader: UTF-8, no name twice, bounded in depth and members; URLs by the one of the platform.',
    },
  ),
  '2.2.1': shown(
    'content',
    'library/src/shield/content/content.test.ts',
    'what does not fit is 422, with pointers a client can follow',
    {
      check: 'content.off',
      how: 'Bodies and queries are fitted to the schema of their route; what does not fit is 422 with pointers.',
    },
  ),
  '2.2.2': attacked('content', 'json.unknown-fields', {
    check: 'content.off',
    how: 'Everything is judged on the server, before the handler.',
  }),
  '2.3.1': attacked('account', 'mfa.step-skip', {
    how: 'Sign-in, second factor, consent, linking and reset are rows of the store; a later step without the earlier one, or twice, is refused.',
  }),
  '2.3.3': shown(
    'account',
    'library/src/store/conformance/accounts.ts',
    '…: a password reset is one step: token, password, sessions, tokens, mail, event',
    {
      how: 'A change of the password, its token, sessions, families, mail and event are one transaction.',
    },
  ),
  '2.3.4': shown(
    'stores',
    'library/src/store/conformance/one-time-tokens.ts',
    '…: of two hundred callers at once, one redeems',
    {
      how: 'What works once is taken by one conditional statement or script; of any number at once one wins.',
    },
  ),
  '2.4.1': shown(
    'throttle',
    'library/src/shield/throttle/throttle.test.ts',
    'so many at once, then 429 until there is room again',
    {
      check: 'throttle.off',
      how: 'Rates by address (IPv6 by /64), account, key and route answer 429 with Retry-After; sign-in and mails have bounds of their own.',
    },
  ),
}
