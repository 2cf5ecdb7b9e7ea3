// A number as a button: click, Enter, or focus and i opens the explanation that its view shows beside it.
import { html } from 'lit';

export const value = (text: string, open: boolean, toggle: () => void, name?: string) => html`<button
  class="value" type="button" aria-expanded=${open ? 'true' : 'false'} aria-label=${name ? `${name}: ${text}` : text} title="Show the formula (i)"
  @click=${toggle}
  @keydown=${(event: KeyboardEvent) => {
    if (event.key === 'i' && !event.ctrlKey && !event.metaKey && !event.altKey) { event.preventDefault(); toggle(); }
    else if (event.key === 'Escape' && open) { event.stopPropagation(); toggle(); }
  }}>${text}</button>`;
