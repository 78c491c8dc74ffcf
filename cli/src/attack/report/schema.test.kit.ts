/** Where a value does not fit a JSON schema; only what the report's schema uses is known. */
export function misfits(
  value: unknown,
  schema: Readonly<Record<string, unknown>>,
  at = '',
): string[] {
  const { type, properties, required, items, pattern, minimum } = schema
  const options = schema['enum'] as readonly unknown[] | undefined
  if ('const' in schema && value !== schema['const']) return [`${at}: not ${schema['const']}`]
  if (options !== undefined)
    return options.includes(value) ? [] : [`${at}: ${value} is none of ${options}`]
  if (type === 'string')
    return typeof value === 'string' && new RegExp(String(pattern ?? '')).test(value)
      ? []
      : [`${at}: ${value} is no such text`]
  if (type === 'integer')
    return Number.isInteger(value) && Number(value) >= Number(minimum ?? -1e9)
      ? []
      : [`${at}: ${value} is no whole number`]
  if (type === 'array')
    return Array.isArray(value)
      ? value.flatMap((item, index) => misfits(item, items as never, `${at}/${index}`))
      : [`${at}: no list`]
  if (type !== 'object') return []
  if (typeof value !== 'object' || value === null) return [`${at}: no object`]
  const known = properties as Readonly<Record<string, Record<string, unknown>>>
  const missing = (required as readonly string[])
    .filter(name => !(name in value))
    .map(name => `${at}/${name}: missing`)
  return [
    ...missing,
    ...Object.entries(value).flatMap(([name, inner]) =>
      known[name] === undefined
        ? [`${at}/${name}: unknown`]
        : misfits(inner, known[name], `${at}/${name}`),
    ),
  ]
}
