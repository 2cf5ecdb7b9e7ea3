// The tensor on the bench, and what was measured on it.
import type { ErrorReport, FormatInfo, LineErrors, ScaleSearch, Statistics, Throughput } from 'bitbudget';

/** How a matrix is drawn and counted: pictures have at most kMostCells cells a side, histograms kBins bins. */
export const kMostCells = 256;
export const kBins = 160;

export interface Grid {
  rows: number;
  columns: number;
  /** Each cell stands for this many rows and columns of the tensor; the last ones may be smaller. */
  rowsPerCell: number;
  columnsPerCell: number;
}

export function gridFor(rows: number, columns: number): Grid {
  const rowsPerCell = Math.ceil(rows / kMostCells);
  const columnsPerCell = Math.ceil(columns / kMostCells);
  return { rowsPerCell, columnsPerCell, rows: Math.ceil(rows / rowsPerCell), columns: Math.ceil(columns / columnsPerCell) };
}

/** What is done to a tensor besides its format. */
export interface Method {
  search: ScaleSearch;
  rotate: boolean;
  /** Smallest and largest of the values that are encoded, which rotation changes. */
  tensorRange: [number, number];
  /** One weight per column. */
  importance?: Float32Array;
}

export interface Tensor {
  /** Differs whenever the values do. */
  source: string;
  /** Differs whenever the values or the method do. */
  key: string;
  method: Method;
  title: string;
  rows: number;
  columns: number;
  values: Float32Array;
  statistics: Statistics;
  /** As it came: "F32", "BF16", and the bytes that took. */
  storedType: string;
  storedBytes: number;
  /** As it came, and its name in a file that it is written to. */
  shape: number[];
  name: string;
  /** Where the importance comes from, in words; empty: all columns count alike. */
  importanceTitle: string;
  /** A remark on how it was laid out, if it was not a matrix. */
  note: string;
  grid: Grid;
  /** Of each cell the value of largest magnitude. */
  cells: Float32Array;
  /** Histograms run over [-range, range]. */
  range: number;
  counts: Float64Array;
}

/** One format on one tensor. */
export interface Measured {
  format: FormatInfo;
  /** The tensor that it was measured on. */
  key: string;
  bytes: number;
  report: ErrorReport;
  /** With importance: the relative mean squared error and the signal to noise ratio, each column by its weight. */
  weighted?: { relativeMse: number; sqnrDb: number };
}

/** What the closer look at A and B needs besides. */
export interface Detail {
  key: string;
  formatId: string;
  /** The encoded tensor in parts of whole rows, each encoded by itself. */
  parts: { bytes: Uint8Array; firstRow: number; rows: number }[];
  /** Of each cell the decoded value of largest magnitude, and the root mean square error. */
  cells: Float32Array;
  errors: Float32Array;
  counts: Float64Array;
  outside: number;
  rows: LineErrors;
  columns: LineErrors;
}

export interface Speed extends Throughput { count: number; }
