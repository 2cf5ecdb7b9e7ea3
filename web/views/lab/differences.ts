// Where implementations of one format differ: what to know before bytes or errors are compared with another program's. The
// descriptions of the formats say it one by one; here it stands together, with a comparison on this tensor where there is one.
import type { FormatInfo } from 'bitbudget';
import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

export interface Differences { formats: readonly FormatInfo[]; a: string; b: string; compare: (a: string, b: string) => void; }

interface Topic {
  id: string;
  title: string;
  /** Of the formats that it is about. */
  about: RegExp;
  text: string;
  /** Pairs of formats that show it. */
  pairs: readonly [string, string][];
}

const topics: readonly Topic[] = [
  {
    id: 'fma', title: 'Fused multiply-add', about: /^(q\d_k|q5_0|iq4_nl)$/, pairs: [],
    text: 'Compilers may join a multiplication and an addition and round once instead of twice. Native builds of ggml that do so choose other codes: in 9 % of the blocks of Q2_K, 5.5 % of Q6_K, 0.7 % of Q4_K, 0.1 % of Q5_K and IQ4_NL, hardly any of Q5_0 (measured on the reference quantizer). The bytes here are those of a build without; WebAssembly has no such instruction, so they are the same in every browser.',
  },
  {
    id: 'q8', title: 'Q8_0 that truncates', about: /^q8_0$/, pairs: [],
    text: 'ggml’s portable quantizer rounds to nearest, ties away from zero, and so does this page. Its AVX and NEON kernels round ties to even, which matters for exact ties only. Its WebAssembly kernel cuts the fraction off: about four times the squared error, 6 dB, and a bias towards zero.',
  },
  {
    id: 'nvfp4', title: 'NVFP4: scales that saturate, and a scale for the tensor', about: /^nvfp4/, pairs: [['nvfp4', 'nvfp4_tensor']],
    text: 'ggml stores NVFP4 without a tensor scale. Its block scales round halves up rather than to even and saturate early (248 and above become 448); groups below about 0.006 have no scale at all and become zero. compressed-tensors puts one 32-bit scale over the tensor, as a multiplier; ModelOpt and torchao store its reciprocal and never let a block scale fall below 2⁻⁶. Converters have confused the two conventions.',
  },
  {
    id: 'mx-scale', title: 'Microscaling: four rules for the scale', about: /^mx/, pairs: [['mxfp4_floor', 'mxfp4_even'], ['mxfp4_floor', 'mxfp4_rceil'], ['mxfp4_ceil', 'mxfp4_rceil']],
    text: 'The specification takes floor(log₂ max|x|), less the element’s largest exponent: the largest values of a block may saturate. torchao offers even (rounds the maximum to the element’s mantissa first, as compressed-tensors does), ceil (never saturates, wastes codes) and rceil (the smallest scale that does not saturate). The rule is not stored in the file; decoders need not know it.',
  },
  {
    id: 'mx-ties', title: 'MXFP4: ties and the order of codes', about: /^mxfp4/, pairs: [['mxfp4', 'mxfp4_floor']],
    text: 'ggml gives exact ties to the smaller magnitude, never writes −0, and pairs the elements i and i + 16 in a byte; OCP implementations round ties to even and pair neighbours. microxcaling’s default rounds halves away from zero. The sizes are the same, the bytes are not.',
  },
  {
    id: 'bnb', title: 'NF4 and FP4: more than one format of each name', about: /^(nf4|fp4|mxfp4|nvfp4)/, pairs: [['fp4', 'mxfp4'], ['nf4', 'nf4_dq']],
    text: 'bitsandbytes’ FP4 is not the E2M1 of MXFP4 and NVFP4: it has other values, in another order. Its ties go to the smaller magnitude on GPUs and to the lower value in the generic path. torchao’s NF4 keeps its table in the tensor’s own type and 8-bit scales around their mean: it cannot read these bytes. With double quantization, bitsandbytes’ CPU path looks scales up in 65,536 bins and may be one code off.',
  },
  {
    id: 'fp8', title: 'FP8: division, saturation, and what the letters mean', about: /^f8|^mxfp8/, pairs: [['f8_e4m3', 'f8_e5m2'], ['f8_e4m3', 'f8_e4m3_row']],
    text: 'A value divided by the scale and a value times its reciprocal differ in the last bit, so codes next to a midpoint may differ by one. Casts saturate here; older PyTorch made NaN of values above 448. The FNUZ variants of some accelerators have another bias and no negative zero: the same byte means half as much.',
  },
  {
    id: 'int', title: 'Integers: what the largest value becomes', about: /^int/, pairs: [['int4_sym_g128', 'int4_asym_g128']],
    text: 'Symmetric scales are absmax / (2ᵇ⁻¹ − 1) here, so that the extreme value is exact and the lowest code is not used. compressed-tensors divides by half of 2ᵇ − 1 and uses all codes, which clips the positive extreme by half a step. GPTQ’s first file version stores zeros less one. compressed-tensors packs 3, 5, 6 and 7 bits across word boundaries since May 2026, and not before.',
  },
  {
    id: 'hqq', title: 'HQQ: groups and stopping', about: /^hqq/, pairs: [['hqq4_g64', 'int4_asym_g64']],
    text: 'The hqq package takes strided groups by default and stops for the whole tensor at once; here groups are neighbours in a row and each stops for itself. The package caps its inverse scale, which spoils tensors whose steps are below 5·10⁻⁵.',
  },
];

export function differences({ formats, a, b, compare }: Differences) {
  const label = (id: string) => formats.find((format) => format.id === id)?.label ?? id;
  const concerns = ({ about }: Topic) => about.test(a) || about.test(b);
  // Those of A and B first.
  const order = [...topics].sort((one, other) => Number(concerns(other)) - Number(concerns(one)));
  return html`<section aria-labelledby="differences"><h2 id="differences">Where implementations differ</h2>
    <p class="soft small">A format’s name is no promise of its bytes. Each format here follows one implementation bit for bit; others round, saturate or pack differently.</p>
    <div class="topics">${repeat(order, ({ id }) => id, (topic) => html`<details class="about" data-topic=${topic.id}><summary>${topic.title}${concerns(topic) ? html` <span class="soft">(${[a, b].filter((id, i) => topic.about.test(id) && (i === 0 || a !== b)).map(label).join(', ')})</span>` : nothing}</summary>
      <p class="small">${topic.text}</p>
      ${topic.pairs.length > 0 ? html`<p class="small no-print">See it on this tensor: ${topic.pairs.map(([first, second], i) => html`${i > 0 ? ', ' : ''}<button class="plain" type="button" @click=${() => compare(first, second)}>${label(first)} beside ${label(second)}</button>`)}</p>` : nothing}
    </details>`)}</div></section>`;
}
