import { attacked, type Evidences, shown } from './shown.ts'

const FIELDS = 'library/src/vault/fields/fields.test.ts'
const XAES = 'library/src/vault/fields/xaes.test.ts'
const SOURCES = 'library/src/doctor/sources.test.ts'
const TLS = 'library/src/outbound/tls.test.ts'
const CIPHERS = 'the only cipher is AES-256-GCM, with whole tags'
const HASHES = 'hashes have 256 bits or more, but where a standard outside of us says otherwise'
const SECRETS = 'library/src/vault/secrets/secrets.test.ts'

/** V11 cryptography, V12 secure communication. */
export const cryptography: Evidences = {
  '11.2.1': shown(
    'fields',
    XAES,
    'seals ten thousand published random cases to the published digest',
    {
      how: 'Ciphers, hashes and signatures are those of node:crypto (OpenSSL) and jose; what is put together of them meets the published vectors.',
    },
  ),
  '11.2.2': shown(
    'fields',
    FIELDS,
    'after a change of key old values open, and are sealed anew under the new key',
    {
      how: 'A sealed value names its key; old ones open, the newest seals, and a run that can stop and go on moves all rows.',
    },
  ),
  '11.2.3': shown('rootKey', SECRETS, 'what repeats itself, counts up or is short is called weak', {
    check: 'secrets.made-up-key',
    how: 'AES-256, SHA-256, Ed25519 or P-256; keys of 256 bits, and weak ones stop the start.',
  }),
  '11.2.5': shown(
    'fields',
    FIELDS,
    'nothing that an attacker writes into the column throws, or opens',
    {
      how: 'A value that does not open has one refusal, without a part of the text, and is told once.',
    },
  ),
  '11.3.1': shown('fields', SOURCES, CIPHERS, {
    how: 'The only cipher is AES-256-GCM; none can be chosen.',
  }),
  '11.3.2': shown('fields', SOURCES, CIPHERS, {
    how: 'AES-256-GCM, with nonces of 192 bits (XAES) where fields are sealed.',
  }),
  '11.3.3': shown('fields', FIELDS, 'a sealed value copied to … does not open', {
    how: 'A sealed value is bound to table, column, row and key, with a whole tag.',
  }),
  '11.3.4': shown('fields', FIELDS, 'any text comes back as it was, sealed differently each time', {
    how: 'Nonces are 192 random bits for each value (XAES-256-GCM), which need no count.',
  }),
  '11.3.5': shown('fields', XAES, 'any one bit changed, anywhere, opens nothing', {
    how: 'There is no encryption with a MAC of its own: both are one (AEAD).',
  }),
  '11.4.1': shown('always on', SOURCES, HASHES, {
    how: 'SHA-256, HMAC and HKDF; SHA-1 only where a standard outside of us says it: codes of apps, the breach service, Redis’ names of scripts.',
  }),
  '11.4.2': shown(
    'account.password',
    'library/src/account/password/password.test.ts',
    'a fast machine hashes dearer, a slow one never below the floor',
    {
      how: 'argon2id, calibrated on the machine, never below 19 MiB, two passes; a sign-in renews what is cheaper.',
    },
  ),
  '11.4.3': shown('always on', SOURCES, HASHES, {
    how: 'Digests and MACs that are kept have 256 bits.',
  }),
  '11.5.1': attacked('session', 'session.entropy', {
    how: 'What opens something has 256 bits of the system’s generator, backup codes 120.',
  }),
  '11.5.2': shown('always on', SOURCES, 'eight processes that draw at once draw nothing twice', {
    how: 'Chance is the system’s, read in blocks that no other process has.',
  }),
  '11.6.1': shown(
    'rootKey',
    'cli/src/keys/keys.test.ts',
    'a new key is printed alone, and production takes it',
    {
      how: 'Keys are made by the system’s generator, written with mode 0600, and derived by HKDF for each use; signatures are Ed25519 or P-256.',
    },
  ),
  '12.2.1': shown(
    'origin',
    'library/src/doctor/doctor.test.ts',
    'a production start with something critical is refused, and told what to do',
    {
      check: 'http.plain-origin',
      how: 'In production an origin without https stops the start, and what arrives over plain http is redirected or refused.',
    },
  ),
  '12.3.1': shown(
    'stores',
    'library/src/account/mail/smtp.test.ts',
    'a server without TLS gets nothing unless it is told so',
    {
      check: 'store.plain-connection',
      how: 'Mail needs TLS unless told; stores that are reached without it are told by the doctor.',
    },
  ),
  '12.3.2': shown(
    'outbound',
    TLS,
    'NODE_TLS_REJECT_UNAUTHORIZED and the client’s own options do not switch the check off',
    {
      check: 'outbound.tls-switched-off',
      how: 'What goes out through us checks certificates, whatever the environment says.',
    },
  ),
  '12.3.3': shown('outbound', TLS, 'a certificate that no public root signed is refused', {
    check: 'outbound.plain-http',
    how: 'Providers, keys and webhooks are asked over https.',
  }),
  '12.3.4': shown('outbound', TLS, 'roots that are no certificate stop the start', {
    how: 'A policy may name its own roots, and then trusts no other.',
  }),
}
