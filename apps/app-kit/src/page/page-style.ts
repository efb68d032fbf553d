/** How report pages look: in the light and in the dark, on a screen and on a phone. Pictures of `@unroll/inspect` take the page's colours. */
export const PAGE_STYLE: string = `
:root {
  color-scheme: light dark;
  --ground: #fff; --card: #f6f7f9; --ink: #1d2129; --soft: #5b6370; --line: #d9dde3; --accent: #1f6feb;
}
@media (prefers-color-scheme: dark) {
  :root { --ground: #14171c; --card: #1d2128; --ink: #e4e7ec; --soft: #9aa3b0; --line: #343a44; --accent: #6ea8fe; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2.25rem 0 .75rem; }
h3 { font-size: 1rem; margin: 1.25rem 0 .5rem; }
p { margin: .25rem 0 .75rem; }
.lead, .soft, figcaption { color: var(--soft); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .75rem; margin: 1.25rem 0; padding: 0; }
.tiles div { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .6rem .8rem; }
.tiles dt { color: var(--soft); font-size: .82rem; }
.tiles dd { margin: 0; font-size: 1.1rem; font-weight: 600; overflow-wrap: anywhere; }
figure { margin: 0 0 1.5rem; }
.picture { overflow-x: auto; border: 1px solid var(--line); border-radius: .6rem; padding: .5rem; }
.picture svg { display: block; max-width: none; height: auto; fill: var(--ink); }
.picture.fits svg { width: 100%; min-width: 34rem; }
.picture svg > rect[fill="#fff"] { fill: none; }
.picture svg path[stroke="#ddd"] { stroke: var(--line); }
.picture svg path[stroke="#666"] { stroke: var(--soft); }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
.wide { overflow-x: auto; }
th, td { text-align: left; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 500; color: var(--soft); }
th[scope="row"] { width: 14rem; }
td { overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
td.number, th.number { text-align: right; }
pre, code { font: .88rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
pre { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .75rem; margin: 0 0 1rem;
  white-space: pre-wrap; overflow-wrap: anywhere; }
`;
