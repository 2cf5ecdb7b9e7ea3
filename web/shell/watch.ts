import { effect, type ReadonlySignal } from '@preact/signals-core';
import type { ReactiveController, ReactiveControllerHost } from 'lit';

/** Renders its host again whenever one of the signals changes: `watch(this, units)` in a constructor. */
export function watch(host: ReactiveControllerHost, ...signals: ReadonlySignal<unknown>[]): void {
  let stop: (() => void) | undefined;
  const controller: ReactiveController = {
    hostConnected() {
      stop = effect(() => {
        for (const each of signals) void each.value;
        host.requestUpdate();
      });
    },
    hostDisconnected() { stop?.(); },
  };
  host.addController(controller);
}
