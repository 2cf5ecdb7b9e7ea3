// The frame: the top bar, the current view, the address, Undo, notices, and the live region.
import { html, LitElement, css, nothing } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import { html as staticHtml, unsafeStatic } from 'lit/static-html.js';
import { base, tokens } from '../styles/base.js';
import '../parts/notice.js';
import { views } from '../views/views.js';
import { readHash, writeHash, type Params } from './hash.js';
import { Announcer } from './announcer.js';
import { theme, units, type Theme, type Units } from './settings.js';
import type { ParamsChange } from './view.js';
import { watch } from './watch.js';

@customElement('bb-app')
export class App extends LitElement {
  static override styles = [tokens, base, css`
    :host { display: block; min-block-size: 100vh; background: var(--paper); container-type: inline-size; }
    .skip { position: absolute; inset-block-start: -4rem; inset-inline-start: var(--s4); z-index: 2; background: var(--raised); padding: var(--s2) var(--s3); }
    .skip:focus { inset-block-start: var(--s2); }
    header, main, footer { padding-inline: clamp(1rem, 4cqi, 2.5rem); max-inline-size: 84rem; margin-inline: auto; }
    .bar { border-block-end: 1px solid var(--rule); }
    header { display: flex; flex-wrap: wrap; align-items: center; gap: 0 var(--s5); min-block-size: 3rem; }
    .name { font-weight: 650; letter-spacing: -0.01em; color: inherit; text-decoration: none; }
    nav { display: flex; gap: var(--s4); flex: 1; }
    nav a { color: var(--soft); text-decoration: none; padding-block: 0.75rem calc(0.75rem - 2px); border-block-end: 2px solid transparent; white-space: nowrap; }
    nav a:hover { color: var(--ink); }
    nav a[aria-current] { color: var(--ink); border-block-end-color: var(--link); font-weight: 500; }
    .tools { display: flex; align-items: center; gap: var(--s1); flex-wrap: wrap; }
    .tools .button { border-color: transparent; background: none; padding: 0.2rem 0.5rem; min-block-size: 2rem; font-size: var(--t0); font-weight: 400; }
    .tools .button:hover:not(:disabled) { border-color: var(--edge); }
    .tools select { inline-size: auto; min-block-size: 2rem; padding-block: 0.15rem; font-size: var(--t0); border-color: transparent; background-color: transparent; }
    .tools select:hover { border-color: var(--edge); }
    main { padding-block: var(--s5) var(--s6); outline: none; }
    .notices { max-inline-size: 84rem; margin-inline: auto; padding-inline: clamp(1rem, 4cqi, 2.5rem); }
    .notices > * { margin-block-start: var(--s3); }
    footer { padding-block: var(--s4) var(--s5); border-block-start: 1px solid var(--rule); color: var(--soft); font-size: var(--t0); }
    footer details > p, footer details > ol { margin-block-start: var(--s2); max-inline-size: 68ch; }
    footer ol { padding-inline-start: 1.4em; }
    .waiting { color: var(--soft); }
    @container (max-width: 26rem) { .tools { margin-inline-start: -0.4rem; gap: 0; } .tools .button { padding-inline: 0.4rem; } .tools select { padding-inline: 0.4rem 1.5rem; } }
    @media (forced-colors: active) { nav a:not([aria-current]) { border-color: Canvas; } }
    @media print { .bar, footer { display: none; } main { padding-block: 0; } }
  `];

  @state() private view = views[0]!.id;
  @state() private params: Params = {};
  @state() private problems: string[] = [];
  @state() private said = '';
  @state() private toast = '';
  @state() private loaded = new Set<string>();
  @state() private failed = '';
  @query('main') private main!: HTMLElement;
  /** The addresses that Undo goes back through, oldest first; the last one is where we are. */
  @state() private trail: string[] = [];
  /** Where each view was left, for its link in the top bar. */
  #left = new Map<string, Params>();
  #announcer = new Announcer((text) => { this.said = text; });

  constructor() {
    super();
    watch(this, units, theme);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener('popstate', this.#onAddress);
    addEventListener('hashchange', this.#onAddress);
    this.#onAddress();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener('popstate', this.#onAddress);
    removeEventListener('hashchange', this.#onAddress);
  }

  #onAddress = (): void => {
    const route = readHash(location.hash, views.map((view) => view.id));
    const here = writeHash(route.view, route.params);
    if (here === this.trail.at(-1)) return;
    this.view = route.view;
    this.params = route.params;
    this.problems = route.problems;
    this.trail = [...this.trail, here].slice(-100);
    this.#load();
  };

  #load(): void {
    const entry = views.find((view) => view.id === this.view)!;
    if (this.loaded.has(entry.id)) return;
    this.failed = '';
    entry.load().then(
      () => { this.loaded = new Set([...this.loaded, entry.id]); },
      () => { this.failed = `The part of the page that shows ${entry.title} could not be loaded. Check the connection and reload.`; },
    );
  }

  #go(view: string, params: Params, push: boolean): void {
    const hash = writeHash(view, params);
    if (hash === this.trail.at(-1)) return;
    if (push) history.pushState(null, '', hash);
    else history.replaceState(null, '', hash);
    const fresh = push && !this.#moving;
    this.trail = fresh || this.trail.length === 0 ? [...this.trail, hash].slice(-100) : [...this.trail.slice(0, -1), hash];
    this.view = view;
    this.params = params;
    this.problems = [];
    this.#load();
  }

