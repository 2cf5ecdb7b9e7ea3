// Inside a worker: the parts of the lab's tensor that it has been given, so that they cross once and not for every format.

/** first: the row that the part begins with. */
export interface TensorPart {
  tensor: string;
  first: number;
  /** Absent: those that the worker keeps. */
  values?: Float32Array;
  keep: boolean;
}

export const kNotKept = 'not_kept';

export class KeptParts {
  #tensor = '';
  readonly #parts = new Map<number, Float32Array>();

  /** Throws kNotKept where they have to be sent. Parts of another tensor than before take the place of those. */
  values(part: TensorPart): Float32Array {
    if (part.tensor !== this.#tensor) this.letGo();
    const values = part.values ?? this.#parts.get(part.first);
    if (!values) throw Object.assign(new Error('This worker does not have that part of the tensor.'), { code: kNotKept });
    if (part.keep) {
      this.#tensor = part.tensor;
      this.#parts.set(part.first, values);
    }
    return values;
  }

  letGo(): void {
    this.#tensor = '';
    this.#parts.clear();
  }
}
