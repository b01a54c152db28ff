import { connect } from "node:net";
import { Problem } from "../../../contract/routes/problem.ts";
import type { Served } from "../../unit/agent/door/doorFixtures.ts";
import { faultOfWords } from "./words.ts";

/** A request as it is sent, bytes in Latin-1. */
export type RawRequest = string;

const withinMs = 4000;

/** Sends it, and reads until the other side closes or the time is over. */
async function answerTo(
  where: { path: string } | { host: string; port: number },
  request: RawRequest,
): Promise<string> {
  const socket = connect(where);
  let answer = "";
  socket.setEncoding("utf8").on("data", (part) => {
    answer += part;
  });
  socket.on("error", () => {});
  socket.setTimeout(withinMs, () => socket.destroy());
  socket.end(Buffer.from(request, "latin1"));
  // Not `once`, which rejects where the other side does not read all.
  await new Promise((resolve) => socket.on("close", resolve));
  return answer;
}

const good = "GET /api/routes HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";

/** The API of a node: answers with a problem of its catalogue, says nothing of itself, and answers the next one. */
export class RoutesApi {
  readonly #api: Served;

  constructor(api: Served) {
    this.#api = api;
  }

  readonly faultOfRequest = async (request: RawRequest): Promise<string | undefined> => {
    const { socket, journal } = this.#api;
    const before = journal.length;
    const answer = await answerTo({ path: socket }, request);
    const failed = journal.slice(before).find((line) => line.includes("the API failed"));
    if (failed !== undefined) return `the agent has failed: ${failed}`;
    const next = await answerTo({ path: socket }, good);
    if (!next.startsWith("HTTP/1.1 200 ")) return `the next request is answered ${next.slice(0, 100)}`;
    // Several requests may be in one, each with an answer.
    for (const one of answer.split(/(?=^HTTP\/1\.1 )/m)) {
      const found = faultOfAnswer(one);
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

function faultOfAnswer(answer: string): string | undefined {
  if (answer === "") return undefined;
  const [head = "", body = ""] = answer.split("\r\n\r\n", 2);
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]);
  if (!(status >= 100 && status < 600)) return `answers no HTTP: ${JSON.stringify(answer.slice(0, 100))}`;
  if (status === 500) return `answers 500: ${body.slice(0, 300)}`;
  if (!/^content-type: application\/problem\+json/im.test(head) || body === "") return undefined;
  const { data, error } = Problem.strict().safeParse(JSON.parse(body));
  if (error) return `answers with no problem of the catalogue: ${body.slice(0, 300)}`;
  return faultOfWords(data.detail, 2000);
}
