import type * as z from "zod";
import type { EndpointName, endpoints } from "../../../contract/routes/api.ts";
import type { Origin } from "./audit.ts";

/** What a handler gets of a request, checked by the endpoint's schemas, and what it answers. */

type Declared<Name extends EndpointName> = (typeof endpoints)[Name];
type Keys<Name extends EndpointName, Part extends string> =
  Declared<Name> extends { readonly [P in Part]: infer Named } ? keyof Named & string : never;
type BodyOf<Name extends EndpointName> =
  Declared<Name> extends { readonly body: infer Shape extends z.ZodType } ? z.output<Shape> : undefined;
type AnswerOf<Name extends EndpointName> =
  Declared<Name> extends { readonly answer: infer Shape extends z.ZodType } ? z.output<Shape> : object;

export interface Asked<Name extends EndpointName> {
  readonly origin: Origin;
  readonly parameters: Readonly<Record<Keys<Name, "parameters">, string>>;
  readonly query: Readonly<Partial<Record<Keys<Name, "query">, string>>>;
  readonly headers: Readonly<Partial<Record<Keys<Name, "headers">, string>>>;
  readonly body: BodyOf<Name>;
}

export interface Told<Body = object> {
  readonly body: Body;
  /** 503 where the body says that something is not healthy, 202 where what is asked for begins later; default 200. */
  readonly status?: 200 | 202 | 503;
  /** The table's version that the body shows. */
  readonly version?: number;
  /** Called when the answer has left, or its client. Then the connection is closed. */
  readonly afterwards?: () => void;
}

type Handler<Name extends EndpointName> = (
  asked: Asked<Name>,
) => Told<AnswerOf<Name>> | Promise<Told<AnswerOf<Name>>>;

/** All endpoints that answer once; each may throw or reject with a RouteProblem. */
export type Handlers = { readonly [Name in Exclude<EndpointName, "events">]: Handler<Name> };
