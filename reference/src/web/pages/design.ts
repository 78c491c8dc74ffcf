import { html, Markup } from '../html.ts'
import { field, notice, page, type View } from '../layout.ts'

/** Tokens by their name in `style.css` and `console.css`, and what each is for. */
const COLOURS: readonly (readonly [string, string])[] = [
  ['ground', 'behind everything'],
  ['surface', 'cards, tables, the header'],
  ['raised', 'fields, dialogs'],
  ['line', 'borders'],
  ['ink', 'text'],
  ['soft', 'text that explains'],
  ['accent', 'links, the first button'],
  ['accent-ink', 'text on accent'],
  ['good', 'it worked'],
  ['good-ground', 'behind it'],
  ['warn', 'look at it'],
  ['warn-ground', 'behind it'],
  ['bad', 'it did not'],
  ['bad-ground', 'behind it'],
]
const MEASURES: readonly (readonly [string, string])[] = [
  ['radius', 'corners of cards'],
  ['shadow', 'what lies higher'],
  ['gap', 'between parts'],
  ['measure', 'width of a single form'],
]

const swatch = ([name, about]: readonly [string, string]): Markup =>
  html`<li><i class="${name === 'line' ? 'line-token' : name}"></i><code>--${name}</code><br><small class="hint">${about}</small></li>`

const spark = new Markup(
  '<svg class="spark" viewBox="0 0 120 32" preserveAspectRatio="none" role="img" aria-label="Sign-ins by quarter hour"><polygon points="0,32 0,30 20,22 40,26 60,9 80,16 100,3 120,12 120,32"/><polyline points="0,30 20,22 40,26 60,9 80,16 100,3 120,12"/></svg>',
)

/** `/design`: all tokens and components in one place, in development only. */
export function designPage(view: View): string {
  return page(
    { ...view, styles: ['console.css', 'design.css'] },
    html`<h1>The design</h1>
<p class="lead">Every token and every part that the pages and the console are made of. A page that uses
nothing else is light and dark, narrow and wide, read aloud and used by keyboard without another line.</p>
<section aria-labelledby="colours"><h2 id="colours">Colours</h2><ul class="swatches">${COLOURS.map(swatch)}</ul></section>
<section aria-labelledby="measures"><h2 id="measures">Measures</h2><ul class="swatches">${MEASURES.map(swatch)}</ul></section>
<section aria-labelledby="text"><h2 id="text">Text</h2><div class="card">
<p class="crumb"><a href="#text">Crumb</a></p><p class="lead">A lead says in one breath what the page is for.</p>
<p>Running text with a <a href="#text">link</a> and <code>code</code>.</p><p class="hint">A hint explains, and can be left out.</p></div></section>
<section aria-labelledby="buttons"><h2 id="buttons">Buttons and badges</h2><div class="card specimen">
<div class="actions"><button type="button">First</button><button class="quiet" type="button">Quiet</button><button class="danger" type="button">Danger</button><a class="button" href="#buttons">As a link</a></div>
<div class="actions"><button class="small" type="button">First</button><button class="quiet small" type="button">Quiet</button><button class="danger small" type="button">Danger</button><button type="button" disabled>Not now</button></div>
<div class="actions"><span class="badge plain">Plain</span><span class="badge good">Good</span><span class="badge warn">Look</span><span class="badge bad">Bad</span></div></div></section>
<section aria-labelledby="notices"><h2 id="notices">What just happened</h2><div class="specimen">
${notice('plain', 'It is neither good nor bad.')}${notice('good', 'It worked.')}${notice('bad', 'It did not, and here is what to do.')}
<div class="notice lost between"><p><strong>The line to the service is lost.</strong> What you see is from before.</p><button class="quiet small" type="button">Try now</button></div></div></section>
<section aria-labelledby="forms"><h2 id="forms">Forms</h2><form class="card" action="/design">
${field('Text', { name: 'text', hint: 'A hint under its field.' })}
${field('Code', { name: 'code', inputmode: 'numeric', code: true, value: '123456' })}
<label>Choice<select name="choice"><option>One</option><option>Another</option></select></label>
<fieldset><legend>Several</legend><div class="checks"><label class="check"><input type="checkbox" name="a" checked> One</label><label class="check"><input type="checkbox" name="b"> Another</label></div></fieldset>
<label>A file<input type="file" name="file"></label>
<div><span id="progress">How far it is</span><progress max="100" value="62" aria-labelledby="progress"></progress></div>
<details class="more"><summary>More of it</summary><p>What few people need.</p></details>
<div class="actions"><button>Send</button><a href="#forms">Leave it</a></div></form></section>
<section aria-labelledby="rows"><h2 id="rows">Rows and tables</h2>
<ul class="rows"><li><div><strong>A row</strong> <span class="badge good">Good</span><p>What there is to say about it.</p></div><button class="quiet small" type="button">Change</button></li><li><div><strong>Another</strong><p>With something dangerous.</p></div><button class="danger small" type="button">Remove</button></li></ul>
<div class="table under" role="region" aria-label="A table" tabindex="0"><table><thead><tr><th scope="col">Item</th><th scope="col">Quantity</th></tr></thead><tbody><tr><td>a lighthouse</td><td>1</td></tr><tr><td>a candle</td><td>12</td></tr></tbody></table></div></section>
<section aria-labelledby="states"><h2 id="states">Nothing, not yet, not at all</h2><div class="specimen">
<ul class="rows"><li><div class="empty"><strong>Nobody waits</strong><p>The sixth wrong guess is the first that does.</p></div></li></ul>
<div class="loading" role="status"><span class="visually-hidden">Reading…</span><i></i><i></i><i></i></div>
<div class="notice bad between"><p>The service cannot be reached. What you see may be old.</p><button class="quiet small" type="button">Try again</button></div></div></section>
<section aria-labelledby="numbers"><h2 id="numbers">Numbers</h2>
<ul class="figures"><li class="figure"><span>Sign-ins</span><strong>1,204</strong>${spark}</li><li class="figure refusals"><span>Refusals</span><strong>318</strong>${spark}</li><li class="figure attacks"><span>Attacks</span><strong>7</strong>${spark}</li></ul>
<div class="card"><ul class="bars"><li><a href="#numbers">login</a><progress max="12" value="12" aria-label="login"></progress><strong>12</strong></li><li><a href="#numbers">csrf</a><progress max="12" value="5" aria-label="csrf"></progress><strong>5</strong></li></ul></div></section>
<section aria-labelledby="secrets"><h2 id="secrets">Things shown once</h2><div class="card"><p><code class="secret">JBSW Y3DP EHPK 3PXP</code></p><ol class="codes"><li><code>3f9k-22xq</code></li><li><code>8d1m-70ze</code></li></ol></div></section>`,
  )
}
