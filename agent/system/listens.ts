import { connect } from "node:net";

/** Whether a TCP connection is accepted within a second. */
export function listens(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const client = connect({ host: address, port });
    const answer = (yes: boolean): void => {
      client.destroy();
      resolve(yes);
    };
    client.setTimeout(1000, () => answer(false));
    client.on("connect", () => answer(true));
    client.on("error", () => answer(false));
  });
}
