import type { Rule, Severity } from '../../output/finding.ts'
import type { Hit, Passage } from './hit.ts'
import { entropy, isPlaceholder } from './literal.ts'

export const providerKey: Rule = {
  id: 'secrets.provider-key',
  what: 'A key or token of a service stands in the text.',
  why: 'Whoever reads the file acts as you at that service; bots find such keys within minutes.',
  fix: 'Revoke it at the service first, then take the new one from the environment, then clean the history.',
}

interface Format {
  readonly kind: string
  readonly severity: Severity
  /** How the token begins, as a pattern. */
  readonly begins: string
  /** Group 1 is the value, when there is one. */
  readonly pattern: RegExp
}

/** Where a token may begin and end: not inside a longer word. */
const OPEN = '(?<![A-Za-z0-9_-])'
const SHUT = '(?![A-Za-z0-9_-])'

function token(kind: string, begins: string, rest: string, severity: Severity = 'high'): Format {
  return { kind, severity, begins, pattern: new RegExp(`${OPEN}${begins}${rest}${SHUT}`, 'y') }
}

function behind(kind: string, begins: string, rest: string): Format {
  return { kind, severity: 'high', begins, pattern: new RegExp(`${begins}${rest}`, 'y') }
}

/** What secretlint's preset does not know, or only in one length. */
const FORMATS: readonly Format[] = [
  token('AWS access key id', '(?:AKIA|ASIA)', '[A-Z2-7]{16}'),
  token('GitHub token', 'gh[pousr]_', '[A-Za-z0-9]{36,255}'),
  token('GitHub token', 'github_pat_', '[A-Za-z0-9_]{60,100}'),
  token('GitLab token', 'gl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|oas)-', '[A-Za-z0-9_-]{20,128}'),
  token('npm token', 'npm_', '[A-Za-z0-9]{36,64}'),
  token('Slack token', 'xox[abeoprs]-', '[A-Za-z0-9-]{16,250}'),
  token('Slack app token', 'xapp-', '\\d-[A-Z0-9]{8,16}-\\d{8,16}-[a-f0-9]{40,80}'),
  token('Stripe key', '[sr]k_live_', '[A-Za-z0-9]{16,128}', 'critical'),
  token('Stripe test key', '[sr]k_test_', '[A-Za-z0-9]{16,128}', 'low'),
  token('Stripe webhook secret', 'whsec_', '[A-Za-z0-9+/]{24,96}={0,2}'),
  token('Google API key', 'AIza', '[A-Za-z0-9_-]{35}'),
  token('Google OAuth client secret', 'GOCSPX-', '[A-Za-z0-9_-]{28}'),
  token('Google OAuth refresh token', '1//0', '[A-Za-z0-9_-]{40,120}'),
  token('Google access token', 'ya29\\.', '[A-Za-z0-9_-]{40,300}'),
  behind('Azure storage key', 'AccountKey=', '([A-Za-z0-9+/]{86}==)'),
  behind('Azure shared access key', 'SharedAccessKey=', '([A-Za-z0-9+/]{42,44}=)'),
  behind('Azure shared access signature', '[?&]sig=', '([A-Za-z0-9%+/]{40,120}(?:=|%3D)?)'),
  token(
    'OpenAI key',
    'sk-',
    '(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{20,160}T3BlbkFJ[A-Za-z0-9_-]{20,160}',
  ),
  token('OpenAI key', 'sk-(?:proj|svcacct|admin)-', '[A-Za-z0-9_-]{40,180}'),
  token('Anthropic key', 'sk-ant-', '(?:api|admin|oat)\\d\\d-[A-Za-z0-9_-]{40,160}'),
  token('OpenRouter key', 'sk-or-v1-', '[a-f0-9]{64}'),
  token('Hugging Face token', 'hf_', '[A-Za-z0-9]{34,40}'),
  token('Groq key', 'gsk_', '[A-Za-z0-9]{48,56}'),
  token('Replicate token', 'r8_', '[A-Za-z0-9]{37,40}'),
  token('xAI key', 'xai-', '[A-Za-z0-9]{70,90}'),
  token('SendGrid key', 'SG\\.', '[A-Za-z0-9_-]{16,32}\\.[A-Za-z0-9_-]{32,64}'),
  token('Mailgun key', 'key-', '[0-9a-f]{32}'),
  token('Mailchimp key', '[0-9a-f]{32}-us', '\\d{1,2}'),
  token('Brevo key', 'xkeysib-', '[a-f0-9]{64}-[A-Za-z0-9]{16}'),
  token('Resend key', 're_', '[A-Za-z0-9]{6,10}_[A-Za-z0-9]{20,30}'),
  token('Twilio key', 'SK[0-9a-f]{8}', '[0-9a-f]{24}'),
  token('Telegram bot token', '\\d{8,10}:AA', '[A-Za-z0-9_-]{33}'),
  token(
    'Discord bot token',
    '[MNO][A-Za-z0-9_-]{23,27}\\.',
    '[A-Za-z0-9_-]{6}\\.[A-Za-z0-9_-]{27,40}',
  ),
  behind('Discord webhook', '/api/webhooks/', '\\d{17,20}/([A-Za-z0-9_-]{60,80})'),
  behind(
    'Slack webhook',
    'hooks\\.slack\\.com/',
    '(?:services|workflows|triggers)/(T[A-Za-z0-9]{6,12}/[A-Za-z0-9]{6,14}/[A-Za-z0-9/]{18,60})',
  ),
  behind(
    'Teams webhook',
    '\\.webhook\\.office\\.com/',
    'webhookb2/[A-Za-z0-9@-]+/IncomingWebhook/([A-Za-z0-9]{32}/[A-Za-z0-9-]{36})',
  ),
  token('DigitalOcean token', 'do[opr]_v1_', '[a-f0-9]{64}'),
  token('Heroku key', 'HRKU-', '[A-Za-z0-9_-]{36,64}'),
  token('Fly.io token', 'fm2_', '[A-Za-z0-9+/=]{100,900}'),
  token('Render key', 'rnd_', '[A-Za-z0-9]{28,36}'),
  token('Netlify token', 'nfp_', '[A-Za-z0-9]{36,40}'),
  token('Vercel token', 'vc[pikar]_', '[A-Za-z0-9]{20,60}'),
  token('Cloudflare token', 'cf(?:k|ut|at)_', '[A-Za-z0-9]{40,60}'),
  token('Supabase key', 'sbp_', '[a-f0-9]{40}'),
  token('Supabase key', 'sb_secret_', '[A-Za-z0-9_-]{24,60}'),
  token('PlanetScale password', 'pscale_', '(?:tkn|pw|oauth)_[A-Za-z0-9_.=-]{32,64}'),
  token('Neon key', 'napi_', '[a-z0-9]{40,70}'),
  token('Databricks token', 'dapi', '[a-f0-9]{32}(?:-\\d)?'),
  token('Doppler token', 'dp\\.(?:pt|st|ct|sa|scim|audit)\\.', '[A-Za-z0-9._-]{40,60}'),
  token('HashiCorp Vault token', 'hv[sbr]\\.', '[A-Za-z0-9_-]{24,300}'),
  token('Terraform Cloud token', '[A-Za-z0-9]{14}\\.atlasv1\\.', '[A-Za-z0-9_=-]{60,70}'),
  token('Pulumi token', 'pul-', '[a-f0-9]{40}'),
  token('New Relic key', 'NRAK-', '[A-Z0-9]{27}'),
  token('Sentry token', 'sntry[su]_', '[A-Za-z0-9+/=_-]{40,300}'),
  token('Grafana token', 'gl(?:sa|c)_', '[A-Za-z0-9+/=_]{32,400}'),
  token('PyPI token', 'pypi-AgEIcHlwaS5vcmc', '[A-Za-z0-9_-]{50,300}'),
  token('RubyGems key', 'rubygems_', '[a-f0-9]{48}'),
  token('Docker Hub token', 'dckr_(?:pat|oat)_', '[A-Za-z0-9_-]{27,40}'),
  token('Atlassian token', 'ATATT3', '[A-Za-z0-9_=-]{100,250}'),
  token('Bitbucket token', 'ATBB', '[A-Za-z0-9]{32}'),
  token('Linear key', 'lin_(?:api|oauth)_', '[A-Za-z0-9]{32,128}'),
  token('Notion token', 'ntn_', '[A-Za-z0-9]{40,60}'),
  token('Figma token', 'figd_', '[A-Za-z0-9_-]{38,200}'),
  token('Airtable token', 'pat[A-Za-z0-9]{14}\\.', '[a-f0-9]{64}'),
  token('Asana token', '[12]/\\d{14,18}', '(?:/\\d{14,18})?:[a-f0-9]{32}'),
  token('Postman key', 'PMAK-', '[a-f0-9]{24}-[a-f0-9]{34}'),
  token('Shopify token', 'shp(?:at|ca|pa|ss|rt)_', '[A-Fa-f0-9]{32,64}'),
  token('Square token', 'EAAA', '[A-Za-z0-9_-]{60}'),
  token('Square secret', 'sq0csp-', '[A-Za-z0-9_-]{43}'),
  token(
    'Braintree token',
    'access_token\\$',
    '(?:production|sandbox)\\$[a-z0-9]{16}\\$[a-f0-9]{32}',
  ),
  token('Razorpay key', 'rzp_live_', '[A-Za-z0-9]{14}'),
  token('Mapbox secret token', 'sk\\.eyJ', '[A-Za-z0-9_-]{40,120}\\.[A-Za-z0-9_-]{20,30}'),
  token('1Password token', 'ops_eyJ', '[A-Za-z0-9+/=_-]{100,1300}'),
  token('age secret key', 'AGE-SECRET-KEY-1', '[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}', 'critical'),
  token('Tailscale key', 'tskey-', '[a-z]{2,20}-[A-Za-z0-9]{8,40}-[A-Za-z0-9]{16,60}'),
  token('Artifactory token', 'AKCp', '[A-Za-z0-9]{60,80}'),
  token(
    'LaunchDarkly key',
    '(?:sdk|mob|api)-[0-9a-f]{8}-',
    '[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}',
  ),
  token('Azure client secret', '[A-Za-z0-9_.~-]{3}\\dQ~', '[A-Za-z0-9_.~-]{31,34}'),
]

