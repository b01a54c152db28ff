import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import { basename, join } from "node:path";

/** `serveFolder.ts FOLDER PORT`: serves the files of a folder over HTTP until its input ends. */
const [folder = "", port] = process.argv.slice(2);

const server = createServer((request, response) => {
  const path = join(folder, basename(decodeURIComponent(request.url ?? "")));
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found?.isFile()) return response.writeHead(404).end();
  response.writeHead(200, { "content-length": found.size });
  createReadStream(path).pipe(response);
});
server.listen(Number(port), () => console.log("listens"));
process.stdin.resume().on("close", () => process.exit());
