import { css } from 'lit';

export const viewStyles = css`
  :host { display: block; container-type: inline-size; }
  .layout { display: grid; gap: var(--s5); grid-template-columns: minmax(0, 1fr); }
  .answer { margin: 0; font-size: 1.75rem; font-weight: 600; line-height: 1.25; letter-spacing: -0.015em; text-wrap: balance; max-inline-size: 32ch; }
  .lead { margin-block-start: var(--s2); }
  .contents ol { list-style: none; display: grid; gap: var(--s1); }
  .contents a { color: var(--soft); text-decoration: none; display: block; padding-block: 0.1rem; }
  .contents a:hover, .contents a[aria-current] { color: var(--ink); text-decoration: underline; }
  .inputs { display: grid; gap: var(--s4); }
  .pair { display: grid; gap: var(--s3); grid-template-columns: 1fr 1fr; align-items: end; }
  section.part, section.closing { border-block-start: 1px solid var(--rule); padding-block: var(--s5) var(--s6); min-inline-size: 0; scroll-margin-block-start: var(--s4); }
  section > h2 { margin-block-end: var(--s3); }
  section.part > h2 a { color: inherit; text-decoration: none; }
  section.part > h2 a:hover { text-decoration: underline; }
  .number { color: var(--soft); font-weight: 400; margin-inline-end: 0.5em; font-variant-numeric: tabular-nums; }
  @container (min-width: 56rem) {
    .layout.page { grid-template: 'side head' 'side body' 1fr / minmax(14rem, 17rem) minmax(0, 1fr); gap: var(--s5) var(--s6); }
    .layout.page > .head { grid-area: head; }
    .layout.page > .body { grid-area: body; }
    .layout.page > .side { grid-area: side; position: sticky; inset-block-start: var(--s4); align-self: start; max-block-size: calc(100vh - 2 * var(--s4)); overflow-y: auto; padding: 3px; margin: -3px; }
    .answer { font-size: var(--t4); }
  }
  @media print { .side { display: none; } section.part { break-inside: auto; } }
`;

/** What every section is made of. */
export const sectionStyles = css`
  :host { display: block; container-type: inline-size; min-inline-size: 0; }
  :host > * + *, .answer > * + *, .text > * + * { margin-block-start: var(--s4); }
  .controls { display: flex; flex-wrap: wrap; gap: var(--s3) var(--s4); align-items: end; }
  :host([bare]) .controls { display: none; }
  .controls > * { inline-size: 11rem; max-inline-size: 100%; }
  .controls > .wide { inline-size: 20rem; }
  .pair { display: grid; gap: var(--s4) var(--s5); grid-template-columns: minmax(0, 1fr); align-items: start; }
  .finding { font-size: var(--t2); line-height: 1.5; max-inline-size: 62ch; }
  .kindly { border-inline-start: 3px solid var(--c2); padding-inline-start: var(--s3); }
  h3 { font-size: var(--t2); margin-block-start: var(--s5); }
  table { font-variant-numeric: tabular-nums; }
  /* Where running text stands in a column: rather scrolled than a word to a line. */
  table.roomy { min-inline-size: 36rem; }
  .answer td, .answer th { white-space: nowrap; }
  .answer td.text, .answer th.text, .answer thead th { white-space: normal; }
  @container (min-width: 44rem) { .pair { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
`;
