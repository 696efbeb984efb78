import assert from "node:assert/strict";
import { test } from "node:test";
import { endingOfClose, endingOfError, endingOfStatus } from "../src/ending.js";

test("close codes say what to do", () => {
  /** @type {[number, string, string][]} */
  const table = [
    [1001, "", "retry"],
    [1006, "", "retry"],
    [1008, "", "stop"],
    [1009, "", "isolate"],
    [4010, "epoch_changed", "start_over"],
    [4011, "", "retry"],
    [4110, "", "stop"],
    [4111, "", "renew_identity"],
    [4112, "", "start_over"],
    [4401, "", "renew_token"],
    [4409, "wrong_kind", "stop"],
    [4409, "too_many_clients", "retry"],
  ];
  for (const [code, reason, remedy] of table) assert.equal(endingOfClose(code, reason).remedy, remedy, `${code} ${reason}`);
  assert.equal(endingOfClose(4111, "a newer connection came").code, undefined, "words are no code");
});

test("statuses and error messages say what to do", () => {
  /** @type {[number, string, string][]} */
  const table = [
    [400, "reserved_type", "isolate"],
    [401, "", "renew_token"],
    [403, "", "stop"],
    [404, "", "stop"],
    [409, "epoch_changed", "start_over"],
    [409, "seq_gap", "retry"],
    [409, "stream_full", "isolate"],
    [409, "too_many_clients", "retry"],
    [409, "wrong_kind", "stop"],
    [413, "", "isolate"],
    [429, "", "retry"],
    [503, "unavailable", "retry"],
  ];
  for (const [status, code, remedy] of table) {
    assert.equal(endingOfStatus(status, code, "").remedy, remedy, `${status} ${code}`);
  }
  assert.equal(endingOfError("busy", "").remedy, "retry");
  assert.equal(endingOfError("bad_json", "").remedy, "isolate");
});
