import * as provider from "@pulumi/pulumi/provider/index.js";
import { commandProvider } from "./commandProvider.ts";
import { cancelAll, connectEngineLog } from "./engine.ts";

// Running commands must not outlive the provider, however the engine ends it.
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    cancelAll();
    process.kill(process.pid, signal);
  });
}

const args = process.argv.slice(2);
connectEngineLog(args);
await provider.main(commandProvider, args);