/** Formats that begin with dice or inside an address: looked for only where this part occurs. */
const PART: Readonly<Record<string, RegExp>> = {
  'Mailchimp key': /-us\d/,
  'Telegram bot token': /:AA/,
  'Discord bot token': /discord/i,
  'Discord webhook': /\/api\/webhooks\//,
  'Slack webhook': /hooks\.slack\.com/,
  'Teams webhook': /\.webhook\.office\.com/,
  'Azure shared access signature': /[?&]sig=/,
  'Azure client secret': /Q~/,
  'Terraform Cloud token': /\.atlasv1\./,
  'Airtable token': /airtable/i,
  'Asana token': /asana/i,
}

const NAMED = FORMATS.filter(format => !Object.hasOwn(PART, format.kind))
const FLOATING = FORMATS.flatMap(format => {
  const part = PART[format.kind]
  return part === undefined
    ? []
    : [{ format, part, everywhere: new RegExp(format.pattern.source, 'g') }]
})

/** Tried at the beginnings of words only. */
const BEGINNINGS = new RegExp(
  `${OPEN}(?=[A-Za-z1][A-Za-z0-9/])(?:${NAMED.map(format => format.begins).join('|')})`,
  'g',
)

/** Secrets that are known by their own shape, wherever they stand. One pass finds all beginnings. */
export function* formatHits({ text }: Passage): Generator<Hit> {
  for (const { index } of text.matchAll(BEGINNINGS)) {
    for (const format of NAMED) {
      format.pattern.lastIndex = index
      const match = format.pattern.exec(text)
      if (match !== null) yield* hits(format, match)
    }
  }
  for (const { format, part, everywhere } of FLOATING) {
    if (!part.test(text)) continue
    for (const match of text.matchAll(everywhere)) yield* hits(format, match)
  }
}

function* hits({ kind, severity }: Format, match: RegExpExecArray): Generator<Hit> {
  const value = match[1] ?? match[0]
  const from = match.index + match[0].lastIndexOf(value)
  if (!isDummy(value)) {
    yield { rule: providerKey, severity, kind, from, to: from + value.length, value }
  }
}

/** A right shape with a wrong inside: `sk_live_xxxxxxxx`, or the sample from a vendor's docs. */
export function isDummy(value: string): boolean {
  return isPlaceholder(value) || entropy(value.slice(-16)) < 2.5
}
