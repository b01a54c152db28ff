import * as z from "zod";
import type { BundleFile } from "../../contract/bundle.ts";
import { file, template } from "../template.ts";

const settings = template("etc/systemd/network/interface.network.d/hapair.conf", z.strictObject({}));

/** @param networkFile name of the `.network` file of the host's interface; undefined where networkd has none for it */
export function networkdFiles(networkFile: string | undefined): readonly BundleFile[] {
  return networkFile === undefined
    ? []
    : [file(`etc/systemd/network/${networkFile}.d/hapair.conf`, settings({}))];
}
