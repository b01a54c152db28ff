import type { Readable } from "node:stream";
import { badInput } from "../errors.ts";

/** Everything that a stream brings. Throws when nothing more comes for `stallMs`: its other end may be gone. */
export async function arrived(stream: Readable, stallMs: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  const stalled = (): void => {
    stream.destroy(
      badInput(
        `the bundle did not arrive whole: nothing came for ${stallMs / 1000} s after ${bytes} bytes, send it again`,
      ),
    );
  };
  const timer = setTimeout(stalled, stallMs);
  try {
    for await (const part of stream) {
      timer.refresh();
      bytes += part.length;
      parts.push(Buffer.from(part));
    }
  } finally {
    clearTimeout(timer);
  }
  return Buffer.concat(parts);
}
