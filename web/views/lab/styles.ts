import { css } from 'lit';

export const styles = css`
  :host { display: block; container-type: inline-size; }
  .layout { display: grid; gap: var(--s5); }
  .inputs { display: grid; gap: var(--s5); align-content: start; min-inline-size: 0; }
  .pair { display: grid; gap: var(--s4) var(--s3); grid-template-columns: 1fr 1fr; align-items: end; }
  .head, .detail, .wide { min-inline-size: 0; }
  .scroll { position: relative; }
  .answer { margin: 0; font-size: var(--t3); font-weight: 600; line-height: 1.25; letter-spacing: -0.015em; text-wrap: balance; max-inline-size: 40ch; }
  .answer + .lead { margin-block-start: var(--s2); }
  .head .lead { font-size: var(--t1); max-inline-size: 75ch; }
  .head bb-progress { margin-block-start: var(--s2); }
  .detail, .wide { display: grid; gap: var(--s6); grid-template-columns: minmax(0, 1fr); }
  .detail section > * + *, .wide section > * + * { margin-block-start: var(--s3); }
  .between { justify-content: space-between; align-items: baseline; }
  .check { display: inline-flex; gap: var(--s2); align-items: center; font-size: var(--t0); }
  .two { display: grid; gap: var(--s5); grid-template-columns: minmax(0, 1fr); }
  .letter { display: inline-grid; place-items: center; inline-size: 1.35em; block-size: 1.35em; border-radius: 3px; font-size: var(--t0); font-weight: 600; background: var(--c1); color: var(--on-c1); }
  .letter.b { background: var(--c2); color: var(--on-c2); }
  .about { margin-block-start: var(--s2); font-size: var(--t0); }
  .about > summary { color: var(--soft); }
  .about > * + * { margin-block-start: var(--s2); }
  .about .hint, .about p { line-height: 1.5; }
  .about select { font-size: var(--t0); }
  bb-notice { margin-block-start: var(--s2); }
  .compared { max-inline-size: 44rem; }
  .compared thead th { white-space: normal; }
  @container (max-width: 26rem) {
    .compared { font-size: var(--t0); }
    .compared th, .compared td { padding-inline: 0 var(--s2); }
    .compared .button { padding-inline: 0.35rem; }
  }
  .compared th .value { white-space: normal; text-align: start; }
  .compared td.best { font-weight: 600; }
  .compared .button { min-block-size: 1.9rem; font-size: var(--t0); padding-block: 0.15rem; }
  .meaning > td { background: var(--sunk); border-inline-start: 3px solid var(--link); padding: var(--s3) var(--s4); }
  .meaning .math { margin-block-start: var(--s2); overflow-x: auto; font-family: var(--math); }
  .about > table { margin-block-start: var(--s2); }
  .figures { inline-size: auto; font-size: var(--t0); }
  .figures th, .figures td { padding-inline-end: var(--s4); }
  .uses { font-size: 0.7rem; color: var(--soft); border: 1px solid var(--rule); border-radius: 3px; padding: 0 0.3em; }
  .described { position: sticky; inset-inline-start: 0; max-inline-size: min(68ch, calc(100cqi - 3.5rem)); white-space: normal; }
  .described > * + * { margin-block-start: var(--s2); }
  .topics { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr)); gap: 0 var(--s5); align-items: start; }
  .add { inline-size: 11rem; }
  .formats-table { font-size: var(--t0); }
  .formats-table th, .formats-table td { white-space: nowrap; padding-inline-end: var(--s4); }
  .formats-table thead th { white-space: normal; min-inline-size: 4.2rem; }
  .formats-table .refused { white-space: normal; min-inline-size: 20rem; color: var(--bad); }
  .sort { background: none; border: 0; padding: 0; font: inherit; color: inherit; text-align: inherit; }
  .sort:hover { color: var(--ink); text-decoration: underline; }
  .arrow { font-size: 0.7em; margin-inline-start: 0.3em; color: var(--ink); }
  .picks { padding-inline-end: var(--s2) !important; }
  .pick { inline-size: 1.6rem; block-size: 1.6rem; border: 1px solid var(--rule); background: none; border-radius: 3px; font-size: var(--t0); font-weight: 600; color: var(--soft); padding: 0; margin-inline-end: 2px; }
  .pick:hover { border-color: var(--ink); color: var(--ink); }
  .pick[aria-pressed='true'] { background: var(--c1); border-color: var(--c1); color: var(--on-c1); }
  .pick.b[aria-pressed='true'] { background: var(--c2); border-color: var(--c2); color: var(--on-c2); }
  .which { border-block-start: 1px solid var(--rule); padding-block-start: var(--s4); margin-block-start: var(--s5); display: grid; gap: var(--s2); }
  .which select.narrow { inline-size: auto; }
  .amount { inline-size: 10rem; }
  .lines { display: block; inline-size: 100%; block-size: 92px; overflow: visible; }
  .lines .line { fill: none; stroke: var(--c1); vector-effect: non-scaling-stroke; stroke-width: 1.25; }
  .lines .line.b { stroke: var(--c2); }
  .lines .axis { stroke: var(--edge); vector-effect: non-scaling-stroke; }
  .lines .mark { fill: none; stroke: var(--c1); stroke-width: 8; stroke-linecap: round; vector-effect: non-scaling-stroke; }
  .lines .mark.b { stroke: var(--c2); }
  @container (min-width: 40rem) { .two { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
  @container (min-width: 56rem) {
    .layout { grid-template-columns: minmax(15rem, 19rem) minmax(0, 1fr); gap: var(--s5) var(--s6); grid-template-areas: 'inputs head' 'inputs detail' 'wide wide'; grid-template-rows: auto 1fr auto; }
    .head { grid-area: head; }
    .layout.none { grid-template-columns: minmax(0, 1fr); grid-template-areas: 'head' 'detail'; }
    .side { grid-area: inputs; }
    .inputs { position: sticky; inset-block-start: var(--s4); max-block-size: calc(100vh - 2 * var(--s4)); overflow-y: auto; padding: 3px; margin: -3px; }
    .detail { grid-area: detail; }
    .wide { grid-area: wide; margin-block-start: var(--s5); }
    .head .lead { font-size: var(--t2); }
    .answer { font-size: 1.75rem; }
  }
  @media (forced-colors: active) { .letter, .pick[aria-pressed='true'] { border: 2px solid CanvasText; } .lines .line { stroke: CanvasText; } }
`;
