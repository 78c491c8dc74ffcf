import { lintSource } from '@secretlint/core'
import { rules } from '@secretlint/secretlint-rule-preset-recommend'
import type { SecretLintCoreConfig, SecretLintRuleCreator } from '@secretlint/types'
import { isDummy, providerKey } from './formats.ts'
import type { Hit, Passage } from './hit.ts'
import { privateKey } from './private-keys.ts'

// Decision: three rules of the preset are left out. Its comments switch findings off without a
// reason; its two address rules miss most schemes and are replaced by ours.
// Cost: projects that move here from secretlint have to give their exceptions a reason.
const LEFT_OUT = /-(?:filter-comments|basicauth|database-connection-string)$/

// The preset cannot be given as one: its switch for single rules is not honoured inside of it.
const CONFIG: SecretLintCoreConfig = {
  rules: rules
    .filter(rule => !LEFT_OUT.test(rule.meta.id))
    .map(rule => ({ id: rule.meta.id, rule: rule as SecretLintRuleCreator })),
}

/** Some literal of every rule that is on: a text without any of these has nothing for the preset. */
const KEYWORDS =
  /(?:SECRET|[Ss]ecret)_?(?:ACCESS|[Aa]ccess)|private_key|PRIVATE KEY|x-oauth-basic|_authToken|npm_|xox|xapp-|hooks\.[Ss]lack\.com|sk-|gsk_|hf_|lin_api_|ntn_|SG\.|shp(?:pa|ca|at|ss)_|[sr]k_(?:live|test)|gh[pousr]_|github_pat|glpat-|glc_|glsa_|ops_ey|hv[sbr]\.|vc[pikar]_|dapi|dckr_pat_|figd_|cf(?:k|ut|at)_|tskey-/

const VENDOR = /secretlint-rule-([\w-]+)$/

/** What secretlint's recommended rules find. Texts that hold none of its literals are not given to it. */
export async function secretlintHits({ text, path }: Passage): Promise<Hit[]> {
  if (!KEYWORDS.test(text)) return []
  const { messages } = await lintSource({
    source: { filePath: path, content: text, ext: extensionOf(path), contentType: 'text' },
    options: { config: CONFIG, noPhysicFilePath: true },
  })
  return messages.flatMap(message => {
    const [from, to] = message.range
    const value = text.slice(from, to)
    if (isDummy(value)) return []
    const vendor = VENDOR.exec(message.ruleId)?.[1] ?? 'service'
    const isKey = vendor === 'privatekey' || message.messageId.startsWith('PrivateKey')
    const severity = isKey ? 'critical' : 'high'
    const kind = isKey ? 'private key' : `${vendor} secret`
    return [{ rule: isKey ? privateKey : providerKey, severity, kind, from, to, value }] as const
  })
}

function extensionOf(path: string): string {
  const at = path.lastIndexOf('.')
  return at > path.lastIndexOf('/') ? path.slice(at) : ''
}
