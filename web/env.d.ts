declare module 'virtual:wasm' {
  /** The bytes of bitbudget.wasm, from beside the page or from inside it. */
  export function wasmBytes(): Promise<ArrayBuffer>;
}
/** index.html, as seen from a script in assets/. */
declare const __PAGE__: string;
declare module 'virtual:temml' {
  export function loadTemml(): Promise<typeof import('temml').default>;
}
declare module 'virtual:theory-wasm' {
  /** The bytes of theory.wasm, likewise. */
  export function theoryWasmBytes(): Promise<ArrayBuffer>;
}
