/** The looks of the report, light and dark. */
export const style: string = `
:root {
  color-scheme: light dark;
  --ink: light-dark(#1b1f24, #e6e8eb); --soft: light-dark(#5b6570, #9aa4af);
  --paper: light-dark(#f7f6f3, #14171a); --card: light-dark(#ffffff, #1c2024); --line: light-dark(#e2dfd8, #2c3238);
  --critical: light-dark(#8e1b5e, #e56bb0); --high: light-dark(#b42318, #ff7a6b); --medium: light-dark(#96600a, #f0b548);
  --low: light-dark(#1f5f99, #6fb3f0); --info: light-dark(#5b6570, #9aa4af); --pass: light-dark(#1e7a46, #58c48a);
  --idle: light-dark(#d8d4ca, #353b42);
}
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 68rem; padding: 3rem 1.5rem 5rem; background: var(--paper); color: var(--ink);
  font: 16px/1.55 ui-sans-serif, system-ui, "Segoe UI", Roboto, sans-serif }
h1 { font-size: 2.4rem; line-height: 1.15; margin: .2rem 0 .6rem; letter-spacing: -.02em; text-wrap: balance }
h2 { font-size: 1.2rem; margin: 0 }
section { margin-top: 3rem }
code, pre { font: .84em/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace }
pre { margin: 0; padding: .8rem 1rem; background: var(--paper); border: 1px solid var(--line); border-radius: 6px;
  white-space: pre-wrap; overflow-wrap: anywhere; max-height: 24rem; overflow: auto }
.kicker, .quiet, .label, .ids, small { color: var(--soft) }
.kicker { margin: 0; font-size: .85rem }
.lead { margin: 0; max-width: 60ch }
.alarm { border-left: 4px solid var(--high); background: var(--card); padding: .6rem 1rem; white-space: pre-wrap }
.tiles { display: flex; flex-wrap: wrap; gap: .6rem; list-style: none; padding: 0; margin: 1.6rem 0 0 }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: .5rem .9rem; color: var(--soft) }
.tile b { font-size: 1.35rem; margin-right: .25rem; color: var(--ink); font-variant-numeric: tabular-nums }
.tile.critical b { color: var(--critical) } .tile.high b { color: var(--high) } .tile.medium b { color: var(--medium) }
.tile.low b { color: var(--low) } .tile.pass b { color: var(--pass) } .tile.zero b { color: var(--soft); font-weight: 400 }
.bar { display: flex; flex-wrap: wrap; gap: 1rem; align-items: end; justify-content: space-between; margin-bottom: 1rem }
.filter { display: flex; flex-wrap: wrap; gap: .8rem; font-size: .85rem; color: var(--soft) }
.filter select, .filter input { font: inherit; color: var(--ink); background: var(--card); border: 1px solid var(--line);
  border-radius: 6px; padding: .3rem .5rem; max-width: 14rem }
summary { cursor: pointer } summary:focus-visible, select:focus-visible, input:focus-visible { outline: 2px solid var(--low); outline-offset: 2px }
.finding { background: var(--card); border: 1px solid var(--line); border-left: 4px solid var(--info); border-radius: 8px; margin: .6rem 0 }
.finding.critical { border-left-color: var(--critical) } .finding.high { border-left-color: var(--high) }
.finding.medium { border-left-color: var(--medium) } .finding.low { border-left-color: var(--low) }
.finding > summary { display: grid; grid-template-columns: 6rem 1fr auto 1rem; gap: .1rem .9rem; padding: .8rem 1rem; align-items: baseline; list-style: none }
.finding > summary::after { content: "›"; grid-column: 4; grid-row: 1; color: var(--soft); font-size: 1.2rem; line-height: 1; justify-self: end }
.finding[open] > summary::after { rotate: 90deg } .finding > summary:hover { background: color-mix(in srgb, var(--ink) 3%, transparent) }
.finding.review { border-left-color: var(--line) } .id { color: var(--soft); text-align: right }
@media (prefers-reduced-motion: no-preference) { .finding > summary::after { transition: rotate .15s } }
.finding > summary::-webkit-details-marker { display: none }
.says { font-weight: 600; overflow-wrap: anywhere } .where { grid-column: 2; color: var(--soft); overflow-wrap: anywhere }
.chip { font-size: .72rem; font-weight: 700; letter-spacing: .04em; text-transform: uppercase; white-space: nowrap; color: var(--info) }
.chip.critical { color: var(--critical) } .chip.high, .chip.fail { color: var(--high) } .chip.medium, .chip.inconclusive, .chip.review { color: var(--medium) }
.chip.low { color: var(--low) } .chip.pass { color: var(--pass) }
.inside { padding: 0 1rem 1rem 7.9rem }
dl { display: grid; grid-template-columns: 8.5rem 1fr; gap: .4rem 1rem; margin: 0 0 1rem }
dt { color: var(--soft) } dd { margin: 0 } .fix { font-weight: 600 }
.places { margin: 0; padding-left: 1.1rem; columns: 2; font-size: .9rem }
.evidence { margin: .6rem 0 } .evidence > summary { color: var(--soft); margin-bottom: .5rem }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: .8rem } .pair > div { min-width: 0 }
.label { margin: .6rem 0 .2rem; font-size: .8rem } .ids { font-size: .82rem; margin-bottom: 0 }
.accepted { color: var(--soft); font-style: italic }
table { width: 100%; border-collapse: collapse } th { text-align: left; font-weight: 500 }
td, th { padding: .35rem .8rem .35rem 0; vertical-align: baseline; border-bottom: 1px solid var(--line) }
.systems { margin-top: 1rem } .systems td:last-child { color: var(--soft); font-size: .85rem }
svg { width: 12rem; height: .6rem; vertical-align: middle; border-radius: 3px; background: var(--idle) }
rect.pass { fill: var(--pass) } rect.fail { fill: var(--high) } rect.open { fill: var(--medium) } rect.idle { fill: var(--idle) }
.more { list-style: none; padding: 0 } .more li { margin: .8rem 0 } .more pre { margin-top: .3rem }
.word { border-bottom: 1px solid var(--line); padding: .5rem 0 } .checks { margin: .6rem 0 } .checks td:first-child { width: 7.5rem }
.checks small { display: block; overflow-wrap: anywhere }
footer { margin-top: 4rem; color: var(--soft); font-size: .85rem; max-width: 60ch }
@media (max-width: 44rem) { .inside { padding-left: 1rem } .pair, dl { grid-template-columns: 1fr } .places { columns: 1 } h1 { font-size: 1.8rem }
  .finding > summary { grid-template-columns: 1fr 1rem } .finding > summary > * { grid-column: 1 } .finding > summary::after { grid-column: 2 } .id { text-align: left } }
@media print { body { max-width: none; padding: 0 } .filter { display: none } pre { max-height: none } }
`
