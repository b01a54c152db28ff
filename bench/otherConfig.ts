import { messageOf } from "../base/failure.ts";
import type { BenchProject, Settings } from "./project.ts";

/** Measures on the bench's pair with other settings, and takes it back to the shipped ones, however that ends. */
export async function measuredWith<Result>(
  project: BenchProject,
  settings: Settings,
  measure: () => Promise<Result>,
): Promise<Result> {
  const restore = () => {
    project.configure({});
    return project.command("up");
  };
  project.configure(settings);
  let result: Result;
  try {
    await project.command("up");
    result = await measure();
  } catch (error) {
    // The first failure is the reason of any that follows.
    await restore().catch((another: unknown) => console.error(messageOf(another)));
    throw error;
  }
  await restore();
  return result;
}
