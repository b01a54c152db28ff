import { holdLock } from "./locked.ts";

/** Commands that change a stack: two at once wait for each other. */
const changing = ["start", "up", "destroy"];

// Before anything else is loaded: under the lock this process starts once more.
const [command = "", ...options] = process.argv.slice(2);
if (changing.includes(command) && !options.some((option) => option === "--help" || option === "-h"))
  holdLock();
await import("./program.ts");
