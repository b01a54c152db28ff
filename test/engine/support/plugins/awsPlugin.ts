import { randomBytes } from "node:crypto";
import * as provider from "@pulumi/pulumi/provider/index.js";
import { unwrap } from "../../../../tools/provider/resource.ts";
import { accountAnswers } from "../../../harness/ec2Answers.ts";
import { cloudVariable, note, readCloud, removeFromCloud, writeCloud } from "./awsCloud.ts";

/** In the place of AWS's provider, for the real engine: keeps resources in a folder, and reads there what became of them. */

const folder = process.env[cloudVariable] ?? "";
type Properties = Readonly<Record<string, unknown>>;

function kindOf(urn: string): { readonly type: string; readonly name: string } {
  const [, , types = "", name = ""] = urn.split("::");
  return { type: types.split(":").at(-1) ?? "", name };
}

/** What AWS adds to what it is given. */
function added(type: string, name: string, id: string, inputs: Properties): Properties {
  const own = { arn: `arn:aws:ec2:eu-central-1:123456789012:${type}/${id}`, name, keyName: name };
  if (type === "Eip") return { ...own, publicIp: "203.0.113.80", networkInterface: "", instance: "" };
  if (type !== "NetworkInterface") return own;
  const { privateIps } = inputs;
  return { ...own, privateIpLists: privateIps, privateIpsCount: 0 };
}

await provider.main(
  {
    version: "7.48.0",
    create: async (urn, wired) => {
      const { type, name } = kindOf(urn);
      const inputs = unwrap(wired) as Properties;
      const id = `${type.toLowerCase()}-${randomBytes(6).toString("hex")}`;
      const has = { ...added(type, name, id, inputs), ...inputs };
      writeCloud(folder, id, { type, name, given: Object.keys(inputs), has });
      note(folder, `make ${name}`);
      return { id, outs: has };
    },
    // As AWS's own: an instance with another image is another instance. All else is left to the engine.
    diff: async (_id, urn, olds, news) =>
      kindOf(urn).type === "Instance" && olds.ami !== news.ami ? { changes: true, replaces: ["ami"] } : {},
    read: async (id) => {
      const { given, has } = readCloud(folder, id);
      const inputs = Object.fromEntries(given.map((key) => [key, has[key]]));
      return { id, props: has, inputs };
    },
    update: async (id, _urn, _olds, wired) => {
      const news = unwrap(wired) as Properties;
      const resource = readCloud(folder, id);
      const has = { ...resource.has, ...news };
      writeCloud(folder, id, { ...resource, given: Object.keys(news), has });
      return { outs: has };
    },
    delete: async (id, urn) => {
      removeFromCloud(folder, id);
      note(folder, `remove ${kindOf(urn).name}`);
    },
    invoke: async (token, inputs) => ({
      outputs: { ...inputs, ...accountAnswers[token.split(":").at(-1) ?? ""] },
    }),
  },
  process.argv.slice(2),
);
