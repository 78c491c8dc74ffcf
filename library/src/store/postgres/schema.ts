import { type Migration, migrations } from '../sql/schema.ts'

const TEXT = 'text COLLATE "C"'

/**
 * Counting in one round trip: the rows are locked in the order of their keys, judged and charged
 * inside one function. It answers what was known before and whether all was charged; what that
 * means for the caller is worked out by the rules in `store/rules`, which every driver shares.
 *
 * Decision: a counter's commit does not wait for the disk. Cost: a crash of the database forgets
 * the last fraction of a second of counting, while every other table loses nothing.
 */
const counters = `
CREATE TABLE bulwark_buckets (
  key ${TEXT} PRIMARY KEY,
  level double precision NOT NULL,
  at bigint NOT NULL,
  empty_at bigint NOT NULL
) WITH (fillfactor = 70);

CREATE FUNCTION bulwark_ready_at(
  failures bigint, at bigint, free bigint, base_ms bigint, cap_ms bigint, forget_ms bigint,
  shut_after bigint
) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE
    WHEN failures >= shut_after THEN at + forget_ms
    WHEN failures = 0 OR failures < free THEN at
    ELSE at + least(
      cap_ms::double precision,
      base_ms * power(2::double precision, least(failures - free, 62)::double precision)
    )::bigint
  END
$$;

CREATE TABLE bulwark_failures (
  key ${TEXT} PRIMARY KEY,
  failures bigint NOT NULL,
  at bigint NOT NULL,
  free bigint NOT NULL,
  base_ms bigint NOT NULL,
  cap_ms bigint NOT NULL,
  forget_ms bigint NOT NULL,
  shut_after bigint,
  ready_at bigint NOT NULL GENERATED ALWAYS AS (
    bulwark_ready_at(failures, at, free, base_ms, cap_ms, forget_ms, shut_after)
  ) STORED,
  forgotten_at bigint NOT NULL GENERATED ALWAYS AS (at + forget_ms) STORED
) WITH (fillfactor = 70);
CREATE INDEX bulwark_failures_ready ON bulwark_failures (ready_at);

CREATE FUNCTION bulwark_hit(
  keys text[], limits double precision[], windows double precision[], costs double precision[],
  now_ms bigint, OUT charged boolean, OUT levels double precision[], OUT ats bigint[]
) LANGUAGE plpgsql AS $$
DECLARE
  key_now text;
  level_now double precision;
  at_now bigint;
  working_level double precision[] := '{}';
  working_at bigint[] := '{}';
  empties bigint[] := '{}';
  own text[];
  place integer;
BEGIN
  PERFORM set_config('synchronous_commit', 'off', true);
  SELECT array_agg(DISTINCT k COLLATE "C" ORDER BY k COLLATE "C") INTO own FROM unnest(keys) k;
  FOREACH key_now IN ARRAY coalesce(own, '{}') LOOP
    LOOP
      SELECT b.level, b.at INTO level_now, at_now
        FROM bulwark_buckets b WHERE b.key = key_now FOR UPDATE;
      EXIT WHEN FOUND;
      INSERT INTO bulwark_buckets VALUES (key_now, 0, 0, 0) ON CONFLICT DO NOTHING;
    END LOOP;
    working_level := working_level || level_now;
    working_at := working_at || at_now;
    empties := empties || 0::bigint;
  END LOOP;
  levels := '{}';
  ats := '{}';
  FOR i IN 1 .. coalesce(array_length(keys, 1), 0) LOOP
    place := array_position(own, keys[i]);
    levels := levels || working_level[place];
    ats := ats || working_at[place];
  END LOOP;
  charged := true;
  FOR i IN 1 .. coalesce(array_length(keys, 1), 0) LOOP
    place := array_position(own, keys[i]);
    level_now := greatest(0, working_level[place]
      - (greatest(0, now_ms - working_at[place]) * limits[i]) / windows[i]);
    level_now := greatest(0, level_now + costs[i]);
    IF costs[i] > 0 AND level_now > limits[i] + 1e-9 THEN
      charged := false;
      RETURN;
    END IF;
    working_level[place] := level_now;
    working_at[place] := greatest(working_at[place], now_ms);
    empties[place] := working_at[place]
      + greatest(0, ceil((level_now * windows[i]) / limits[i] - 1e-9))::bigint;
  END LOOP;
  UPDATE bulwark_buckets b SET level = w.level, at = w.at, empty_at = w.empty_at
    FROM unnest(own, working_level, working_at, empties) AS w (key, level, at, empty_at)
    WHERE b.key = w.key;
END $$;

CREATE FUNCTION bulwark_reserve(
  keys text[], frees bigint[], bases bigint[], caps bigint[], forgets bigint[], shuts bigint[],
  now_ms bigint, OUT charged boolean, OUT known_failures bigint[], OUT known_ats bigint[]
) LANGUAGE plpgsql AS $$
DECLARE
  own text[];
  key_now text;
  failures_now bigint;
  at_now bigint;
  working bigint[] := '{}';
  working_at bigint[] := '{}';
  place integer;
BEGIN
  PERFORM set_config('synchronous_commit', 'off', true);
  SELECT array_agg(DISTINCT k COLLATE "C" ORDER BY k COLLATE "C") INTO own FROM unnest(keys) k;
  FOREACH key_now IN ARRAY coalesce(own, '{}') LOOP
    LOOP
      SELECT f.failures, f.at INTO failures_now, at_now
        FROM bulwark_failures f WHERE f.key = key_now FOR UPDATE;
      EXIT WHEN FOUND;
      INSERT INTO bulwark_failures (key, failures, at, free, base_ms, cap_ms, forget_ms)
        VALUES (key_now, 0, 0, 0, 0, 0, 0) ON CONFLICT DO NOTHING;
    END LOOP;
    working := working || failures_now;
    working_at := working_at || at_now;
  END LOOP;
  known_failures := '{}';
  known_ats := '{}';
  FOR i IN 1 .. coalesce(array_length(keys, 1), 0) LOOP
    place := array_position(own, keys[i]);
    known_failures := known_failures || working[place];
    known_ats := known_ats || working_at[place];
  END LOOP;
  charged := true;
  FOR i IN 1 .. coalesce(array_length(keys, 1), 0) LOOP
    place := array_position(own, keys[i]);
    IF working[place] > 0 AND now_ms < working_at[place] + forgets[i] THEN
      IF bulwark_ready_at(working[place], working_at[place], frees[i], bases[i], caps[i],
          forgets[i], shuts[i]) > now_ms THEN
        charged := false;
        RETURN;
      END IF;
      working[place] := working[place] + 1;
      working_at[place] := greatest(working_at[place], now_ms);
    ELSE
      working[place] := 1;
      working_at[place] := now_ms;
    END IF;
  END LOOP;
  FOR i IN 1 .. coalesce(array_length(keys, 1), 0) LOOP
    place := array_position(own, keys[i]);
    UPDATE bulwark_failures f SET failures = working[place], at = working_at[place],
      free = frees[i], base_ms = bases[i], cap_ms = caps[i], forget_ms = forgets[i],
      shut_after = shuts[i] WHERE f.key = keys[i];
  END LOOP;
END $$;

CREATE FUNCTION bulwark_forgive(keys text[], how text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  key_now text;
BEGIN
  PERFORM set_config('synchronous_commit', 'off', true);
  FOR key_now IN SELECT k COLLATE "C" FROM unnest(keys) k ORDER BY k COLLATE "C" LOOP
    DELETE FROM bulwark_failures f WHERE f.key = key_now AND (how = 'all' OR f.failures <= 1);
    IF NOT FOUND THEN
      UPDATE bulwark_failures f SET failures = f.failures - 1
        WHERE f.key = key_now AND f.failures > 1;
    END IF;
  END LOOP;
END $$;
`

export const postgresSchema: readonly Migration[] = migrations({
  integer: 'bigint',
  text: TEXT,
  table: '',
  keyed: '',
  counters,
})
