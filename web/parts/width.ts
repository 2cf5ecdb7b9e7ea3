// How wide a picture is drawn: as wide as its element has room.
import type { ReactiveController, ReactiveControllerHost } from 'lit';

/** `px` of CSS, at least `least`, which the picture needs; `first` until the room is known. The host is drawn anew when it changes. */
export class Width implements ReactiveController {
  px: number;
  #observer: ResizeObserver;

  constructor(private readonly host: ReactiveControllerHost & Element, { least, first }: { least: number; first: number }) {
    this.px = first;
    this.#observer = new ResizeObserver(([entry]) => {
      const px = Math.max(least, entry?.contentRect.width ?? first);
      if (px === this.px) return;
      this.px = px;
      host.requestUpdate();
    });
    host.addController(this);
  }

  hostConnected(): void { this.#observer.observe(this.host); }
  hostDisconnected(): void { this.#observer.disconnect(); }
}
