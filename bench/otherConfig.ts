import { messageOf } from "../base/failure.ts";
import type { Findings } from "./figure.ts";
import type { BenchProject, Settings } from "./project.ts";

/** Measures on the bench's pair with other settings, and takes it back to the shipped ones, however that ends. */
export async function measuredWith(
  project: BenchProject,
  settings: Settings,
  measure: () => Promise<Findings>,
): Promise<Findings> {
  const restore = () => {
    project.configure({});
    return project.command("up");
  };
  project.configure(settings);
  let findings: Findings;
  try {
    await project.command("up");
    findings = await measure();
  } catch (error) {
    // The first failure is the reason of any that follows.
    await restore().catch((another: unknown) => console.error(messageOf(another)));
    throw error;
  }
  await restore();
  return findings;
}
