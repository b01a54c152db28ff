import { later } from "../../doctor/finding.ts";
import type { StackTarget } from "../target.ts";

/** Instances of EC2: the engine makes and removes them, and its run asks AWS for what the config names before that. */
export const ec2: StackTarget<"ec2"> = {
  prepare: async () => ({ revive: async () => [] }),
  examine: async () => [
    later(
      "credentials, image, permissions and everything else that the config names in AWS are looked for by npm run preview, before anything is made",
    ),
  ],
  remove: async () => {},
};
