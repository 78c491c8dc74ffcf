const STEPS = [1, 5, 15, 60, 300, 900] as const

/**
 * Rounds a wait up to 1, 5, 15, 60, 300 or 900 seconds (longer ones to whole hours): good enough to
 * wait for, too coarse to tell which counter refused or to time the next guess.
 *
 * @see RFC 6585 §4; OWASP Bot Management cheat sheet
 */
export function coarseSeconds(milliseconds: number): number {
  const seconds = milliseconds / 1000
  return STEPS.find(step => seconds <= step) ?? Math.ceil(seconds / 3600) * 3600
}
