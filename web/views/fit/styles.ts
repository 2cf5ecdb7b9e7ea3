import { css } from 'lit';

export const styles = css`
  :host { display: block; container-type: inline-size; }
  .layout { display: grid; gap: var(--s5); }
  .inputs { display: grid; gap: var(--s4); align-content: start; }
  .pair { display: grid; gap: var(--s4) var(--s3); grid-template-columns: 1fr 1fr; align-items: start; }
  .config { margin-block-start: var(--s3); }
  .hand { margin-block-start: var(--s3); }
  .hand-fields { display: grid; gap: var(--s3); margin-block-start: var(--s3); grid-template-columns: repeat(auto-fill, minmax(min(100%, 8rem), 1fr)); align-items: start; }
  .flag { display: flex; gap: var(--s2); align-items: center; padding-block: 2px; }
  #config-error { margin-block-start: var(--s3); }
  .more > .inputs { margin-block-start: var(--s3); }
  .more > summary { padding-block: var(--s1); }
  .sections { margin-block-start: var(--s6); border-block-end: 1px solid var(--rule); }
  :host(.stack) > * + * { margin-block-start: var(--s4); }
  .yes { color: var(--good); }
  .no { color: var(--bad); }
  figure bb-bar { margin-block-start: var(--s1); }
  .head, .detail { min-inline-size: 0; }
  .answer { font-size: var(--t3); font-weight: 600; line-height: 1.25; letter-spacing: -0.015em; }
  .answer .part { display: inline-block; }
  .answer + .lead, bb-explain + .lead { margin-block-start: var(--s2); }
  .head bb-explain { margin-block: var(--s3); }
  .head .lead { font-size: var(--t1); }
  .head .lead ~ p, .head .lead ~ details { margin-block-start: var(--s2); }
  bb-bar { margin-block-start: var(--s4); }
  tr.reserve > * { border-block-end: 0; vertical-align: middle; }
  tr.reserve bb-number-field { inline-size: 7rem; margin-inline-start: auto; }
  @container (max-width: 26rem) { .terms :is(th, td):nth-child(4), .terms tr.group td:last-child, .terms tr.total td:last-child { display: none; } .terms tr.sub > th { padding-inline-start: var(--s2); } }
  .mark { text-decoration: none; cursor: help; color: var(--soft); font-family: var(--mono); }
  .mark.assumed { color: var(--c2); }
  .legend { display: flex; flex-wrap: wrap; gap: var(--s1) var(--s4); margin-block-start: var(--s2); max-inline-size: none; }
  .min > .inputs { grid-template-columns: 1fr 1fr; gap: var(--s3); }
  .full > .inputs, .page > .inputs { grid-template-columns: repeat(auto-fit, minmax(min(100%, 15rem), 1fr)); }
  details > .scroll { margin-block-start: var(--s3); }
  @container (min-width: 48rem) {
    .layout.full, .layout.page { grid-template-columns: minmax(15rem, 19rem) minmax(0, 1fr); gap: var(--s5) var(--s6); grid-template-areas: 'inputs head' 'inputs detail'; grid-template-rows: auto 1fr; }
    .full > .head, .page > .head { grid-area: head; }
    .full > .inputs, .page > .inputs { grid-area: inputs; grid-template-columns: 1fr; }
    .page > .inputs { position: sticky; inset-block-start: var(--s4); max-block-size: calc(100vh - 2rem); overflow-y: auto; padding: 3px; margin: -3px; scrollbar-width: thin; }
    .full > .detail, .page > .detail { grid-area: detail; }
    .answer { font-size: var(--t4); }
    .head .lead { font-size: var(--t2); }
  }
`;
