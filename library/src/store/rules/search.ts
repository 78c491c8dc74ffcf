/** What `accounts.list` searches in: all that is given, without regard to case. */
export function searchText(...parts: readonly (string | undefined)[]): string {
  return parts
    .filter(part => part !== undefined)
    .join('\n')
    .normalize('NFC')
    .toLowerCase()
}
