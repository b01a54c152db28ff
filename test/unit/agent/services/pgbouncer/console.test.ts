import { afterEach, beforeEach, expect, test } from "vitest";
import { askConsole, rowsOf } from "../../../../../agent/services/pgbouncer/console.ts";
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

test("names of databases and roles with commas and quotes stay whole", () => {
  expect(rowsOf('database,user,sv_active\n"orders, old","a ""b""",3\norders-prod,my-app,4\n')).toEqual([
    { database: "orders, old", user: 'a "b"', sv_active: "3" },
    { database: "orders-prod", user: "my-app", sv_active: "4" },
  ]);
});
