// What opens below the answer: each section is an element that gets the set-up in hand, and is loaded when first opened.
import type { SizeOptions } from 'bitbudget';
import { LitElement, type CSSResultGroup } from 'lit';
import { property } from 'lit/decorators.js';
import { units } from '../../shell/settings.js';
import { watch } from '../../shell/watch.js';
import { base } from '../../styles/base.js';
import { asCoreError, CoreError } from '../../worker/core.js';
import type { FitState } from './state.js';
import { styles } from './styles.js';
import type { Catalog, SizeAnswer } from './tasks.js';

/** A question with its answer. */
export interface Setup {
  /** The model as people call it. */
  label: string;
  config: string;
  options: SizeOptions;
  asked: FitState;
  answer: SizeAnswer;
  catalog: Catalog;
}

export type Patch = Partial<Record<keyof FitState, string>>;

export abstract class Section extends LitElement {
  static override styles: CSSResultGroup = [base, styles];
  @property({ attribute: false }) setup!: Setup;

  constructor() {
    super();
    watch(this, units);
  }

  /** Asks the view for another set-up. */
  protected change(patch: Patch, push = true): void {
    this.dispatchEvent(new CustomEvent('bb-set', { detail: { patch, push }, bubbles: true, composed: true }));
  }

  protected say(text: string): void {
    this.dispatchEvent(new CustomEvent('bb-announce', { detail: text, bubbles: true, composed: true }));
  }
}

/** Asks one question at a time and drops answers that a newer question has overtaken. */
export class Latest<Q, A> {
  #running = false;
  #next: Q | undefined;
  constructor(private readonly ask: (question: Q) => Promise<A>, private readonly answered: (answer: A, question: Q) => void, private readonly refused: (error: CoreError) => void = () => {}) {}

  put(question: Q): void {
    this.#next = question;
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#next !== undefined) {
      const question = this.#next;
      this.#next = undefined;
      try {
        const answer = await this.ask(question);
        if (this.#next === undefined) this.answered(answer, question);
      } catch (thrown) {
        if (this.#next === undefined) this.refused(asCoreError(thrown));
      }
    }
    this.#running = false;
  }
}
