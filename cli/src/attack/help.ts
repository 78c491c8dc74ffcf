export const help = `Usage: bulwark attack [URL] [options]

Attacks a service on this machine, written in anything, and shows what gets through, each with the
request that proves it. Nothing is sent anywhere else. Without a config it finds pages, forms and an
OpenAPI document by itself; with one (bulwark attack init) it signs in and goes deeper.

  bulwark attack http://localhost:3000
  bulwark attack --start "npm start" --wait /healthz http://localhost:3000
  bulwark attack http://localhost:3000 --only idor,csrf.form-post --seed 7 --out reports

More verbs
  init URL                reads the service and writes bulwark.attack.ts
                          (--template github|pre-commit|npm prints one of those instead)
  explain ID              what a check tries, why, and how to fix it
  replay FILE#f3          runs the check of one finding again
  diff OLD NEW            what is new, fixed and unchanged between two reports
  baseline FILE           accepts what a report found (--reason TEXT --until 2027-01-31)
  schema                  prints the JSON schema of reports

What to run
  --config FILE           config; else bulwark.attack.ts, .js or .json here
  --only A,B  --skip A,B  checks by id (idor.read), first word (idor) or folder (access)
  --level LEVEL           passive (reads), safe (default), full (also locks, floods and stalls)
  --seed TEXT             repeats the random choices of an earlier run
  --rps N  --requests N  --minutes N   bounds; 100 a second on loopback, 4000, 5
  --start CMD  --wait PATH             starts the service, and stops it afterwards
  --target-i-own HOST  --proof TEXT    for a host that is not this machine
  --dry-run               prints the plan and stops
  --list [--system N] [--needs]        the catalogue, and what each check lacks

What to write
  --out DIR               every format at once
  --html, --json-file, --sarif, --junit, --markdown FILE
  --json                  the report on standard output
  --annotations           GitHub annotations (on in GitHub Actions)
  --baseline FILE         accepted findings; else bulwark.baseline.json here
  --compare OLD.json      what changed since
  --fail-on SEVERITY      info, low, medium (default), high, critical
  --verbose  --reveal     every missing need; secrets unmasked, on the terminal only

Exit status: 0 nothing at or above --fail-on, 1 findings, 2 usage or a target that may not be
attacked, 3 the run is incomplete (the service died, a sign-in failed, a limit was reached).
`
