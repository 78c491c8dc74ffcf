import { granted, type Outcome, refused } from '../../../kernel/outcome.ts'
import { because, refusals } from '../refusals.ts'
import { segmentFault } from './segment.ts'

/** Endings that a server or a double click runs, wherever in the name they stand. */
const RUNNABLE = new RegExp(
  `^(?:${[
    'php\\d?|pht|phtml?|phps|phar',
    'aspx?|asa|asax|ascx|ashx|asmx|axd|cer|cdx|config|cshtml|vbhtml',
    'jspx?|jspf|jsw|jsv|jhtml|cfml?|cfc',
    'f?cgi|pl|py|rb|sh|bash|zsh|ksh|csh|shtml?|stm',
    'exe|scr|pif|bat|cmd|cpl|ms[ip]|mst|dll|sys|ocx',
    'vb[es]?|jse|ws[cfh]|hta|psm?1|lnk|reg|scf|chm',
    'jar|war|ear|class|apk|dmg|deb|rpm|elf',
    'ht(?:access|passwd|digest)',
  ].join('|')})$`,
  'i',
)
const SEPARATOR = /[/\\]/

/**
 * Why a client's file name may not be kept, as metadata, or `undefined`: what `segmentFault` finds,
 * hidden files, and endings that something somewhere runs (`shell.php.png`).
 */
export function fileNameFault(name: string, maxBytes = 255): string | undefined {
  const fault = segmentFault(name)
  if (fault !== undefined) return fault
  if (Buffer.byteLength(name.normalize('NFC')) > maxBytes) return `has more than ${maxBytes} bytes`
  if (/^[.\s]/u.test(name)) return 'begins with a dot or a blank'
  const runnable = name.split('.').slice(1).find(isRunnable)
  return runnable === undefined ? undefined : 'holds an ending that some server or system runs'
}

/** `php`, `php ` and `asp;` run alike. */
function isRunnable(part: string): boolean {
  return RUNNABLE.test(part.replace(/[\s;%].*$/u, '')) && !/^\S+\s+\S/u.test(part)
}

/** The last ending in lower case without its dot, or an empty string. */
export function extensionOf(name: string): string {
  const dot = name.lastIndexOf('.')
  return dot <= 0 ? '' : name.slice(dot + 1).toLowerCase()
}

/**
 * The name to keep as metadata: NFC, or refused.
 *
 * @returns `uploads.name` with the reason, unless `repair` makes a name out of it that passes
 */
export function judgeFileName(
  name: string,
  onDanger: 'refuse' | 'repair' = 'refuse',
  maxBytes = 255,
): Outcome<string> {
  const fault = fileNameFault(name, maxBytes)
  if (fault === undefined) return granted(name.normalize('NFC'))
  if (onDanger === 'repair') return granted(repairFileName(name, maxBytes))
  return refused(because(refusals.name, `the file name ${fault}`))
}

/**
 * A name that passes `fileNameFault` and looks like the one that came: last path segment, harmful
 * characters as `_`, runnable endings without their dot. Names without anything usable become `file`.
 */
export function repairFileName(name: string, maxBytes = 255): string {
  if (fileNameFault(name, maxBytes) === undefined) return name.normalize('NFC')
  let text = name.toWellFormed().normalize('NFC')
  text = text.split(SEPARATOR).at(-1) ?? ''
  text = text
    .replace(
      /[\p{Cc}\p{Noncharacter_Code_Point}\p{Default_Ignorable_Code_Point}\u2028\u2029\u2800]/gu,
      '',
    )
    .replace(/[<>:"|?*%]/g, '_')
    .replace(/^[.\s]+|[.\s]+$/gu, '')
  text = text
    .split('.')
    .map((part, at) => (at > 0 && isRunnable(part) ? `_${part}` : at > 0 ? `.${part}` : part))
    .join('')
  text = shortened(text, maxBytes)
  for (const candidate of [text, shortened(`_${text}`, maxBytes)]) {
    if (text !== '' && fileNameFault(candidate, maxBytes) === undefined) return candidate
  }
  return 'file'
}

/** Cut to `maxBytes` of UTF-8 between characters, the ending kept when it is a short one. */
function shortened(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text
  const dot = text.lastIndexOf('.')
  const ending = dot > 0 && text.length - dot <= 16 ? text.slice(dot) : ''
  let room = maxBytes - Buffer.byteLength(ending)
  let stem = ''
  for (const character of text.slice(0, text.length - ending.length)) {
    room -= Buffer.byteLength(character)
    if (room < 0) break
    stem += character
  }
  return stem.replace(/[.\s]+$/u, '') + ending
}
