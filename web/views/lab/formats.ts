// The formats in groups, for choosing one.
import type { FormatInfo } from 'bitbudget';
import { html } from 'lit';
import { bits } from './measures.js';

const families: [title: string, pattern: RegExp][] = [
  ['Floating point', /^(f32|f16|bf16|f8_)/],
  ['Blocks of llama.cpp', /^(q\d|iq\d)/],
  ['4-bit code books', /^(nf4|fp4)/],
  ['Microscaling', /^(mx|nv)/],
  ['Fitted integers (HQQ)', /^hqq/],
];

export interface FormatGroup { title: string; formats: FormatInfo[]; }

/** Integers stand in one group for each width; what no family claims comes last. */
export function groupFormats(formats: FormatInfo[]): FormatGroup[] {
  const title = ({ id }: FormatInfo): string => {
    const width = /^int(\d)/.exec(id)?.[1];
    return families.find(([, pattern]) => pattern.test(id))?.[0] ?? (width ? `Integers of ${width} bits` : 'Others');
  };
  const order = [...families.map(([name]) => name), ...[2, 3, 4, 5, 6, 7, 8].map((width) => `Integers of ${width} bits`), 'Others'];
  return order.map((name) => ({ title: name, formats: formats.filter((format) => title(format) === name) })).filter((group) => group.formats.length > 0);
}

export const formatOptions = (groups: FormatGroup[], current: string) =>
  groups.map(({ title, formats }) => html`<optgroup label=${title}>${formats.map((format) => html`<option value=${format.id} .selected=${format.id === current}>${format.label}, ${bits(format.bitsPerWeight)} bits</option>`)}</optgroup>`);
