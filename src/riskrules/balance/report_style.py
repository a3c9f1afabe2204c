"""How the report looks: on a wide screen, on a phone, where a row of a table becomes a short list, and on paper."""

from __future__ import annotations

STYLE = """
:root { --ink: #1b1b1b; --soft: #575757; --line: #dadada; --bad: #a40000; --good: #1d6b34; --blue: #1f5a99; }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 68rem; margin: 2rem auto; padding: 0 1rem; color: var(--ink); }
h1 { font-size: 1.6rem; line-height: 1.25; margin-bottom: .25rem; }
h2 { font-size: 1.2rem; border-top: 2px solid var(--ink); padding-top: .75rem; margin-top: 2.25rem; }
h3 { font-size: 1rem; margin: 1.25rem 0 .25rem; }
p, ul { max-width: 44rem; }
.small, small { color: var(--soft); font-size: .875rem; }
small { display: block; white-space: nowrap; }
small.wrap { white-space: normal; }
.bad { color: var(--bad); } .good { color: var(--good); }
.wrap { overflow-wrap: anywhere; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(10.5rem, 1fr)); gap: .75rem; padding: 0; }
.cards div { border: 1px solid var(--line); border-radius: .4rem; padding: .6rem .8rem; }
.cards b { display: block; font-size: 1.5rem; font-variant-numeric: tabular-nums; }
.picture { max-width: 40rem; margin: .5rem 0; }
.two { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: 1rem; }
svg { display: block; width: 100%; height: auto; font: 11px system-ui, sans-serif; }
.grid { stroke: #e4e4e4; } .tick, .axis { fill: var(--soft); } .tick { font-size: 10px; }
.curve { fill: none; stroke: #8a8a8a; stroke-width: 1.5; } .step { fill: #8a8a8a; }
.now { fill: var(--blue); } .before { fill: #fff; stroke: #b25900; stroke-width: 2.5; }
.spot { font-weight: 700; paint-order: stroke; stroke: #fff; stroke-width: 3px; }
.name { paint-order: stroke; stroke: #fff; stroke-width: 3px; }
.bar { fill: #7fa8d1; } .range { stroke: var(--ink); stroke-width: 1.2; }
.average { stroke: var(--bad); stroke-dasharray: 4 3; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem; }
th, td { text-align: left; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-size: .85rem; color: var(--soft); font-weight: 600; }
.n { text-align: right; font-variant-numeric: tabular-nums; }
.m { white-space: nowrap; }
@media (max-width: 46rem) {
  body { margin: 1rem auto; }
  thead { display: none; }
  table, tbody { display: block; }
  tr { display: block; border-bottom: 1px solid var(--line); padding: .5rem 0; }
  td { display: flex; justify-content: space-between; gap: 1rem; border: 0; padding: .1rem 0; text-align: right; }
  td span { overflow-wrap: anywhere; }
  td:first-child { font-weight: 600; }
  td::before { content: attr(data-name); color: var(--soft); font-size: .85rem; font-weight: 400; text-align: left;
    flex: 0 0 8.5rem; }
}
@media print {
  body { margin: 0; max-width: none; font-size: 11pt; }
  table { font-size: 9pt; } small { font-size: 8pt; }
  tr, .picture, .cards div { break-inside: avoid; } h2, h3 { break-after: avoid; }
}
"""
