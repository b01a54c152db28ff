import { Failure } from "../../../cli/failure.ts";
import type { BenchProject } from "../benchProject.ts";
import { changeFigures, noOpUpFigures, warmStartFigures } from "../figures/commands.ts";
import type { Findings } from "../findings.ts";
import { changeConfig } from "./changeConfig.ts";

/** `npm run up` where nothing has changed. */
export async function measureNoOpUp(project: BenchProject): Promise<Findings> {
  const seconds = await repeat(5, "no-op up", async () => {
    const up = await project.command("up");
    if (!up.stdout.includes("nothing to do"))
      throw new Failure(`an up without a change did something: ${up.stdout}`);
    return up.seconds;
  });
  return { figures: noOpUpFigures(seconds) };
}

/** A changed config until it is live on both nodes. */
export async function measureChange(project: BenchProject): Promise<Findings> {
  return { figures: changeFigures(await repeat(3, "config change", () => changeConfig(project))) };
}

/** `npm start` where image and engine are there, and no lab is. It ends when SQL has got through the address. */
export async function measureWarmStart(project: BenchProject): Promise<Findings> {
  const seconds = await repeat(3, "npm start, warm", async () => {
    await project.command("destroy");
    return (await project.run("npm", "start")).seconds;
  });
  return { figures: warmStartFigures(seconds) };
}

/** How long each of `times` took, s. */
async function repeat(times: number, title: string, measure: () => Promise<number>): Promise<number[]> {
  const values: number[] = [];
  for (let time = 1; time <= times; time += 1) {
    const seconds = await measure();
    console.error(`${title} ${time}/${times}: ${seconds.toFixed(2)} s`);
    values.push(seconds);
  }
  return values;
}
