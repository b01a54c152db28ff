import { createServer, type RequestListener } from "node:http";
import { noVpcFaults, type VpcFaults, VpcSpec } from "../../../../contract/vpc.ts";
import { Account, type Fabric } from "../../../../lab/vpc/account.ts";
import { ec2Api } from "../../../../lab/vpc/api/api.ts";
import { RoleKeys } from "../../../../lab/vpc/credentials.ts";
import { instanceMetadata } from "../../../../lab/vpc/metadata.ts";
import {
  allocationId,
  interfaceId,
  nodePolicy,
  routeTableId,
  vpcAddresses,
  vpcSpec,
} from "../../../harness/vpcSpec.ts";
import { type Listening, listening } from "../../agent/egress/probeFixtures.ts";

/** EC2's API and metadata without a subnet: what the fabric is told is written down. */
export class ApiWorld implements AsyncDisposable {
  readonly keys = new RoleKeys();
  readonly told: string[] = [];
  readonly calls: string[] = [];
  faults: VpcFaults = noVpcFaults;
  readonly account: Account;
  readonly #servers: Listening[] = [];

  constructor(mode: Parameters<typeof nodePolicy>[0], withElasticIp = false) {
    const nodes = ["a", "b"];
    const policy = nodePolicy(mode, nodes, withElasticIp || mode === "elastic-ip");
    // Listings are for everybody here: it is their form that counts.
    policy.Statement.push({ Sid: "Look", Effect: "Allow", Action: "ec2:Describe*", Resource: "*" });
    const interfaces = nodes.map((machine, index) => ({
      id: interfaceId(machine),
      machine,
      address: `10.0.1.2${index}`,
      groups: ["nodes"],
      policy,
    }));
    const spec = vpcSpec(interfaces, [], {
      elasticIps: [{ allocationId, address: vpcAddresses.elasticIp }],
      routeTables: [
        {
          id: routeTableId,
          routes: [{ destination: `${vpcAddresses.overlay}/32`, interfaceId: interfaceId("a") }],
        },
      ],
    });
    const tell = (what: string) => (one: string, other: string) =>
      void this.told.push(`${what} ${one} ${other}`);
    const fabric: Fabric = { assign: tell("assign"), translate: tell("translate"), route: tell("route") };
    this.account = new Account(VpcSpec.parse(spec), fabric, () => this.faults.effectMs);
  }

  /** URL of the API. */
  async api(): Promise<string> {
    const { account, keys } = this;
    const count = (action: string, code: string) => void this.calls.push(`${action} ${code}`);
    return this.#serve(ec2Api({ account, keys, faults: () => this.faults, count }));
  }

  /** URL of a machine's metadata. */
  async metadata(machine: string): Promise<string> {
    const { account, keys } = this;
    const own = account.interfaces.find((one) => one.machine === machine);
    const isDown = (name: string) => this.faults.metadataDown.includes(name);
    return this.#serve(instanceMetadata({ account, keys, isDown, asker: () => own }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) await server[Symbol.asyncDispose]();
  }

  async #serve(listener: RequestListener): Promise<string> {
    const server = await listening(createServer(listener));
    this.#servers.push(server);
    return `http://127.0.0.1:${server.port}`;
  }
}
