/**
 * Takes out of a reply what differs from one asking to the next although nothing does: ids, times,
 * nonces, tokens and `own`, the words the request itself brought along.
 */
export function normalise(text: string, own: readonly string[] = []): string {
  let plain = text
  for (const word of own)
    if (word !== '')
      plain = plain
        .replaceAll(word, '‹own›')
        .replaceAll(encodeURIComponent(word), '‹own›')
        .replaceAll(word.replaceAll('&', '&amp;').replaceAll('<', '&lt;'), '‹own›')
  return plain
    .replaceAll(/[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/gi, '‹uuid›')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d)?/g, '‹time›')
    .replaceAll(/[A-Za-z0-9_-]{20,}/g, '‹token›')
    .replaceAll(/\d+/g, '‹n›')
}
