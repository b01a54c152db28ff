import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import * as z from "zod";
import { messageOf } from "../../base/failure.ts";
import { EgressConfig, egressConfigPath } from "../../contract/egressConfig.ts";
import { badInput } from "../errors.ts";

/** The default of every command's `--config`. */
export const defaultConfigPath = `/${egressConfigPath}`;

/** Throws a Failure with everything that is wrong with it. */
export function readEgressConfig(path: string): EgressConfig {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw badInput(
      `cannot read ${path} (${messageOf(error)}): only nodes have it; on a node, apply its bundle again`,
    );
  }
  try {
    return parseEgressConfig(text);
  } catch (error) {
    throw badInput(`${path} ${messageOf(error)}; apply the host's bundle again`);
  }
}

/** Checks a config as the daemon does. The error's message follows the file's name: `is not JSON (…)`. */
export function parseEgressConfig(text: string): EgressConfig {
  const { success, data, error } = EgressConfig.safeParse(json(text));
  if (!success) throw new Error(`is not an egress config: ${z.prettifyError(error).replace(/\s+/g, " ")}`);
  try {
    if (data.ca !== "") new X509Certificate(data.ca);
  } catch (error) {
    throw new Error(`is not an egress config: ca is not a certificate in PEM (${messageOf(error)})`);
  }
  return data;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`is not JSON (${messageOf(error)})`);
  }
}
