// embed.html#v=1&view=fit&model=…&controls=min: for an iframe. It follows its address and tells its parent how tall it is.
import { readHash } from '../shell/hash.js';
import { views } from '../views/views.js';
import './bit-budget.js';

const element = document.createElement('bit-budget');

function follow(): void {
  const { view, params } = readHash(location.hash, views.map((each) => each.id));
  const { controls = 'full', ...rest } = params;
  element.setAttribute('view', view);
  element.setAttribute('controls', controls);
  element.setAttribute('params', new URLSearchParams(rest).toString());
}

follow();
addEventListener('hashchange', follow);
document.body.append(element);

/** The parent checks event.source: origins are "null" for files and sandboxed frames. */
new ResizeObserver(() => {
  parent.postMessage({ type: 'bit-budget:height', height: Math.ceil(document.documentElement.getBoundingClientRect().height) }, '*');
}).observe(document.documentElement);
