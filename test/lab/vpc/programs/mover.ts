import * as z from "zod";
import { moverPart } from "../../../../agent/address/mover/part.ts";
import { serve } from "../../../../agent/daemon/http.ts";
import { openLog } from "../../../../agent/daemon/log.ts";
import { openRegistry } from "../../../../agent/daemon/registry.ts";
import { openStateFile } from "../../../../agent/daemon/stateFile.ts";
import { EgressConfig } from "../../../../contract/egressConfig.ts";
import { MoverConfig } from "../../../../contract/moverConfig.ts";

/** What the daemon's two files tell the mover, and where its page is. */
const Told = z.object({
  mover: MoverConfig,
  ...EgressConfig.required().pick({ vrrpFile: true, stateFile: true, peers: true, listen: true }).shape,
});
export type Told = z.infer<typeof Told>;

/** The agent's mover and its page on this machine; the only argument is what it is told. Prints its log. */
process.stdin.resume().on("close", () => process.exit());
const { mover, vrrpFile, stateFile, peers, listen } = Told.parse(JSON.parse(process.argv[2] ?? ""));
const log = openLog((line) => console.log(line));
const part = moverPart({ log, registry: openRegistry(), state: openStateFile(stateFile, log) });
part.start({ ...mover, vrrpFile, peers });
serve({ listen, trusted: [] }, part.pages, (problem) => console.log(problem));
console.log("ready");
