import { enableCompileCache } from "node:module";
import { outliveWatcher } from "../base/outliveWatcher.ts";

// Every verb is a process of its own: compiled code from the last one saves most of its start-up time.
enableCompileCache("/var/cache/hapair-lab/compile-cache");
outliveWatcher();
await import("./program.ts");
