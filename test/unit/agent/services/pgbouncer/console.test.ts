import { afterEach, beforeEach, expect, test } from "vitest";
import { askConsole } from "../../../../../agent/services/pgbouncer/console.ts";
import { ScratchHost } from "../../apply/scratchHost.ts";

let host: ScratchHost;
beforeEach(() => {
  host = new ScratchHost();
});
afterEach(() => host.remove());

test("a pause that open transactions or sessions hold up says that it goes on, and how it is taken back", async () => {
  host.answer = () => ({ status: 124, stderr: "\nsetpriv did not end within 60 s" });
  await expect(askConsole(host, 6435, "pause")).rejects.toThrow(
    /^holds new transactions back, .* in session mode some clients .*`hapair pool resume`$/,
  );
  await expect(askConsole(host, 6435, "show")).rejects.toThrow("setpriv did not end within 60 s");
});
