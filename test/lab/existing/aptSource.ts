import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { execa } from "execa";
import { imagePath } from "../../../lab/image/baseImage.ts";
import { execArgv } from "../../../lab/machine/exec.ts";
import { imageRoot } from "../../../lab/paths.ts";
import { hostPackages } from "../../../render/roles/roles.ts";

/** The line of sources.list for the packages that {@link serveAptSource} serves. */
export const sourcesList = (app: string) => `deb [trusted=yes] http://${app}:8099/ ./\n`;

/** Serves every package that hosts need and the image lacks on a lab's application server; downloads them once. */
export async function serveAptSource(
  lab: string,
  image: Parameters<typeof imagePath>[0],
): Promise<{ stop(): Promise<void> }> {
  const base = imagePath(image);
  const folder = join(imageRoot, `apt-of-${base.split("-").at(-1)}`);
  const script = join(import.meta.dirname, "collectPackages.sh");
  const packages = hostPackages.filter((name) => name !== "microsocks");
  await execa(
    "flock",
    [
      `${folder}.lock`,
      "unshare",
      "--mount",
      "--propagation",
      "private",
      "sh",
      script,
      base,
      folder,
      ...packages,
    ],
    { stdin: "ignore" },
  );
  const program = join(import.meta.dirname, "../hosts/programs/serveFolder.ts");
  const [file = "", ...args] = execArgv(lab, "app", [process.execPath, program, folder, "8099"]);
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] });
  const exit = once(child, "exit");
  await Promise.race([
    once(child.stdout, "data"),
    exit.then(() => {
      throw new Error("the apt source does not listen");
    }),
  ]);
  return {
    stop: async () => {
      child.stdin.end();
      await exit;
    },
  };
}
