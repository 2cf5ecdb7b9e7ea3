// Rounding with the layer's inputs in view: to nearest, by GPTQ and with AWQ's scaling, the weights' error beside the output's.
import type { TheoryContext } from '../../../worker/task.js';
import { leadingPart, madeInputs, requireValues, type Inputs, type Matrix } from './matrix.js';

export interface CalibratedQuestion extends Matrix { inputs: Inputs; seed: number; group: number; }
export type CalibratedMethod = 'nearest' | 'gptq' | 'awq';
export interface CalibratedRow { bits: number; method: CalibratedMethod; weight: number; output: number; seen: number; exponent: number; }
export interface CalibratedAnswer { part: { rows: number; columns: number }; samples: number; rows: CalibratedRow[]; }

export const kCalibrated = 256;
const kSamples = 1024;
export const kBits = [2, 3, 4];

export const calibratedTasks = {
  'theory.calibrated': (context: TheoryContext, question: CalibratedQuestion): CalibratedAnswer => {
    const { core, theory: { compressors }, progress } = context;
    const part = leadingPart(question, kCalibrated, kCalibrated);
    const { values, columns } = part;
    requireValues(core, values);
    const { calibration, heldOut } = madeInputs(context, question.inputs, kSamples, columns, question.seed);
    const damped = compressors.hessian(calibration, columns);
    const seen = compressors.hessian(calibration, columns, { damping: 0 });
    const test = compressors.hessian(heldOut, columns, { damping: 0 });
    const row = (bits: number, method: CalibratedMethod, rounded: Float32Array, exponent: number): CalibratedRow => ({
      bits, method, exponent, weight: core.compare(values, rounded).relativeMse,
      output: compressors.outputError(values, rounded, columns, test), seen: compressors.outputError(values, rounded, columns, seen),
    });
    const rows = kBits.flatMap((bits, i) => {
      progress({ stage: `Rounding to ${bits} bits`, done: i, total: kBits.length });
      const options = { bits, group: question.group };
      const awq = compressors.awq(values, columns, calibration, options);
      return [
        row(bits, 'nearest', compressors.roundCalibrated('nearest', values, columns, damped, options), 0),
        row(bits, 'gptq', compressors.roundCalibrated('gptq', values, columns, damped, options), 0),
        row(bits, 'awq', awq.weights, awq.exponent),
      ];
    });
    return { part: { rows: part.rows, columns }, samples: kSamples, rows };
  },
};