  /** A slider replaces the address while it moves; the step before it must still be there for Undo. */
  #moving = false;

  #onParams = (event: CustomEvent<ParamsChange>): void => {
    const { params, push } = event.detail;
    if (!push && !this.#moving) {
      this.#go(this.view, params, true);
      this.#moving = true;
      return;
    }
    this.#go(this.view, params, push && !this.#moving);
    if (push) this.#moving = false;
  };

  #undo = (): void => {
    if (this.trail.length < 2) return;
    const target = this.trail.at(-2)!;
    this.trail = this.trail.slice(0, -2);
    history.pushState(null, '', target);
    this.#onAddress();
    this.#announcer.say('Undone');
  };

  #reset = (): void => {
    this.#go(this.view, {}, true);
    this.#announcer.say('Reset to the start');
  };

  #share = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(location.href);
      this.toast = 'Link copied: it holds everything on this page.';
    } catch {
      this.toast = 'This browser does not let the page copy; the link is in the address bar.';
    }
    setTimeout(() => { this.toast = ''; }, 4000);
  };

  protected override willUpdate(): void { this.#left.set(this.view, this.params); }

  protected override updated(changed: Map<string, unknown>): void {
    const dark = theme.value;
    if (dark === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = dark;
    if (changed.has('view')) document.title = `${views.find((view) => view.id === this.view)?.title} – bitbudget`;
  }

  protected override render() {
    return html`
      <a class="skip" href="#main" @click=${(event: Event) => { event.preventDefault(); this.main.focus(); }}>Skip to the content</a>
      <div class="bar no-print"><header>
        <a class="name" href="#">bitbudget</a>
        <nav aria-label="Views">${views.map((view) => html`<a href=${writeHash(view.id, this.#left.get(view.id) ?? {})} aria-current=${view.id === this.view ? 'page' : nothing}>${view.title}</a>`)}</nav>
        <div class="tools" role="toolbar" aria-label="Page">
          <label><span class="sr">Units</span><select @change=${(event: Event) => { units.value = (event.target as HTMLSelectElement).value as Units; }}>
            ${(['GiB', 'GB'] as const).map((unit) => html`<option .selected=${units.value === unit} value=${unit} title=${unit === 'GiB' ? '2³⁰ bytes' : '10⁹ bytes'}>${unit}</option>`)}</select></label>
          <label><span class="sr">Colours</span><select @change=${(event: Event) => { theme.value = (event.target as HTMLSelectElement).value as Theme; }}>
            ${(['system', 'light', 'dark'] as const).map((name) => html`<option .selected=${theme.value === name} value=${name}>${{ system: 'Auto', light: 'Light', dark: 'Dark' }[name]}</option>`)}</select></label>
          <button class="button" @click=${this.#share}>Share</button>
          <button class="button" ?disabled=${this.trail.length < 2} @click=${this.#undo}>Undo</button>
          <button class="button" @click=${this.#reset}>Reset</button>
        </div>
      </header></div>
      <div class="notices no-print">
        ${this.problems.length > 0 ? html`<bb-notice dismissable @dismiss=${() => { this.problems = []; }}><p>Part of this link could not be read: ${this.problems.join('; ')}. The rest is shown below.</p></bb-notice>` : nothing}
        ${this.toast ? html`<bb-notice kind="info"><p>${this.toast}</p></bb-notice>` : nothing}
        ${this.failed ? html`<bb-notice kind="error"><p>${this.failed}</p></bb-notice>` : nothing}
      </div>
      <main id="main" tabindex="-1" @bb-params=${this.#onParams} @bb-problems=${(event: CustomEvent<string[]>) => { this.problems = [...new Set([...this.problems, ...event.detail])]; }}
        @bb-announce=${(event: CustomEvent<string>) => this.#announcer.say(event.detail)}>
        ${this.loaded.has(this.view) ? this.#renderView() : html`<p class="waiting">Loading…</p>`}
      </main>
      <footer>
        <details>
          <summary>Nothing leaves this page. How to check that</summary>
          <ol>
            <li>Open the browser’s developer tools at the network panel and use the page: after it has loaded, nothing is requested.</li>
            <li>Go offline, or unplug: everything still works.</li>
            <li>Read the page’s own rule (its Content-Security-Policy): the browser itself refuses every connection to another site.</li>
          </ol>
          <p>Configurations and tensors that you open are read by your browser and calculated on your machine. The address of the page holds your choices, so a link shares them only with whom you send it to.</p>
        </details>
      </footer>
      <div class="sr" role="status" aria-live="polite">${this.said}</div>`;
  }

  #renderView() {
    const tag = unsafeStatic(views.find((view) => view.id === this.view)!.tag);
    return staticHtml`<${tag} .params=${this.params}></${tag}>`;
  }
}
