import { join } from "node:path";
import { moverPart } from "../../../../agent/address/mover/part.ts";
import type { MoverSettings } from "../../../../agent/daemon/config.ts";
import { serve } from "../../../../agent/daemon/http.ts";
import { openLog } from "../../../../agent/daemon/log.ts";
import { openRegistry } from "../../../../agent/daemon/registry.ts";
import { openStateFile } from "../../../../agent/daemon/stateFile.ts";
import { writeAtomically } from "../../../../base/files.ts";
import { AddressPage, type VrrpState } from "../../../../contract/addressPage.ts";
import type { MoverConfig } from "../../../../contract/moverConfig.ts";
import { scratchFolder, unixServer } from "../haproxy/runtimeFixtures.ts";
import { type Aws, type InterfaceName, region } from "./awsFake.ts";

export const address = "10.0.1.100";

/** A config of the mode `secondary-ip` unless `more` says otherwise; it is not checked. */
export function moverConfig(more: object): MoverConfig {
  return {
    mode: "secondary-ip",
    address,
    privateAddress: "127.0.0.2",
    region,
    closeSocket: "/nowhere/close.sock",
    ...more,
  } as MoverConfig;
}

/** Two nodes with the mover, each with its page at its own address and the other one as its peer. */
export async function moverPair(aws: Aws, port: number) {
  return {
    a: await moverNode(aws, "a", port),
    b: await moverNode(aws, "b", port),
  };
}

export async function moverNode(aws: Aws, name: InterfaceName, port: number, more: object = {}) {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(scratchFolder()).path;
  const vrrpFile = join(folder, "vrrp");
  const lines: string[] = [];
  let closings = 0;
  const closeSocket = join(folder, "close.sock");
  stack.use(
    await unixServer(closeSocket, (client) => {
      closings += 1;
      client.end("done\n");
    }),
  );
  const other = name === "a" ? "b" : "a";
  const config: MoverSettings = Object.assign(moverConfig({}), {
    privateAddress: aws.interfaces[name].own,
    endpoint: aws.endpoint,
    metadata: await aws.metadata(name),
    ...{ vrrpFile, closeSocket },
    peers: [{ name: `haproxy-${other}`, address: aws.interfaces[other].own, port }],
    ...more,
  });
  const log = openLog((line) => lines.push(line));
  const stateFile = join(folder, "state.json");
  const open = () => {
    const registry = openRegistry();
    const part = moverPart({ log, registry, state: openStateFile(stateFile, log) });
    part.start(config);
    const served = serve(
      { listen: [{ address: config.privateAddress, port }], trusted: [] },
      part.pages,
      (problem) => lines.push(problem),
    );
    const stop = (): Promise<void> => {
      served.close();
      return part.stop();
    };
    return { part, registry, stop };
  };
  let running: ReturnType<typeof open> | undefined;
  stack.defer(() => running?.stop());
  return {
    ...{ lines, config, stateFile },
    start: () => {
      running = open();
    },
    /** The daemon ends: nobody answers for it. */
    stop: async () => {
      await running?.stop();
      running = undefined;
    },
    /** As the script that reads keepalived's events does. */
    become: (state: VrrpState) => writeAtomically(vrrpFile, `${state}\n`),
    closings: () => closings,
    turnedAtMs: () => running?.part.turnedAtMs(),
    has: () => aws.interfaces[name].addresses.includes(config.address),
    page: async () => AddressPage.parse(JSON.parse((await running?.part.pages["/address"]?.())?.body ?? "")),
    metric: async (metric: string) => running?.registry.getSingleMetricAsString(metric),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
