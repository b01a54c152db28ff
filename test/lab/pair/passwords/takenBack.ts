import { expect, it } from "vitest";
import { userCommands } from "../../../harness/userCommands.ts";
import { liveBundle, must } from "../../hosts/onHost.ts";
import { ask, failuresMeanwhile } from "../client.ts";
import { type LabPair, roles } from "../labPair.ts";
import { bundlesOn, databaseUrls, givenPasswords, passwordIn } from "./given.ts";

/** Two roll-outs, the way back, and a status. */
const limitMs = 600_000;

/** Roll-outs that change a password which the pool and the nodes share, and that fail. */
export function takenBackTests(lab: () => LabPair): void {
  it(
    "a roll-out that changes the probe's password and whose nodes reach no pooler is taken back everywhere, and no client notices",
    async () => {
      const { inside } = await databaseUrls(lab());
      // Every host runs what the stack delivers, whatever was applied by hand before.
      await lab().configure({}, givenPasswords(lab(), passwordIn(inside), "third probe"));
      const before = await bundlesOn(lab());
      const passwords = givenPasswords(lab(), passwordIn(inside), "fourth probe");
      await lab().stack.open({ config: passwords });
      const commands = userCommands(lab().stack, {
        edits: {
          "etc/haproxy/haproxy.cfg": (cfg) => cfg.replace("{{ server.port }} tcp-ut", "7777 tcp-ut"),
        },
      });
      const failures = await failuresMeanwhile({ ...lab(), databaseUrl: inside }, async () => {
        const { exitCode, stderr } = await commands("up").ended;
        expect([exitCode, stderr]).toEqual([1, expect.stringContaining("no query gets through")]);
      });
      expect(failures).toEqual([]);
      expect(await bundlesOn(lab())).toEqual(before);
      expect((await commands("status").ended).exitCode).toBe(0);

      await lab().configure({}, passwords);
      expect(await bundlesOn(lab())).not.toContain(before.at(-1));
      expect(await ask((await databaseUrls(lab())).forwarded, "select 1")).toBe(1);
    },
    limitMs,
  );

  it(
    "a roll-out that fails on the holder alone is taken back on the pool and on the backup too",
    async () => {
      const { inside } = await databaseUrls(lab());
      const before = await bundlesOn(lab());
      const { holder, backup } = await roles(lab());
      const live = (await liveBundle(lab().lab, backup)).sha;
      // The holder proves its bundle with a query on loopback; clients arrive on another interface.
      const rule = [
        "INPUT",
        "-i",
        "lo",
        "-p",
        "tcp",
        "--dport",
        String(lab().pair.haproxy.port),
        "-j",
        "DROP",
      ];
      const passwords = givenPasswords(lab(), passwordIn(inside), "fifth probe");
      const failures = await failuresMeanwhile({ ...lab(), databaseUrl: inside }, async () => {
        const rolling = expect(lab().configure({}, passwords)).rejects.toThrow("no query gets through");
        const now = async () => (await liveBundle(lab().lab, backup)).sha;
        await expect.poll(now, { timeout: 60_000, interval: 50 }).not.toBe(live);
        await must(lab().lab, holder, ["iptables", "-I", ...rule]);
        await rolling;
      });
      await must(lab().lab, holder, ["iptables", "-D", ...rule]);
      expect(failures).toEqual([]);
      expect(await bundlesOn(lab())).toEqual(before);
      await lab().configure({}, passwords);
      expect(await bundlesOn(lab())).not.toContain(live);
    },
    limitMs,
  );
}
