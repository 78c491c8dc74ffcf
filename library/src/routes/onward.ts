const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '"': '&quot;',
  '<': '&lt;',
  '>': '&gt;',
}

/**
 * A page that leads on by itself. A form's answer may not redirect to another site, because its page's
 * policy lets forms go nowhere but here (CSP `form-action`); a page may.
 */
export function onward(location: string): string {
  const to = location.replace(/[&"<>]/g, char => ENTITIES[char] ?? '')
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=${to}"><title>One moment</title><p><a href="${to}">Go on</a></p></html>\n`
}
