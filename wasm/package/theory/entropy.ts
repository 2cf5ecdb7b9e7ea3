import type { MainModule } from './theory.mjs';
import type { EntropyApi } from './api.js';
import { natural, require, typed, unwrap } from '../error.js';

/** Symbols below the alphabet's size, which the core takes for granted. */
function symbolsOf(symbols: Uint16Array, alphabet: number): Uint16Array {
  natural(alphabet, 'alphabet');
  require(alphabet >= 1 && alphabet <= 65535, 'alphabet', 'An alphabet has 1 to 65,535 symbols.');
  require(typed(symbols, 'Uint16Array', 'symbols').every((symbol) => symbol < alphabet), 'symbols', 'Every symbol must be below the alphabet.');
  return symbols;
}

export function entropyApi(module: MainModule): EntropyApi {
  return {
    statistics: (symbols, alphabet) =>
      unwrap<ReturnType<EntropyApi['statistics']>>(() => module.symbolStatistics(symbolsOf(symbols, alphabet), alphabet)),
    huffmanEncode: (symbols, alphabet) => unwrap<Uint8Array>(() => module.huffmanEncode(symbolsOf(symbols, alphabet), alphabet)),
    huffmanDecode: (bytes) => unwrap<Uint16Array>(() => module.huffmanDecode(typed(bytes, 'Uint8Array', 'bytes'))),
    ransEncode: (symbols, alphabet) => unwrap<Uint8Array>(() => module.ransEncode(symbolsOf(symbols, alphabet), alphabet)),
    ransDecode: (bytes) => unwrap<Uint16Array>(() => module.ransDecode(typed(bytes, 'Uint8Array', 'bytes'))),
    bf16Exponents: (values) =>
      unwrap<ReturnType<EntropyApi['bf16Exponents']>>(() => module.bf16ExponentEntropy(typed(values, 'Float32Array', 'values'))),
  };
}
