import type { RequestListener } from "node:http";
import { text } from "node:stream/consumers";
import * as z from "zod";
import { messageOf } from "../../base/failure.ts";
import { type VpcDropped, VpcFaults, VpcRule, type VpcState } from "../../contract/vpc.ts";

/** What the VPC's owner may ask and change. */
export interface VpcControl {
  state(): VpcState;
  /** Costs tens of ms, in which the VPC answers nobody. */
  dropped(): VpcDropped;
  setFaults(faults: VpcFaults): void;
  /** Other rules of the security groups, in the place of all. */
  setRules(rules: VpcRule[]): void;
}

/** `GET /state`, `GET /dropped`, and a `PUT` for each change, with JSON; other requests are refused. */
export function vpcControl(control: VpcControl): RequestListener {
  const changes: Readonly<Record<string, (body: unknown) => void>> = {
    "PUT /faults": (body) => control.setFaults(VpcFaults.parse(body)),
    "PUT /rules": (body) => control.setRules(z.array(VpcRule).parse(body)),
  };
  return async (request, response) => {
    const asked = `${request.method} ${request.url}`;
    try {
      if (asked === "GET /state") return void response.end(JSON.stringify(control.state()));
      if (asked === "GET /dropped") return void response.end(JSON.stringify(control.dropped()));
      const change = changes[asked];
      if (change === undefined) return void response.writeHead(404).end();
      change(JSON.parse(await text(request)));
      response.writeHead(204).end();
    } catch (error) {
      response.writeHead(400).end(messageOf(error));
    }
  };
}
