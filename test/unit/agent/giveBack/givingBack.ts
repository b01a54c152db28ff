import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type GivenBack, giveBack } from "../../../../agent/giveBack/giveBack.ts";
import { layoutOf, openStore } from "../../../../agent/store/layout.ts";
import { staged } from "../apply/applying.ts";
import { bundle, type ScratchHost } from "../apply/scratchHost.ts";

export const cfg = "etc/haproxy/haproxy.cfg";
export const extra = "etc/keepalived/keepalived.conf";
export const unitFile = "etc/systemd/system/haproxy.service.d/hapair.conf";
export const wants = "etc/systemd/system/multi-user.target.wants/haproxy.service";
const program = "usr/local/sbin/hapair";
export const one = bundle("one", {}, [unitFile]);
/** Takes one more path and one more unit. */
export const two = bundle(
  "two",
  { units: { enabled: ["haproxy.service", "keepalived.service"], disabled: [] } },
  [unitFile, extra],
);

/** A host that has a haproxy of its own, which runs, and a keepalived.conf that is a link. */
export async function ownHost(host: ScratchHost): Promise<void> {
  const { root } = host;
  for (const folder of ["etc/keepalived", "etc/systemd/system/multi-user.target.wants", "srv"])
    mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, "srv/keepalived.conf"), "mine\n");
  symlinkSync("/srv/keepalived.conf", join(root, extra));
  symlinkSync("/usr/lib/systemd/system/haproxy.service", join(root, wants));
  mkdirSync(join(root, "usr/local/sbin"), { recursive: true });
  host.active.add("haproxy.service");
}

export async function install(host: ScratchHost): Promise<void> {
  await ownHost(host);
  writeFileSync(join(host.root, program), "the program\n");
  await staged(host, two, ["keepalived"]);
}

export async function givenBack(host: ScratchHost): Promise<GivenBack> {
  openStore(layoutOf(host.root));
  return giveBack(host);
}
