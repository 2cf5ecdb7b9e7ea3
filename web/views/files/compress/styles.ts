import { css } from 'lit';

export const styles = css`
  :host { display: block; container-type: inline-size; }
  section + section { margin-block-start: var(--s5); }
  section > * + *, .panel > * + * { margin-block-start: var(--s3); }
  .panel { display: grid; grid-template-columns: minmax(0, 1fr); }
  .choices { display: grid; gap: var(--s4) var(--s5); grid-template-columns: repeat(auto-fit, minmax(min(100%, 14rem), 1fr)); align-items: start; max-inline-size: 60rem; }
  .wide { grid-column: 1 / -1; }
  .kinds { display: grid; gap: var(--s3) var(--s4); grid-template-columns: repeat(auto-fill, minmax(min(100%, 11rem), 1fr)); }
  .checks { display: flex; flex-wrap: wrap; gap: var(--s2) var(--s4); }
  .check { display: inline-flex; gap: var(--s2); align-items: center; font-size: var(--t0); }
  .answer { font-size: var(--t3); font-weight: 600; line-height: 1.3; letter-spacing: -0.015em; text-wrap: balance; max-inline-size: 44ch; font-variant-numeric: tabular-nums; }
  details > summary { font-size: var(--t0); font-weight: 600; }
  details > :not(summary) { margin-block-start: var(--s2); }
  .problem, .refused { color: var(--bad); }
  .plan { font-size: var(--t0); }
  .plan tbody > tr > * { vertical-align: top; padding-block: 0.55rem; }
  .plan tbody > tr > .format { padding-block: 0.25rem; }
  .plan th[scope='row'] { min-inline-size: 12rem; overflow-wrap: anywhere; }
  .plan td.n, .plan thead th.n, .worst td.n { inline-size: auto; white-space: nowrap; }
  .plan thead th.n { white-space: normal; min-inline-size: 4.5rem; }
  .plan .format { min-inline-size: 11rem; }
  .plan select { min-block-size: 2rem; padding-block: 0.1rem; max-inline-size: 16rem; }
  .name { font-family: var(--mono); font-size: 0.92em; overflow-wrap: anywhere; }
  .reason { margin-block-start: var(--s1); max-inline-size: 34ch; white-space: normal; }
  .member > th { padding-inline-start: var(--s4); }
  .opener { background: none; border: 0; padding: 0; text-align: start; }
  .opener::before { content: '+'; display: inline-block; inline-size: 1em; color: var(--soft); font-family: var(--mono); }
  .opener[aria-expanded='true']::before { content: '–'; }
  .opener:hover .name { text-decoration: underline; }
  .result { border-inline-start: 3px solid var(--c3); padding-inline-start: var(--s4); }
  .worst { font-size: var(--t0); }
  .export { font-family: var(--mono); font-size: var(--t0); background: var(--sunk); padding: var(--s3); overflow: auto; max-block-size: 16rem; white-space: pre; margin: 0; }
  textarea { max-inline-size: 44rem; }
`;
