// The contract between the frame and a view.
import { LitElement, type PropertyValues } from 'lit';
import { property } from 'lit/decorators.js';
import type { Params } from './hash.js';

export interface ViewEntry {
  /** In the address: view=fit. Never renamed. */
  id: string;
  title: string;
  /** The custom element that `load` defines; it extends View. */
  tag: string;
  load: () => Promise<unknown>;
}

/** How much of itself a view shows: the whole page, or an embed with all, few or no controls. */
export type Controls = 'page' | 'full' | 'min' | 'none';

export interface ParamsChange { params: Params; push: boolean; }

/**
 * A view is a function of its parameters. It receives all of them in `params` (strings, straight from the address, so not to be
 * trusted) and asks for changes with setParams; the frame writes the address and hands the new parameters back.
 */
export class View extends LitElement {
  @property({ attribute: false }) params: Params = {};
  @property({ attribute: false }) controls: Controls = 'page';

  /** push: a step that Back and Undo return to (a choice made); otherwise the current step changes (a slider still moving). */
  protected setParams(patch: Record<string, string | undefined>, push = true): void {
    const params: Record<string, string> = {};
    for (const [key, value] of Object.entries({ ...this.params, ...patch })) if (value !== undefined && value !== '') params[key] = value;
    this.dispatchEvent(new CustomEvent<ParamsChange>('bb-params', { detail: { params, push }, bubbles: true, composed: true }));
  }

  /** Parameters that this view could not read: the frame says so above the view. */
  protected reportProblems(problems: string[]): void {
    this.dispatchEvent(new CustomEvent<string[]>('bb-problems', { detail: problems, bubbles: true, composed: true }));
  }

  /** Spoken politely by screen readers, at most every two seconds. */
  protected announce(text: string): void {
    this.dispatchEvent(new CustomEvent<string>('bb-announce', { detail: text, bubbles: true, composed: true }));
  }

  /** Called with the parameters at the start and on each change of them, before render. */
  protected paramsChanged(): void {}

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('params')) this.paramsChanged();
  }
}
