import { outliveWatcher } from "../base/outliveWatcher.ts";

outliveWatcher();
await import("./program.ts");
