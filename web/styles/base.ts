// The design system: colours, one type scale, and the few elements that every view is made of. Adopted by each component's
// shadow root (a strict Content-Security-Policy allows constructed sheets, not <style> or style attributes).
import { css } from 'lit';

/** Set once, on the outermost element (the page's frame or an embed); custom properties reach every shadow root inside. */
export const tokens = css`
  :host {
    --paper: light-dark(#fdfdfb, #14181f);
    --raised: light-dark(#ffffff, #1b2029);
    --sunk: light-dark(#f3f3ef, #10141a);
    --ink: light-dark(#191c22, #e9ebef);
    --soft: light-dark(#565c68, #a4acb9);
    --rule: light-dark(#dddcd5, #2f3642);
    --edge: light-dark(#8b8f98, #6d7686);
    --link: light-dark(#180db5, #8fb0ff);
    --good: light-dark(#0e6b4f, #68ffb9);
    --bad: light-dark(#a1260d, #ff9a73);
    --warn-paper: light-dark(#fdf3e4, #2a2118);
    --bad-paper: light-dark(#fcefeb, #2c1b17);
    --c1: light-dark(#180db5, #1960ff);
    --c2: light-dark(#d8760d, #c34416);
    --c3: light-dark(#24a581, #68ffb9);
    --c4: light-dark(#b579d9, #955d90);
    --c5: light-dark(#572b00, #e2f800);
    --on-c1: #fff;
    --on-c2: light-dark(#000, #fff);
    --on-c3: #000;
    --on-c4: light-dark(#000, #fff);
    --on-c5: light-dark(#fff, #000);

    --sans: ui-sans-serif, system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', 'Helvetica Neue', Arial, sans-serif;
    --mono: ui-monospace, 'SF Mono', 'Cascadia Mono', Menlo, 'DejaVu Sans Mono', 'Liberation Mono', monospace;
    --math: 'STIX Two Math', 'Cambria Math', 'Latin Modern Math', 'Noto Sans Math', math;

    /* One scale, a fifth apart: small print, text, lead, heading, answer. */
    --t0: 0.8125rem;
    --t1: 0.9375rem;
    --t2: 1.125rem;
    --t3: 1.375rem;
    --t4: 2rem;
    --s1: 0.25rem;
    --s2: 0.5rem;
    --s3: 0.75rem;
    --s4: 1rem;
    --s5: 1.5rem;
    --s6: 2.5rem;
    --radius: 5px;
  }
`;

