// Columns that stand out, made in generated tensors.

/** Every 128th column is 20 times as wide as the rest: like the activations of large language models. */
export function widenColumns(values: Float32Array, columns: number): void {
  const period = Math.min(128, columns);
  for (let row = 0; row < values.length; row += columns) {
    for (let column = Math.floor(period / 2); column < columns; column += period) values[row + column]! *= 20;
  }
}
