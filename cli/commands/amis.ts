import type { Command } from "commander";
import * as z from "zod";
import { Failure } from "../../base/failure.ts";
import { Ec2 } from "../../topology/schema/ec2.ts";
import type { DebianImage } from "../aws/images.ts";
import { plainConfig, stackFile } from "../config/stackConfig.ts";
import { announceIfSlow, results as pc } from "../session/output.ts";

export function addAmis(program: Command): void {
  program
    .command("amis")
    .description(
      "print Debian 13's current images in the region of a stack of the target ec2, and the line for its config; writes nothing",
    )
    .argument("<stack>", "name of the stack")
    .option("--region <name...>", "other regions than the stack's")
    .option("--json", "print the images as JSON")
    .action(async (stackName: string, { region, json }: { region?: string[]; json?: boolean }) => {
      const section = sectionOf(stackName);
      const regions = region ?? (section.region === undefined ? [] : [section.region]);
      if (regions.length === 0)
        throw new Failure(
          `stacks/Pulumi.${stackName}.yaml: ec2.region is missing: set the region, such as eu-central-1`,
        );
      // Loaded here, as the command's `--help` needs no AWS.
      const { operatorCredentials } = await import("../aws/credentials.ts");
      const { imagesIn } = await import("../aws/images.ts");
      const asking = operatorCredentials().then((credentials) => imagesIn(regions, credentials));
      const images = await announceIfSlow("waiting for AWS to answer", asking);
      console.log(
        json ? JSON.stringify({ stack: stackName, images }) : formatImages(stackName, section, images),
      );
    });
}

/** What of the config matters: the rest of it may still be wrong, and the image missing. */
const Section = z.looseObject({
  target: z.string(),
  ec2: z
    .looseObject({
      region: Ec2.shape.region,
      architecture: Ec2.shape.architecture,
      ami: z.string().optional(),
    })
    .prefault({}),
});
type Section = z.output<typeof Section>["ec2"];

function sectionOf(stackName: string): Section {
  const { data, error } = Section.safeParse(plainConfig(stackFile(stackName)));
  const place = `stacks/Pulumi.${stackName}.yaml`;
  if (error)
    throw new Failure(
      error.issues.map(({ path, message }) => `${place}: ${path.join(".")}: ${message}`).join("\n"),
    );
  if (data.target !== "ec2")
    throw new Failure(`${place}: the target is ${data.target}, and only ec2 has images`);
  return data.ec2;
}

/** @param section of the stack that the images are for */
export function formatImages(
  stackName: string,
  { region, architecture, ami }: Pick<Section, "region" | "architecture" | "ami">,
  images: readonly DebianImage[],
): string {
  const lines = images.map(
    ({ id, since, ...image }) =>
      `${pc.bold(image.region)} ${image.architecture} ${id} since ${since}${id === ami ? pc.green(", as the config has it") : ""}`,
  );
  const own = images.find((image) => image.region === region && image.architecture === architecture);
  if (own === undefined || own.id === ami) return lines.join("\n");
  return [
    ...lines,
    "",
    `For stacks/Pulumi.${stackName}.yaml, below hapair:ec2:`,
    `    ami: ${own.id} # Debian 13, ${own.architecture}, ${own.region}, ${own.since}`,
  ].join("\n");
}
