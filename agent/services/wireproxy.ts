import type { Wanted } from "../../base/listeners.ts";
import type { BundleFile } from "../../contract/bundle.ts";
import { allOf, portsComplaint } from "./ports.ts";
import type { Candidate, Change, Service, UnitAction } from "./service.ts";
import { complaintOf, refreshUnit } from "./service.ts";

const folder = "etc/hapair/wireproxy/";
const unitFile = "etc/systemd/system/wireproxy@.service";
/** Exit status of `run` for a program that does not exist. */
const noProgram = 127;

/** A user's own wireproxy, one unit a proxy: `etc/hapair/wireproxy/wg1.conf` is read by `wireproxy@wg1.service`. */
export const wireproxy: Service = {
  name: "wireproxy",
  complaint,
  activate,
};

/** wireproxy checks its configs itself. */
async function complaint(candidate: Candidate): Promise<string | undefined> {
  const { host, files } = candidate;
  const unit = files.find(({ path }) => path === unitFile)?.text ?? "";
  const binary = /^ExecStart=(\S+)/m.exec(unit)?.[1];
  if (binary === undefined) return undefined;
  const configs = files.filter(({ path }) => path.startsWith(folder));
  const complaints: (string | undefined)[] = [];
  for (const { path, text } of configs) {
    const ran = await host.run(binary, ["--configtest", "--config", `${candidate.folder}/${path}`]);
    if (ran.status === noProgram)
      return `/${path}: there is no ${binary}: put your wireproxy there, or set its path in egress.wireproxy.binary`;
    const found = complaintOf(candidate, ran);
    complaints.push(found && `/${path}: ${withoutValues(found, text)}`);
  }
  return allOf([...complaints, await portsComplaint(candidate, configs.flatMap(listenersOf))]);
}

/** Each `BindAddress` of a config: those of its SOCKS and HTTP proxies. */
function listenersOf({ path, text }: BundleFile): readonly Wanted[] {
  return [...text.matchAll(/^\s*BindAddress\s*=\s*(\S+)/gim)].map(([, address = ""]) => ({
    address,
    setting: `/${path}: BindAddress = ${address}`,
  }));
}

/** wireproxy quotes a key that it cannot parse, which may be a mistyped private key. */
function withoutValues(found: string, config: string): string {
  const values = [...config.matchAll(/=[ \t]*(\S.*?)[ \t]*$/gm)].map(([, value = ""]) => value);
  return values
    .sort((a, b) => b.length - a.length)
    .filter((value) => value.length >= 8)
    .reduce((shown, value) => shown.replaceAll(value, "[secret]"), found);
}

/** It reads its config at the start only. */
async function activate({ host, paths, units, restart }: Change): Promise<readonly UnitAction[]> {
  const actions: UnitAction[] = [];
  for (const unit of units) {
    const own = `${folder}${unit.replace(/^wireproxy@|\.service$/g, "")}.conf`;
    if (paths.includes(own) || restart.has(unit)) actions.push(await refreshUnit(host, unit, "restart"));
  }
  return actions;
}
