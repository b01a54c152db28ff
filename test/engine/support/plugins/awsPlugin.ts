import { randomBytes } from "node:crypto";
import * as provider from "@pulumi/pulumi/provider/index.js";
import { unwrap } from "../../../../tools/provider/resource.ts";
import { accountAnswers } from "../../../harness/ec2Answers.ts";
import { cloudVariable, listCloud, note, readCloud, removeFromCloud, writeCloud } from "./awsCloud.ts";

/** In the place of AWS's provider, for the real engine: keeps resources in a folder, and reads there what became of them. */

const folder = process.env[cloudVariable] ?? "";
type Properties = Readonly<Record<string, unknown>>;

function kindOf(urn: string): { readonly type: string; readonly name: string } {
  const [, , types = "", name = ""] = urn.split("::");
  return { type: types.split(":").at(-1) ?? "", name };
}

/** What AWS adds to what it is given. */
function added(type: string, name: string, id: string, inputs: Properties): Properties {
  const own = { arn: `arn:aws:ec2:eu-central-1:123456789012:${type}/${id}`, name, keyName: `${name}-${id}` };
  if (type === "Eip") return { ...own, publicIp: "203.0.113.80", networkInterface: "", instance: "" };
  if (type !== "NetworkInterface") return own;
  const { privateIps } = inputs;
  return { ...own, privateIpLists: privateIps, privateIpsCount: 0 };
}

/** The interface of an instance, where AWS keeps whether it checks sources and destinations. */
function interfaceOf(instance: Properties): string {
  return String(Object(instance.primaryNetworkInterface).networkInterfaceId);
}

/** What AWS has of a resource. */
function known(id: string): Properties {
  const { type, has } = readCloud(folder, id);
  return type === "Instance"
    ? { ...has, sourceDestCheck: readCloud(folder, interfaceOf(has)).has.sourceDestCheck }
    : has;
}

/** Why AWS does not remove a resource. */
function refusal(id: string): string | undefined {
  const { type, has } = readCloud(folder, id);
  if (type === "Instance" && has.disableApiTermination) return "OperationNotPermitted: it is protected";
  if (type === "Eip" && has.networkInterface) return "InvalidIPAddress.InUse: it is associated";
  return undefined;
}

await provider.main(
  {
    version: "7.48.0",
    check: async (urn, _olds, news) => ({
      // The provider's default, also where the interface has another.
      inputs: kindOf(urn).type === "Instance" ? { sourceDestCheck: true, ...news } : news,
    }),
    create: async (urn, wired) => {
      const { type, name } = kindOf(urn);
      const inputs = unwrap(wired) as Properties;
      const id = `${type.toLowerCase()}-${randomBytes(6).toString("hex")}`;
      const has = { ...added(type, name, id, inputs), ...inputs };
      writeCloud(folder, id, { type, name, given: Object.keys(inputs), has });
      note(folder, `make ${name}`);
      return { id, outs: has };
    },
    // As AWS's own: what cannot change makes another one. All else is left to the engine.
    diff: async (_id, urn, olds, news) => {
      const fixed: Readonly<Record<string, readonly string[]>> = {
        Instance: ["ami", "keyName"],
        KeyPair: ["keyName", "publicKey"],
      };
      const replaces = (fixed[kindOf(urn).type] ?? []).filter((key) => olds[key] !== news[key]);
      return replaces.length > 0 ? { changes: true, replaces } : {};
    },
    read: async (id) => {
      const { given } = readCloud(folder, id);
      const has = known(id);
      const inputs = Object.fromEntries(given.map((key) => [key, has[key]]));
      return { id, props: has, inputs };
    },
    update: async (id, _urn, _olds, wired) => {
      const news = unwrap(wired) as Properties;
      const resource = readCloud(folder, id);
      const has = { ...resource.has, ...news };
      writeCloud(folder, id, { ...resource, given: Object.keys(news), has });
      if (resource.type === "Instance" && "sourceDestCheck" in news) {
        const at = interfaceOf(has);
        const own = readCloud(folder, at);
        writeCloud(folder, at, { ...own, has: { ...own.has, sourceDestCheck: news.sourceDestCheck } });
      }
      note(folder, `change ${resource.name}`);
      return { outs: has };
    },
    delete: async (id, urn) => {
      const reason = refusal(id);
      if (reason !== undefined) throw new Error(`${kindOf(urn).name}: ${reason}`);
      removeFromCloud(folder, id);
      // Whatever led to an interface leads nowhere without it.
      for (const [other, { has, ...resource }] of listCloud(folder))
        if (resource.type === "Eip" && has.networkInterface === id)
          writeCloud(folder, other, { ...resource, has: { ...has, networkInterface: "", instance: "" } });
      note(folder, `remove ${kindOf(urn).name}`);
    },
    invoke: async (token, inputs) => ({
      outputs: { ...inputs, ...accountAnswers[token.split(":").at(-1) ?? ""] },
    }),
  },
  process.argv.slice(2),
);
