import { html } from '../html.ts'
import { csrfField, page, type State, says, type View } from '../layout.ts'
import { button, time } from './account.ts'

export interface FileRow {
  readonly id: string
  readonly name: string
  readonly type: string
  readonly bytes: number
  readonly storedAt: number
}

const KINDS: Readonly<Record<string, string>> = {
  'image/png': 'PNG picture',
  'image/jpeg': 'JPEG picture',
  'image/webp': 'WebP picture',
  'image/gif': 'GIF picture',
  'application/pdf': 'PDF',
  'document/pdf': 'PDF',
  'text/plain': 'Text',
}

export function filesPage(view: View, files: readonly FileRow[], state: State): string {
  return page(
    { ...view, scripts: ['files.js'] },
    html`<h1>Your files</h1>
<p class="lead">Pictures, PDF and plain text, up to 20 MB. What could run or lies about itself is not kept.</p>
<div aria-live="polite" data-files-problem>${says(state)}</div>
<form class="card drop" method="post" action="/files" enctype="multipart/form-data" data-files>
${csrfField(view.csrfToken)}
<label>Choose a file<input type="file" name="file" multiple required accept="image/png,image/jpeg,image/webp,image/gif,application/pdf,text/plain"><small data-drop-hint hidden>Or drop files anywhere on this box.</small></label>
<progress max="100" value="0" aria-label="Progress of the upload" hidden></progress>
<div class="actions"><button>Keep it</button></div>
</form>
<section aria-labelledby="kept"><h2 id="kept">Kept so far</h2>
<ul class="rows">
${
  files.length === 0
    ? html`<li class="empty">Nothing yet.</li>`
    : files.map(
        file => html`<li><div><a class="name" href="/api/files/${file.id}">${file.name}</a><p>${KINDS[file.type] ?? file.type} · ${size(file.bytes)} · ${time(new Date(file.storedAt).toISOString())}</p></div>${button(view, `/files/${file.id}/remove`, 'Remove', file.name, 'danger')}</li>
`,
      )
}</ul></section>`,
  )
}

/** `1.4 MB` */
export function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(bytes < 10_000 ? 1 : 0)} kB`
  return `${(bytes / 1_000_000).toFixed(1)} MB`
}
