import { connect } from "node:net";

const timeoutMs = 10_000;

/** One command to haproxy's Runtime API or master socket; resolves to the whole answer when haproxy closes. */
export function askSocket(socket: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const client = connect(socket);
    client.setEncoding("utf8");
    client.setTimeout(timeoutMs, () =>
      client.destroy(new Error(`${socket}: no answer to "${command}" within ${timeoutMs / 1000} s`)),
    );
    client.on("connect", () => client.write(`${command}\n`));
    client.on("data", (text: string) => {
      answer += text;
    });
    client.on("error", reject);
    client.on("close", (failed) => {
      if (!failed) resolve(answer);
    });
  });
}
