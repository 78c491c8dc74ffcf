import { type Command, EXIT, type Exit, type Terminal } from '../command.ts'

type Explainer = (args: readonly string[], terminal: Terminal) => Promise<Exit>

/** Loaded by name: who asks about JSON does not pay for the network guard. */
const EXPLAINERS: Readonly<Record<string, () => Promise<Explainer>>> = {
  url: async () => (await import('./url.ts')).explainUrl,
  file: async () => (await import('./file.ts')).explainFile,
  name: async () => (await import('./name.ts')).explainName,
  json: async () => (await import('./json.ts')).explainJson,
  password: async () => (await import('./password.ts')).explainPassword,
}

export const command: Command = {
  name: 'explain',
  summary: 'shows what a policy decides about one input, and why',
  help: `Usage: bulwark explain KIND [INPUT] [options]

Shows what the policy of production decides about one input, or about one a line with --batch:
{"verdict":"allow"|"refuse","code":…,"why":…}. Nothing is sent and nothing is kept.

  url URL          would an outbound request go out
      --resolve HOST=A,B   what HOST resolves to; again for another lookup or another host
      --policy FILE        JSON with the options of bulwark/outbound
  file PATH        would the upload be let in
      --name NAME          the name that the client would send
      --type TYPE          the type that the client would declare
      --allow TYPE         a type that the endpoint allows; repeatable
      --max-bytes N        the most bytes
      --policy FILE        JSON with the options of bulwark/uploads
  name NAME        may the name somebody sent name a file below a folder
      --base FOLDER        that folder; this one unless told
      --mode read|create   the file may be there, or must not
      --repair             makes a harmless name out of a refused one
  json [TEXT]      would the strict reader take this body; standard input without TEXT
  password [TEXT]  could somebody set this password; standard input without TEXT
      --context WORD       a name or address of theirs; repeatable
      --min-length N       in place of 15

  --batch          one JSON object a line on standard input, one line each on standard output:
                   {"url",…} · {"path",…} · {"base","name","mode"?} · {"text"} · {"password","context"?}
  --json           the same line for a single input

Examples:
  bulwark explain url http://a.example.net/ --resolve a.example.net=93.184.215.14,10.0.0.7
  bulwark explain file avatar.png --type image/png --allow image/png
  bulwark explain json '{"role":"user","role":"admin"}'

Exit status: 0 allowed (with --batch: every line answered), 1 refused, 2 wrong usage, 3 could not run.
`,
  async run(args, terminal) {
    const [name = '', ...rest] = args
    const load = Object.hasOwn(EXPLAINERS, name) ? EXPLAINERS[name] : undefined
    if (load === undefined) {
      const known = Object.keys(EXPLAINERS).join(', ')
      terminal.err(`bulwark explain: write ${known}. bulwark explain --help shows how.\n`)
      return EXIT.usage
    }
    const explain = await load()
    return explain(rest, terminal)
  },
}
