/** One step of the schema, never changed once it was released. */
export interface Migration {
  /** 1, 2, 3 … without a gap. */
  readonly number: number
  readonly name: string
  readonly sql: string
}

/** The types that differ between the two dialects. */
export interface Types {
  /** Moments, counts. */
  readonly integer: string
  /** Compared byte by byte, so that order does not depend on a locale. */
  readonly text: string
  /** What follows the closing parenthesis of a table. */
  readonly table: string
  /** What follows when the table is looked up by its key, and the key is text. */
  readonly keyed: string
  /** The tables of the counters, which each dialect locks in its own way. */
  readonly counters: string
}

/** The schema of both dialects. Every name begins with `bulwark_`, so the application's stay free. */
export function migrations(types: Types): readonly Migration[] {
  return [{ number: 1, name: 'begin', sql: begin(types) }]
}

function begin({ integer, text, table, keyed, counters }: Types): string {
  return `
CREATE TABLE bulwark_accounts (
  id ${text} PRIMARY KEY,
  version ${integer} NOT NULL,
  email ${text} NOT NULL UNIQUE,
  email_verified_at ${integer},
  name ${text},
  password_hash ${text},
  password_changed_at ${integer},
  role ${text} NOT NULL,
  disabled_at ${integer},
  delete_after ${integer},
  created_at ${integer} NOT NULL,
  search ${text} NOT NULL
)${keyed};
CREATE INDEX bulwark_accounts_role ON bulwark_accounts (role, id);

CREATE TABLE bulwark_credentials (
  id ${text} PRIMARY KEY,
  account_id ${text} NOT NULL,
  kind ${text} NOT NULL,
  handle ${text} NOT NULL,
  data ${text} NOT NULL,
  mark ${integer} NOT NULL,
  confirmed ${integer} NOT NULL,
  created_at ${integer} NOT NULL,
  last_used_at ${integer},
  UNIQUE (kind, handle)
)${keyed};
CREATE INDEX bulwark_credentials_account ON bulwark_credentials (account_id, kind);

CREATE TABLE bulwark_sessions (
  id_hash ${text} PRIMARY KEY,
  id ${text} NOT NULL,
  account_id ${text} NOT NULL,
  role ${text} NOT NULL,
  created_at ${integer} NOT NULL,
  authenticated_at ${integer} NOT NULL,
  factors ${text} NOT NULL,
  last_seen_at ${integer} NOT NULL,
  idle_expires_at ${integer} NOT NULL,
  expires_at ${integer} NOT NULL,
  address ${text} NOT NULL,
  device ${text} NOT NULL,
  ends_at ${integer} NOT NULL
)${keyed};
CREATE INDEX bulwark_sessions_account ON bulwark_sessions (account_id);
CREATE INDEX bulwark_sessions_ends ON bulwark_sessions (ends_at);

CREATE TABLE bulwark_refresh_families (
  family_id ${text} PRIMARY KEY,
  account_id ${text} NOT NULL,
  client_id ${text},
  data ${text} NOT NULL,
  expires_at ${integer} NOT NULL
)${keyed};
CREATE INDEX bulwark_refresh_families_account ON bulwark_refresh_families (account_id);
CREATE INDEX bulwark_refresh_families_expires ON bulwark_refresh_families (expires_at);
CREATE TABLE bulwark_refresh_tokens (
  hash ${text} PRIMARY KEY,
  family_id ${text} NOT NULL REFERENCES bulwark_refresh_families (family_id) ON DELETE CASCADE,
  issued_at ${integer} NOT NULL,
  expires_at ${integer} NOT NULL,
  used_at ${integer}
)${keyed};
CREATE INDEX bulwark_refresh_tokens_family ON bulwark_refresh_tokens (family_id);
CREATE INDEX bulwark_refresh_tokens_expires ON bulwark_refresh_tokens (expires_at)
  WHERE used_at IS NULL;

CREATE TABLE bulwark_one_time_tokens (
  hash ${text} PRIMARY KEY,
  purpose ${text} NOT NULL,
  account_id ${text},
  data ${text} NOT NULL,
  expires_at ${integer} NOT NULL,
  attempts_left ${integer} NOT NULL
)${keyed};
CREATE INDEX bulwark_one_time_tokens_account ON bulwark_one_time_tokens (account_id, purpose)
  WHERE account_id IS NOT NULL;
CREATE INDEX bulwark_one_time_tokens_expires ON bulwark_one_time_tokens (expires_at);

${counters}
CREATE TABLE bulwark_audit_log (
  sequence ${integer} PRIMARY KEY,
  id ${text} NOT NULL,
  at ${integer} NOT NULL,
  code ${text} NOT NULL,
  actor_id ${text},
  target_id ${text},
  text ${text} NOT NULL,
  personal ${text},
  link ${text} NOT NULL
)${table};
CREATE INDEX bulwark_audit_log_at ON bulwark_audit_log (at);
CREATE INDEX bulwark_audit_log_code ON bulwark_audit_log (code, sequence);
CREATE INDEX bulwark_audit_log_actor ON bulwark_audit_log (actor_id, sequence)
  WHERE actor_id IS NOT NULL;
CREATE INDEX bulwark_audit_log_target ON bulwark_audit_log (target_id, sequence)
  WHERE target_id IS NOT NULL;
CREATE TABLE bulwark_audit_head (
  id ${integer} PRIMARY KEY CHECK (id = 1),
  sequence ${integer} NOT NULL,
  link ${text} NOT NULL
)${table};
INSERT INTO bulwark_audit_head (id, sequence, link) VALUES (1, 0, '');

CREATE TABLE bulwark_jobs (
  id ${text} PRIMARY KEY,
  kind ${text} NOT NULL,
  payload ${text} NOT NULL,
  run_at ${integer} NOT NULL,
  attempts ${integer} NOT NULL,
  lease ${text},
  lease_until ${integer} NOT NULL
)${keyed};
CREATE INDEX bulwark_jobs_due ON bulwark_jobs (kind, run_at);
`
}
