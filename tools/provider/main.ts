import { enableCompileCache } from "node:module";
import { join } from "node:path";

// The engine starts a provider for every operation: the cache saves 100 of 240 ms.
enableCompileCache(join(import.meta.dirname, "../../.hapair/compile-cache"));
await import("./serve.ts");
