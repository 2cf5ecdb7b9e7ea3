import assert from 'node:assert/strict';
import { BitbudgetError } from '../../build/package/index.js';

/** The BitbudgetError that `call` throws. */
export function refusal(call) {
  try {
    call();
  } catch (error) {
    assert.ok(error instanceof BitbudgetError, String(error));
    return error;
  }
  assert.fail('nothing was refused');
}
