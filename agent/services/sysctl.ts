import { join } from "node:path";
import type { Change, Service, UnitAction } from "./service.ts";

/** Kernel settings, loaded file by file so that settings from elsewhere keep their values. */
export const sysctl: Service = {
  name: "sysctl",
  activate,
};

async function activate({ host, files, paths }: Change): Promise<readonly UnitAction[]> {
  for (const { path } of files.filter((file) => paths.includes(file.path))) {
    const { status, stderr } = await host.run("sysctl", ["--quiet", "--load", join("/", path)]);
    if (status !== 0) throw new Error(`/${path}: the kernel refuses it: ${stderr.trim()}`);
  }
  return [];
}
