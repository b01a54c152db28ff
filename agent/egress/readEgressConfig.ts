import { readFileSync } from "node:fs";
import * as z from "zod";
import { EgressConfig, egressConfigPath } from "../../topology/egressConfig.ts";
import { badInput, messageOf } from "../errors.ts";

/** Where the config is unless a command is told another place. */
export const defaultConfigPath = `/${egressConfigPath}`;

/** Throws an AgentError with everything that is wrong with it. */
export function readEgressConfig(path: string): EgressConfig {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw badInput(`this host has no egress (${messageOf(error)}): give its pair an \`egress\` and apply`);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw badInput(`${path} is no JSON (${messageOf(error)}): apply the host's bundle again`);
  }
  const { success, data, error } = EgressConfig.safeParse(json);
  if (success) return data;
  throw badInput(
    `${path} is no egress config: ${z.prettifyError(error).replace(/\s+/g, " ")}; apply the host's bundle again`,
  );
}
