import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { html } from './html.ts'

test('a name with markup in it is shown, not run', () => {
  const name = `<img src=x onerror="alert('hi')">`
  assert.equal(
    html`<p title="${name}">${name}</p>`.toString(),
    '<p title="&lt;img src=x onerror=&quot;alert(&#39;hi&#39;)&quot;&gt;">&lt;img src=x onerror=&quot;alert(&#39;hi&#39;)&quot;&gt;</p>',
  )
})

test('markup nests, lists join, nothing stays nothing', () => {
  const rows = ['a', 'b'].map(row => html`<li>${row}</li>`)
  assert.equal(
    html`<ul>${rows}${undefined}${false}${0}</ul>`.toString(),
    '<ul><li>a</li><li>b</li>0</ul>',
  )
})

test('no text whatever puts a quote or an angle into the page', () => {
  fc.assert(fc.property(fc.string(), text => !/[<>"']/.test(html`${text}`.toString())))
})
