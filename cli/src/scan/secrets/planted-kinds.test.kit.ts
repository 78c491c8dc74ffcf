import { generateKeyPairSync } from 'node:crypto'

/** Repeatable dice, so that a failing run can be seen again. */
export function dice(seed: number): (alphabet: string, length: number) => string {
  let state = seed >>> 0
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  return (alphabet, length) =>
    Array.from({ length }, () => alphabet[Math.floor(next() * alphabet.length)]).join('')
}

const LOWER = 'abcdefghijklmnopqrstuvwxyz'
const UPPER = LOWER.toUpperCase()
const DIGIT = '0123456789'
const HEX = '0123456789abcdef'
const ALNUM = LOWER + UPPER + DIGIT
const B64 = `${ALNUM}+/`
const B64URL = `${ALNUM}-_`
const CROCKFORD = 'QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L'

export interface Planted {
  readonly kind: string
  readonly path: string
  readonly text: string
  /** The part that must never be printed. */
  readonly secret: string
}

/**
 * Secrets of the right shape and made of dice, one of each kind, each in a file where it would stand.
 * They are put together here so that no file of this repository holds one.
 */
export function plantedKinds(seed: number): Planted[] {
  const roll = dice(seed)
  const code = (kind: string, name: string, secret: string, path = 'src/config.ts'): Planted => ({
    kind,
    path,
    text: `import x from 'y'\n\nexport const ${name} = '${secret}'\n`,
    secret,
  })
  const env = (kind: string, name: string, secret: string): Planted => ({
    kind,
    path: '.env.production',
    text: `NODE_ENV=production\n${name}=${secret}\nPORT=3000\n`,
    secret,
  })
  const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const pkcs8 = pem.export({ type: 'pkcs8', format: 'pem' }) as string
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const rsaPem = rsa.export({ type: 'pkcs1', format: 'pem' }) as string
  const jwk = pem.export({ format: 'jwk' })
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const jwt = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ sub: 'u-8841', exp: 4_000_000_000 })}.${roll(B64URL, 43)}`
  const docker = Buffer.from(`robot:${roll(ALNUM, 24)}`).toString('base64')
  const stripe = `sk_${'live'}_${roll(ALNUM, 24)}`
  const awsSecret = roll(B64, 40)
  const gitCredential = roll(ALNUM, 20)
  return [
    code('AWS access key id', 'id', `AKIA${roll(`${UPPER}234567`, 16)}`),
    env('AWS secret key', 'AWS_SECRET_ACCESS_KEY', awsSecret),
    code('GitHub token', 'a', `ghp_${roll(ALNUM, 36)}`),
    code('GitHub fine-grained token', 'b', `github_pat_${roll(ALNUM, 22)}_${roll(ALNUM, 59)}`),
    code('GitLab token', 'c', `glpat-${roll(B64URL, 20)}`),
    code('npm token', 'd', `npm_${roll(ALNUM, 36)}`),
    code('Slack bot token', 'e', `xoxb-${roll(DIGIT, 12)}-${roll(DIGIT, 12)}-${roll(ALNUM, 24)}`),
    code(
      'Slack webhook',
      'f',
      `https://hooks.slack.com/services/T${roll(UPPER, 8)}/B${roll(UPPER, 10)}/${roll(ALNUM, 24)}`,
    ),
    code('Stripe live key', 'g', stripe),
    code('Stripe webhook secret', 'h', `whsec_${roll(ALNUM, 32)}`),
    code('Google API key', 'i', `AIza${roll(B64URL, 35)}`),
    code('Google OAuth client secret', 'j', `GOCSPX-${roll(B64URL, 28)}`),
    code(
      'Azure storage key',
      'k',
      `DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=${roll(B64, 86)}==;EndpointSuffix=core.windows.net`,
    ),
    code('Azure client secret', 'l', `${roll(ALNUM, 3)}8Q~${roll(ALNUM, 34)}`),
    code('OpenAI key', 'm', `sk-proj-${roll(B64URL, 74)}T3BlbkFJ${roll(B64URL, 74)}`),
    code('Anthropic key', 'n', `sk-ant-api03-${roll(B64URL, 93)}AA`),
    code('Hugging Face token', 'o', `hf_${roll(LOWER + UPPER, 34)}`),
    code('SendGrid key', 'p', `SG.${roll(ALNUM, 22)}.${roll(ALNUM, 43)}`),
    code('Mailgun key', 'q', `key-${roll(HEX, 32)}`),
    code('Mailchimp key', 'r', `${roll(HEX, 32)}-us12`),
    code('Twilio key', 's', `SK${roll(HEX, 32)}`),
    code('Telegram bot token', 't', `${roll('123456789', 10)}:AA${roll(B64URL, 33)}`),
    code(
      'Discord webhook',
      'u',
      `https://discord.com/api/webhooks/${roll('123456789', 18)}/${roll(ALNUM, 68)}`,
    ),
    code('DigitalOcean token', 'v', `dop_v1_${roll(HEX, 64)}`),
    code('Cloudflare token', 'w', `cfut_${roll(ALNUM, 40)}${roll(HEX, 8)}`),
    code('Vercel token', 'x', `vcp_${roll(ALNUM, 24)}`),
    code('Supabase key', 'y', `sbp_${roll(HEX, 40)}`),
    code('Databricks token', 'z', `dapi${roll(HEX, 32)}`),
    code('HashiCorp Vault token', 'aa', `hvs.${roll(B64URL, 95)}`),
    code('New Relic key', 'ab', `NRAK-${roll(UPPER + DIGIT, 27)}`),
    code('Sentry token', 'ac', `sntryu_${roll(HEX, 64)}`),
    code('Grafana token', 'ad', `glsa_${roll(ALNUM, 32)}_${roll(HEX, 8)}`),
    code('PyPI token', 'ae', `pypi-AgEIcHlwaS5vcmc${roll(B64URL, 80)}`),
    code('Docker Hub token', 'af', `dckr_pat_${roll(ALNUM, 27)}`),
    code('Linear key', 'ag', `lin_api_${roll(ALNUM, 40)}`),
    code('Notion token', 'ah', `ntn_${roll(DIGIT, 11)}${roll(ALNUM, 35)}`),
    code('Figma token', 'ai', `figd_${roll(ALNUM, 40)}`),
    code('Shopify token', 'aj', `shpat_${roll(HEX, 32)}`),
    code('age secret key', 'ak', `AGE-SECRET-KEY-1${roll(CROCKFORD, 58)}`),
    code('Tailscale key', 'al', `tskey-auth-${roll(ALNUM, 12)}-${roll(ALNUM, 32)}`),
    { kind: 'RSA private key', path: 'deploy/id_rsa', text: rsaPem, secret: rsaPem.slice(40, 100) },
    {
      kind: 'private key in a string',
      path: 'src/keys.ts',
      text: `export const signing = ${JSON.stringify(pkcs8)}\n`,
      secret: pkcs8.slice(40, 80),
    },
    {
      kind: 'JSON Web Key',
      path: 'keys/signing.json',
      text: JSON.stringify({ keys: [{ ...jwk, kid: 'one', use: 'sig' }] }, null, 2),
      secret: jwk.d ?? '',
    },
    code('JWT', 'session', jwt),
    env('JWT secret', 'JWT_SECRET', roll(ALNUM, 40)),
    code(
      'password in code',
      'dbPassword',
      `${roll(LOWER, 4)}${roll(UPPER, 3)}${roll(DIGIT, 3)}!${roll(LOWER, 3)}`,
    ),
    {
      kind: 'password in YAML',
      path: 'deploy/values.yaml',
      text: `database:\n  user: app\n  password: ${roll(ALNUM, 18)}7\n  port: 5432\n`,
      secret: 'password: ',
    },
    {
      kind: 'default beside the environment',
      path: 'src/session.ts',
      text: `const cookieSecret = process.env.COOKIE_SECRET ?? '${roll(ALNUM, 30)}4'\n`,
      secret: "?? '",
    },
    {
      kind: 'Postgres address',
      path: 'src/db.ts',
      text: `const url = 'postgres://shop:${roll(ALNUM, 14)}9@db.internal.shop:5432/shop'\n`,
      secret: 'postgres://shop:',
    },
    {
      kind: 'Redis address',
      path: 'compose.yaml',
      text: `    REDIS_URL: redis://:${roll(ALNUM, 20)}5@cache.shop.internal:6379/0\n`,
      secret: 'redis://:',
    },
    {
      kind: 'basic-auth address',
      path: 'scripts/fetch.sh',
      text: `curl https://deploy:${roll(ALNUM, 16)}3@artifacts.shop.io/latest.tgz\n`,
      secret: 'https://deploy:',
    },
    {
      kind: 'Docker registry login',
      path: '.docker/config.json',
      text: `{ "auths": { "registry.shop.io": { "auth": "${docker}" } } }\n`,
      secret: docker,
    },
    {
      kind: 'npmrc token',
      path: '.npmrc',
      text: `//npm.shop.io/:_authToken=${roll(HEX, 8)}-${roll(ALNUM, 30)}\n`,
      secret: '_authToken=',
    },
    {
      kind: 'Dockerfile secret',
      path: 'Dockerfile',
      text: `FROM node:26\nENV API_KEY=${roll(ALNUM, 32)}8\nCOPY . .\n`,
      secret: 'API_KEY=',
    },
    {
      kind: 'CI variable',
      path: '.github/workflows/deploy.yml',
      text: `jobs:\n  a:\n    env:\n      DEPLOY_TOKEN: ${roll(HEX, 40)}\n`,
      secret: 'DEPLOY_TOKEN: ',
    },
    {
      kind: 'JSON configuration',
      path: 'config/production.json',
      text: `{\n  "smtp": { "user": "mail", "pass": "${roll(ALNUM, 10)}4#${roll(LOWER, 4)}" }\n}\n`,
      secret: '"pass": "',
    },
    env('root key', 'BULWARK_ROOT_KEY', roll(B64URL, 43)),
    {
      kind: 'service account',
      path: 'gcp.json',
      text: JSON.stringify(
        { type: 'service_account', private_key_id: roll(HEX, 40), private_key: rsaPem },
        null,
        2,
      ),
      secret: rsaPem.slice(40, 100),
    },
    {
      kind: 'a key in base64',
      path: 'k8s/secret.yaml',
      text: `data:\n  stripe: ${Buffer.from(`{"stripeKey":"${stripe}"}`).toString('base64')}\n`,
      secret: stripe,
    },
    env(
      'Heroku key',
      'HEROKU_API_KEY',
      `${roll(HEX, 8)}-${roll(HEX, 4)}-4${roll(HEX, 3)}-a${roll(HEX, 3)}-${roll(HEX, 12)}`,
    ),
    {
      kind: 'list of cookie keys',
      path: 'src/session.ts',
      text: `const cookieKeys = ['${roll(ALNUM, 30)}6', previous]\n`,
      secret: "['",
    },
    {
      kind: 'HMAC with a literal key',
      path: 'src/sign.ts',
      text: `return createHmac('sha256', '${roll(LOWER, 14)}').update(body).digest()\n`,
      secret: "'sha256', '",
    },
    {
      kind: 'JWT with a literal key',
      path: 'src/token.ts',
      text: `export const token = jwt.sign({ sub: id }, '${roll(LOWER, 14)}', { expiresIn: '1h' })\n`,
      secret: "id }, '",
    },
    {
      kind: 'password of curl',
      path: 'scripts/deploy.sh',
      text: `curl -sf -u deploy:${roll(ALNUM, 14)} https://artifacts.shop.io/put\n`,
      secret: '-u deploy:',
    },
    {
      kind: 'netrc',
      path: '.netrc',
      text: `machine api.shop.io login robot password ${roll(ALNUM, 16)}\n`,
      secret: 'password ',
    },
    {
      kind: 'pgpass',
      path: '.pgpass',
      text: `db.shop.internal:5432:shop:app:${roll(ALNUM, 16)}\n`,
      secret: ':app:',
    },
    {
      kind: 'Authorization header',
      path: 'src/client.ts',
      text: `const headers = { Authorization: 'Basic ${Buffer.from(`robot:${roll(ALNUM, 18)}`).toString('base64')}' }\n`,
      secret: "'Basic ",
    },
    {
      kind: 'encrypted private key',
      path: 'deploy/old.pem',
      text: `-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,${roll('0123456789ABCDEF', 32)}\n\n${roll(B64, 64)}\n${roll(B64, 64)}\n-----END RSA PRIVATE KEY-----\n`,
      secret: 'DEK-Info',
    },
    {
      kind: 'git credentials',
      path: '.git-credentials',
      text: `https://robot:${gitCredential}@github.com\n`,
      secret: gitCredential,
    },
  ]
}