export const base = css`
  :host { color: var(--ink); font: 400 var(--t1) / 1.55 var(--sans); text-align: start; }
  *, *::before, *::after { box-sizing: border-box; }
  [hidden] { display: none !important; }
  h1, h2, h3, p, ul, ol, dl, dd, figure, table, fieldset { margin: 0; padding: 0; border: 0; }
  h2 { font-size: var(--t3); font-weight: 600; line-height: 1.3; letter-spacing: -0.01em; }
  h3 { font-size: var(--t1); font-weight: 600; line-height: 1.4; }
  p { max-width: 68ch; text-wrap: pretty; }
  .lead { font-size: var(--t2); line-height: 1.5; }
  .small { font-size: var(--t0); line-height: 1.5; }
  .soft { color: var(--soft); }
  .stack > * + * { margin-block-start: var(--s4); }
  .row { display: flex; flex-wrap: wrap; align-items: center; gap: var(--s2) var(--s3); }
  .num, td.n, th.n { font-variant-numeric: tabular-nums lining-nums; }
  code, .mono { font-family: var(--mono); font-size: 0.92em; }
  a { color: var(--link); text-underline-offset: 0.18em; text-decoration-thickness: 1px; }
  a:hover { text-decoration-thickness: 2px; }
  .sr { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

  :focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 2px; }

  button, input, select, textarea { font: inherit; color: inherit; letter-spacing: inherit; }
  button { cursor: pointer; }
  .button, .input, select, textarea {
    background: var(--raised); border: 1px solid var(--edge); border-radius: var(--radius); padding: 0.3rem 0.6rem; min-block-size: 2.25rem; max-inline-size: 100%;
  }
  .button { font-weight: 500; line-height: 1.3; text-decoration: none; color: inherit; display: inline-flex; align-items: center; gap: 0.4em; }
  .button:hover:not(:disabled), select:hover { border-color: var(--ink); }
  .button:active:not(:disabled) { background: var(--sunk); }
  .button:disabled { color: var(--soft); border-color: var(--rule); cursor: default; }
  .button.primary { background: var(--ink); color: var(--paper); border-color: var(--ink); }
  .plain { background: none; border: 0; padding: 0; color: var(--link); text-decoration: underline; text-decoration-thickness: 1px; text-underline-offset: 0.18em; text-align: start; }
  .plain:hover { text-decoration-thickness: 2px; }
  select {
    appearance: none; inline-size: 100%; padding-inline-end: 2rem; text-overflow: ellipsis;
    background-image: linear-gradient(45deg, transparent 50%, currentColor 50%), linear-gradient(-45deg, transparent 50%, currentColor 50%);
    background-size: 5px 5px; background-repeat: no-repeat; background-position: right 0.95rem center, right 0.7rem center;
  }
  select.narrow { inline-size: auto; }
  select option { background: var(--raised); color: var(--ink); }
  textarea { inline-size: 100%; font-family: var(--mono); font-size: var(--t0); line-height: 1.5; resize: vertical; }
  .input { inline-size: 100%; font-variant-numeric: tabular-nums; }
  [aria-invalid='true'] { border-color: var(--bad); outline: 1px solid var(--bad); }
  .field { display: block; }
  .field > .label, .label { display: block; font-size: var(--t0); font-weight: 600; line-height: 1.4; margin-block-end: var(--s1); }
  .hint { font-size: var(--t0); color: var(--soft); line-height: 1.45; margin-block-start: var(--s1); }
  input[type='range'] { inline-size: 100%; accent-color: var(--link); margin: 0; block-size: 1.5rem; }
  input[type='checkbox'], input[type='radio'] { accent-color: var(--link); inline-size: 1rem; block-size: 1rem; margin: 0; }

  /* A number that opens to its formula. */
  .value {
    background: none; border: 0; padding: 0; margin: 0; font: inherit; color: inherit; font-variant-numeric: tabular-nums lining-nums; white-space: nowrap;
    text-decoration: underline dotted var(--edge) 1px; text-underline-offset: 0.22em;
  }
  .value:hover, .value[aria-expanded='true'] { text-decoration: underline solid var(--link) 2px; }

  .scroll { overflow-x: auto; }
  table { border-collapse: collapse; inline-size: 100%; }
  caption { text-align: start; font-weight: 600; padding-block-end: var(--s2); }
  th, td { text-align: start; vertical-align: baseline; padding: 0.4rem var(--s3) 0.4rem 0; border-block-end: 1px solid var(--rule); font-weight: 400; }
  thead th { font-size: var(--t0); color: var(--soft); font-weight: 500; line-height: 1.35; vertical-align: bottom; border-block-end-color: var(--edge); }
  th:last-child, td:last-child { padding-inline-end: 0; }
  td.n, th.n { text-align: end; inline-size: 1%; white-space: nowrap; padding-inline-start: var(--s3); }
  td.m { inline-size: 1%; padding-inline-end: 0; }
  tr.total > * { font-weight: 600; border-block-end: 0; border-block-start: 1px solid var(--edge); }
  tr.group > th { font-weight: 600; }
  tr.sub > th { padding-inline-start: var(--s4); }
  tr.on > * { background: var(--sunk); }

  details > summary { cursor: pointer; }
  details.section { border-block-start: 1px solid var(--rule); padding-block: var(--s3); }
  details.section > summary { font-weight: 600; font-size: var(--t2); list-style: none; padding-inline-start: 1.3em; text-indent: -1.3em; }
  details.section > summary::-webkit-details-marker { display: none; }
  details.section > summary::before { content: '+'; font-weight: 400; color: var(--soft); display: inline-block; inline-size: 1.3em; text-indent: 0; font-family: var(--mono); }
  details.section[open] > summary::before { content: '–'; }
  details.section > summary > .soft { font-weight: 400; font-size: var(--t0); margin-inline-start: var(--s2); display: inline-block; text-indent: 0; }
  details.section > :not(summary) { margin-block-start: var(--s4); }

  .spinner { display: inline-block; inline-size: 0.9em; block-size: 0.9em; border: 2px solid var(--rule); border-block-start-color: var(--link); border-radius: 50%; animation: turn 0.9s linear infinite; vertical-align: -0.1em; }
  @keyframes turn { to { rotate: 1turn; } }
  .stale { opacity: 0.5; }

  @media (prefers-reduced-motion: reduce) { *, *::before, *::after { animation-duration: 0s !important; transition: none !important; } .spinner { border-block-start-style: dotted; } }
  @media (forced-colors: active) {
    .button, .input, select, textarea { border-color: ButtonText; }
    select { appearance: auto; background-image: none; }
    tr.on > * { outline: 1px solid Highlight; }
  }
  @media print { .no-print, details.section:not([open]), details:not([open]):not(.section) { display: none !important; } details.section { break-inside: avoid; } .button { display: none; } .value { text-decoration: none; } }
`;
