/** Members whose values differ from one reply to the next by their nature. */
const FLEETING = /("\w*(?:id|nonce|token|time|timestamp|trace|at)"\s*:\s*)"[^"]*"/gi
/** Letters of both cases and digits in one run: made by a machine. */
const RANDOM = /\b(?=[\w-]*\d)(?=[\w-]*[a-z])(?=[\w-]*[A-Z])[\w-]{12,}/g

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
    .replaceAll(FLEETING, '$1‹any›')
    .replaceAll(/[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/gi, '‹uuid›')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d)?/g, '‹time›')
    .replaceAll(/nonce-[\w+/=-]+|nonce="[^"]*"/g, '‹nonce›')
    .replaceAll(RANDOM, '‹token›')
    .replaceAll(/[A-Za-z0-9_-]{20,}/g, '‹token›')
    .replaceAll(/\d+/g, '‹n›')
}
