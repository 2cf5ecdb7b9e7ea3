// What <bit-budget> and embed.html show: one view, without the page's top bar.
import { html, LitElement, css, nothing } from 'lit';
import { state } from 'lit/decorators.js';
import { html as staticHtml, unsafeStatic } from 'lit/static-html.js';
import { Announcer } from '../shell/announcer.js';
import { writeHash, type Params } from '../shell/hash.js';
import type { Controls, ParamsChange } from '../shell/view.js';
import { base, tokens } from '../styles/base.js';
import { views } from '../views/views.js';

/** Attributes of the element that are parameters of its view; "params" takes any others, as in a link: "a=1&b=2". */
const kParameters = ['model', 'config', 'context', 'weights', 'kv', 'batch', 'memory', 'device'];

export class EmbedFrame extends LitElement {
  static override styles = [tokens, base, css`
    :host { display: block; container-type: inline-size; background: var(--paper); padding: var(--s4); border: 1px solid var(--rule); border-radius: var(--radius); }
    .foot { margin-block-start: var(--s3); }
  `];
  @state() private view = views[0]!;
  @state() private params: Params = {};
  @state() private shown: Controls = 'full';
  @state() private ready = '';
  @state() private failed = '';
  @state() private said = '';
  #announcer = new Announcer((text) => { this.said = text; });

  /** source: the element whose attributes say what to show. */
  constructor(private readonly source: HTMLElement) {
    super();
    this.follow();
  }

  /** Reads the source's attributes again. */
  follow(): void {
    const attribute = (name: string) => this.source.getAttribute(name) ?? '';
    this.view = views.find((view) => view.id === attribute('view')) ?? views[0]!;
    const controls = attribute('controls');
    this.shown = controls === 'none' || controls === 'min' ? controls : 'full';
    const pairs = [...kParameters.map((name) => [name, attribute(name)] as const), ...new URLSearchParams(attribute('params'))];
    this.params = Object.fromEntries(pairs.filter(([, value]) => value !== ''));
    const { id, load } = this.view;
    load().then(() => { this.ready = id; }, () => { this.failed = 'This part could not be loaded. Check the connection and reload the page.'; });
  }

  protected override render() {
    const tag = unsafeStatic(this.view.tag);
    const page = new URL(__PAGE__, import.meta.url).href;
    return html`
      ${this.ready === this.view.id
        ? staticHtml`<${tag} .params=${this.params} .controls=${this.shown}
            @bb-params=${(event: CustomEvent<ParamsChange>) => { this.params = event.detail.params; }}
            @bb-announce=${(event: CustomEvent<string>) => this.#announcer.say(event.detail)}></${tag}>`
        : html`<p class="soft">${this.failed || 'Loading…'}</p>`}
      ${this.shown === 'none' ? nothing : html`<p class="foot small"><a target="_blank" rel="noopener" href=${page + writeHash(this.view.id, this.params)}>Open in full</a></p>`}
      <div class="sr" role="status" aria-live="polite">${this.said}</div>`;
  }
}
customElements.define('bb-embed-frame', EmbedFrame);
