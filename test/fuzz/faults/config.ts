import { readBundle } from "../../../agent/store/readBundle.ts";
import { renderHost } from "../../../render/bundle.ts";
import { shownFacts } from "../../../render/hostFacts.ts";
import { renderLaptop } from "../../../render/laptop.ts";
import { masked } from "../../../render/secrets.ts";
import { configValues } from "../../../topology/configKeys.ts";
import { hostsOf, laptopOf } from "../../../topology/hosts.ts";
import { parseTopology } from "../../../topology/parse.ts";
import { ConfigError } from "../../../topology/problem.ts";
import { parseSecrets, splitSecrets } from "../../../topology/secrets/givenSecrets.ts";
import { parseStackFile } from "../../../topology/stackFile.ts";
import { faultOfProblems } from "./problems.ts";

/** A stack's config, as the engine hands it over: refused with problems that a person can act on, or rendered. */
export function faultOfConfig(given: Readonly<Record<string, unknown>>): string | undefined {
  return refusedOr(() => {
    const { config, secrets } = splitSecrets(configValues("hapair", Object.entries(given)));
    const topology = parseTopology(config);
    try {
      parseSecrets(topology, secrets);
    } catch (error) {
      // They do not keep the files from being shown.
      if (!(error instanceof ConfigError)) throw error;
      const found = faultOfProblems(error);
      if (found !== undefined) return found;
    }
    return faultOfTopology(topology);
  });
}

/** A stack's file, of any bytes. */
export function faultOfFile({
  text,
  encoding,
}: {
  readonly text: string;
  readonly encoding: BufferEncoding;
}) {
  const bytes = Buffer.from(text, encoding);
  return refusedOr(() => faultOfConfig(parseStackFile("Pulumi.fuzz.yaml", bytes).config));
}

/** Whatever the parser takes can be rendered, and the program on each host reads what it gets. */
function faultOfTopology(topology: ReturnType<typeof parseTopology>): string | undefined {
  for (const host of hostsOf(topology)) {
    const { text } = renderHost(topology, host, masked(topology), shownFacts(topology));
    readBundle(Buffer.from(text), host.name);
  }
  for (const laptop of topology.pairs.flatMap((pair) => laptopOf(pair) ?? [])) {
    const { text } = renderLaptop(laptop, masked(topology));
    readBundle(Buffer.from(text), laptop.name);
  }
  return undefined;
}

/** What `read` finds wrong, or what is wrong with how it refuses. Anything else that it throws is a fault too. */
function refusedOr(read: () => string | undefined): string | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof ConfigError) return faultOfProblems(error);
    throw error;
  }
}
