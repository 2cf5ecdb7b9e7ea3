// Quantizers of many values at once, on independent normal values of unit variance at 2 bits: what others report, and what was
// computed from their definitions. The limit there is 2^(-4) = 0.0625.

export interface PublishedQuantizer { name: string; dimensions: string; mse: number; source: string; }

export const vectorQuantizers: PublishedQuantizer[] = [
  { name: 'Lloyd-Max', dimensions: '1', mse: 0.117482, source: 'computed; Max 1960' },
  { name: 'E8P', dimensions: '8', mse: 0.0919, source: 'computed from its 65,536 entries over 12,000 vectors; QuIP#' },
  { name: 'E8P, as quoted', dimensions: '8', mse: 0.089, source: 'quoted after table 1 of QTIP, arXiv 2406.11235' },
  { name: 'Uniform steps, entropy coded', dimensions: '1', mse: 0.08894, source: 'computed; codes of varying length, Gish and Pierce 1968' },
  { name: 'Trellis (QTIP)', dimensions: '256', mse: 0.069, source: 'quoted after table 1 of QTIP, arXiv 2406.11235' },
];
