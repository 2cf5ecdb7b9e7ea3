// <bit-budget view model context weights kv controls="none|min|full">: one view inside somebody else's page. This file is small;
// the view itself is loaded when the element comes into sight.

class BitBudget extends HTMLElement {
  static observedAttributes = ['view', 'model', 'config', 'context', 'weights', 'kv', 'batch', 'memory', 'device', 'controls', 'params'];
  #started = false;
  #frame: { follow(): void } | undefined;
  #sight: IntersectionObserver | undefined;

  connectedCallback(): void {
    if (this.#started) return;
    this.style.display ||= 'block';
    this.#sight = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) void this.#start();
    }, { rootMargin: '200px' });
    this.#sight.observe(this);
  }

  disconnectedCallback(): void { this.#sight?.disconnect(); }

  attributeChangedCallback(): void { this.#frame?.follow(); }

  async #start(): Promise<void> {
    if (this.#started) return;
    this.#started = true;
    this.#sight?.disconnect();
    const { EmbedFrame } = await import('./frame.js');
    const frame = new EmbedFrame(this);
    this.#frame = frame;
    this.attachShadow({ mode: 'open' }).append(frame);
  }
}

if (!customElements.get('bit-budget')) customElements.define('bit-budget', BitBudget);
