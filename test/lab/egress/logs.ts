import { expect, it } from "vitest";
import { uplink } from "../../../drills/proxies.ts";
import { exec } from "../../../lab/machine/exec.ts";
import { egressLogFolder } from "../../../render/services/hapair.ts";
import { must } from "../hosts/onHost.ts";
import { eventually, holderOf, journal, journalEnd, mapOn, stateOn } from "./agents.ts";
import type { LabEgress } from "./labEgress.ts";

/** The groups' log files and the loop's lines in the journal. */
export function logTests(lab: () => LabEgress): void {
  const path = () => `${egressLogFolder}/haproxy_health_${lab().port}.log`;
  const linesOf = async (node: string) =>
    (await exec(lab().lab, node, ["cat", path()])).stdout.split("\n").filter((line) => line !== "");
  const has = (node: string, sentence: string) =>
    eventually(
      async () => (await linesOf(node)).some((line) => line.endsWith(`] ${sentence}`)),
      true,
      `"${sentence}" in the log of ${node}`,
    );

  it("a change of state, a switch and a reload each write one line to the group's log and to the journal", async () => {
    const holder = await holderOf(lab());
    await must(lab().lab, holder, ["truncate", "-s", "0", path()]);
    const cursor = await journalEnd(lab(), holder);
    const { stdout: zone } = await must(lab().lab, holder, ["date", "+%F"]);
    await uplink(lab().lab, "wg1", "refused");
    await has(holder, "Switched from 18181 to 18182 (the previous one failed)");
    await has(holder, "Backend 18181 is degraded (proxy-connection-refused)");
    await uplink(lab().lab, "wg1", "open");
    await has(holder, "Backend 18181 is online");
    await must(lab().lab, holder, ["systemctl", "reload", "haproxy"]);
    await has(holder, "HAProxy was reloaded or restarted");

    const lines = await linesOf(holder);
    for (const line of lines) expect(line).toMatch(/^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] \S.*\S$/);
    expect(lines[0]).toContain(`[${zone.trim()} `);
    const written = (await journal(lab(), holder, cursor)).map((line) => line.replace(/ event=.*/, ""));
    expect(written).toEqual(lines.map((line) => line.replace(/^\[.*?\] /, "")));
  });

  it("the journal has the facts after the sentence, and a priority by severity", async () => {
    const holder = await holderOf(lab());
    const cursor = await journalEnd(lab(), holder);
    await uplink(lab().lab, "wg2", "refused");
    await eventually(() => stateOn(lab(), holder, "wg2"), "degraded (proxy-connection-refused)", "wg2");
    await uplink(lab().lab, "wg2", "open");
    await eventually(() => stateOn(lab(), holder, "wg2"), "online", "wg2");
    const facts = "event=state group=main server=wg2";
    const ask = ["journalctl", "-u", "hapair", "-o", "json", "--after-cursor", cursor];
    const found = async () => {
      const { stdout } = await must(lab().lab, holder, ask);
      const entries = stdout.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line)]));
      return entries.map(({ PRIORITY, MESSAGE }) => `${PRIORITY} ${MESSAGE}`);
    };
    const warning = `4 Backend 18182 is degraded (proxy-connection-refused) ${facts} from=online to=degraded cause=proxy-connection-refused`;
    const notice = `5 Backend 18182 is online ${facts} from=degraded to=online`;
    await eventually(found, [warning, notice], "the journal");
  });

  it("a rotated log continues in a new file, after each rotation", async () => {
    const holder = await holderOf(lab());
    for (const state of ["refused", "open"] as const) {
      await must(lab().lab, holder, ["logrotate", "-f", "/etc/logrotate.d/hapair"]);
      expect(await linesOf(holder), "lines left by the rotation").toEqual([]);
      await uplink(lab().lab, "wg1", state);
      await has(
        holder,
        `Backend 18181 is ${state === "open" ? "online" : "degraded (proxy-connection-refused)"}`,
      );
    }
    const { stdout } = await must(lab().lab, holder, ["sh", "-c", `stat -c '%n %U' ${path()}* | sort`]);
    expect(stdout.split("\n")).toEqual(expect.arrayContaining([`${path()} hapair`, `${path()}.1 hapair`]));
    expect(await mapOn(lab(), holder)).toBe("wg2");
  });
}
