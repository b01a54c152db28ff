import { expect, it } from "vitest";
import { liveBundle, must } from "../hosts/onHost.ts";
import { ask, failuresMeanwhile } from "./client.ts";
import { type LabPair, roles } from "./labPair.ts";

const haproxy = "/usr/sbin/haproxy";
/** A haproxy that refuses every configuration. */
const refusing = "#!/bin/sh\necho 'this haproxy takes nothing' >&2\nexit 1\n";

/** The order of a roll-out: a bundle that fails on the backup never reaches the holder. */
export function rolloutTests(lab: () => LabPair): void {
  const change = { haproxy: { maxConnections: 3600 } };

  it("a bundle that fails on the backup never becomes live on the holder", async () => {
    const { holder, backup } = await roles(lab());
    const before = (await liveBundle(lab().lab, holder)).sha;
    const broken = `cat > /root/haproxy && chmod +x /root/haproxy && mount --bind /root/haproxy ${haproxy}`;
    await must(lab().lab, backup, ["sh", "-c", broken], refusing);
    try {
      const failures = await failuresMeanwhile(lab(), () =>
        expect(lab().configure(change)).rejects.toThrow("this haproxy takes nothing"),
      );
      expect(failures).toEqual([]);
    } finally {
      await must(lab().lab, backup, ["umount", haproxy]);
    }
    expect((await liveBundle(lab().lab, holder)).sha).toBe(before);
  });

  it("the next roll-out finishes on both nodes, and no client notices", async () => {
    expect(await failuresMeanwhile(lab(), () => lab().configure(change))).toEqual([]);
    const { bundles } = (await lab().stack.outputs()).pairs[lab().pair.name] ?? {};
    for (const machine of lab().machines)
      expect((await liveBundle(lab().lab, machine)).sha).toBe(bundles?.[machine]);
    for (const { name } of lab().pair.nodes)
      expect((await must(lab().lab, name, ["cat", "/etc/haproxy/haproxy.cfg"])).stdout).toContain(
        "be_conn(poolers) ge 3600",
      );
    expect(await ask(lab().forwardedUrl, "select 1")).toBe(1);
  });
}
