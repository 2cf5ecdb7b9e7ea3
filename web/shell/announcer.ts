/** Passes on the newest text at once, then at most every two seconds, so that a moving slider does not talk without end. */
export class Announcer {
  #last = -Infinity;
  #waiting: ReturnType<typeof setTimeout> | undefined;
  constructor(private readonly speak: (text: string) => void) {}

  say(text: string): void {
    clearTimeout(this.#waiting);
    const wait = Math.max(0, this.#last + 2000 - performance.now());
    this.#waiting = setTimeout(() => {
      this.#last = performance.now();
      this.speak(text);
    }, wait);
  }
}
