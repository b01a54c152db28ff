import { takeLock } from "../../base/lock.ts";
import { openHome } from "./home.ts";
import { quietS } from "./output.ts";

/** Takes the folder's lock until this process ends: two commands at once wait for each other. */
export async function holdLock(): Promise<void> {
  const onWait = () => console.error("another command is running on this stack: waiting for it to end");
  await takeLock(openHome().lockFile, { quietS, onWait });
}
