// Kinds of tensors, as the core's ledger tells them apart, in words; in the order in which a model is read.
export const kinds: Readonly<Record<string, { label: string; about: string }>> = {
  embedding: { label: 'Token embedding', about: 'one row of numbers for each word of the vocabulary' },
  position: { label: 'Learned positions', about: 'one row for each place in the context' },
  attention: { label: 'Attention', about: 'how tokens look at each other' },
  feed_forward: { label: 'Feed-forward', about: 'what is done to each token by itself' },
  expert: { label: 'Experts', about: 'feed-forward parts of which each token uses a few' },
  shared_expert: { label: 'Shared experts', about: 'experts that every token uses' },
  router: { label: 'Routers', about: 'which experts a token goes to' },
  recurrent: { label: 'State-space layers', about: 'layers that carry a state in place of attention' },
  norm: { label: 'Norms', about: 'vectors that keep the scale of the values' },
  head: { label: 'Output head', about: 'from the last layer to a score for each word' },
  vision: { label: 'Image encoder and projector', about: 'what turns an image into tokens' },
  scales: { label: 'Scales of quantized weights', about: 'what codes are multiplied with, and their zero points' },
  buffer: { label: 'Buffers', about: 'tables that are computed, not learned' },
  prediction: { label: 'Multi-token prediction', about: 'modules behind the model’s own layers' },
  other: { label: 'Other tensors', about: 'their names say nothing that is known here' },
};

export const kindLabel = (kind: string): string => kinds[kind]?.label ?? kind;

const order = Object.keys(kinds);
export const kindOrder = (kind: string): number => (order.includes(kind) ? order.indexOf(kind) : order.length);
