import { moverPart } from "../../../../agent/address/mover/part.ts";
import { serve } from "../../../../agent/daemon/http.ts";
import { openLog } from "../../../../agent/daemon/log.ts";
import { openRegistry } from "../../../../agent/daemon/registry.ts";
import { openStateFile } from "../../../../agent/daemon/stateFile.ts";
import { MoverConfig } from "../../../../contract/moverConfig.ts";

/** The agent's mover and its page on this machine; the only argument is its config. Prints its log. */
process.stdin.resume().on("close", () => process.exit());
const config = MoverConfig.parse(JSON.parse(process.argv[2] ?? ""));
const log = openLog((line) => console.log(line));
const part = moverPart({ log, registry: openRegistry(), state: openStateFile(config.stateFile, log) });
part.start(config);
const listen = [{ address: config.privateAddress, port: config.page.port }];
serve({ listen, trusted: [] }, part.pages, (problem) => console.log(problem));
console.log("ready");
