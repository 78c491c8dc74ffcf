import type { Rule } from '../../output/finding.ts'
import { type Hit, isMadeUp, type Passage } from './hit.ts'
import { isIdentifier, isPlaceholder, isPublicShape, isRandom } from './literal.ts'

export const writtenSecret: Rule = {
  id: 'secrets.assigned',
  what: 'A name that promises a secret is given a literal value.',
  why: 'It is in every clone, every image and every backup, for everybody who can read the code.',
  fix: 'Change the secret, and read it from the environment or a file outside the repository.',
}

export const sampleSecret: Rule = {
  id: 'secrets.sample',
  what: 'A secret out of a tutorial is in use.',
  why: 'It is the first thing anybody tries; sessions and tokens can be forged with it.',
  fix: 'Make one of your own: npx bulwark keys new.',
}

/** What a name must hold to promise a secret, and whether a weak value can be one. */
const KEYWORD =
  /pass(?:wor[dt]|wd|phrase|code)?|pwd|secret|token|api[-_.]?key|(?:access|account|auth|client|cookie|encrypt(?:ion)?|hash|hmac|jwt|license|master|private|root|service|session|shared|signature|signing|storage|subscription|webhook|write|admin|app|consumer)[-_.]?keys?|pepper|credentials?|auth(?:orization)?|dsn/gi

const PASSWORDS = /pass(?:wor[dt]|wd|phrase|code)?$|pwd$/i

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i
const KEYS = /api[-_.]?key$|secret$/i

/** Names that hold such a word and mean something else. */
const OTHERWISE =
  /public|primary|foreign|sort|partition|key_?id|keyid|token_?(?:type|id|name|url|uri|endpoint|kind|count|limit|length|ttl|header|field|param|prefix|pattern|regex|address|class|list|set|stream|value|index)|tokeni[sz]|[-_.]?(?:name|id|path|file|filename|url|uri|endpoint|header|type|length|size|ttl|expiry|expires(?:in|at)?|age|field|param|parameter|regexp?|pattern|prefix|suffix|count|limit|bytes|kind|label|placeholder|hint|message|error|policy|rules?|alg(?:orithm)?|env|var|variable|title|description|text|help|format|version|digest|hash|hint|selector|input|status|state|mode|method|scheme|provider|class|icon|reset|confirm(?:ation)?|option|attribute|property|reference|ref|store|manager|service|event|action|code|route|page|link|scope|strategy|required|enabled|supported|min|max|level)s?$/i

const CONFIG =
  /(?:^|\/)(?:\.env[^/]*|[^/]*\.(?:env|ya?ml|ini|cfg|conf|properties|toml|tfvars|tf|sh|bash|zsh|ps1|netrc|npmrc|pypirc)|Dockerfile[^/]*|\.(?:netrc|npmrc|pypirc|pgpass|git-credentials)|Procfile|Makefile)$/i

const SAMPLES =
  /^(?:keyboard ?cat|s3cr3t|shh+|super-?secret(?:-?key)?|my-?secret(?:-?key)?|your-256-bit-secret|some-?secret|top-?secret|secret-?key|jwt-?secret|session-?secret|change_?me|cats?|a-string-secret-at-least-256-bits-long)$/i

