import { css } from 'lit';

export const styles = css`
  :host { display: block; container-type: inline-size; }
  .layout { display: grid; gap: var(--s5); grid-template-columns: minmax(0, 1fr); }
  .head, .detail, .wide, .side { min-inline-size: 0; }
  .answer { margin: 0; font-size: var(--t3); font-weight: 600; line-height: 1.25; letter-spacing: -0.015em; text-wrap: balance; overflow-wrap: anywhere; }
  .answer + .lead { margin-block-start: var(--s2); }
  .head .lead { font-size: var(--t1); }
  .head .row { margin-block-start: var(--s4); }
  .head bb-progress, .head bb-notice { margin-block-start: var(--s3); }
  .detail, .wide { display: grid; gap: var(--s6); grid-template-columns: minmax(0, 1fr); }
  .wide { gap: var(--s5); }
  section > * + * { margin-block-start: var(--s3); }
  .side > * + * { margin-block-start: var(--s4); }
  .side bb-notice + bb-notice { margin-block-start: var(--s2); }
  bb-drop::part(zone) { border-color: var(--edge); padding: var(--s5) var(--s4); }
  .open bb-drop::part(zone) { padding: var(--s3); }
  .zone-text { font-weight: 500; }
  .filename { overflow-wrap: anywhere; font-weight: 500; }
  strong.filename { font-weight: 600; }
  .files, .names, .refusals ul { list-style: none; }
  .files > li { display: flex; justify-content: space-between; align-items: baseline; gap: var(--s3); padding-block: var(--s2); border-block-end: 1px solid var(--rule); }
  .files > li > span > .small { display: block; }
  .names { margin-block-start: var(--s1); overflow-wrap: anywhere; }
  .refusals li { margin-block-start: var(--s2); overflow-wrap: anywhere; }
  .yes { color: var(--good); font-weight: 600; }
  .no { color: var(--bad); font-weight: 600; }
  .totals { max-inline-size: 60rem; }
  .totals thead th { white-space: normal; }
  .totals tr.why > td { padding-block: 0 var(--s2); color: var(--soft); font-size: var(--t0); }
  .why > td > span { display: block; inline-size: fit-content; max-inline-size: 100cqi; position: sticky; inset-inline-start: 0; }
  .kinds { display: grid; gap: var(--s1); margin-block-start: var(--s2); }
  .kinds > div { display: flex; flex-wrap: wrap; gap: 0 var(--s2); }
  .kinds dt { font-weight: 600; }
  .totals tr:has(+ .why) > * { border-block-end: 0; }
  .metadata { margin-block-start: var(--s3); font-size: var(--t0); table-layout: fixed; }
  .metadata th { inline-size: 36%; overflow-wrap: anywhere; }
  .metadata td { overflow-wrap: anywhere; }
  .long { max-block-size: 16rem; overflow: auto; white-space: pre-wrap; font-size: var(--t0); margin: var(--s2) 0 0; max-inline-size: none; }
  .types { margin-block-start: var(--s3); list-style: none; display: flex; flex-wrap: wrap; gap: var(--s1) var(--s4); font-size: var(--t0); }
  .steps { padding-inline-start: 1.2em; }
  .steps > li + li { margin-block-start: var(--s2); }
  .empty { max-inline-size: 46rem; }
  .empty > * + * { margin-block-start: var(--s4); }
  @container (max-width: 30rem) { .totals { font-size: var(--t0); } .totals :is(th, td) { padding-inline: 0 var(--s2); } }
  @container (min-width: 56rem) {
    .layout.open { grid-template-columns: minmax(15rem, 19rem) minmax(0, 1fr); gap: var(--s5) var(--s6); grid-template-areas: 'side head' 'side detail' 'wide wide'; grid-template-rows: auto 1fr auto; }
    .open > .head { grid-area: head; }
    .open > .side { grid-area: side; }
    .open > .detail { grid-area: detail; }
    .open > .wide { grid-area: wide; margin-block-start: var(--s4); }
    .answer { font-size: 1.75rem; }
    .head .lead { font-size: var(--t2); }
  }
`;

export const ledgerStyles = css`
  :host { display: block; container-type: inline-size; }
  .tools { display: flex; flex-wrap: wrap; gap: var(--s3); align-items: end; }
  .find { flex: 1 1 14rem; max-inline-size: 26rem; }
  .tools + p { margin-block: var(--s2); }
  .ledger { font-size: var(--t0); }
  .ledger td, .ledger th { white-space: nowrap; padding-inline-end: var(--s4); }
  .ledger :is(td, th):last-child { padding-inline-end: 0; text-align: end; }
  .ledger th.name { white-space: normal; overflow-wrap: anywhere; min-inline-size: 9rem; }
  .ledger tr.head > * { background: var(--sunk); font-size: var(--t1); }
  .ledger tr.head > th { white-space: normal; }
  .narrow { display: none; }
  .fold { background: none; border: 0; padding: 0; font: inherit; font-weight: 600; text-align: start; overflow-wrap: anywhere; }
  .fold:hover { text-decoration: underline; }
  .sign { display: inline-block; inline-size: 1.3em; font-family: var(--mono); font-weight: 400; color: var(--soft); text-align: center; }
  .sort { background: none; border: 0; padding: 0; font: inherit; color: inherit; text-align: inherit; }
  .sort:hover { color: var(--ink); text-decoration: underline; }
  .arrow { font-size: 0.7em; margin-inline-start: 0.3em; color: var(--ink); }
  .arrow:empty { display: none; }
  @container (max-width: 44rem) {
    .kind, .type, .shape, .values { display: none; }
    .narrow { display: block; }
    .ledger tr.head > th { padding-inline-end: var(--s2); }
  }
`;