/** What stands between a name and its value: a type, a bracket, an operator, a default. */
const QUOTED =
  /^\w{0,40}["'`\]]{0,2}\s{0,8}(?:[?!]?:\s{0,4}[A-Za-z<>|[\] ]{1,40})?\s{0,8}(?:=>|:=|\?\?=?|\|\|=?|={1,3}|!==?|:)\s{0,8}(?:(?:process\.env|import\.meta\.env|env)[\w.[\]'"]{0,60}\s{0,8}(?:\?\?|\|\|)\s{0,8})?(?:[bru]|Buffer\.from\(|new Secret\(|\[\s{0,8})?(["'`])((?:\\.|(?!\1)[^\\\n]){4,512})\1/
/** `set('X-Api-Key', 'value')`: the name is the first thing a call is given. */
const PAIR = /^[\w-]{0,40}["'`]\s{0,8},\s{0,8}(["'`])((?:\\.|(?!\1)[^\\\n]){4,512})\1/
const BARE =
  /^\w{0,40}["']?[ \t]{0,8}(?:=|:)[ \t]{0,8}(?![|>&*{[(])([^\s"'`#;,]{4,512})[ \t]{0,8}(?:#.*|;.*)?(?=\r?\n|$)/
const XML = /^\w{0,40}>([^<>\s]{4,200})<\//
const FLAG = /^\w{0,40}[= ](?!-)["']?([^\s"'`]{6,200})/
const QUERY = /^\w{0,20}=([A-Za-z0-9%._~+/-]{16,300})/

/** Values given to names that promise a secret, in code and in configuration. */
export function* assignmentHits(passage: Passage): Generator<Hit> {
  const { text, path } = passage
  if (isMadeUp(path)) return
  const isConfig = CONFIG.test(path)
  let beyond = 0
  for (const match of text.matchAll(KEYWORD)) {
    if (match.index < beyond) continue
    const start = nameStart(text, match.index)
    const tail = text.slice(match.index + match[0].length, match.index + match[0].length + 640)
    const rest = /^[\w.-]{0,40}/.exec(tail)?.[0] ?? ''
    const name =
      text.slice(start, match.index + match[0].length) + (/^[\w-]*/.exec(rest)?.[0] ?? '')
    const found = valueIn(text, start, tail, isConfig)
    if (found === undefined) continue
    const severity = judged(name, found.value, inComment(text, start))
    if (severity === undefined) continue
    const from = match.index + match[0].length + found.at
    beyond = from + found.value.length
    const rule = severity === 'sample' ? sampleSecret : writtenSecret
    yield {
      rule,
      severity: severity === 'sample' || severity === 'weak' ? 'medium' : 'high',
      kind: `value of ${name}`,
      from,
      to: beyond,
      value: found.value,
    }
  }
}

/** Samples are quoted in every manual; a line that explains is not a line that runs. */
function inComment(text: string, at: number): boolean {
  return /^\s*(?:\*|\/\/|\/\*|#|--|<!--)/.test(text.slice(text.lastIndexOf('\n', at) + 1, at))
}

function nameStart(text: string, from: number): number {
  let at = from
  while (at > 0 && from - at < 60 && /[\w$-]/.test(text[at - 1] ?? '')) at--
  return at
}

/** The literal behind the name, and how far behind the keyword it begins. */
function valueIn(
  text: string,
  start: number,
  tail: string,
  isConfig: boolean,
): { value: string; at: number } | undefined {
  const before = text.slice(Math.max(0, start - 3), start)
  const attempts: (RegExpExecArray | null)[] = [QUOTED.exec(tail)]
  if (/\(\s?["'`]$/.test(before)) attempts.push(PAIR.exec(tail))
  if (before.endsWith('<')) attempts.push(XML.exec(tail))
  if (before.endsWith('--') || text.startsWith('--', start)) attempts.push(FLAG.exec(tail))
  if (/[?&]$/.test(before)) attempts.push(QUERY.exec(tail))
  if (isConfig) attempts.push(BARE.exec(tail))
  const found = attempts.find(each => each !== null)
  const value = found?.[2] ?? found?.[1]
  if (found === undefined || found === null || value === undefined) return undefined
  return { value, at: found[0].lastIndexOf(value) }
}

type Judgement = 'random' | 'weak' | 'sample'

function judged(name: string, value: string, isComment: boolean): Judgement | undefined {
  const bare = name.replace(/^[-_$]+/, '')
  if (OTHERWISE.test(bare) || /s$/i.test(bare.replace(/pass$|keys$|credentials$/i, '')))
    return undefined
  if (SAMPLES.test(value) && /secret|key/i.test(bare)) return isComment ? undefined : 'sample'
  // Heroku and others give out UUIDs as keys; only a name that says so is believed.
  if (UUID.test(value) && !isPlaceholder(value)) return KEYS.test(bare) ? 'random' : undefined
  if (isPlaceholder(value) || isPublicShape(value) || /\s/.test(value.trim())) return undefined
  if (isRandom(value)) return isIdentifier(value) ? undefined : 'random'
  return PASSWORDS.test(bare) && isPassword(value) ? 'weak' : undefined
}

/** A password people make up: eight or more characters, mixed, and no word or field name. */
function isPassword(value: string): boolean {
  if (value.length < 8 || isIdentifier(value) || /[(){}<>]|=>|^[.#]|[^\x20-\x7e]/.test(value))
    return false
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9]/].filter(kind => kind.test(value)).length
  return kinds >= 3 || (kinds === 2 && /\d/.test(value) && value.length >= 10)
}
